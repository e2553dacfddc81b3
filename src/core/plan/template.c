/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/plan/template.h"
#include <assert.h>
#include <stdio.h>

/* The byte that the placeholder at p stands for, or NULL when it is none. */
static const uint8_t *placeholder_byte(const char *p, const struct template_ids *ids)
{
	const uint8_t *id = NULL;

	if (p[0] != '%')
		return NULL;
	if (p[1] == 'N')
		id = ids->network;
	else if (p[1] == 'M')
		id = ids->mac;
	else if (p[1] == 'm')
		id = ids->machine;
	if (!id || p[2] < '1' || p[2] > '6')
		return NULL;
	return id + (p[2] - '1');
}

bool template_fill(const char *template, enum template_base base, const struct template_ids *ids,
		   char *out, size_t room)
{
	size_t used = 0;

	assert(room > 0);
	for (const char *p = template; *p != '\0';) {
		const uint8_t *byte = placeholder_byte(p, ids);
		char filled[4] = {*p, '\0'};
		int n = 1;

		if (byte)
			n = snprintf(filled, sizeof(filled), base == TEMPLATE_HEX ? "%02x" : "%u",
				     *byte);
		if (used + (size_t)n >= room)
			return false;
		for (int i = 0; i < n; i++)
			out[used++] = filled[i];
		p += byte ? 3 : 1;
	}
	out[used] = '\0';
	return true;
}
