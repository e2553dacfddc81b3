/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check - what must hold in a town: a table of invariants.
 *
 * Source  ours; issue "A town of thousands in one process".
 * Shape   One that looks does so each second and says itself since when something is wrong.
 *         One that holds must be right at some second of the last CHECK_TRY_S of a run, when
 *         nothing has happened for a while. A row is one or the other.
 * Memory  none.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"

struct run;

enum { CHECK_TRY_S = 20, CHECK_TEXT = 200 };

struct check {
	const char *name;
	const char *meaning;
	/* Tells run_violated. */
	void (*look)(struct run *r, const struct check *self);
	/* false: why says why not. */
	bool (*holds)(struct run *r, char why[CHECK_TEXT]);
	bool of_network; /* judged when only the network of all clouds is */
};

/* One after the other; NULL behind the last. */
const struct check *check_at(unsigned i);
const struct check *check_find(const char *name);

/* Something is wrong now, or is not; since when is remembered. True, once: it has been for longer
 * than most. */
bool check_lasts(instant *since, bool wrong, instant now, span most);

/* The rows. */
void check_pairs(struct run *r, const struct check *self); /* check_network.c */
void check_numbers(struct run *r, const struct check *self);
bool check_ways(struct run *r, char why[CHECK_TEXT]);
bool check_cloud_routes(struct run *r, char why[CHECK_TEXT]); /* check_cloud.c */
bool check_cloud_tables(struct run *r, char why[CHECK_TEXT]);
bool check_clients_known(struct run *r, char why[CHECK_TEXT]);
void check_asks(struct run *r, const struct check *self);
bool check_circles(struct run *r, char why[CHECK_TEXT]);
void check_whole(struct run *r, const struct check *self); /* check_frames.c */
void check_repeats(struct run *r, const struct check *self);
void check_anycast(struct run *r, const struct check *self);
void check_fit(struct run *r, const struct check *self);
bool check_arrive(struct run *r, char why[CHECK_TEXT]);
void check_twins(struct run *r, const struct check *self); /* check_lease.c */
void check_rights(struct run *r, const struct check *self);
bool check_slices(struct run *r, char why[CHECK_TEXT]);
bool check_addresses(struct run *r, char why[CHECK_TEXT]);
bool check_leases_agree(struct run *r, char why[CHECK_TEXT]);
void check_loops(struct run *r, const struct check *self); /* check_gateway.c */
void check_dark(struct run *r, const struct check *self);
void check_one_exit(struct run *r, const struct check *self);
void check_walks(struct run *r, const struct check *self);
void check_steady(struct run *r, const struct check *self);
void check_floods(struct run *r, const struct check *self);
bool check_pins(struct run *r, char why[CHECK_TEXT]);
bool check_exits(struct run *r, char why[CHECK_TEXT]);
bool check_offers(struct run *r, char why[CHECK_TEXT]);
void check_limits(struct run *r, const struct check *self); /* check_limits.c */
bool check_memory(struct run *r, char why[CHECK_TEXT]);
bool check_bytes(struct run *r, char why[CHECK_TEXT]);
