/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease.h"

void lease_name_clean(const char *text, size_t len, char out[LEASE_NAME_ROOM])
{
	size_t n = 0;

	for (size_t i = 0; i < len && text[i] && text[i] != '.' && n < LEASE_NAME_ROOM - 1; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (c == ' ' || c == '_')
			c = '-';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && n > 0))
			out[n++] = c;
	}
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
}
