/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/nearest.h"
#include <stddef.h>
#include <string.h>

enum { NEAREST_NAME_MAX = 63 };

void nearest_init(struct nearest *n, const char *wanted)
{
	size_t len = strlen(wanted);
	unsigned allowed = len / 3 > 2 ? (unsigned)(len / 3) : 2;

	if (allowed >= len)
		allowed = len > 0 ? (unsigned)len - 1 : 0;
	*n = (struct nearest){wanted, NULL, allowed + 1};
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* One row of the usual table, rolled forward; both are at most NEAREST_NAME_MAX long. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NEAREST_NAME_MAX + 1];
	unsigned len = (unsigned)strlen(b);

	for (unsigned k = 0; k <= len; k++)
		row[k] = k;
	for (unsigned i = 0; a[i] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i + 1;
		for (unsigned k = 0; k < len; k++) {
			unsigned changed = diagonal + (a[i] != b[k]);

			diagonal = row[k + 1];
			row[k + 1] = least(changed, row[k] + 1, row[k + 1] + 1);
		}
	}
	return row[len];
}

void nearest_offer(struct nearest *n, const char *name)
{
	if (strlen(n->wanted) > NEAREST_NAME_MAX || strlen(name) > NEAREST_NAME_MAX)
		return;
	unsigned d = distance(n->wanted, name);
	if (d < n->distance) {
		n->distance = d;
		n->best = name;
	}
}
