/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "town/quantity.h"
#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { MILLION = 1000000, DIGITS_MAX = 9, DECIMALS_MAX = 6 };

struct unit {
	const char *name;
	uint64_t factor;
};

/* The number in millionths; *rest is what follows it. */
static bool decimal_parse(const char *text, uint64_t *millionths, const char **rest)
{
	uint64_t value = 0;
	unsigned digits = 0, decimals = 0;

	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (uint64_t)(*text - '0');
		if (++digits > DIGITS_MAX)
			return false;
	}
	if (digits == 0)
		return false;
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			value = value * 10 + (uint64_t)(*text - '0');
			if (++decimals > DECIMALS_MAX)
				return false;
		}
		if (decimals == 0)
			return false;
	}
	for (; decimals < DECIMALS_MAX; decimals++)
		value *= 10;
	*millionths = value;
	*rest = text;
	return true;
}

static const struct unit *unit_find(const struct unit *units, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

bool loss_parse(const char *text, uint32_t *out)
{
	uint64_t value;

	if (!decimal_parse(text, &value, &text) || (*text && strcmp(text, "%") != 0))
		return false;
	if (value > 100u * MILLION)
		return false;
	*out = (uint32_t)(value / 100);
	return true;
}

bool span_parse(const char *text, int64_t unit_us, span *out)
{
	static const struct unit units[] = {
		{"us", 1}, {"ms", 1000}, {"s", MILLION}, {"min", 60ull * MILLION}};
	const struct unit *unit;
	uint64_t value, factor = (uint64_t)unit_us;

	if (!decimal_parse(text, &value, &text))
		return false;
	if (*text) {
		unit = unit_find(units, sizeof(units) / sizeof(units[0]), text);
		if (!unit)
			return false;
		factor = unit->factor;
	}
	if (value / MILLION > 1000ull * MILLION / factor)
		return false;
	*out = span_us((int64_t)(value * factor / MILLION));
	return true;
}

bool duration_parse(const char *text, span *out)
{
	static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"", 1}};
	const struct unit *unit;
	uint64_t value;

	if (!decimal_parse(text, &value, &text))
		return false;
	unit = unit_find(units, sizeof(units) / sizeof(units[0]), text);
	if (!unit || value / MILLION > 1000000ull * 3600 / unit->factor)
		return false;
	*out = span_us((int64_t)(value * unit->factor));
	return true;
}

bool rate_parse(const char *text, uint64_t *out)
{
	static const struct unit units[] = {
		{"bit", 1}, {"kbit", 1000}, {"mbit", MILLION}, {"gbit", 1000ull * MILLION}};
	const struct unit *unit;
	uint64_t value;

	if (!decimal_parse(text, &value, &text))
		return false;
	unit = unit_find(units, sizeof(units) / sizeof(units[0]), text);
	if (!unit || value / MILLION > 1000ull * MILLION * MILLION / unit->factor)
		return false;
	value = unit->factor >= MILLION ? value * (unit->factor / MILLION)
					: value * unit->factor / MILLION;
	if (value == 0)
		return false;
	*out = value;
	return true;
}

bool number_parse(const char *text, uint32_t low, uint32_t high, uint32_t *out)
{
	uint64_t value;

	if (!decimal_parse(text, &value, &text) || *text || value % MILLION != 0)
		return false;
	value /= MILLION;
	if (value < low || value > high)
		return false;
	*out = (uint32_t)value;
	return true;
}
