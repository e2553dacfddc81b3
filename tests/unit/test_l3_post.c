/* Proves that what waits to be sent leaves whole and once: requests to one node stand together,
 * in the order in which they were wished; a long queue loses nothing between runs. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmocka_all.h"
#include "core/l3/stored.h"
#include "l3_rig.h"

enum { NUMBERS = 200, CONTENTS = 30 };

/* What left. */
struct sent {
	struct fx fx;
	unsigned packets, frames[32];
	uint16_t next[RIG_NEIGHBOURS]; /* number that is to be asked next, of each neighbour */
	uint8_t content[CONTENTS];     /* how often */
};

static void frame_count(struct sent *s, const struct bmx7_tlv *t)
{
	struct bmx7_request q;
	struct bmx7_content c;
	uint16_t number;

	s->frames[t->type]++;
	if (t->type == BMX7_OGM_REQ) {
		assert_int_equal(bmx7_request_parse(t->type, t->data, t->len, &q), OK);
		unsigned i = q.to.b[0] - 1U;

		while (bmx7_request_number(&q.items, &number))
			assert_int_equal(number, s->next[i]++);
	}
	if (t->type == BMX7_CONTENT_ADV) {
		assert_int_equal(bmx7_content_parse(t->data, t->len, &c), OK);
		s->content[c.body[0]]++;
	}
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct sent *s = (struct sent *)(void *)fx;
	struct bmx7_packet p;
	struct bmx7_tlv t;

	if (e->kind != FX_NETWORK || e->network.kind != NETWORK_SEND)
		return;
	s->packets++;
	assert_int_equal(bmx7_packet_parse(e->network.send.data, e->network.send.len, &p), OK);
	struct bmx7_walk walk = bmx7_frames_walk(&p);

	while (bmx7_next(&walk, &t))
		frame_count(s, &t);
	assert_int_equal(walk.err, OK);
}

/* A rig that has described itself and whose queues are empty. */
static void begin(struct l3_rig *r, struct sent *s)
{
	l3_rig_init(r, NULL, true);
	l3_rig_keep(r);
	while (!r->l3->self->description)
		l3_rig_pass(r, span_s(1));
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++)
		posts_drop(r->l3, (uint8_t)i);
	assert_int_equal(r->l3->posts.count, 0);
	*s = (struct sent){.fx = {emit}};
	for (unsigned i = 0; i < RIG_NEIGHBOURS; i++)
		s->next[i] = 1;
}

static void run(struct l3_rig *r, struct sent *s)
{
	r->now = instant_add(r->now, span_ms(100));
	posts_run(r->l3, r->now, &s->fx);
}

static void ask(struct l3_rig *r, unsigned i, uint16_t number)
{
	const struct post p = {
		.kind = POST_OGM_REQ, .port = 0, .number = number, .to = r->neighbour[i]->id};

	assert_int_equal(post_add(r->l3, r->now, &p), OK);
}

static void requests_stand_together(void **state)
{
	struct l3_rig r;
	struct sent s;

	(void)state;
	begin(&r, &s);
	for (unsigned i = 0; i < 3; i++)
		batch_rx_window(r.neighbour[i]->near, (struct bmx7_aggregations){NUMBERS, NUMBERS});
	for (uint16_t number = 1; number <= NUMBERS; number++) {
		ask(&r, 0, number);
		ask(&r, 2, number);
		ask(&r, 1, number);
		ask(&r, 2, number);
	}
	assert_int_equal(r.l3->posts.count, 3 * NUMBERS);
	run(&r, &s);
	/* 600 numbers and what belongs to them: one frame for each node and packet. */
	assert_in_range(s.frames[BMX7_OGM_REQ], 3, 4);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(s.next[i], NUMBERS + 1);
	/* What is not wanted any more goes without a word, from the middle and the ends. */
	batch_rx_window(r.neighbour[2]->near, (struct bmx7_aggregations){2 * NUMBERS, 1});
	s.frames[BMX7_OGM_REQ] = 0;
	s.next[0] = s.next[1] = 1;
	r.now = instant_add(r.now, span_ms(POST_TRY_MS));
	run(&r, &s);
	assert_in_range(s.frames[BMX7_OGM_REQ], 2, 3);
	assert_int_equal(r.l3->posts.count, 2 * NUMBERS);
	ask(&r, 2, 2 * NUMBERS);
	assert_int_equal(r.l3->posts.count, 2 * NUMBERS + 1);
	posts_drop(r.l3, 0);
	assert_int_equal(r.l3->posts.count, 0);
	l3_rig_fini(&r);
}

