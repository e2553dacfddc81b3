/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a datagram or a stream of ALFRED: whatever is read lies inside, and what is
 * written again is read as the same.
 */
#include "fuzz.h"
#include "wire/alfred.h"

enum { SIZE_MAX_BYTES = 70000 };

static void inside(const struct alfred_tlv *t, const void *p, size_t len)
{
	const uint8_t *at = p;

	must(at >= t->value && len <= t->len && at + len <= t->value + t->len);
}

/* What was written is the same bytes up to where ours end. */
static void same(const struct wr *w, const struct alfred_tlv *t)
{
	const size_t len = wr_len(w) - ALFRED_TLV_LEN;

	must(!w->bad && len <= t->len);
	must(w->start[0] == t->type && memcmp(w->start + ALFRED_TLV_LEN, t->value, len) == 0);
}

static void push_check(const struct alfred_tlv *t, struct wr w)
{
	struct alfred_push p;
	struct alfred_record x;

	if (alfred_push_parse(t, &p) != OK)
		return;
	inside(t, p.records, p.len);
	struct rd r = rd_over(p.records, p.len);
	uint8_t *begin = alfred_push_begin(&w, p.tx, p.seqno);
	while (alfred_record_next(&r, &x)) {
		inside(t, x.data, x.len);
		alfred_record_write(&w, &x);
	}
	must(!r.bad);
	alfred_push_end(&w, begin);
	must(wr_len(&w) + rd_left(&r) == t->len + (size_t)ALFRED_TLV_LEN);
	same(&w, t);
}

static void wants_check(const struct alfred_tlv *t, struct wr w)
{
	struct rd r = rd_over(t->value, t->len);
	struct alfred_want x[UINT16_MAX / ALFRED_WANT_LEN];
	size_t n = 0;

	while (alfred_want_next(&r, &x[n]))
		n++;
	must(n == t->len / ALFRED_WANT_LEN);
	alfred_wants_write(&w, ALFRED_WANT, x, n);
	same(&w, t);
}

static void text_check(const struct alfred_tlv *t, size_t room)
{
	const char *text;
	size_t len;

	if (alfred_text_parse(t, room, &text, &len) != OK)
		return;
	inside(t, text, room);
	must(len <= room && !memchr(text, '\0', len));
}

static void small_check(const struct alfred_tlv *t, struct wr w)
{
	struct alfred_request request;
	struct alfred_status status;
	struct alfred_event event;
	struct alfred_range range;
	struct alfred_state state;
	bool primary;

	switch (t->type) {
	case ALFRED_REQUEST:
		if (alfred_request_parse(t, &request) == OK)
			alfred_request_write(&w, request);
		break;
	case ALFRED_STATUS_TXEND:
		if (alfred_status_parse(t, &status) == OK)
			alfred_txend_write(&w, status);
		break;
	case ALFRED_MODESWITCH:
		if (alfred_modeswitch_parse(t, &primary) == OK)
			alfred_modeswitch_write(&w, primary);
		break;
	case ALFRED_EVENT_NOTIFY:
		if (alfred_event_parse(t, &event) == OK)
			alfred_event_write(&w, event);
		break;
	case ALFRED_RANGE:
		if (alfred_range_parse(t, &range) == OK) {
			must(range.after < range.upto && mac_is_station(range.publisher));
			alfred_range_write(&w, &range);
		}
		break;
	case ALFRED_STATE:
		if (alfred_state_parse(t, &state) == OK)
			alfred_state_write(&w, state);
		break;
	}
	if (wr_len(&w) > 0)
		same(&w, t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[SIZE_MAX_BYTES];
	struct wr w = wr_over(out, sizeof(out));
	struct rd r = rd_over(data, size);
	struct alfred_tlv t;

	if (size > SIZE_MAX_BYTES)
		return 0;
	while (alfred_tlv_next(&r, &t) == OK) {
		must(t.value + t.len == r.at && r.at <= data + size);
		push_check(&(struct alfred_tlv){ALFRED_PUSH_DATA, t.value, t.len}, w);
		wants_check(&(struct alfred_tlv){ALFRED_WANT, t.value, t.len}, w);
		text_check(&t, ALFRED_IFNAME_ROOM);
		text_check(&t, ALFRED_INTERFACES_ROOM);
		small_check(&t, w);
	}
	return 0;
}
