/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "sim/check.h"
#include "sim/run.h"
#include "sim/world_internal.h"

enum {
	UNHEARD_MAX = 8, /* frames in a row that loss may take */
};

/* Wrong bits get through to clients, and make of one number another. */
static bool has_wrong_bits(const struct run *r)
{
	return r->conf.faults->per_minute[FAULT_CORRUPT] > 0;
}

void check_whole(struct run *r, const struct check *self)
{
	uint64_t damaged = 0;

	for (unsigned i = 0; i < r->conf.clients; i++)
		damaged += world_inbox(r->world, i)->damaged;
	if (damaged > r->damaged_before && !has_wrong_bits(r))
		run_violated(r, self, "clients got %u frames that nobody had sent so",
			     (unsigned)(damaged - r->damaged_before));
	r->damaged_before = damaged;
}

void check_repeats(struct run *r, const struct check *self)
{
	uint64_t repeats = 0;

	for (unsigned i = 0; i < r->conf.clients; i++)
		repeats += world_inbox(r->world, i)->repeats;
	if (repeats > r->repeats_before && !has_wrong_bits(r))
		run_violated(r, self, "clients got %u broadcasts again",
			     (unsigned)(repeats - r->repeats_before));
	r->repeats_before = repeats;
}

void check_anycast(struct run *r, const struct check *self)
{
	uint64_t anycast = 0;

	for (unsigned i = 0; i < r->layout.nodes; i++)
		anycast += world_traffic_of(r->world, i).anycast;
	if (anycast > r->anycast_before)
		run_violated(r, self,
			     "%u frames from or to the anycast gateway were sent to others",
			     (unsigned)(anycast - r->anycast_before));
	r->anycast_before = anycast;
}

void check_fit(struct run *r, const struct check *self)
{
	uint64_t too_big = 0;

	for (unsigned i = 0; i < r->layout.nodes; i++)
		too_big += world_traffic_of(r->world, i).too_big;
	if (too_big > r->too_big_before)
		run_violated(r, self, "%u frames were too long for their segment",
			     (unsigned)(too_big - r->too_big_before));
	r->too_big_before = too_big;
}

bool check_arrive(struct run *r, char why[CHECK_TEXT])
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		const struct run_client *c = &r->client[i];

		if (c->unheard <= UNHEARD_MAX || c->received != run_received(r, i) ||
		    !run_client_served(r, i))
			continue;
		snprintf(why, CHECK_TEXT, "client %u at node %u has got none of %u frames", i,
			 world_client_at(r->world, i), c->unheard);
		return false;
	}
	return true;
}
