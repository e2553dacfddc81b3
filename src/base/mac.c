/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/mac.h"
#include "base/hex.h"

char *mac_print(struct mac m, char text[MAC_TEXT])
{
	static const char digit[] = "0123456789abcdef";
	char *p = text;

	for (unsigned i = 0; i < 6; i++) {
		if (i > 0)
			*p++ = ':';
		*p++ = digit[m.b[i] >> 4];
		*p++ = digit[m.b[i] & 15];
	}
	*p = '\0';
	return text;
}

bool mac_parse(const char *text, struct mac *m)
{
	struct mac got;

	for (unsigned i = 0; i < 6; i++) {
		if (i > 0 && *text != ':' && *text != '-')
			return false;
		text += i > 0;
		int high = hex_value(text[0]);
		int low = high < 0 ? -1 : hex_value(text[1]);
		if (low < 0)
			return false;
		got.b[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text != '\0')
		return false;
	*m = got;
	return true;
}
