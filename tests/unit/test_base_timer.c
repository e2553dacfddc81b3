/* Proves that the timer heap gives deadlines in order of time, then of setting, like a naive list.
 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/prng.h"
#include "base/timer.h"
#include "cmocka_all.h"

enum { TIMERS = 60, STEPS = 40000 };

/* The model: what was set, and when; searched from end to end. */
struct model {
	bool known;
	bool set;
	int64_t at_us;
	uint64_t order;
};

static struct timer timer[TIMERS];
static struct model model[TIMERS];
static uint64_t order;

static int model_earliest(void)
{
	int best = -1;

	for (int i = 0; i < TIMERS; i++) {
		if (!model[i].set)
			continue;
		bool sooner =
			best < 0 || model[i].at_us < model[best].at_us ||
			(model[i].at_us == model[best].at_us && model[i].order < model[best].order);
		if (sooner)
			best = i;
	}
	return best;
}

static void step_set(struct timers *ts, struct prng *r, uint32_t i, int64_t now_us)
{
	/* Few different instants, so that many are equal; some are past already. */
	int64_t at_us = now_us - 5 + (int64_t)prng_below(r, 25);

	timer_set(ts, &timer[i], (instant){at_us});
	model[i].set = true;
	model[i].at_us = at_us;
	model[i].order = order++;
}

static void step_toggle(struct timers *ts, uint32_t i)
{
	if (model[i].known)
		timer_fini(ts, &timer[i]);
	else
		assert_true(timer_init(ts, &timer[i], (uint8_t)i));
	model[i] = (struct model){.known = !model[i].known};
}

static void step_cancel(struct timers *ts, struct prng *r, uint32_t i)
{
	if (prng_below(r, 2))
		timer_cancel(ts, &timer[i]);
	else
		timer_set(ts, &timer[i], NEVER);
	model[i].set = false;
}

static void step_pop(struct timers *ts, int64_t now_us)
{
	int first = model_earliest();
	struct timer *t = timers_pop(ts, (instant){now_us});

	if (first < 0 || model[first].at_us > now_us) {
		assert_null(t);
		return;
	}
	assert_ptr_equal(t, &timer[first]);
	assert_int_equal(t->kind, first);
	model[first].set = false;
}

static void check_same(const struct timers *ts)
{
	int first = model_earliest();
	uint32_t set = 0;

	for (int i = 0; i < TIMERS; i++) {
		set += model[i].set;
		if (model[i].known)
			assert_int_equal(timer_is_set(&timer[i]), model[i].set);
	}
	assert_int_equal(ts->count, set);
	assert_int_equal(timers_next(ts).us, first < 0 ? NEVER.us : model[first].at_us);
}

static void test_like_a_naive_list(void **state)
{
	struct pool pool;
	struct timers ts;
	struct prng r;
	int64_t now_us = 0;

	(void)state;
	pool_init(&pool, 1 << 20);
	timers_init(&ts, &pool);
	prng_seed(&r, 7);
	for (unsigned step = 0; step < STEPS; step++) {
		uint32_t i = prng_below(&r, TIMERS), what = prng_below(&r, 10);

		if (what == 0 || !model[i].known)
			step_toggle(&ts, i);
		else if (what < 6)
			step_set(&ts, &r, i, now_us);
		else if (what < 7)
			step_cancel(&ts, &r, i);
		else
			step_pop(&ts, now_us);
		now_us += prng_below(&r, 2);
		check_same(&ts);
	}
	for (uint32_t i = 0; i < TIMERS; i++) {
		if (model[i].known)
			timer_fini(&ts, &timer[i]);
	}
	assert_int_equal(timers_next(&ts).us, NEVER.us);
	assert_null(timers_pop(&ts, NEVER)); /* none, though never is reached then */
	timers_fini(&ts);
	pool_fini(&pool);
}

/* Equal deadlines come out as they were set; one that is set again goes behind. */
static void test_equal_deadlines(void **state)
{
	struct pool pool;
	struct timers ts;
	struct timer t[5];
	static const int expected[] = {0, 1, 3, 4, 2};

	(void)state;
	pool_init(&pool, 4096);
	timers_init(&ts, &pool);
	for (uint8_t i = 0; i < 5; i++) {
		assert_true(timer_init(&ts, &t[i], i));
		timer_set(&ts, &t[i], (instant){100});
	}
	timer_set(&ts, &t[2], (instant){100});
	assert_null(timers_pop(&ts, (instant){99}));
	for (int i = 0; i < 5; i++)
		assert_int_equal(timers_pop(&ts, (instant){100})->kind, expected[i]);
	for (int i = 0; i < 5; i++)
		timer_fini(&ts, &t[i]);
	timers_fini(&ts);
	pool_fini(&pool);
}

/* Room is made when a timer is registered: a full pool refuses there and nowhere else. */
static void test_no_memory(void **state)
{
	struct pool pool;
	struct timers ts;
	struct timer t[17];

	(void)state;
	pool_init(&pool, 16 * sizeof(struct timer_entry));
	timers_init(&ts, &pool);
	for (unsigned i = 0; i < 16; i++)
		assert_true(timer_init(&ts, &t[i], 0));
	assert_false(timer_init(&ts, &t[16], 0));
	for (unsigned i = 0; i < 16; i++)
		timer_set(&ts, &t[i], (instant){i});
	assert_int_equal(timers_next(&ts).us, 0);
	for (unsigned i = 0; i < 16; i++)
		timer_fini(&ts, &t[i]);
	timers_fini(&ts);
	pool_fini(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_a_naive_list),
		cmocka_unit_test(test_equal_deadlines),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
