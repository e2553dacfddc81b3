/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/report.h"
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>
#include "sim/check.h"

static double seconds(span s)
{
	return (double)s.us / 1e6;
}

static double share(uint64_t part, uint64_t all)
{
	return all > 0 ? (double)part * 100 / (double)all : 100;
}

static const char *crypto_name(const struct run *r)
{
	return r->conf.crypto ? "real" : "cheap";
}

void report_command(const struct run *r, FILE *out)
{
	const struct run_conf *c = &r->conf;

	fprintf(out, "nuvol-sim run");
	if (c->shape == LAYOUT_FILE)
		fprintf(out, " %s", c->file);
	else if (c->shape == LAYOUT_GRID)
		fprintf(out, " --grid %ux%u", c->wide, c->nodes / c->wide);
	else
		fprintf(out, " --%s %u", layout_shape_name(c->shape), c->nodes);
	if (!c->town)
		fprintf(out, " --media %s --loss %u --clouds %u --uplinks %u",
			c->radio ? "radio" : "wire", c->loss_percent, c->clouds, c->uplinks);
	if (c->mtu_bytes > 0)
		fprintf(out, " --mtu %u", c->mtu_bytes);
	fprintf(out, " --clients %u --time %" PRId64 "s", c->clients, c->time.us / 1000000);
	fprintf(out, " --seed %" PRIu64 " --faults %s", c->seed, c->faults->name);
	if (c->network_only)
		fprintf(out, " --network-only");
	if (c->crypto)
		fprintf(out, " --crypto real");
}

static void when_print(FILE *out, const char *what, span s)
{
	if (s.us < 0)
		fprintf(out, "%-22s not before the end\n", what);
	else
		fprintf(out, "%-22s %.0f s\n", what, seconds(s));
}

static void internet_print(const struct run *r, FILE *out)
{
	const struct run_figures *f = &r->figures;
	const struct run_gaps g = run_gaps(r);

	fprintf(out,
		"%-22s %.2f %% of looks at %u nodes; %.2f %% of %" PRIu64
		" packets of clients answered\n",
		"Internet", share(f->exits_reached, f->exits_looked), r->exits,
		share(f->answered, f->asked), f->asked);
	if (f->pins_looked > 0)
		fprintf(out, "%-22s known to %.2f %% of the other nodes of their clouds\n",
			"gateways of clients", share(f->pins_agreed, f->pins_looked));
	if (g.count > 0)
		fprintf(out,
			"%-22s %u seen: %u ms without answers (median; the most: %u ms), "
			"%" PRIu64 " left by another gateway then\n",
			"walks", g.count, g.median_ms, g.worst_ms, f->sessions_moved);
}

void report_print(const struct run *r, const struct report_cost *cost, FILE *out)
{
	const struct run_figures *f = &r->figures;
	const double time_s = seconds(r->conf.time);

	fprintf(out,
		"%u nodes, %u links, %u clouds, %u clients; %.0f s of virtual time; %s crypto\n",
		r->layout.nodes, r->layout.links, r->layout.clouds, r->conf.clients, time_s,
		crypto_name(r));
	if (!r->ended)
		fprintf(out, "%-22s %.0f s: nobody knows yet what must hold in the calm\n",
			"stopped after", (double)world_now(r->world).us / 1e6 - 1);
	when_print(out, "all ways there after", f->converged);
	if (r->conf.clients > 0)
		when_print(out, "all addresses after", f->addressed);
	fprintf(out, "%-22s %.2f %% of looks at %u pairs\n", "reachable",
		share(f->reached, f->looked), r->pairs);
	if (r->conf.clients > 0)
		fprintf(out, "%-22s %.2f %% of %" PRIu64 " frames; %" PRIu64 " moves\n",
			"delivered", share(f->received, f->sent), f->sent, f->roams);
	if (r->conf.uplinks > 0)
		internet_print(r, out);
	fprintf(out, "%-22s %" PRIu64 "\n", "faults", f->faults);
	if (r->ended)
		fprintf(out, "%-22s %" PRIu64 " bytes/s in the calm (the most: %" PRIu64 ")\n",
			"a node sends", f->calm_bytes_s, f->calm_bytes_s_max);
	fprintf(out, "%-22s %" PRIu64 " kB of tables (the most: %" PRIu64 " kB)\n", "a node has",
		f->memory / 1024, f->memory_max / 1024);
	fprintf(out, "%-22s %" PRIu64 ": %" PRIu64 " with OGMs, %" PRIu64 " broadcasts\n",
		"frames of clouds", f->frames, f->ogm_frames, f->bcast_frames);
	fprintf(out, "%-22s %" PRIu64 "; %" PRIu64 " of all dropped by full queues\n",
		"... of the network", f->datagrams, f->overflows);
	fprintf(out, "%-22s %" PRIu64 "\n", "events", f->events);
	fprintf(out, "%-22s %.1f s, %.0f node-seconds/s, %ld MB\n", "took", cost->wall_s,
		r->layout.nodes * time_s / (cost->wall_s > 0 ? cost->wall_s : 1),
		cost->peak_kb / 1024);
	fprintf(out, "%-22s %016" PRIx64 "\n", "digest", world_digest(r->world));
	for (unsigned i = 0; i < r->violations && i < RUN_VIOLATIONS; i++) {
		const struct violation *v = &r->violation[i];

		fprintf(out, "VIOLATED %s at %.0f s: %s\n", v->check->name,
			(double)v->at.us / 1e6 - 1, v->what);
	}
	if (r->violations > RUN_VIOLATIONS)
		fprintf(out, "... %u in all\n", r->violations);
	if (r->violations > 0) {
		fprintf(out, "again: ");
		report_command(r, out);
		fputc('\n', out);
	}
}

