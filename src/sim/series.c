/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/series.h"
#include "sim/run.h"

static const struct row {
	const char *name;
	bool percent;
	bool grows; /* a point has what came since the one before */
} rows[SERIES_ROWS] = {
	[SERIES_REACHED] = {"reached", true, true},
	[SERIES_ROUTES] = {"routes", true, false},
	[SERIES_UP] = {"up", true, false},
	[SERIES_ADDRESSED] = {"addressed", true, false},
	[SERIES_DELIVERED] = {"delivered", true, true},
	[SERIES_EXITS] = {"exits", true, true},
	[SERIES_ANSWERED] = {"answered", true, true},
	[SERIES_CLOUD_BYTES] = {"cloud_bytes", false, true},
	[SERIES_NETWORK_BYTES] = {"network_bytes", false, true},
};

const char *series_name(enum series_row row)
{
	return rows[row].name;
}

bool series_is_percent(enum series_row row)
{
	return rows[row].percent;
}

double series_value(const struct series *s, unsigned point, enum series_row row)
{
	const struct series_part *p = &s->at[point].row[row];

	if (p->den == 0)
		return -1;
	return (double)p->num * (rows[row].percent ? 100 : 1) / (double)p->den;
}

/* ---- looking ---- */

static void nodes_look(const struct run *r, struct series_part now[SERIES_ROWS])
{
	const uint64_t nodes = r->layout.nodes;
	const uint64_t seconds = (uint64_t)(world_now(r->world).us / 1000000);

	for (unsigned i = 0; i < nodes; i++) {
		const struct world_traffic t = world_traffic_of(r->world, i);

		now[SERIES_CLOUD_BYTES].num += t.bytes;
		now[SERIES_NETWORK_BYTES].num += t.datagram_bytes;
		now[SERIES_ROUTES].num += world_routes(r->world, i);
		now[SERIES_UP].num += world_alive(r->world, i);
	}
	now[SERIES_UP].den = nodes;
	now[SERIES_ROUTES].den = nodes * (nodes - 1);
	now[SERIES_CLOUD_BYTES].den = now[SERIES_NETWORK_BYTES].den = nodes * seconds;
}

static void clients_look(const struct run *r, struct series_part now[SERIES_ROWS])
{
	for (unsigned i = 0; i < r->conf.clients; i++) {
		const struct world_address a = world_address(r->world, i);

		now[SERIES_ADDRESSED].den += a.wants;
		now[SERIES_ADDRESSED].num += a.wants && ipv4_to_u32(a.ip) != 0;
		now[SERIES_DELIVERED].num += run_received(r, i);
	}
	now[SERIES_DELIVERED].den = r->figures.sent;
}

static void faults_look(struct series *s, const struct run *r, struct series_point *p)
{
	for (unsigned k = 0; k < FAULT_KINDS; k++) {
		const uint32_t active = faults_active(r->faults, k);
		const uint32_t begun = (uint32_t)(r->figures.faults_of[k] - s->faults_before[k]);

		s->faults_before[k] = r->figures.faults_of[k];
		p->faults[k] = active > begun ? active : begun;
	}
}

/* ---- keeping ---- */

static void halve(struct series *s)
{
	for (unsigned i = 0; i < SERIES_POINTS / 2; i++) {
		const struct series_point *a = &s->at[2 * i], *b = a + 1;
		struct series_point *to = &s->at[i];

		for (unsigned k = 0; k < SERIES_ROWS; k++)
			to->row[k] = (struct series_part){a->row[k].num + b->row[k].num,
							  a->row[k].den + b->row[k].den};
		for (unsigned k = 0; k < FAULT_KINDS; k++)
			to->faults[k] = a->faults[k] > b->faults[k] ? a->faults[k] : b->faults[k];
	}
	s->count = SERIES_POINTS / 2;
	s->step_s *= 2;
}

void series_second(struct series *s, const struct run *r)
{
	struct series_part now[SERIES_ROWS] = {{0}};
	struct series_point *p;

	if (s->step_s == 0)
		s->step_s = 1;
	if (++s->passed_s < s->step_s)
		return;
	s->passed_s = 0;
	if (s->count == SERIES_POINTS)
		halve(s);
	p = &s->at[s->count++];
	now[SERIES_REACHED] = (struct series_part){r->figures.reached, r->figures.looked};
	now[SERIES_EXITS] = (struct series_part){r->figures.exits_reached, r->figures.exits_looked};
	now[SERIES_ANSWERED] =
		(struct series_part){world_internet(r->world).answered, r->figures.asked};
	nodes_look(r, now);
	clients_look(r, now);
	for (unsigned k = 0; k < SERIES_ROWS; k++) {
		p->row[k] = now[k];
		if (!rows[k].grows)
			continue;
		p->row[k].num -= s->before[k].num;
		p->row[k].den -= s->before[k].den;
		s->before[k] = now[k];
	}
	faults_look(s, r, p);
}