static void full(void **state)
{
	struct l3_rig r;
	struct sent s;
	struct post p = {.kind = POST_CONTENT_REQ, .port = 1};

	(void)state;
	begin(&r, &s);
	p.to = r.neighbour[0]->id;
	for (unsigned i = 0; i < POST_MAX; i++) {
		p.what = (struct digest){{(uint8_t)(i >> 8), (uint8_t)i}};
		assert_int_equal(post_add(r.l3, r.now, &p), OK);
	}
	assert_int_equal(post_add(r.l3, r.now, &p), OK); /* it is there */
	p.what.b[2] = 1;
	assert_int_equal(post_add(r.l3, r.now, &p), ERR_FULL);
	assert_int_equal(r.l3->posts.count, POST_MAX);
	run(&r, &s); /* nobody wants these contents */
	assert_int_equal(r.l3->posts.count, 0);
	l3_rig_fini(&r);
}

/* More than a run may send: the rest leaves with the next ones. */
static void nothing_is_lost_between_runs(void **state)
{
	struct l3_rig r;
	struct sent s;
	struct use *use[CONTENTS];

	(void)state;
	begin(&r, &s);
	for (uint8_t i = 0; i < CONTENTS; i++) {
		struct post p = {.kind = POST_CONTENT_ADV, .port = 3, .what = {{0xcc, i}}};
		uint8_t bytes[1 + 900] = {0, i};

		use[i] = use_new(r.l3, &p.what, r.l3->self);
		assert_true(stored_fill(r.l3, use[i]->stored, bytes, sizeof(bytes)));
		assert_int_equal(post_add(r.l3, r.now, &p), OK);
	}
	for (unsigned i = 0; i < 5; i++)
		run(&r, &s);
	for (unsigned i = 0; i < CONTENTS; i++) {
		assert_int_equal(s.content[i], 1);
		use_free(r.l3, use[i]);
	}
	l3_rig_fini(&r);
}

/* What all are told unasked leaves once by each of its ports, the key with it; not by those that
 * went down, or where it is known already. */
static void floods_leave_once(void **state)
{
	struct l3_rig r;
	struct sent s;

	(void)state;
	begin(&r, &s);
	for (unsigned times = 0; times < 2; times++) {
		flood_add(r.l3, r.now, r.l3->self, FLOOD_DESCRIPTION, 1u << 0 | 1u << 2);
		flood_add(r.l3, r.now, r.l3->self, FLOOD_KEY, 1u << 2);
	}
	for (unsigned i = 0; i < 3; i++)
		run(&r, &s);
	assert_int_equal(s.frames[BMX7_DESC_ADV], 2);
	assert_int_equal(s.frames[BMX7_CONTENT_ADV], 1);
	assert_null(r.l3->self->flood);
	flood_add(r.l3, r.now, r.l3->self, FLOOD_DESCRIPTION, 1u << 0 | 1u << 1 | 1u << 2);
	floods_drop(r.l3, r.now, 0);
	flood_done(r.l3, r.now, r.l3->self, FLOOD_DESCRIPTION, 1u << 1);
	run(&r, &s);
	assert_int_equal(s.frames[BMX7_DESC_ADV], 3);
	assert_null(r.l3->self->flood);
	assert_true(list_empty(&r.l3->floods.plain) && list_empty(&r.l3->floods.numbers));
	l3_rig_fini(&r);
}

/* A batch that waits to be sent is not told of: others would think that they lost it. */
static void told_once_it_left(void **state)
{
	struct l3_rig r;
	struct sent s;

	(void)state;
	begin(&r, &s);
	run(&r, &s);
	uint16_t before = r.l3->port[0].batch_told;

	assert_int_equal(before, batches_newest(r.l3));
	batch_add(r.l3, r.now, r.l3->self);
	batch_close(r.l3, r.now);
	assert_int_equal(batches_newest(r.l3), before + 1);
	assert_int_equal(batches_told(r.l3, before).max, before);
	assert_int_equal(batches_told(r.l3, before).size, r.l3->batches.size - 1);
	assert_int_equal(r.l3->port[0].batch_told, before);
	run(&r, &s);
	assert_int_equal(r.l3->port[0].batch_told, before + 1);
	l3_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_stand_together),
		cmocka_unit_test(full),
		cmocka_unit_test(nothing_is_lost_between_runs),
		cmocka_unit_test(floods_leave_once),
		cmocka_unit_test(told_once_it_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