static const struct figure_row {
	const char *name;
	size_t at; /* a uint64_t of struct run_figures */
} rows[] = {
#define ROW(name)                                                                                  \
	{                                                                                          \
#name, offsetof(struct run_figures, name)                                          \
	}
	ROW(looked),	   ROW(reached),	  ROW(sent),	  ROW(received),
	ROW(roams),	   ROW(arrivals),	  ROW(leaves),	  ROW(faults),
	ROW(calm_bytes_s), ROW(calm_bytes_s_max), ROW(memory),	  ROW(memory_max),
	ROW(frames),	   ROW(ogm_frames),	  ROW(ogm_bytes), ROW(bcast_frames),
	ROW(datagrams),	   ROW(datagram_bytes),	  ROW(bytes),	  ROW(events),
	ROW(overflows),	   ROW(circled),	  ROW(asked),	  ROW(answered),
	ROW(exits_looked), ROW(exits_reached),	  ROW(sessions),  ROW(sessions_moved),
	ROW(pins_looked),  ROW(pins_agreed),
#undef ROW
};

static json_t *figures_json(const struct run_figures *f)
{
	json_t *all = json_object();

	json_object_set_new(all, "converged_s", json_real(seconds(f->converged)));
	json_object_set_new(all, "addressed_s", json_real(seconds(f->addressed)));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t v;

		memcpy(&v, (const char *)f + rows[i].at, sizeof(v));
		json_object_set_new(all, rows[i].name, json_integer((json_int_t)v));
	}
	return all;
}

/* Who carried how much for clients. */
static json_t *gateways_json(const struct run *r)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < r->layout.nodes; i++) {
		const uint64_t carried = world_carried(r->world, i);

		if (r->uplink[i].kind == WORLD_UPLINK_NONE && carried == 0)
			continue;
		json_array_append_new(all, json_pack("{s:s s:I s:I}", "node",
						     r->layout.node[i].name, "bandwidth_bps",
						     (json_int_t)r->uplink[i].bandwidth_bps,
						     "packets", (json_int_t)carried));
	}
	return all;
}

static json_t *gaps_json(const struct run *r)
{
	const struct run_gaps g = run_gaps(r);

	return json_pack("{s:i s:i s:i s:i}", "count", (int)g.count, "median", (int)g.median_ms,
			 "p95", (int)g.p95_ms, "worst", (int)g.worst_ms);
}

static json_t *series_json(const struct series *s)
{
	json_t *all = json_pack("{s:i}", "step_s", (int)s->step_s), *faults = json_object();

	for (unsigned k = 0; k < SERIES_ROWS; k++) {
		json_t *row = json_array();

		for (unsigned i = 0; i < s->count; i++) {
			const double v = series_value(s, i, k);

			json_array_append_new(row, v < 0 ? json_null() : json_real(v));
		}
		json_object_set_new(all, series_name(k), row);
	}
	for (unsigned k = 0; k < FAULT_KINDS; k++) {
		json_t *row = json_array();
		uint64_t any = 0;

		for (unsigned i = 0; i < s->count; i++) {
			json_array_append_new(row, json_integer(s->at[i].faults[k]));
			any += s->at[i].faults[k];
		}
		if (any > 0)
			json_object_set(faults, fault_kind_name(k), row);
		json_decref(row);
	}
	json_object_set_new(all, "faults", faults);
	return all;
}

void report_json(const struct run *r, const struct report_cost *cost, FILE *out)
{
	char digest[17], seed[24];
	json_t *root, *violations = json_array();

	snprintf(digest, sizeof(digest), "%016" PRIx64, world_digest(r->world));
	snprintf(seed, sizeof(seed), "%" PRIu64, r->conf.seed); /* JSON's numbers end before */
	for (unsigned i = 0; i < r->violations && i < RUN_VIOLATIONS; i++)
		json_array_append_new(violations, json_pack("{s:s s:f s:s}", "check",
							    r->violation[i].check->name, "at_s",
							    (double)r->violation[i].at.us / 1e6 - 1,
							    "what", r->violation[i].what));
	root = json_pack("{s:s s:s s:s s:s s:i s:i s:i s:i s:f s:s s:o s:i s:o s:f s:I}", "program",
			 "nuvol-sim", "version", NUVOL_VERSION, "digest", digest, "seed", seed,
			 "nodes", (int)r->layout.nodes, "links", (int)r->layout.links, "clouds",
			 (int)r->layout.clouds, "clients", (int)r->conf.clients, "time_s",
			 seconds(r->conf.time), "crypto", crypto_name(r), "figures",
			 figures_json(&r->figures), "violated", (int)r->violations, "violations",
			 violations, "wall_s", cost->wall_s, "peak_kb", (json_int_t)cost->peak_kb);
	json_object_set_new(root, "faults", json_string(r->conf.faults->name));
	json_object_set_new(root, "gateways", gateways_json(r));
	json_object_set_new(root, "roam_gaps_ms", gaps_json(r));
	json_object_set_new(root, "series", series_json(&r->series));
	json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	fputc('\n', out);
	json_decref(root);
}
