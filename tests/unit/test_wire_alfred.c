/* Proves that ALFRED's messages are read and written as the specification has them, that each
 * datagram of the captured daemons is written back byte by byte, and that cut ones are refused. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "alfred_pcap.h"
#include "cmocka_all.h"
#include "wire/alfred.h"

static const struct mac alice = {{0x02, 0xba, 0xa1, 0, 0, 1}};

static uint8_t out[70000];

/* Everything that a TLV says, written again. */
static enum err tlv_copy(const struct alfred_tlv *t, struct wr *w)
{
	struct alfred_push push;
	struct alfred_record record;
	struct alfred_request request;
	struct alfred_status status;
	enum err e = OK;

	switch (t->type) {
	case ALFRED_PUSH_DATA:
		e = alfred_push_parse(t, &push);
		if (e != OK)
			return e;
		uint8_t *begin = alfred_push_begin(w, push.tx, push.seqno);
		struct rd r = rd_over(push.records, push.len);
		while (alfred_record_next(&r, &record))
			alfred_record_write(w, &record);
		alfred_push_end(w, begin);
		return e;
	case ALFRED_ANNOUNCE_PRIMARY: alfred_tlv_write(w, t->type); return OK;
	case ALFRED_REQUEST:
		e = alfred_request_parse(t, &request);
		if (e == OK)
			alfred_request_write(w, request);
		return e;
	case ALFRED_STATUS_TXEND:
		e = alfred_status_parse(t, &status);
		if (e == OK)
			alfred_txend_write(w, status);
		return e;
	default: return ERR_UNKNOWN;
	}
}

/* How many datagrams of each type, 0..3. */
static void capture_check(const char *path, const unsigned expected[4])
{
	struct alfred_pcap p = alfred_pcap_open(path);
	struct alfred_datagram d;
	unsigned count[4] = {0};

	while (alfred_pcap_next(&p, &d)) {
		struct rd r = rd_over(d.data, d.len);
		struct wr w = wr_over(out, sizeof(out));
		struct alfred_tlv t;
		assert_int_equal(alfred_tlv_next(&r, &t), OK);
		assert_int_equal(rd_left(&r), 0);
		assert_in_range(t.type, ALFRED_PUSH_DATA, ALFRED_STATUS_TXEND);
		count[t.type]++;
		assert_int_equal(tlv_copy(&t, &w), OK);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), d.len);
		assert_memory_equal(out, d.data, d.len);
		assert_true(mac_is_broadcast(d.to) == (t.type == ALFRED_ANNOUNCE_PRIMARY));
	}
	for (unsigned i = 0; i < 4; i++)
		if (count[i] != expected[i])
			fail_msg("%s: %u of type %u", path, count[i], i);
}

static void test_captures(void **state)
{
	static const unsigned failover[] = {11, 8, 2, 11};
	static const unsigned mixed[] = {24, 10, 5, 19};

	(void)state;
	capture_check(TESTS_DIR "/capture/alfred/alfred-failover.pcap", failover);
	capture_check(TESTS_DIR "/capture/alfred/alfred-primary-secondary.pcap", mixed);
}

/* ---- bytes by hand ---- */

static size_t write_push(struct wr *w)
{
	const struct alfred_record x = {alice, 65, 2, (const uint8_t *)"hi", 2};
	uint8_t *begin = alfred_push_begin(w, 0x1234, 1);

	alfred_record_write(w, &x);
	alfred_push_end(w, begin);
	return wr_len(w);
}

