/* Proves that ping and traceroute work on layer 2: asked, answered, passed on, with the record of
 * the way. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "cmocka_all.h"
#include "l2_rig.h"

/* us --port 0-- near -- far; us --port 1-- side */
static struct rig rig;
static struct rig_peer near, far, side;

static int setup(void **state)
{
	(void)state;
	rig_init(&rig, NULL);
	rig_port(&rig, 0, 1532, false);
	rig_port(&rig, 1, 1500, false);
	near = (struct rig_peer){.port = 0, .mac = rig_mac(KIND_PEER, 1), .seqno = 100, .ttvn = 1};
	far = (struct rig_peer){
		.port = 0, .mac = rig_mac(KIND_PEER, 2), .via = &near, .seqno = 900, .ttvn = 1};
	side = (struct rig_peer){.port = 1, .mac = rig_mac(KIND_PEER, 3), .seqno = 500, .ttvn = 1};
	rig_meet(&rig, &near, 8);
	rig_meet(&rig, &side, 8);
	rig_meet(&rig, &far, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_fini(&rig);
	return 0;
}

static void ask(struct mac target, uint8_t ttl, uint32_t token, uint16_t seqno)
{
	struct ev ev = {.kind = EV_ECHO, .echo = {token, target, ttl, seqno}};

	l2_handle(&rig.l2, rig.now, &ev, &rig.fx);
}

static void comes(const struct rig_peer *from, const struct batadv_icmp *i, size_t more)
{
	uint8_t packet[512];
	struct wr w = wr_over(packet, sizeof(packet));

	batadv_icmp_write(&w, i);
	for (size_t k = 0; k < more; k++)
		wr_u8(&w, (uint8_t)(k + 1));
	rig_packet(&rig, from->port, from->mac, false, packet, wr_len(&w));
}

/* The one ICMP packet that left. */
static struct batadv_icmp left(const struct rig_peer *to)
{
	const struct rig_frame *f = rig_kept(&rig, FX_SEND, BATADV_ICMP, 0);
	struct batadv_icmp i;

	assert_non_null(f);
	assert_int_equal(rig_count(&rig, FX_SEND, -1), 1);
	assert_int_equal(f->port, to->port);
	assert_memory_equal(f->bytes, to->mac.b, 6);
	assert_int_equal(batadv_icmp_parse(f->bytes + 14, f->len - 14, &i), OK);
	return i;
}

static struct batadv_icmp icmp(enum batadv_icmp_type type, struct mac dst, struct mac orig)
{
	return (struct batadv_icmp){.ttl = 20,
				    .msg_type = (uint8_t)type,
				    .dst = dst,
				    .orig = orig,
				    .uid = 77,
				    .seqno = 4242};
}

static void a_question_and_its_answer(void **state)
{
	(void)state;
	ask(far.mac, 50, 1234, 9);
	struct batadv_icmp q = left(&near);
	assert_int_equal(q.msg_type, BATADV_ECHO_REQUEST);
	assert_int_equal(q.ttl, 50);
	assert_true(mac_equal(q.dst, far.mac));
	assert_true(mac_equal(q.orig, rig_mac(KIND_US, 0)));
	assert_int_equal(rig.echoes, 0);

	struct batadv_icmp a = icmp(BATADV_ECHO_REPLY, q.orig, far.mac);
	a.uid = q.uid;
	a.seqno = q.seqno;
	a.ttl = 49;
	comes(&near, &a, 0);
	assert_int_equal(rig.echoes, 1);
	assert_int_equal(rig.echo[0].token, 1234);
	assert_int_equal(rig.echo[0].seqno, 9);
	assert_int_equal(rig.echo[0].result, ECHO_REPLY);
	assert_true(mac_equal(rig.echo[0].from, far.mac));
	assert_int_equal(rig.echo[0].ttl, 49);
	/* Once is enough. */
	comes(&near, &a, 0);
	assert_int_equal(rig.echoes, 1);
	assert_int_equal(rig.l2.count.dropped[ERR_UNKNOWN], 1);
}

static void answers_that_nobody_asked_for(void **state)
{
	(void)state;
	ask(far.mac, 50, 1, 9);
	struct batadv_icmp q = left(&near);
	struct batadv_icmp a = icmp(BATADV_ECHO_REPLY, q.orig, far.mac);
	for (int i = 0; i < 3; i++) {
		a.uid = (uint8_t)(q.uid + (i == 0));
		a.seqno = (uint16_t)(q.seqno + (i == 1));
		a.orig = i == 2 ? near.mac : far.mac; /* not whom we asked */
		comes(&near, &a, 0);
		assert_int_equal(rig.echoes, 0);
	}
	assert_int_equal(rig.l2.count.dropped[ERR_UNKNOWN], 3);
}

static void traceroute(void **state)
{
	(void)state;
	ask(far.mac, 1, 5, 1);
	struct batadv_icmp q = left(&near);
	assert_int_equal(q.ttl, 1);
	struct batadv_icmp a = icmp(BATADV_TTL_EXCEEDED, q.orig, near.mac);
	a.uid = q.uid;
	a.seqno = q.seqno;
	comes(&near, &a, 0);
	assert_int_equal(rig.echoes, 1);
	assert_int_equal(rig.echo[0].result, ECHO_TTL_EXCEEDED);
	assert_true(mac_equal(rig.echo[0].from, near.mac));
}

static void questions_with_an_answer_at_once(void **state)
{
	(void)state;
	ask((struct mac){{2, 9, 9}}, 50, 6, 1);
	assert_int_equal(rig.echo[0].result, ECHO_UNREACHABLE);
	assert_int_equal(rig.echo[0].token, 6);
	ask(rig_mac(KIND_US, 0), 50, 7, 1);
	assert_int_equal(rig.echo[1].result, ECHO_REPLY);
	assert_int_equal(rig.echo[1].token, 7);
	assert_int_equal(rig.count, 0);
}

/* The oldest of 17 questions gives way; all have numbers of their own. */
static void many_questions(void **state)
{
	uint16_t seqno[ECHOES_MAX + 1];

	(void)state;
	for (uint32_t i = 0; i <= ECHOES_MAX; i++) {
		rig_clear(&rig);
		ask(far.mac, 50, i, 7);
		seqno[i] = left(&near).seqno;
	}
	rig_clear(&rig);
	for (uint32_t i = 0; i <= ECHOES_MAX; i++) {
		struct batadv_icmp a = icmp(BATADV_ECHO_REPLY, rig_mac(KIND_US, 0), far.mac);

		a.uid = rig.l2.echoes.uid;
		a.seqno = seqno[i];
		comes(&near, &a, 0);
		assert_int_equal(rig.echoes, i);
		if (i > 0)
			assert_int_equal(rig.echo[i - 1].token, i);
	}
}

static void we_answer(void **state)
{
	struct batadv_icmp q = icmp(BATADV_ECHO_REQUEST, rig_mac(KIND_US, 1), far.mac);

	(void)state;
	q.ttl = 1;
	comes(&near, &q, 26); /* padded to 60 bytes */
	struct batadv_icmp a = left(&near);
	assert_int_equal(a.msg_type, BATADV_ECHO_REPLY);
	assert_int_equal(a.ttl, 50);
	assert_true(mac_equal(a.dst, far.mac));
	assert_true(mac_equal(a.orig, rig_mac(KIND_US, 0)));
	assert_int_equal(a.uid, 77);
	assert_int_equal(a.seqno, 4242);
	assert_null(a.rr);
}

static void we_record_the_way(void **state)
{
	uint8_t rr[96] = {0};
	struct batadv_icmp q = icmp(BATADV_ECHO_REQUEST, rig_mac(KIND_US, 0), far.mac);

	(void)state;
	memcpy(rr, near.mac.b, 6);
	q.rr = rr;
	q.rr_cur = 1;
	comes(&near, &q, 0);
	struct batadv_icmp a = left(&near);
	assert_int_equal(a.rr_cur, 2);
	assert_memory_equal(a.rr, near.mac.b, 6);
	assert_memory_equal(a.rr + 6, rig_mac(KIND_US, 0).b, 6);
	assert_memory_equal(a.rr + 12, rr + 12, 96 - 12);
	/* On the way, too; by the address that it was sent to. */
	rig_clear(&rig);
	q.dst = side.mac;
	comes(&near, &q, 0);
	a = left(&side);
	assert_int_equal(a.ttl, 19);
	assert_int_equal(a.rr_cur, 2);
	assert_memory_equal(a.rr + 6, rig_mac(KIND_US, 0).b, 6);
	/* A full record stays as it is. */
	rig_clear(&rig);
	q.rr_cur = 16;
	comes(&near, &q, 0);
	a = left(&side);
	assert_int_equal(a.rr_cur, 16);
	assert_memory_equal(a.rr, rr, 96);
	/* More than full cannot be. */
	rig_clear(&rig);
	q.rr_cur = 17;
	comes(&near, &q, 0);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_MALFORMED], 1);
}

