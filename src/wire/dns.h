/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns - a question for a name's address, and its answer.
 *
 * Source  RFC 1035 4, RFC 3596.
 * Shape   one question for A or AAAA, recursion desired; of the answer, the first such address,
 *         whatever aliases lead there.
 * Memory  nothing is kept.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/prefix.h"

enum { DNS_PORT = 53, DNS_NAME_MAX = 253, DNS_MESSAGE_MAX = 512 };

/* w becomes bad: no room, or name is none. */
void dns_question_write(struct wr *w, uint16_t id, const char *name, bool v6);

/* OK: *address is the whole address. ERR_UNKNOWN: an answer to something else; ERR_NO_ROUTE: the
 * server has none to give; ERR_SHORT, ERR_MALFORMED. */
enum err dns_answer_parse(const void *data, size_t len, uint16_t id, const char *name, bool v6,
			  struct prefix *address);
