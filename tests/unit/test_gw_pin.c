/* Proves by which gateway a client goes, for all that counts: wishes, flows, what its node uses,
 * and what is fit. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/gw/pin.h"

/* "W": the wish is fit, "w": it is not, "-": there is none; so are pin and best. Gateways are
 * called 1 (wish), 2 (pin) and 3 (best). */
struct row {
	const char *is;
	bool strict, here, busy;
	enum pin_cause cause;
	uint8_t to;
};

static struct pin_gateway gateway(char is, uint8_t n)
{
	return (struct pin_gateway){is != '-', is >= 'A' && is <= 'Z', {{n}}};
}

static void rules(void **state)
{
	static const struct row rows[] = {
		/* nothing is known of it */
		{"---", false, true, false, PIN_NONE, 0},
		{"--B", false, true, false, PIN_NONE, 0},
		{"--B", false, false, true, PIN_NONE, 0},
		/* its first flow */
		{"--B", false, true, true, PIN_BEST, 3},
		{"---", false, true, true, PIN_NONE, 0},
		/* it keeps its gateway while it is busy, and where it is not at home */
		{"-PB", false, true, true, PIN_FLOWS, 2},
		{"-PB", false, false, false, PIN_FLOWS, 2},
		{"-P-", false, true, true, PIN_FLOWS, 2},
		{"-P-", false, true, false, PIN_FLOWS, 2},
		/* idle, or its gateway is dead */
		{"-PB", false, true, false, PIN_BEST, 3},
		{"-pB", false, true, true, PIN_BEST, 3},
		{"-pB", false, true, false, PIN_BEST, 3},
		/* dead, and only its own node may move it; or there is nobody else */
		{"-pB", false, false, true, PIN_NONE, 0},
		{"-p-", false, true, true, PIN_NONE, 0},
		/* people wish: at once, wherever the client is */
		{"WPB", false, true, true, PIN_PEOPLE, 1},
		{"WPB", false, false, false, PIN_PEOPLE, 1},
		{"W--", true, true, false, PIN_PEOPLE, 1},
		/* ... and what they wish is dead */
		{"wPB", false, true, true, PIN_FLOWS, 2},
		{"wpB", false, true, true, PIN_BEST, 3},
		{"w--", false, true, true, PIN_NONE, 0},
		{"wPB", true, true, true, PIN_LOST, 0},
		{"wPB", true, false, true, PIN_LOST, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const struct pin_case c = {.wish = gateway(r->is[0], 1),
					   .strict = r->strict,
					   .pin = gateway(r->is[1], 2),
					   .best = gateway(r->is[2], 3),
					   .here = r->here,
					   .busy = r->busy};
		struct pin_choice choice = pin_choose(&c);

		if (choice.cause != r->cause || choice.to.b[0] != r->to)
			fail_msg("row %zu: %s, to %u", i, pin_cause_name(choice.cause),
				 choice.to.b[0]);
	}
}

/* Where its flows are is what the node uses: that is no reason of its own. */
static void same(void **state)
{
	struct pin_case c = {
		.pin = gateway('P', 2), .best = gateway('B', 2), .here = true, .busy = true};

	(void)state;
	assert_int_equal(pin_choose(&c).cause, PIN_BEST);
	assert_int_equal(pin_choose(&c).to.b[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