static void we_pass_on(void **state)
{
	static const enum batadv_icmp_type types[] = {BATADV_ECHO_REQUEST, BATADV_ECHO_REPLY,
						      BATADV_UNREACHABLE, BATADV_TTL_EXCEEDED,
						      BATADV_THROUGHPUT};

	(void)state;
	for (size_t k = 0; k < 5; k++) {
		struct batadv_icmp q = icmp(types[k], side.mac, far.mac);

		rig_clear(&rig);
		comes(&near, &q, types[k] == BATADV_THROUGHPUT ? 200 : 0);
		struct batadv_icmp a = left(&side);
		assert_int_equal(a.msg_type, types[k]);
		assert_int_equal(a.ttl, 19);
		assert_true(mac_equal(a.orig, far.mac));
		assert_int_equal(a.uid, 77);
		assert_int_equal(a.seqno, 4242);
	}
	/* The throughput meter's payload is not ours to touch. */
	const struct rig_frame *f = rig_kept(&rig, FX_SEND, BATADV_ICMP, 0);
	assert_int_equal(f->len, 14 + 20 + 200);
	for (size_t k = 0; k < 200; k++)
		assert_int_equal(f->bytes[34 + k], k + 1);
}

static void the_end_of_the_way(void **state)
{
	struct batadv_icmp q = icmp(BATADV_ECHO_REQUEST, side.mac, far.mac);

	(void)state;
	q.ttl = 1;
	comes(&near, &q, 0);
	struct batadv_icmp a = left(&near);
	assert_int_equal(a.msg_type, BATADV_TTL_EXCEEDED);
	assert_true(mac_equal(a.dst, far.mac));
	assert_true(mac_equal(a.orig, rig_mac(KIND_US, 0)));
	assert_int_equal(a.seqno, 4242);
	assert_int_equal(a.ttl, 50);
	/* Nobody is told about an answer that got lost: that would go on for ever. */
	rig_clear(&rig);
	q.msg_type = BATADV_ECHO_REPLY;
	comes(&near, &q, 0);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_TTL], 1);
}

