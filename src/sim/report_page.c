/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/report_page.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "sim/check.h"
#include "sim/plot.h"
#include "sim/town_map.h"
#include "sim/world_internal.h"

enum { HOT = 10, GATEWAYS = 11 };

static const char style[] =
	":root{color-scheme:light dark;--paper:#fbfbf9;--ink:#1d2226;--soft:#667078;--rule:#dfe2e0;"
	"--c0:#1f6f8b;--c1:#c8641e;--c2:#6a4c93;--bad:#b3261e;--good:#2e7d4f;--storm:#c8641e22;"
	"--h0:#c6d5da;--h1:#8fb8c4;--h2:#4f93a8;--h3:#e3b04b;--h4:#d9722e;--h5:#b3261e}"
	"@media(prefers-color-scheme:dark){:root{--paper:#15191c;--ink:#e4e7e6;--soft:#98a2a8;"
	"--rule:#2c3338;--c0:#62b6d0;--c1:#eb9a5b;--c2:#b79be0;--bad:#ff8a80;--good:#7fd0a0;"
	"--storm:#eb9a5b20;--h0:#33424a;--h1:#3f6472;--h2:#4f93a8;--h3:#e3b04b;--h4:#e8823f;"
	"--h5:#ff6b5e}}"
	"*{box-sizing:border-box}body{margin:0 auto;max-width:1040px;padding:28px 20px 60px;"
	"background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}"
	"h1{font-size:25px;margin:0;line-height:1.25}h2{font-size:17px;margin:38px 0 8px}"
	".sub{color:var(--soft);margin:4px 0 "
	"18px}.mono,code,pre{font-family:ui-monospace,monospace}"
	".verdict{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}"
	".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:0 14px;"
	"margin:18px 0}.tiles div{border-top:1px solid var(--rule);padding:9px 0 12px}"
	".tiles b{display:block;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}"
	".tiles span{color:var(--soft);font-size:13px}"
	"figure{margin:22px 0 0}figcaption{font-size:14px;color:var(--soft)}"
	"figcaption b{color:var(--ink);margin-right:6px}svg{display:block;width:100%;height:auto}"
	".key{white-space:nowrap;margin-left:12px;color:var(--ink)}"
	".key i{display:inline-block;width:14px;height:3px;margin-right:5px;vertical-align:middle}"
	".b0{background:var(--c0)}.b1{background:var(--c1)}.b2{background:var(--c2)}"
	".line{fill:none;stroke-width:1.8;stroke-linejoin:round}.c0{stroke:var(--c0)}"
	".c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.grid{stroke:var(--rule);fill:none}"
	".tick{fill:var(--soft);font-size:11.5px}.storm{fill:var(--storm)}"
	".wrong{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:3 3}.fault{fill:var(--c1)}"
	".bar{fill:var(--c0)}.maps{display:grid;gap:18px;"
	"grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}"
	".links{stroke:var(--soft);stroke-width:.6;opacity:.45;fill:none}"
	".dot{stroke-linecap:round;fill:none}.h0{stroke:var(--h0)}.h1{stroke:var(--h1)}"
	".h2{stroke:var(--h2)}.h3{stroke:var(--h3)}.h4{stroke:var(--h4)}.h5{stroke:var(--h5)}"
	".scale{font-size:13px;color:var(--soft);margin:4px 0 0}"
	".scale i{display:inline-block;width:22px;height:10px}.scale "
	"i:first-of-type{margin-left:6px}"
	".scale i:last-of-type{margin-right:6px}.s0{background:var(--h0)}.s1{background:var(--h1)}"
	".s2{background:var(--h2)}.s3{background:var(--h3)}.s4{background:var(--h4)}"
	".s5{background:var(--h5)}table{margin-top:20px;border-collapse:collapse;width:100%;font-"
	"size:14px;"
	"font-variant-numeric:tabular-nums}th{text-align:left;color:var(--soft);font-weight:500}"
	"td,th{padding:4px 14px 4px 0;border-bottom:1px solid "
	"var(--rule)}td.n,th.n{text-align:right}"
	"pre{background:#8881;padding:10px 12px;overflow-x:auto;white-space:pre-wrap;"
	"overflow-wrap:anywhere;font-size:13px}.note{color:var(--soft);font-size:13.5px}";

