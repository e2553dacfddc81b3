/* Proves that our OGMs become rare in a network of our own only: a node of another program makes
 * them leave often at once, and rarely again when it has gone. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "l3_rig.h"

enum { PERIOD_S = 600, OFTEN = PERIOD_S * 10 / 55, RARELY = PERIOD_S * 10 / 594 };

/* How many OGMs of ours leave. */
static unsigned ogms(struct l3_rig *r)
{
	uint16_t before = r->l3->self->route.sqn;

	for (unsigned i = 0; i < PERIOD_S; i++)
		l3_rig_pass(r, span_s(1));
	return (unsigned)(r->l3->self->route.sqn - before);
}

/* The far node says with a new description which program it is. */
static void far_is(struct l3_rig *r, uint32_t revision)
{
	static uint8_t bytes[2][BMX7_INFO_LEN + 4];
	static unsigned turn;
	struct description old = r->far_description;
	struct wr w = wr_over(bytes[++turn % 2], sizeof(bytes[0]));
	struct bmx7_info info = {.revision = revision, .name = "far", .name_len = 3};

	bmx7_info_write(&w, &info);
	r->far_description.tlv[BMX7_INFO] = (struct tlv_data){w.start, wr_len(&w)};
	r->far_description.version.desc_sqn++;
	plane_described(r->l3, r->now, r->far, &old, &r->fx);
}

static void pace(void **state)
{
	struct l3_conf conf = l3_conf_default();
	struct l3_rig r;

	(void)state;
	conf.key_lifetime = span_s(1000000);
	l3_rig_init(&r, &conf, true);
	l3_rig_keep(&r);
	for (unsigned i = 0; i < 100; i++)
		l3_rig_pass(&r, span_s(1));
	/* Who does not say is taken for another. */
	assert_int_equal(r.l3->nodes.foreign, 1);
	assert_in_range(ogms(&r), OFTEN, OFTEN + OFTEN / 5);

	far_is(&r, SELF_REVISION);
	assert_int_equal(r.l3->nodes.foreign, 0);
	(void)ogms(&r);
	assert_in_range(ogms(&r), RARELY, RARELY + 2);

	/* bmx7 comes: ours do not wait for the end of the long pause. */
	uint16_t before = r.l3->self->route.sqn;

	far_is(&r, 0x90208960);
	assert_int_equal(r.l3->nodes.foreign, 1);
	l3_rig_pass(&r, span_ms(5600));
	assert_true(r.l3->self->route.sqn > before);
	assert_in_range(ogms(&r), OFTEN, OFTEN + OFTEN / 5);
	l3_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pace)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
