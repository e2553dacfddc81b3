/* Proves that our description tells of our links when the operator wants it, anew only when they
 * are clearly others, and of none when there is none. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "l3_rig.h"

enum { PERIOD_S = 100, LINKS_MAX = 8 };

static size_t links(const struct l3_rig *r, struct l3_published_view *v)
{
	return l3_published(r->l3, &r->l3->self->id, v, LINKS_MAX);
}

/* Some description of our own is in force. */
static void begin(struct l3_rig *r, span period)
{
	struct l3_conf conf = l3_conf_default();

	conf.topology_period = period;
	conf.key_lifetime = span_s(1000000);
	l3_rig_init(r, &conf, true);
	l3_rig_keep(r);
	while (!r->l3->self->description)
		l3_rig_pass(r, span_s(1));
}

/* The links' qualities are heard anew: the rig's neighbours are silent. */
static void refresh(struct l3_rig *r, unsigned tq0)
{
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++) {
		if (!r->link[i])
			continue;
		r->link[i]->rq = (struct quality){255, r->now};
		r->link[i]->tq = (struct quality){(uint8_t)(i == 0 ? tq0 : 255), r->now};
	}
}

/* A period, with links of such a quality; how many descriptions came of it. */
static uint32_t period(struct l3_rig *r, unsigned tq0)
{
	uint32_t before = r->l3->self->description->version.desc_sqn;

	for (unsigned i = 0; i < PERIOD_S + 2; i++) {
		refresh(r, tq0);
		l3_rig_pass(r, span_s(1));
	}
	return r->l3->self->description->version.desc_sqn - before;
}

static void links_are_told(void **state)
{
	struct l3_published_view v[LINKS_MAX];
	struct l3_rig r;

	(void)state;
	begin(&r, span_s(PERIOD_S));
	assert_int_equal(links(&r, v), 0);
	assert_int_equal(period(&r, 255), 1);
	assert_int_equal(links(&r, v), RIG_NEIGHBOURS);
	assert_true(digest_equal(&v[0].neighbour, &r.neighbour[0]->id));
	assert_int_equal(v[0].tq, 255);
	assert_int_equal(v[0].tx_bps, bmx7_bandwidth(bmx7_bandwidth_byte(1000000000)));
	assert_int_equal(period(&r, 255), 0);
	assert_int_equal(period(&r, 255 - TOPOLOGY_STEP), 0);
	assert_int_equal(period(&r, 255 - TOPOLOGY_STEP - 1), 1);
	assert_int_equal(links(&r, v), RIG_NEIGHBOURS);
	assert_int_equal(v[0].tq, 255 - TOPOLOGY_STEP - 1);
	/* One goes, then all. */
	l3_link_gone(r.l3, r.now, r.link[1], &r.fx);
	r.link[1] = NULL;
	assert_int_equal(period(&r, 255 - TOPOLOGY_STEP - 1), 1);
	assert_int_equal(links(&r, v), RIG_NEIGHBOURS - 1);
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++) {
		if (r.link[i])
			l3_link_gone(r.l3, r.now, r.link[i], &r.fx);
		r.link[i] = NULL;
	}
	assert_int_equal(period(&r, 0), 1);
	assert_int_equal(links(&r, v), 0);
	l3_rig_fini(&r);
}

static void nobody_wants_it(void **state)
{
	struct l3_published_view v[LINKS_MAX];
	struct l3_rig r;

	(void)state;
	begin(&r, span_s(0));
	assert_int_equal(period(&r, 255), 0);
	assert_int_equal(links(&r, v), 0);
	l3_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_told),
		cmocka_unit_test(nobody_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