void page_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
			fprintf(out, "&#%u;", c);
		else if (c >= ' ')
			fputc(c, out);
	}
}

static double share(uint64_t part, uint64_t all)
{
	return all > 0 ? (double)part * 100 / (double)all : 100;
}

/* ---- the head ---- */

__attribute__((format(printf, 3, 4))) static void tile(FILE *out, const char *what,
						       const char *format, ...)
{
	va_list args;

	fputs("<div><b>", out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fprintf(out, "</b><span>%s</span></div>", what);
}

static void tile_when(FILE *out, const char *what, span s)
{
	if (s.us < 0)
		tile(out, what, "never");
	else
		tile(out, what, "%.0f s", (double)s.us / 1e6);
}

static void tiles_print(FILE *out, const struct run *r, const struct report_cost *cost)
{
	const struct run_figures *f = &r->figures;

	fputs("<div class=tiles>", out);
	tile_when(out, "until all ways were there", f->converged);
	tile(out, "of looks: reachable", "%.2f %%", share(f->reached, f->looked));
	if (r->conf.clients > 0) {
		tile_when(out, "until all addresses", f->addressed);
		tile(out, "of frames delivered", "%.2f %%", share(f->received, f->sent));
		tile(out, "walks of clients", "%" PRIu64, f->roams);
	}
	if (f->asked > 0)
		tile(out, "of packets to the Internet answered", "%.2f %%",
		     share(f->answered, f->asked));
	tile(out, "faults", "%" PRIu64, f->faults);
	tile(out, "a node sends in the calm", "%" PRIu64 " B/s", f->calm_bytes_s);
	tile(out, "tables of a node", "%" PRIu64 " kB", f->memory / 1024);
	tile(out, "took here", "%.1f s", cost->wall_s);
	fputs("</div>\n", out);
}

static void head_print(FILE *out, const struct run *r)
{
	fprintf(out,
		"<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
		"content=\"width=device-width,initial-scale=1\"><title>nuvol-sim, seed %" PRIu64
		"</title><style>%s</style></head><body>\n<h1>",
		r->conf.seed, style);
	if (r->conf.shape == LAYOUT_FILE) {
		const char *slash = strrchr(r->conf.file, '/');

		page_text(out, slash ? slash + 1 : r->conf.file);
		fputs(": ", out);
	}
	fprintf(out,
		"%u nodes, %u links, %u clouds, %u clients</h1>\n<p class=sub>%.0f s of virtual "
		"time, faults: %s, seed %" PRIu64 ", %s crypto; nuvol-sim %s, digest <span "
		"class=mono>%016" PRIx64 "</span></p>\n",
		r->layout.nodes, r->layout.links, r->layout.clouds, r->conf.clients,
		(double)r->conf.time.us / 1e6, r->conf.faults->name, r->conf.seed,
		r->conf.crypto ? "real" : "cheap", NUVOL_VERSION, world_digest(r->world));
	if (r->violations == 0)
		fputs("<p class=\"verdict good\">All checks held.</p>\n", out);
	else
		fprintf(out, "<p class=\"verdict bad\">%u checks did not hold.</p>\n",
			r->violations);
}

static void violations_print(FILE *out, const struct run *r)
{
	if (r->violations == 0)
		return;
	fputs("<table><tr><th class=n>at</th><th>check</th><th>what</th></tr>", out);
	for (unsigned i = 0; i < r->violations && i < RUN_VIOLATIONS; i++) {
		const struct violation *v = &r->violation[i];

		fprintf(out, "<tr><td class=n>%.0f s</td><td>%s</td><td>",
			(double)v->at.us / 1e6 - 1, v->check->name);
		page_text(out, v->what);
		fputs("</td></tr>", out);
	}
	fputs("</table>\n", out);
}

/* ---- over time ---- */

static void plots_print(FILE *out, const struct run *r)
{
	static const struct plot ways = {"Ways",
					 "of those that could be",
					 {{SERIES_REACHED, "pairs of nodes that reach each other"},
					  {SERIES_ROUTES, "routes of all nodes to all others"},
					  {SERIES_UP, "nodes that run"}}};
	static const struct plot clients = {"Clients",
					    "",
					    {{SERIES_DELIVERED, "frames that came"},
					     {SERIES_ADDRESSED, "have the address they want"}}};
	static const struct plot bytes = {"What a node sends",
					  "bytes/s on average, with all headers",
					  {{SERIES_CLOUD_BYTES, "clouds, clients too"},
					   {SERIES_NETWORK_BYTES, "network of all clouds"}}};

	static const struct plot internet = {"Internet",
					     "",
					     {{SERIES_EXITS, "nodes that reach it"},
					      {SERIES_ANSWERED, "packets of clients answered"}}};

	fputs("<h2>Over time</h2><p class=note>", out);
	if (r->figures.faults > 0)
		fputs("The storm is shaded. ", out);
	if (r->violations > 0)
		fputs("A dashed line is a check that did not hold. ", out);
	fprintf(out, "A point is %u s.</p>\n", r->series.step_s);
	plot_faults(out, r);
	plot_lines(out, r, &ways);
	if (r->conf.clients > 0)
		plot_lines(out, r, &clients);
	if (r->conf.uplinks > 0)
		plot_lines(out, r, &internet);
	plot_lines(out, r, &bytes);
}

/* ---- the Internet ---- */

static void gaps_print(FILE *out, const struct run *r)
{
	static const uint32_t above_ms[] = {20, 50, 100, 200, 500, 1000, 2000, 5000, UINT32_MAX};
	enum { BARS = sizeof(above_ms) / sizeof(above_ms[0]) };
	const struct run_gaps g = run_gaps(r);
	struct plot_bar bar[BARS] = {0};

	if (g.count == 0)
		return;
	for (unsigned b = 0; b + 1 < BARS; b++)
		snprintf(bar[b].label, sizeof(bar[b].label), "up to %u ms", above_ms[b]);
	snprintf(bar[BARS - 1].label, sizeof(bar[0].label), "more");
	for (unsigned i = 0; i < r->gaps; i++) {
		unsigned b = 0;

		while (r->gap_ms[i] > above_ms[b])
			b++;
		bar[b].value++;
	}
	fprintf(out,
		"<figure><figcaption><b>Walks</b> the longest time without an answer around each "
		"of "
		"%u: median %u ms, 95 %% up to %u ms, the most %u ms</figcaption>",
		g.count, g.median_ms, g.p95_ms, g.worst_ms);
	plot_bars(out, bar, BARS, "");
	fputs("</figure>\n", out);
}

/* Those that carried most, and the rest as one. */
static void gateways_print(FILE *out, const struct run *r)
{
	struct plot_bar bar[GATEWAYS + 1] = {0};
	uint64_t all = 0, told = 0, last = UINT64_MAX;
	unsigned count = 0, after = 0;

	for (unsigned i = 0; i < r->layout.nodes; i++)
		all += world_carried(r->world, i);
	while (all > 0 && count < GATEWAYS && told < all) {
		unsigned best = WORLD_NOWHERE;

		/* The next in order of packets, then of number. */
		for (unsigned i = 0; i < r->layout.nodes; i++) {
			const uint64_t n = world_carried(r->world, i);

			if (n > 0 && (n < last || (n == last && i > after)) &&
			    (best == WORLD_NOWHERE || n > world_carried(r->world, best)))
				best = i;
		}
		if (best == WORLD_NOWHERE)
			break;
		last = world_carried(r->world, best);
		after = best;
		told += last;
		snprintf(bar[count].label, sizeof(bar[0].label), "%.12s",
			 r->layout.node[best].name);
		bar[count++].value = share(last, all);
	}
	if (told < all) {
		snprintf(bar[count].label, sizeof(bar[0].label), "others");
		bar[count++].value = share(all - told, all);
	}
	if (count == 0)
		return;
	fputs("<figure><figcaption><b>Gateways</b> of the packets of clients to the Internet, who "
	      "carried them</figcaption>",
	      out);
	plot_bars(out, bar, count, " %");
	fputs("</figure>\n", out);
}

/* ---- where ---- */

static double bytes_s(const struct run *r, unsigned node)
{
	const struct world_traffic t = world_traffic_of(r->world, node);

	return (double)(t.bytes + t.datagram_bytes) / ((double)r->conf.time.us / 1e6);
}

/* Its own frames and those of who hears it, at the rate of the channel. */
static double air_percent(const struct run *r, const double *bytes, unsigned node)
{
	const struct layout *l = &r->layout;
	const uint64_t rate = world_segment_conf(r->world, 0)->rate_bps;
	double all = bytes[node];

	for (uint32_t k = l->near_first[node]; k < l->near_first[node + 1]; k++)
		all += bytes[l->near[k]];
	return rate > 0 ? all * 800 / (double)rate : 0;
}

static double missing_percent(const struct run *r, unsigned node)
{
	const double all = (double)r->unrouted_looks * (r->layout.nodes - 1);

	return all > 0 ? (double)r->unrouted[node] * 100 / all : 0;
}

static void hot_print(FILE *out, const struct run *r, const double *bytes, const double *missing)
{
	bool *told = world_alloc(r->layout.nodes * sizeof(*told));

	fputs("<table><tr><th>sends most</th><th class=n>bytes/s</th><th class=n>links</th><th "
	      "class=n>routes missing</th><th class=n>started again</th></tr>",
	      out);
	for (unsigned n = 0; n < HOT && n < r->layout.nodes; n++) {
		unsigned best = 0;

		while (told[best])
			best++;
		for (unsigned i = best; i < r->layout.nodes; i++)
			if (!told[i] && bytes[i] > bytes[best])
				best = i;
		told[best] = true;
		fputs("<tr><td>", out);
		page_text(out, r->layout.node[best].name);
		fprintf(out,
			"</td><td class=n>%.0f</td><td class=n>%u</td><td class=n>%.2f %%</td><td "
			"class=n>%u</td></tr>",
			bytes[best], r->layout.near_first[best + 1] - r->layout.near_first[best],
			missing[best], world_life(r->world, best) - 1);
	}
	fputs("</table>\n", out);
	free(told);
}

static void maps_print(FILE *out, const struct run *r)
{
	const unsigned n = r->layout.nodes;
	double *bytes = world_alloc(n * sizeof(*bytes)), *air = world_alloc(n * sizeof(*air));
	double *missing = world_alloc(n * sizeof(*missing));
	struct town_map m;

	for (unsigned i = 0; i < n; i++) {
		bytes[i] = bytes_s(r, i);
		missing[i] = missing_percent(r, i);
	}
	for (unsigned i = 0; r->conf.radio && i < n; i++)
		air[i] = air_percent(r, bytes, i);
	town_map_init(&m, &r->layout, run_has_places(r));
	fprintf(out,
		"<h2>Where</h2><p class=note>%s Routes are counted from the first fault on.</p>"
		"<div class=maps>",
		m.real ? "Nodes stand where they stand in the town."
		       : "The town has no places: nodes stand around the one with the most links.");
	town_map_print(&m, out, &r->layout, "What a node sends", "bytes/s", bytes);
	if (r->conf.radio)
		town_map_print(&m, out, &r->layout, "Air in use around it, without retries", "%",
			       air);
	town_map_print(&m, out, &r->layout, "Routes that it had not", "%", missing);
	fputs("</div>\n", out);
	hot_print(out, r, bytes, missing);
	town_map_fini(&m);
	free(bytes);
	free(air);
	free(missing);
}

void report_page(const struct run *r, const struct report_cost *cost, FILE *out)
{
	head_print(out, r);
	violations_print(out, r);
	tiles_print(out, r, cost);
	plots_print(out, r);
	gaps_print(out, r);
	gateways_print(out, r);
	maps_print(out, r);
	fputs("<h2>The same again</h2><pre>", out);
	report_command(r, out);
	fputs("</pre></body></html>\n", out);
}