static void test_bytes(void **state)
{
	static const uint8_t push[] = {0,    0, 0, 16, 0x12, 0x34, 0, 1, 0x02, 0xba,
				       0xa1, 0, 0, 1,  65,   2,	   0, 2, 'h',  'i'};
	static const uint8_t announce[] = {1, 0, 0, 0};
	static const uint8_t request[] = {2, 0, 0, 3, 65, 0xab, 0xcd};
	static const uint8_t txend[] = {3, 0, 0, 4, 0xab, 0xcd, 0, 7};
	static const uint8_t mode[] = {5, 0, 0, 1, 1};
	static const uint8_t event[] = {10, 0, 0, 7, 65, 0x02, 0xba, 0xa1, 0, 0, 1};
	struct wr w = wr_over(out, sizeof(out));

	(void)state;
	assert_int_equal(write_push(&w), sizeof(push));
	alfred_tlv_write(&w, ALFRED_ANNOUNCE_PRIMARY);
	alfred_request_write(&w, (struct alfred_request){65, 0xabcd});
	alfred_txend_write(&w, (struct alfred_status){0xabcd, 7});
	alfred_modeswitch_write(&w, true);
	alfred_event_write(&w, (struct alfred_event){65, alice});
	const struct {
		const uint8_t *at;
		size_t len;
	} parts[] = {{push, sizeof(push)},	 {announce, sizeof(announce)},
		     {request, sizeof(request)}, {txend, sizeof(txend)},
		     {mode, sizeof(mode)},	 {event, sizeof(event)}};
	const uint8_t *at = out;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); at += parts[i++].len)
		assert_memory_equal(at, parts[i].at, parts[i].len);
	assert_ptr_equal(at, w.at);
}

/* What `alfred -S` gets from a primary on br-lan over bat0. */
static void test_server_status(void **state)
{
	static const uint8_t head[] = {8, 0, 0, 46, 0, 0, 0, 1, 1, 1, 0, 0, 17, 'b', 'r', 0};
	const struct alfred_server_status s = {true, "br", true, "a-name-too-long-for-linux"};
	struct wr w = wr_over(out, sizeof(out));

	(void)state;
	alfred_server_status_write(&w, &s);
	assert_int_equal(wr_len(&w), 50);
	assert_memory_equal(out, head, sizeof(head));
	assert_int_equal(out[29], 1);
	assert_int_equal(out[33], 16);
	assert_memory_equal(out + 34, "a-name-too-long", 16);
}

static struct alfred_tlv first(const uint8_t *data, size_t len)
{
	struct rd r = rd_over(data, len);
	struct alfred_tlv t;

	assert_int_equal(alfred_tlv_next(&r, &t), OK);
	return t;
}

static void test_unix_messages(void **state)
{
	struct wr w = wr_over(out, sizeof(out));
	struct alfred_tlv t;
	struct alfred_event e;
	const char *text;
	size_t len;
	bool primary;

	(void)state;
	alfred_text_write(&w, ALFRED_CHANGE_INTERFACE, ALFRED_INTERFACES_ROOM, "eth0,eth1");
	t = first(out, wr_len(&w));
	assert_int_equal(alfred_text_parse(&t, ALFRED_INTERFACES_ROOM, &text, &len), OK);
	assert_int_equal(len, 9);
	assert_memory_equal(text, "eth0,eth1", 9);
	assert_int_equal(alfred_text_parse(&t, ALFRED_INTERFACES_ROOM + 1, &text, &len), ERR_SHORT);

	w = wr_over(out, sizeof(out));
	alfred_modeswitch_write(&w, false);
	t = first(out, wr_len(&w));
	assert_int_equal(alfred_modeswitch_parse(&t, &primary), OK);
	assert_false(primary);
	out[4] = 2;
	assert_int_equal(alfred_modeswitch_parse(&t, &primary), ERR_MALFORMED);

	w = wr_over(out, sizeof(out));
	alfred_event_write(&w, (struct alfred_event){200, alice});
	t = first(out, wr_len(&w));
	assert_int_equal(alfred_event_parse(&t, &e), OK);
	assert_int_equal(e.type, 200);
	assert_true(mac_equal(e.source, alice));

	uint16_t code = 0x0102;
	w = wr_over(out, sizeof(out));
	alfred_error_write(&w, 9, code);
	assert_memory_equal(out + 6, &code, 2);
}

/* ---- ours ---- */

