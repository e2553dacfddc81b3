/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_ogm - OGM_ADV: a batch of originator messages.
 *
 * Source  specs/bmx7.md 1.4, 6.2-6.5, 10.1.
 * Shape   A batch has a number and no, one or more OGMs, each with up to
 *         BMX7_HISTORY_MAX entries about the wireless links behind it, newest
 *         hop first.
 * Memory  and errors: as in bmx7.h.
 */
#pragma once
#include "wire/bmx7_float.h"
#include "wire/bmx7_frame.h"

enum {
	BMX7_HISTORY_MAX = 10,
	BMX7_HOPS_MAX = 63, /* what has come so far cannot go on; not on the wire */
	BMX7_OGM_LEN = 18,
	BMX7_HISTORY_LEN = 3,
	BMX7_BATCH_MAX = 580, /* OGM bytes in a batch, as the reference fills it */
};

/* As small as on the wire: there are many. */
struct bmx7_history {
	struct bmx7_float metric;
	uint8_t channel;
};

struct bmx7_ogm {
	struct bmx7_link chain; /* in disguise */
	uint16_t iid;		/* the sender's for the originator */
	uint8_t hops;		/* below BMX7_HOPS_MAX */
	uint8_t history_count;
	uint64_t metric;
	struct bmx7_history history[BMX7_HISTORY_MAX];
};

/* Reads the number of a batch and leaves r at its OGMs. */
enum err bmx7_batch_parse(const void *data, size_t len, uint16_t *sqn, struct rd *ogms);
/* Bad: an iid outside 1..BMX7_IID_MAX, hops, a float that cannot be, too long a
 * history. The caller reads all before it believes any: one bad OGM spoils a batch. */
bool bmx7_ogm_next(struct rd *ogms, struct bmx7_ogm *o);

/* The frame's head; OGMs follow one by one, then bmx7_close. */
size_t bmx7_batch_open(struct wr *w, uint16_t sqn);
void bmx7_ogm_write(struct wr *w, const struct bmx7_ogm *o);
