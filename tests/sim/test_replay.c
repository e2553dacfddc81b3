/* Proves that a recorded node, replayed, has the same effects, to the bit; that what is wrong with
 * a record is found and said; and that no key is in it. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "cmocka_all.h"
#include "conf/conf.h"
#include "node/recorder.h"
#include "sim/cheap_crypto.h"
#include "sim/replay.h"
#include "sim/world.h"

enum { RECORDED = 2, RECORD_ROOM = 4 << 20, KEYS_MAX = 512 };

/* Keys of all nodes and links: here, and in no record. */
static struct digest keys[KEYS_MAX];
static unsigned key_count;

static void job_noting(struct prng *prng, const struct job *job, struct job_result *r)
{
	const bool pair = job->kind == JOB_RSA_KEY || job->kind == JOB_DH_KEY;

	cheap_job(prng, job, r);
	if (key_count == KEYS_MAX)
		return;
	if (pair && r->secret_len >= sizeof(keys[0]))
		keys[key_count++] = digest_from(r->secret);
	else if (job->kind == JOB_DH_SHARED && r->ok)
		keys[key_count++] = digest_from(r->result);
}

/* ---- a record in memory ---- */

static struct recorder recorder;

struct record {
	uint8_t *data;
	size_t len;
};

static void keep(void *ctx, const void *data, size_t len)
{
	struct record *k = ctx;

	assert_true(k->len + len <= RECORD_ROOM);
	memcpy(k->data + k->len, data, len);
	k->len += len;
}

static struct digest sha224(const struct crypto_part *part, size_t count)
{
	return recorder_sha224(&recorder, part, count);
}

static size_t deflated(const void *data, size_t len, void *out, size_t room)
{
	return recorder_deflate(&recorder, data, len, out, room);
}

/* The node's program starts anew, and all that it is told from then on is kept. */
static void record_begin(struct record *k, struct world *w, const struct conf *conf)
{
	static struct crypto crypto;
	char *text = conf_print(conf);
	struct record_start start = {.version = "test",
				     .now = world_now(w),
				     .seed = world_seed_of(w, RECORDED),
				     .primary = world_node_at(w, RECORDED)->conf.plan.primary_mac,
				     .share_self = world_node_at(w, RECORDED)->conf.share.self};

	*k = (struct record){malloc(RECORD_ROOM), 0};
	recorder_init(&recorder, cheap_crypto(), keep, k);
	assert_true(text && recorder_begin(&recorder, text, &start));
	free(text);
	crypto = *cheap_crypto();
	crypto.sha224 = sha224;
	crypto.deflate = deflated;
	world_kill(w, RECORDED);
	world_witness(w, RECORDED, &recorder.witness, &crypto);
	world_restart(w, RECORDED);
}

/* A line of five, where a client walks, a link is cut, and a neighbour dies. */
static struct record life_record(void)
{
	static const struct segment_conf wire = {.loss_percent = 3, .delay = {500}};
	const struct world_crypto noting = {cheap_crypto(), job_noting, span_ms(5)};
	struct world *w = world_new(11);
	struct conf *conf = calloc(1, sizeof(*conf));
	struct record k;
	unsigned phone, laptop;

	conf_init_defaults(conf);
	key_count = 0;
	world_crypto(w, &noting);
	world_serve(w, span_s(60));
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(world_node_with(w, &conf->node), i);
	for (unsigned i = 0; i < 4; i++) {
		unsigned s = world_segment(w, &wire);

		world_join(w, i, s);
		world_join(w, i + 1, s);
	}
	record_begin(&k, w, conf);
	phone = world_client(w, 1);
	laptop = world_client(w, 4);
	world_want(w, phone, true);
	world_want(w, laptop, true);
	for (uint32_t s = 0; s < 60; s++) {
		world_send(w, phone, world_client_mac(w, laptop), s, 300);
		world_send(w, laptop, world_client_mac(w, phone), s, 300);
		if (s == 20)
			world_roam(w, phone, RECORDED, true);
		if (s == 25 || s == 35)
			(s == 25 ? world_cut(w, 3, 2, true) : world_heal(w, 3, 2));
		if (s == 30)
			world_kill(w, 1);
		if (s == 45)
			world_start(w, 1);
		world_run(w, span_s(1));
	}
	recorder_end(&recorder, RECORD_STOPPED);
	world_free(w);
	free(conf);
	return k;
}

static enum replay_result replayed(const uint8_t *data, size_t len, enum replay_end *end,
				   char fault[REPLAY_FAULT_ROOM], uint64_t *inputs)
{
	const struct replay_conf conf = {.data = data, .len = len, .crypto = cheap_crypto()};
	struct replay *r = replay_new(&conf, fault);
	enum replay_result result = REPLAY_GOES_ON;

	if (!r)
		return REPLAY_BROKEN;
	while (result == REPLAY_GOES_ON)
		result = replay_step(r);
	*end = r->end;
	*inputs = r->inputs;
	memcpy(fault, r->fault, REPLAY_FAULT_ROOM);
	replay_free(r);
	return result;
}

