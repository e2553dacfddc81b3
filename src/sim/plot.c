/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/plot.h"
#include <inttypes.h>
#include "sim/check.h"
#include "sim/report_page.h"

enum { WIDTH = 960, LEFT = 64, RIGHT = 28, TOP = 8, HEIGHT = 170, BOTTOM = 26, STRIP = 16 };
enum { NAMES = 118, TICKS_MAX = 9 };

static int64_t start_us(const struct run *r)
{
	return r->end.us - r->conf.time.us;
}

static double x_of(const struct run *r, unsigned left, double seconds)
{
	const double all = (double)r->conf.time.us / 1e6;

	return left + (WIDTH - left - RIGHT) * (seconds < all ? seconds : all) / all;
}

static double since_start(const struct run *r, instant t)
{
	return (double)(t.us - start_us(r)) / 1e6;
}

/* ---- the axis of time ---- */

static unsigned tick_s(const struct run *r)
{
	static const unsigned steps[] = {10,   20,   30,    60,	   120,	  300,	 600,
					 1800, 3600, 10800, 21600, 43200, 86400, 604800};
	const uint64_t all = (uint64_t)r->conf.time.us / 1000000;
	unsigned i = 0;

	while (i + 1 < sizeof(steps) / sizeof(steps[0]) && all / steps[i] > TICKS_MAX)
		i++;
	return steps[i];
}

static void time_print(FILE *out, unsigned s)
{
	if (s == 0)
		fputs("0", out);
	else if (s % 86400 == 0)
		fprintf(out, "%u d", s / 86400);
	else if (s % 3600 == 0)
		fprintf(out, "%u h", s / 3600);
	else if (s % 60 == 0)
		fprintf(out, "%u min", s / 60);
	else
		fprintf(out, "%u:%02u", s / 60, s % 60);
}

/* Shade of the storm, ticks, marks of what did not hold. */
static void frame_print(FILE *out, const struct run *r, unsigned left, double top, double bottom)
{
	const double from = x_of(r, left, since_start(r, r->faults_from));
	const double to = x_of(r, left, since_start(r, r->calm_from));
	const unsigned all = (unsigned)(r->conf.time.us / 1000000);

	if (r->figures.faults > 0)
		fprintf(out, "<rect class=storm x=%.1f y=%.1f width=%.1f height=%.1f />", from, top,
			to - from, bottom - top);
	for (unsigned s = 0; s <= all; s += tick_s(r)) {
		const double x = x_of(r, left, s);

		fprintf(out,
			"<path class=grid d=\"M%.1f %.1fV%.1f\"/><text class=tick x=%.1f y=%.1f "
			"text-anchor=middle>",
			x, top, bottom, x, bottom + 16);
		time_print(out, s);
		fputs("</text>", out);
	}
	for (unsigned i = 0; i < r->violations && i < RUN_VIOLATIONS; i++)
		fprintf(out, "<path class=wrong d=\"M%.1f %.1fV%.1f\"><title>%s</title></path>",
			x_of(r, left, since_start(r, r->violation[i].at)), top, bottom,
			r->violation[i].check->name);
}

/* ---- lines ---- */

/* The next of 1, 2, 5, 10 ... */
static double nice_above(double v)
{
	double p = 1;

	while (p * 10 < v)
		p *= 10;
	while (p > v && p > 1e-9)
		p /= 10;
	return v <= p ? p : v <= 2 * p ? 2 * p : v <= 5 * p ? 5 * p : 10 * p;
}

static double highest(const struct run *r, const struct plot *p)
{
	double most = 0;

	for (unsigned k = 0; k < PLOT_LINES && p->line[k].label; k++)
		for (unsigned i = 0; i < r->series.count; i++) {
			double v = series_value(&r->series, i, p->line[k].row);

			most = v > most ? v : most;
		}
	return series_is_percent(p->line[0].row) ? 100 : nice_above(most > 0 ? most : 1);
}

static void line_print(FILE *out, const struct run *r, enum series_row row, unsigned colour,
		       double most)
{
	const struct series *s = &r->series;
	bool on = false;

	fprintf(out, "<path class=\"line c%u\" d=\"", colour);
	for (unsigned i = 0; i < s->count; i++) {
		const double v = series_value(s, i, row);

		if (v >= 0)
			fprintf(out, "%c%.1f %.1f", on ? 'L' : 'M',
				x_of(r, LEFT, (double)(i + 1) * s->step_s),
				TOP + (HEIGHT - TOP) * (1 - (v < most ? v : most) / most));
		on = v >= 0;
	}
	fputs("\"/>", out);
}

