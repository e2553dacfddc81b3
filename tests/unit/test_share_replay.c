/* Proves that our engine, put in the place of a captured alfred primary, learns the records that
 * the others pushed to it, and gives the same answers to their requests. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "alfred_pcap.h"
#include "cmocka_all.h"
#include "core/share/share.h"
#include "wire/alfred.h"

enum { RECORDS_MAX = 16, ANSWERS_MAX = 16 };

struct seen {
	struct mac source;
	uint8_t type, version;
	size_t len;
	uint8_t *data;
};

/* Records by key; the last of each counts. */
struct records {
	struct seen at[RECORDS_MAX];
	unsigned count;
};

struct answer {
	struct mac to;
	uint16_t tx;
	bool ended;
	unsigned packets, said; /* that came, and that the end says */
	struct records records;
};

struct answers {
	struct answer at[ANSWERS_MAX];
	unsigned count;
};

static struct {
	struct fx fx;
	struct share *share;
	struct mac self;
	instant now;
	struct answers ours, theirs;
	struct records told; /* by others, to us */
	unsigned announced;
} replay;

static void records_add(struct records *all, const struct alfred_record *x)
{
	struct seen *s = all->at;

	while (s < all->at + all->count && !(mac_equal(s->source, x->source) && s->type == x->type))
		s++;
	if (s == all->at + all->count) {
		assert_true(all->count < RECORDS_MAX);
		*s = (struct seen){0};
		all->count++;
	}
	free(s->data);
	*s = (struct seen){x->source, x->type, x->version, x->len, malloc(x->len + 1u)};
	assert_non_null(s->data);
	memcpy(s->data, x->data, x->len);
}

static void records_free(struct records *all)
{
	while (all->count > 0)
		free(all->at[--all->count].data);
}

static void answers_free(struct answers *all)
{
	while (all->count > 0)
		records_free(&all->at[--all->count].records);
}

static struct answer *answer_find(struct answers *all, struct mac to, uint16_t tx)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->at[i].tx == tx && mac_equal(all->at[i].to, to))
			return &all->at[i];
	return NULL;
}

/* A datagram from the node that is played: what of it belongs to an answer? */
static void answer_rx(struct answers *all, struct mac to, const uint8_t *data, size_t len)
{
	struct rd r = rd_over(data, len);
	struct alfred_tlv t;
	struct alfred_push p;
	struct alfred_status s;
	struct alfred_record x;
	struct answer *a;

	assert_int_equal(alfred_tlv_next(&r, &t), OK);
	if (t.type == ALFRED_PUSH_DATA && alfred_push_parse(&t, &p) == OK &&
	    (a = answer_find(all, to, p.tx))) {
		a->packets++;
		r = rd_over(p.records, p.len);
		while (alfred_record_next(&r, &x))
			records_add(&a->records, &x);
	}
	if (t.type == ALFRED_STATUS_TXEND && alfred_status_parse(&t, &s) == OK &&
	    (a = answer_find(all, to, s.tx))) {
		a->ended = true;
		a->said = s.number;
	}
}

static void emit(struct fx *fx, const struct effect *e)
{
	(void)fx;
	assert_int_equal(e->kind, FX_DATAGRAM);
	answer_rx(&replay.ours, e->datagram.to, e->datagram.data, e->datagram.len);
	replay.announced += mac_is_broadcast(e->datagram.to) &&
			    e->datagram.data[0] == ALFRED_ANNOUNCE_PRIMARY;
}

static bool admits(void *ctx, struct mac who)
{
	(void)ctx, (void)who;
	return true;
}

static void changed(void *ctx, instant now, const struct share_record *r, bool gone, struct fx *fx)
{
	(void)ctx, (void)now, (void)fx;
	assert_false(mac_equal(r->source, replay.self));
	assert_false(gone);
}

static void peer(void *ctx, instant now, struct mac mac, bool gone, struct fx *fx)
{
	(void)ctx, (void)now, (void)mac, (void)gone, (void)fx;
}

static void run_to(instant at)
{
	const struct ev ev = {.kind = EV_DEADLINE};

	while (instant_reached(share_deadline(replay.share), at)) {
		instant due = share_deadline(replay.share);
		replay.now = due.us > replay.now.us ? due : replay.now;
		share_handle(replay.share, replay.now, &ev, &replay.fx);
	}
	replay.now = at;
}

/* The played node's own records are known from what it pushed. */
static void own_put(const struct alfred_datagram *d)
{
	struct rd r = rd_over(d->data, d->len);
	struct alfred_tlv t;
	struct alfred_push p;
	struct alfred_record x;

	if (alfred_tlv_next(&r, &t) != OK || t.type != ALFRED_PUSH_DATA ||
	    alfred_push_parse(&t, &p) != OK)
		return;
	r = rd_over(p.records, p.len);
	while (alfred_record_next(&r, &x))
		if (mac_equal(x.source, replay.self))
			assert_int_equal(share_put(replay.share, replay.now, x.type, x.version,
						   x.data, x.len, &replay.fx),
					 OK);
}

