/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

const char *err_name(enum err e)
{
	switch (e) {
	case OK: return "ok";
	case ERR_SHORT: return "short";
	case ERR_VERSION: return "version";
	case ERR_MALFORMED: return "malformed";
	case ERR_UNKNOWN: return "unknown";
	case ERR_OWN: return "own";
	case ERR_OLD: return "old";
	case ERR_DUPLICATE: return "duplicate";
	case ERR_PROTECTED: return "protected";
	case ERR_TTL: return "ttl";
	case ERR_LOOP: return "loop";
	case ERR_BLOCKED: return "blocked";
	case ERR_FULL: return "full";
	case ERR_RATE: return "rate";
	case ERR_TOO_BIG: return "too-big";
	case ERR_NO_ROUTE: return "no-route";
	case ERR_KEPT: return "kept";
	case ERR_TAKEN: return "taken";
	case ERR_COUNT: break;
	}
	return "?";
}