static void rungs_print(FILE *out, double most, bool percent)
{
	for (unsigned i = 0; i <= 4; i++) {
		const double v = most * i / 4, y = TOP + (HEIGHT - TOP) * (1 - i / 4.0);

		fprintf(out,
			"<path class=grid d=\"M%d %.1fH%d\"/><text class=tick x=%d y=%.1f "
			"text-anchor=end>",
			LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4);
		if (percent)
			fprintf(out, "%.0f %%", v);
		else if (most >= 10000)
			fprintf(out, "%.4gk", v / 1000);
		else
			fprintf(out, "%.4g", v);
		fputs("</text>", out);
	}
}

void plot_lines(FILE *out, const struct run *r, const struct plot *p)
{
	const double most = highest(r, p);
	const bool percent = series_is_percent(p->line[0].row);

	fprintf(out, "<figure><figcaption><b>%s</b> %s", p->title, p->about);
	for (unsigned k = 0; k < PLOT_LINES && p->line[k].label; k++)
		fprintf(out, " <span class=key><i class=\"b%u\"></i>%s</span>", k,
			p->line[k].label);
	fprintf(out, "</figcaption><svg viewBox=\"0 0 %d %d\" role=img aria-label=\"%s\">", WIDTH,
		HEIGHT + BOTTOM, p->title);
	frame_print(out, r, LEFT, TOP, HEIGHT);
	rungs_print(out, most, percent);
	for (unsigned k = 0; k < PLOT_LINES && p->line[k].label; k++)
		line_print(out, r, p->line[k].row, k, most);
	fputs("</svg></figure>\n", out);
}

/* ---- faults ---- */

static uint32_t most_at_once(const struct series *s, unsigned kind)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < s->count; i++)
		most = s->at[i].faults[kind] > most ? s->at[i].faults[kind] : most;
	return most;
}

static void strip_print(FILE *out, const struct run *r, unsigned kind, double y, uint32_t most)
{
	const struct series *s = &r->series;
	unsigned i = 0;

	fprintf(out, "<text class=tick x=%d y=%.1f text-anchor=end>%s</text>", NAMES - 6, y + 11,
		fault_kind_name(kind));
	while (i < s->count) {
		const uint32_t n = s->at[i].faults[kind];
		const unsigned from = i;

		while (i < s->count && s->at[i].faults[kind] == n)
			i++;
		if (n > 0)
			fprintf(out,
				"<rect class=fault x=%.1f y=%.1f width=%.1f height=%d "
				"opacity=%.2f><title>%u</title></rect>",
				x_of(r, NAMES, (double)from * s->step_s), y,
				x_of(r, NAMES, (double)i * s->step_s) -
					x_of(r, NAMES, (double)from * s->step_s),
				STRIP - 4, 0.35 + 0.65 * n / most, n);
	}
}

void plot_faults(FILE *out, const struct run *r)
{
	uint32_t most[FAULT_KINDS];
	unsigned strips = 0;
	double y = TOP + 2;

	for (unsigned k = 0; k < FAULT_KINDS; k++) {
		most[k] = most_at_once(&r->series, k);
		strips += most[k] > 0;
	}
	if (strips == 0)
		return;
	fprintf(out,
		"<figure><figcaption><b>What went wrong</b> %" PRIu64
		" faults; the stronger, the more at once</figcaption><svg viewBox=\"0 0 %d %u\" "
		"role=img aria-label=faults>",
		r->figures.faults, WIDTH, TOP + 2 + strips * STRIP + BOTTOM);
	frame_print(out, r, NAMES, TOP, TOP + 2 + strips * STRIP);
	for (unsigned k = 0; k < FAULT_KINDS; k++) {
		if (most[k] == 0)
			continue;
		strip_print(out, r, k, y, most[k]);
		y += STRIP;
	}
	fputs("</svg></figure>\n", out);
}

/* ---- bars ---- */

void plot_bars(FILE *out, const struct plot_bar *bar, unsigned count, const char *unit)
{
	const double wide = (WIDTH - 2.0 * RIGHT) / count;
	double most = 0;

	for (unsigned i = 0; i < count; i++)
		most = bar[i].value > most ? bar[i].value : most;
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=img>", WIDTH, HEIGHT + BOTTOM);
	for (unsigned i = 0; i < count; i++) {
		const double x = RIGHT + wide * i;
		const double high = most > 0 ? (HEIGHT - TOP - 20) * bar[i].value / most : 0;

		fprintf(out, "<rect class=bar x=%.1f y=%.1f width=%.1f height=%.1f />",
			x + wide * 0.1, HEIGHT - high, wide * 0.8, high);
		fprintf(out, "<text class=tick x=%.1f y=%.1f text-anchor=middle>%.3g%s</text>",
			x + wide / 2, HEIGHT - high - 5, bar[i].value, unit);
		fprintf(out, "<text class=tick x=%.1f y=%d text-anchor=middle>", x + wide / 2,
			HEIGHT + 16);
		page_text(out, bar[i].label);
		fputs("</text>", out);
	}
	fputs("</svg>", out);
}
