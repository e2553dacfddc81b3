/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/json_text.h"
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
	json_t *value = json_string(text);
	char *plain;

	if (value)
		return value;
	plain = strdup(text);
	if (!plain)
		return json_string("?");
	for (char *c = plain; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	value = json_string(plain);
	free(plain);
	return value;
}