static void test_ours(void **state)
{
	const struct alfred_range range = {alice, 5, 6, 7};
	const struct alfred_want wants[] = {{alice, 1, 2}, {alice, 3, 4}};
	struct wr w = wr_over(out, sizeof(out));
	struct alfred_range r2;
	struct alfred_state s2;
	struct alfred_want x;
	struct alfred_tlv t;

	(void)state;
	alfred_range_write(&w, &range);
	assert_int_equal(wr_len(&w), ALFRED_RANGE_LEN);
	alfred_state_write(&w, (struct alfred_state){8, 9, ALFRED_STATE_GREETING});
	assert_int_equal(wr_len(&w), ALFRED_RANGE_LEN + ALFRED_STATE_LEN);
	alfred_wants_write(&w, ALFRED_WANT, wants, 2);
	struct rd r = rd_over(out, wr_len(&w));
	assert_int_equal(alfred_tlv_next(&r, &t), OK);
	assert_int_equal(alfred_range_parse(&t, &r2), OK);
	assert_true(mac_equal(r2.publisher, range.publisher));
	assert_int_equal(r2.edition, range.edition);
	assert_int_equal(r2.after, range.after);
	assert_int_equal(r2.upto, range.upto);
	assert_int_equal(alfred_tlv_next(&r, &t), OK);
	assert_int_equal(alfred_state_parse(&t, &s2), OK);
	assert_int_equal(s2.edition, 8);
	assert_int_equal(s2.seqno, 9);
	assert_int_equal(s2.flags, ALFRED_STATE_GREETING);
	assert_int_equal(alfred_tlv_next(&r, &t), OK);
	struct rd v = rd_over(t.value, t.len);
	for (size_t i = 0; i < 2; i++) {
		assert_true(alfred_want_next(&v, &x));
		assert_true(mac_equal(x.publisher, wants[i].publisher));
		assert_int_equal(x.edition, wants[i].edition);
		assert_int_equal(x.have, wants[i].have);
	}
	assert_false(alfred_want_next(&v, &x));
}

static void test_ranges_that_cannot_be(void **state)
{
	static const struct alfred_range bad[] = {
		{{{0}}, 1, 1, 2}, {{{1}}, 1, 1, 2}, {{{2}}, 1, 2, 2}, {{{2}}, 1, 3, 2}};
	struct alfred_range r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wr w = wr_over(out, sizeof(out));
		alfred_range_write(&w, &bad[i]);
		struct alfred_tlv t = first(out, wr_len(&w));
		assert_int_equal(alfred_range_parse(&t, &r), ERR_MALFORMED);
	}
}

/* A datagram that ends too early is none, and a record that does ends the list. */
static void test_cut(void **state)
{
	struct wr w = wr_over(out, sizeof(out));
	size_t len = write_push(&w);
	struct alfred_tlv t;
	struct alfred_push p;
	struct alfred_record x;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct rd r = rd_over(out, n);
		assert_int_equal(alfred_tlv_next(&r, &t), ERR_SHORT);
		assert_ptr_equal(r.at, out);
	}
	for (size_t n = 4; n < len; n++) {
		out[3] = (uint8_t)(n - 4);
		t = first(out, n);
		if (n < ALFRED_PUSH_LEN) {
			assert_int_equal(alfred_push_parse(&t, &p), ERR_SHORT);
			continue;
		}
		assert_int_equal(alfred_push_parse(&t, &p), OK);
		struct rd r = rd_over(p.records, p.len);
		assert_false(alfred_record_next(&r, &x));
		assert_ptr_equal(r.at, p.records);
	}
	out[1] = 1;
	struct rd r = rd_over(out, len);
	assert_int_equal(alfred_tlv_next(&r, &t), ERR_VERSION);
}

static void test_no_room(void **state)
{
	(void)state;
	for (size_t room = 0; room < 20; room++) {
		struct wr w = wr_over(out, room);
		write_push(&w);
		assert_true(w.bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),      cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_server_status), cmocka_unit_test(test_unix_messages),
		cmocka_unit_test(test_ours),	      cmocka_unit_test(test_ranges_that_cannot_be),
		cmocka_unit_test(test_cut),	      cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
