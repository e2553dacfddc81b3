/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trust - through whom a node wants to be reached.
 *
 * Source  specs/bmx7.md 9. trust_allows stands in content.h.
 */
#pragma once

enum {
	TRUST_ROUTE = 2,	/* may be the first hop to the publisher */
	TRUST_IMPORT = 3,	/* and those whom it trusts, too */
	TRUST_IMPORTS_MAX = 32, /* SPEC: any number / OURS: as many of level 3 are followed, the
				   first by id, because each OGM asks */
};
