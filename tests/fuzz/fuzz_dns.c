/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an answer of DNS: an address that is read was there. */
#include "fuzz.h"
#include "wire/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct prefix p = {0};
		size_t len = v6 ? 16 : 4;
		enum err e = dns_answer_parse(data, size, 0x1234, "a.example", v6, &p);
		bool found = false;

		must(e == OK || e == ERR_SHORT || e == ERR_MALFORMED || e == ERR_UNKNOWN ||
		     e == ERR_NO_ROUTE);
		for (size_t i = 0; e == OK && i + len <= size; i++)
			found |= memcmp(data + i, p.net.b, len) == 0;
		must(found == (e == OK));
	}
	return 0;
}