static void others_say(const struct alfred_datagram *d)
{
	const struct ev ev = {.kind = EV_DATAGRAM, .datagram = {d->from, d->data, d->len}};
	struct rd r = rd_over(d->data, d->len);
	struct alfred_tlv t;
	struct alfred_request q;
	struct alfred_push p;
	struct alfred_record x;

	assert_int_equal(alfred_tlv_next(&r, &t), OK);
	if (t.type == ALFRED_REQUEST && alfred_request_parse(&t, &q) == OK) {
		replay.ours.at[replay.ours.count++] = (struct answer){.to = d->from, .tx = q.tx};
		replay.theirs.at[replay.theirs.count++] =
			(struct answer){.to = d->from, .tx = q.tx};
	}
	if (t.type == ALFRED_PUSH_DATA && alfred_push_parse(&t, &p) == OK) {
		r = rd_over(p.records, p.len);
		while (alfred_record_next(&r, &x))
			if (!mac_equal(x.source, replay.self))
				records_add(&replay.told, &x);
	}
	share_handle(replay.share, replay.now, &ev, &replay.fx);
}

/* Own records must be there before the first question: put them all at once. */
static void capture_own(const char *path)
{
	struct alfred_pcap p = alfred_pcap_open(path);
	struct alfred_datagram d;

	while (alfred_pcap_next(&p, &d))
		if (mac_equal(d.from, replay.self))
			own_put(&d);
}

static void capture_play(const char *path)
{
	struct alfred_pcap p = alfred_pcap_open(path);
	struct alfred_datagram d;

	while (alfred_pcap_next(&p, &d)) {
		run_to(instant_add(d.at, span_s(100)));
		if (mac_equal(d.from, replay.self))
			answer_rx(&replay.theirs, d.to, d.data, d.len);
		else if (mac_equal(d.to, replay.self) || mac_is_broadcast(d.to))
			others_say(&d);
	}
	run_to(instant_add(replay.now, span_s(1)));
}

static void same_record(const struct seen *s)
{
	struct share_record r;

	assert_true(share_find(replay.share, replay.now, s->source, s->type, &r));
	assert_int_equal(r.version, s->version);
	assert_int_equal(r.len, s->len);
	assert_memory_equal(r.data, s->data, s->len);
}

static void same_answer(const struct answer *ours, const struct answer *theirs)
{
	assert_true(ours->ended);
	assert_int_equal(ours->said, ours->packets);
	if (!theirs->ended)
		return; /* it was dead by then */
	assert_int_equal(ours->records.count, theirs->records.count);
	for (unsigned i = 0; i < theirs->records.count; i++) {
		const struct seen *a = &theirs->records.at[i];
		bool found = false;
		for (unsigned j = 0; j < ours->records.count; j++) {
			const struct seen *b = &ours->records.at[j];
			found = found || (mac_equal(a->source, b->source) && a->type == b->type &&
					  a->version == b->version && a->len == b->len &&
					  memcmp(a->data, b->data, a->len) == 0);
		}
		assert_true(found);
	}
}

struct replay_case {
	const char *path;
	struct mac self;
	unsigned told, answers; /* at least */
};

#define FAILOVER TESTS_DIR "/capture/alfred/alfred-failover.pcap"
#define MIXED TESTS_DIR "/capture/alfred/alfred-primary-secondary.pcap"

static void test_replays(void **state)
{
	static const struct replay_case cases[] = {
		{FAILOVER, {{0x02, 0xba, 0xa1, 0, 0, 1}}, 1, 0},
		{FAILOVER, {{0x02, 0xba, 0xa1, 0, 0, 3}}, 2, 1},
		{MIXED, {{0x02, 0xba, 0xa1, 0, 0, 1}}, 4, 1},
		{MIXED, {{0x02, 0xba, 0xa1, 0, 0, 3}}, 3, 1},
	};
	const struct share_env env = {NULL, admits, changed, peer};
	struct share_conf conf = share_conf_default();

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		replay.self = conf.self = cases[i].self;
		replay.fx.emit = emit;
		replay.now = (instant){99 * 1000000};
		replay.announced = 0;
		replay.share = share_new(&conf, &env, replay.now, i);
		assert_non_null(replay.share);
		capture_own(cases[i].path);
		capture_play(cases[i].path);
		print_message("case %u: %u records told, %u answers\n", i, replay.told.count,
			      replay.ours.count);
		assert_true(replay.told.count >= cases[i].told);
		assert_true(replay.ours.count >= cases[i].answers);
		for (unsigned j = 0; j < replay.told.count; j++)
			same_record(&replay.told.at[j]);
		for (unsigned j = 0; j < replay.ours.count; j++)
			same_answer(&replay.ours.at[j], &replay.theirs.at[j]);
		assert_true(replay.announced >= 4);
		assert_int_equal(share_count(replay.share, SHARE_MALFORMED), 0);
		assert_int_equal(share_count(replay.share, SHARE_FORGED), 0);
		assert_int_equal(share_count(replay.share, SHARE_FULL), 0);
		share_free(replay.share);
		records_free(&replay.told);
		answers_free(&replay.ours);
		answers_free(&replay.theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