static void replay_is_the_same(void **state)
{
	struct record k = life_record();
	char fault[REPLAY_FAULT_ROOM] = "";
	enum replay_end end;
	uint64_t inputs;
	enum replay_result result = replayed(k.data, k.len, &end, fault, &inputs);

	(void)state;
	if (result != REPLAY_SAME)
		fail_msg("%s", fault);
	assert_int_equal(end, REPLAY_STOPPED);
	assert_true(inputs > 1000);
	free(k.data);
}

static void keys_are_not_in_it(void **state)
{
	struct record k = life_record();

	(void)state;
	assert_true(key_count > 10);
	for (unsigned i = 0; i < key_count; i++)
		assert_null(memmem(k.data, k.len, keys[i].b, sizeof(keys[i].b)));
	assert_non_null(memmem(k.data, k.len, "here stood a secret", 19));
	free(k.data);
}

/* Whatever a byte is instead: the record is no good from there on, or the effects differ, or it
 * did not matter; and it is never more than the fault of that record. */
static void every_change_is_survived(void **state)
{
	struct record k = life_record();
	char fault[REPLAY_FAULT_ROOM];
	enum replay_end end;
	uint64_t inputs;
	unsigned seen = 0, tried = 0;

	(void)state;
	for (size_t at = 0; at < k.len; at += 1 + k.len / 97, tried++) {
		uint8_t was = k.data[at];

		k.data[at] ^= 0x55;
		seen += replayed(k.data, k.len, &end, fault, &inputs) != REPLAY_SAME;
		k.data[at] = was;
	}
	assert_true(seen > tried / 2);
	free(k.data);
}

static void every_end_is_survived(void **state)
{
	struct record k = life_record();
	char fault[REPLAY_FAULT_ROOM];
	enum replay_end end = REPLAY_STOPPED;
	uint64_t inputs;
	unsigned whole = 0, tried = 0;

	(void)state;
	for (size_t len = 0; len < k.len; len += 1 + k.len / 97, tried++) {
		enum replay_result result = replayed(k.data, len, &end, fault, &inputs);

		assert_true(result == REPLAY_SAME || result == REPLAY_BROKEN);
		if (result == REPLAY_SAME) {
			assert_true(end == REPLAY_CUT || end == REPLAY_AMID);
			whole++;
		}
	}
	assert_true(whole > tried * 9 / 10);
	free(k.data);
}

/* A record that is full ends after any item. */
static void every_limit_is_survived(void **state)
{
	static const uint8_t end_item[] = {RECORD_END, 0, 0, 0, 1, RECORD_FULL};
	struct record k = life_record();
	struct rd r = rd_over(k.data, k.len);
	struct record_item it;
	char fault[REPLAY_FAULT_ROOM];
	uint8_t was[sizeof(end_item)];
	enum replay_end end;
	uint64_t inputs;

	(void)state;
	assert_int_equal(record_head_parse(&r), OK);
	for (unsigned n = 0; record_item_next(&r, &it) == OK && rd_left(&r) > sizeof(was); n++) {
		const size_t len = (size_t)(r.at - k.data);

		/* Each kind of item once in a while: what is behind START, all that follows one. */
		if (it.kind == RECORD_CONF || (n % 199 > 0 && it.kind != RECORD_ANSWER))
			continue;
		memcpy(was, k.data + len, sizeof(was));
		memcpy(k.data + len, end_item, sizeof(was));
		if (replayed(k.data, len + sizeof(was), &end, fault, &inputs) != REPLAY_SAME)
			fail_msg("after item %u (%c): %s", n, it.kind, fault);
		assert_int_equal(end, REPLAY_FULL);
		memcpy(k.data + len, was, sizeof(was));
	}
	free(k.data);
}

/* One input less, and what comes later is not what it was. */
static void a_missing_input_is_found(void **state)
{
	struct record k = life_record();
	struct rd r = rd_over(k.data, k.len);
	struct record_item it;
	struct node_input in;
	char fault[REPLAY_FAULT_ROOM];
	enum replay_end end;
	uint64_t inputs, count = 0;

	(void)state;
	assert_int_equal(record_head_parse(&r), OK);
	for (;;) {
		const uint8_t *from = r.at;

		assert_int_equal(record_item_next(&r, &it), OK);
		if (it.kind != RECORD_INPUT)
			continue;
		assert_int_equal(record_input_parse(&it, &in), OK);
		count += in.kind == INPUT_EVENT && in.event.kind == EV_FRAME;
		if (count < 100)
			continue;
		assert_int_equal(record_item_next(&r, &it), OK);
		assert_int_equal(it.kind, RECORD_DONE);
		memmove(k.data + (from - k.data), r.at, rd_left(&r));
		k.len -= (size_t)(r.at - from);
		break;
	}
	assert_int_equal(replayed(k.data, k.len, &end, fault, &inputs), REPLAY_DIFFERS);
	free(k.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_is_the_same),
		cmocka_unit_test(keys_are_not_in_it),
		cmocka_unit_test(every_change_is_survived),
		cmocka_unit_test(every_end_is_survived),
		cmocka_unit_test(every_limit_is_survived),
		cmocka_unit_test(a_missing_input_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
