/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * section - the sections that an operator names, as many as there are things: interfaces
 * (`config net`) and searches (`config tunOut`).
 *
 * Source  ours.
 * Shape   rows of the table of options without a section are about one of them; its struct begins
 *         with its name.
 */
#pragma once
#include "conf/conf.h"
#include "conf/options.h"

struct section_kind {
	const char *type;
	unsigned max, name_room;
	size_t array, width, count; /* offsets into struct conf, and bytes of one */
};

extern const struct section_kind section_kinds[]; /* ends at type NULL */

/* NULL: there are no such sections. */
const struct section_kind *section_kind_find(const char *type);

/* Is the option one of sections of this kind? */
bool section_has(const struct section_kind *k, const struct option *o);
unsigned section_count(const struct section_kind *k, const struct conf *c);
/* index < section_count */
void *section_at(const struct section_kind *k, struct conf *c, unsigned index);
const void *section_of(const struct section_kind *k, const struct conf *c, unsigned index);
const char *section_name(const void *section);
/* NULL: there is none of this name. */
void *section_find(const struct section_kind *k, struct conf *c, const char *name);

/* One more, with its options' defaults; name fits name_room. NULL: there are max. */
void *section_add(const struct section_kind *k, struct conf *c, const char *name);
/* All options of one that is there as the defaults have them. */
void section_reset(const struct section_kind *k, void *section);