static void what_is_refused(void **state)
{
	struct batadv_icmp q = icmp(BATADV_THROUGHPUT, rig_mac(KIND_US, 0), far.mac);

	(void)state;
	comes(&near, &q, 100);
	assert_int_equal(rig.l2.count.dropped[ERR_UNKNOWN], 1);
	assert_int_equal(rig.l2.count.unknown_type, 1);
	q = icmp(BATADV_ECHO_REQUEST, rig_mac(KIND_US, 0), MAC_BROADCAST);
	comes(&near, &q, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_MALFORMED], 1);
	q = icmp(BATADV_ECHO_REQUEST, rig_mac(KIND_US, 0), (struct mac){{2, 9, 9}});
	comes(&near, &q, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_NO_ROUTE], 1);
	q = icmp(BATADV_ECHO_REQUEST, (struct mac){{2, 9, 9}}, far.mac);
	comes(&near, &q, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_NO_ROUTE], 2);
	q = icmp(BATADV_PARAMETER_PROBLEM, rig_mac(KIND_US, 0), far.mac);
	comes(&near, &q, 0);
	assert_int_equal(rig.l2.count.dropped[ERR_UNKNOWN], 2);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.echoes, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_question_and_its_answer),
		T(answers_that_nobody_asked_for),
		T(traceroute),
		T(questions_with_an_answer_at_once),
		T(many_questions),
		T(we_answer),
		T(we_record_the_way),
		T(we_pass_on),
		T(the_end_of_the_way),
		T(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
