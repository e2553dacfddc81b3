/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nearest - which known name did somebody mean?
 *
 * Source  Levenshtein's distance.
 * Shape   offer all names, then ask. Names that differ in more than a third of
 *         the wanted one's letters (at least two) are no suggestion.
 */
#pragma once

struct nearest {
	const char *wanted;
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

void nearest_init(struct nearest *n, const char *wanted);
void nearest_offer(struct nearest *n, const char *name);
