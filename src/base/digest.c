/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/digest.h"
#include "base/hex.h"

char *digest_print(const struct digest *d, char text[DIGEST_TEXT])
{
	static const char digit[] = "0123456789abcdef";
	char *p = text;

	for (unsigned i = 0; i < sizeof(d->b); i++) {
		*p++ = digit[d->b[i] >> 4];
		*p++ = digit[d->b[i] & 15];
	}
	*p = '\0';
	return text;
}

bool digest_parse(const char *text, struct digest *d)
{
	struct digest got;

	for (unsigned i = 0; i < sizeof(got.b); i++, text += 2) {
		int high = hex_value(text[0]);
		int low = high < 0 ? -1 : hex_value(text[1]);

		if (low < 0)
			return false;
		got.b[i] = (uint8_t)(high << 4 | low);
	}
	if (*text != '\0')
		return false;
	*d = got;
	return true;
}
