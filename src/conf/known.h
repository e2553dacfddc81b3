/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known - LibreMesh's options, sections and protocols that have no meaning here, and BMX7's of a
 * search.
 *
 * Source  specs/libremesh.md 1, 3; LibreMesh's example configuration; specs/bmx7.md 8.2.
 * Shape   they are accepted with a note, so that an operator's file works.
 */
#pragma once
#include <stdbool.h>
#include "conf/nearest.h"

enum known_option {
	KNOWN_OPTION_NO,
	KNOWN_OPTION_LIKELY, /* it looks like one: a family of names, with any end */
	KNOWN_OPTION_YES,
};

/* Is it an option of LibreMesh, or of BMX7, in this section? */
enum known_option known_option(const char *type, const char *section, const char *name);
/* Does LibreMesh have sections of this type that are none of ours, with options that
 * we do not know? */
bool known_section_type(const char *type);

enum known_protocol {
	KNOWN_NO,     /* nobody has heard of it */
	KNOWN_QUIET,  /* says what an interface is used for; fine here too */
	KNOWN_ABSENT, /* a routing protocol that this program does not speak */
};

/* name without what follows a colon. */
enum known_protocol known_protocol(const char *name);
void known_protocols_offer(struct nearest *n);
