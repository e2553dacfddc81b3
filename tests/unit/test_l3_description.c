/* Proves which descriptions of others are accepted: their TLVs, signatures, contents, addresses,
 * and what they may cost. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "content_forge.h"
#include "content_rig.h"
#include "wire/bmx7_prefix.h"

static bool is_candidate(const struct l3_node *n)
{
	return n->content.pursuit && n->content.pursuit->candidate;
}

/* Two nodes that know each other; what the second says by hand is heard by the first. */
struct pair {
	struct rig rig;
	struct station *a, *b;
	struct l3_node *n; /* b in a's table */
};

static void pair_init(struct pair *p)
{
	rig_init(&p->rig, false);
	p->a = rig_add(&p->rig, BMX7_RSA1024, 0);
	p->b = rig_add(&p->rig, BMX7_RSA1024, 0);
	rig_ticks(&p->rig, 6);
	p->n = station_node(p->a, p->b);
	assert_true(station_knows(p->a, p->b));
	p->b->deaf = true; /* else it hears what is said in its name */
}

static bool hear(struct pair *p, const struct forge *f)
{
	assert_int_equal(station_frame(p->a, p->b, BMX7_DESC_ADV, f->body, f->len), OK);
	rig_ticks(&p->rig, 3);
	return p->n->description && p->n->description->version.desc_sqn == f->desc_sqn;
}

static void test_what_is_accepted(void **state)
{
	static const struct {
		const char *name;
		uint8_t second, bits; /* of the first HNA */
		uint8_t more[20];     /* another HNA, bits 0: none */
		bool accepted;
	} cases[] = {
		{"primary address", 0x70, 128, {0}, true},
		{"another prefix", 0x71, 128, {0}, false},
		{"a net for an address", 0x70, 112, {0}, false},
		{"a dummy address of its own", 0x70, 128, {128, 1, 0xfd, 0x71}, true},
		{"an address of another", 0x70, 128, {128, 0, 0xfd, 0x70, 1, 2, 3}, false},
		{"a net out of all addresses", 0x70, 128, {16, 0, 0xfd, 0x72}, false},
		{"a private net", 0x70, 128, {48, 0, 0xfd, 0x80, 1, 2, 3}, true},
		{"a public net", 0x70, 128, {48, 0, 0x20, 1, 0xd, 0xb8, 3}, true},
		{"link-local", 0x70, 128, {64, 0, 0xfe, 0x80}, false},
		{"link-local, wider", 0x70, 128, {10, 0, 0xfe, 0xbf}, false},
	};
	struct pair p;

	(void)state;
	pair_init(&p);
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forge f = {.as = p.b, .desc_sqn = 100 + i};
		uint8_t hna[100], rest[200], more[BMX7_HNA_LEN];
		struct wr h = wr_over(hna, sizeof(hna)), w = wr_over(rest, sizeof(rest));

		forge_hna(&h, p.b, cases[i].second, cases[i].bits);
		memcpy(more, cases[i].more, sizeof(more));
		if (more[0] == 128 && more[3] == 0x71)
			memcpy(more + 4, p.b->l3.self->id.b, 14);
		wr_bytes(&h, more, more[0] ? sizeof(more) : 0);
		forge_tlv(&w, BMX7_HNA6, hna, wr_len(&h));
		forge_sign(&f, &w);
		if (hear(&p, &f) != cases[i].accepted)
			fail_msg("%s", cases[i].name);
		/* What was refused is refused for good, and the next number counts. */
		unsigned jobs = p.a->jobs_asked;
		hear(&p, &f);
		assert_int_equal(p.a->jobs_asked, jobs);
		rig_ticks(&p.rig, 20); /* no faster than NEWS_S allows */
	}
	rig_fini(&p.rig);
}

/* No primary address, bad TLVs of every kind: refused, and the node stays what it was. */
static void test_bad_tlvs(void **state)
{
	static const struct {
		uint8_t type;
		const char *data;
		size_t len;
	} cases[] = {
		{BMX7_TUN6, "abc", 3},
		{BMX7_TUN4IN6_NET, "\0\0\xff\x21\x0a\0\0\0", 8},
		{BMX7_INFO, "\0\x14", 2},
		{BMX7_SMS, "x", 1},
	};
	struct pair p;
	struct forge f;
	uint32_t sqn = 100;

	(void)state;
	pair_init(&p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t rest[100];
		struct wr w = wr_over(rest, sizeof(rest));

		forge_tlv(&w, cases[i].type, cases[i].data, cases[i].len);
		forge_plain(&f, p.b, ++sqn, &w);
		assert_false(hear(&p, &f));
		assert_int_equal(p.n->description->version.desc_sqn, 11);
	}
	f = (struct forge){.as = p.b, .desc_sqn = ++sqn};
	struct wr none = wr_over(NULL, 0);
	forge_sign(&f, &none);
	assert_false(hear(&p, &f));
	forge_plain(&f, p.b, ++sqn, NULL);
	assert_true(hear(&p, &f));
	/* An older one is not believed. */
	forge_plain(&f, p.b, sqn - 1, NULL);
	assert_false(hear(&p, &f));
	rig_fini(&p.rig);
}

/* One with a wrong signature is refused, but its number is not: else anybody could block it. */
static void test_forged(void **state)
{
	struct pair p;
	struct forge f;

	(void)state;
	pair_init(&p);
	forge_plain(&f, p.b, 50, NULL);
	f.body[f.len - 1] ^= 1;
	assert_false(hear(&p, &f));
	assert_int_equal(p.a->l3.count.forged, 1);
	f.body[f.len - 1] ^= 1;
	assert_true(hear(&p, &f));
	/* A description of a, made by b: none of a's business. */
	unsigned described = p.a->described;
	forge_plain(&f, p.b, 60, NULL);
	memcpy(f.body + BMX7_TLV_HEADER, p.a->l3.self->id.b, 28);
	hear(&p, &f);
	assert_int_equal(p.a->described, described);
	rig_fini(&p.rig);
}

static struct digest content_hash(const struct rig *rig, bool list, const void *body, size_t len)
{
	uint8_t flags = bmx7_content_flags(false, list);
	const struct crypto_part parts[] = {{&flags, 1}, {body, len}};

	return rig->crypto->sha224(parts, 2);
}

static void content_hear(struct station *a, const struct station *by, bool list, const void *body,
			 size_t len)
{
	uint8_t bytes[1 + BMX7_CONTENT_MAX];

	bytes[0] = bmx7_content_flags(false, list);
	memcpy(bytes + 1, body, len);
	assert_int_equal(station_frame(a, by, BMX7_CONTENT_ADV, bytes, 1 + len), OK);
}

static void content_say(struct pair *p, bool list, const void *body, size_t len)
{
	content_hear(p->a, p->b, list, body, len);
	rig_ticks(&p->rig, 3);
}

/* What a description refers to, layer by layer. */
static void test_content_tree(void **state)
{
	enum { LEN = 2 * BMX7_CONTENT_MAX };
	static const struct {
		const char *name;
		uint8_t nesting; /* of the reference */
		unsigned lists;	 /* layers of lists that there are */
		int len;	 /* that the reference says, too much or too little */
		bool hash_wrong;
		bool accepted;
	} cases[] = {
		{"two contents", 1, 0, 0, false, true},
		{"a list", 2, 1, 0, false, true},
		{"no list where one may be", 2, 0, 0, false, true},
		{"a list where none may be", 1, 1, 0, false, false},
		{"a list of lists", 2, 2, 0, false, false},
		{"longer", 1, 0, 1, false, false},
		{"shorter", 1, 0, -1, false, false},
		{"another hash", 1, 0, 0, true, false},
	};
	struct pair p;

	(void)state;
	pair_init(&p);
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[LEN], rest[200];
		struct digest names[2], list[2];
		struct wr w = wr_over(rest, sizeof(rest));
		struct forge f;

		for (size_t b = 0; b < sizeof(data); b++)
			data[b] = (uint8_t)(b * 7 + i);
		memset(data, 'm', 16);
		memcpy(data + 16, "\0\0", 2);
		data[18] = (LEN - 20) >> 8;
		data[19] = (LEN - 20) & 0xff;
		for (unsigned half = 0; half < 2; half++)
			names[half] = content_hash(&p.rig, false, data + half * BMX7_CONTENT_MAX,
						   BMX7_CONTENT_MAX);
		list[0] = content_hash(&p.rig, true, names, sizeof(names));
		list[1] = content_hash(&p.rig, true, list, sizeof(list[0]));
		struct bmx7_reference r = {
			.expanded_hash = content_hash(&p.rig, false, data, sizeof(data)),
			.expanded_len = (uint32_t)((int)sizeof(data) + cases[i].len),
			.expanded_type = BMX7_SMS,
			.nesting = cases[i].nesting,
			.payload = cases[i].lists == 0	 ? names[0].b
				   : cases[i].lists == 1 ? list[0].b
							 : list[1].b,
			.payload_len = cases[i].lists == 0 ? sizeof(names) : sizeof(names[0]),
		};
		r.expanded_hash.b[0] ^= cases[i].hash_wrong;
		forge_reference(&w, &r);
		forge_plain(&f, p.b, 100 + i, &w);
		assert_false(hear(&p, &f));
		assert_true(p.a->requests[1] > 0);
		/* Not asked for: not taken. */
		unsigned stored = p.a->l3.contents.by_hash.count;
		content_say(&p, false, "never heard of", 14);
		assert_int_equal(p.a->l3.contents.by_hash.count, stored);
		content_say(&p, true, list, sizeof(list[0]));
		content_say(&p, true, names, sizeof(names));
		content_say(&p, false, data + BMX7_CONTENT_MAX, BMX7_CONTENT_MAX);
		content_say(&p, false, data, BMX7_CONTENT_MAX);
		if ((p.n->description->version.desc_sqn == 100 + i) != cases[i].accepted)
			fail_msg("%s", cases[i].name);
		assert_false(is_candidate(p.n));
	}
	rig_fini(&p.rig);
}

/* A description that refers to more than any may; one whose contents never come. */
static void test_endless_descriptions(void **state)
{
	struct pair p;
	struct forge f;
	uint8_t rest[900], list[BMX7_CONTENTS_PER_LIST_MAX * 28];
	struct wr w = wr_over(rest, sizeof(rest));
	struct digest names[20];

	(void)state;
	pair_init(&p);
	for (unsigned i = 0; i < 20; i++) {
		for (size_t b = 0; b < sizeof(list); b++)
			list[b] = (uint8_t)(b * 3 + i * 11 + b / 28);
		names[i] = content_hash(&p.rig, true, list, sizeof(list));
	}
	struct bmx7_reference r = {.expanded_len = BMX7_EXPANDED_MAX,
				   .expanded_type = BMX7_SMS,
				   .nesting = 2,
				   .payload = names[0].b,
				   .payload_len = sizeof(names)};
	forge_reference(&w, &r);
	forge_plain(&f, p.b, 100, &w);
	hear(&p, &f);
	assert_true(is_candidate(p.n));
	for (unsigned i = 0; i < 20; i++) {
		for (size_t b = 0; b < sizeof(list); b++)
			list[b] = (uint8_t)(b * 3 + i * 11 + b / 28);
		content_say(&p, true, list, sizeof(list));
	}
	assert_false(is_candidate(p.n));
	assert_int_equal(p.n->content.refused, 100);
	size_t used = p.a->l3.pool.used_bytes;
	forge_plain(&f, p.b, 101, &w);
	hear(&p, &f);
	assert_true(p.a->l3.pool.used_bytes > used);
	rig_ticks(&p.rig, 1000);
	assert_false(is_candidate(p.n));
	assert_int_equal(p.a->l3.pool.used_bytes, used);
	assert_int_equal(p.n->description->version.desc_sqn, 11);
	rig_fini(&p.rig);
}

/* Somebody else has its address: blocked, and believed when the other has gone. */
static void test_blocked(void **state)
{
	struct pair p;
	struct forge f;

	(void)state;
	pair_init(&p);
	p.a->conflict_of = p.n;
	p.a->conflict = p.a->l3.self;
	forge_plain(&f, p.b, 100, NULL);
	assert_false(hear(&p, &f));
	assert_null(p.n->description);
	assert_int_equal(p.a->undescribed, 1);
	assert_int_equal(content_state(p.n), L3_NODE_BLOCKED);
	rig_ticks(&p.rig, 100);
	assert_int_equal(content_state(p.n), L3_NODE_BLOCKED);
	p.a->conflict = NULL;
	rig_ticks(&p.rig, 55);
	assert_int_equal(content_state(p.n), L3_NODE_DESCRIBED);
	assert_int_equal(p.n->description->version.desc_sqn, 100);
	rig_fini(&p.rig);
}

/* A flood of descriptions that cannot be verified costs as much as the limits allow. */
static void test_verification_limit(void **state)
{
	struct pair p;
	struct forge f;

	(void)state;
	pair_init(&p);
	unsigned before = p.a->jobs_asked;
	for (uint32_t i = 0; i < 1000; i++) {
		forge_plain(&f, p.b, 100 + i, NULL);
		f.body[f.len - 1] ^= 1;
		assert_int_equal(station_frame(p.a, p.b, BMX7_DESC_ADV, f.body, f.len), OK);
		if (i % 10 == 0)
			rig_ticks(&p.rig, 1);
	}
	/* One at a time for each node, so one a tick here. */
	assert_in_range(p.a->jobs_asked - before, 90, 110);
	p.rig.strangers = true;
	before = p.a->jobs_asked;
	for (uint32_t i = 0; i < 1000; i++) {
		forge_plain(&f, p.b, 2000 + i, NULL);
		f.body[f.len - 1] ^= 1;
		station_frame(p.a, p.b, BMX7_DESC_ADV, f.body, f.len);
		p.rig.now = instant_add(p.rig.now, span_us(10));
		struct l3_node *n = p.n;
		struct job_done d = {.id = p.a->jobs_asked, .ok = false};
		if (p.a->jobs > 0)
			content_job_done(&p.a->l3, p.rig.now, n, p.a->job[0].bill.tag, &d,
					 &p.a->fx);
		p.a->jobs = 0;
	}
	assert_in_range(p.a->jobs_asked - before, 60, 70);
	rig_fini(&p.rig);
}

/* A node that makes descriptions without end is heard now and then: each would flood the network.
 */
static void test_news_limit(void **state)
{
	struct pair p;
	struct forge f;

	(void)state;
	pair_init(&p);
	unsigned before = p.a->described;
	for (uint32_t i = 0; i < 300; i++) {
		forge_plain(&f, p.b, 100 + i, NULL);
		assert_int_equal(station_frame(p.a, p.b, BMX7_DESC_ADV, f.body, f.len), OK);
		rig_ticks(&p.rig, 1);
	}
	assert_in_range(p.a->described - before, 8 + 14, 8 + 17); /* 30 s */
	rig_ticks(&p.rig, 30);
	assert_int_equal(p.n->description->version.desc_sqn, 399); /* the last */
	rig_fini(&p.rig);
}

/* Large descriptions of many nodes do not take all memory: small ones find room. */
static void test_large_ones_share(void **state)
{
	enum { NODES = 40, LISTS = 2, MEMORY = 8 << 20 };
	struct rig rig;
	unsigned large = 0, small = 0;

	(void)state;
	rig_init(&rig, false);
	struct station *a = rig_add(&rig, BMX7_RSA1024, 0);
	a->l3.conf.memory_max_bytes = MEMORY;
	a->l3.conf.nodes_max = 100;
	struct station *b = rig_add(&rig, BMX7_RSA1024, 0);
	rig_ticks(&rig, 5);
	for (uint32_t i = 0; i < NODES; i++) {
		struct digest names[LISTS][BMX7_CONTENTS_PER_LIST_MAX], lists[LISTS];
		uint8_t rest[200];
		struct wr w = wr_over(rest, sizeof(rest));
		struct forge f;
		struct station *s = calloc(1, sizeof(*s));

		/* A node that is nowhere but in what b relays. */
		s->rig = &rig;
		s->l3.crypto = rig.crypto;
		rig.carry_out(&(struct job){.kind = JOB_RSA_KEY, .type = BMX7_RSA1024}, &s->key);
		s->l3.conf.node_secret = (struct job_bytes){s->key.secret, s->key.secret_len};
		struct l3_node self = {
			.id = content_hash(&rig, false, s->key.public, s->key.public_len)};
		s->l3.self = &self;
		for (unsigned l = 0; l < LISTS; l++) {
			for (unsigned k = 0; k < BMX7_CONTENTS_PER_LIST_MAX; k++)
				names[l][k].b[0] = (uint8_t)i, names[l][k].b[1] = (uint8_t)k,
				names[l][k].b[2] = (uint8_t)l;
			lists[l] = content_hash(&rig, true, names[l], sizeof(names[l]));
		}
		struct bmx7_reference r = {.expanded_len = BMX7_EXPANDED_MAX,
					   .expanded_type = BMX7_SMS,
					   .nesting = 2,
					   .payload = lists[0].b,
					   .payload_len = sizeof(lists)};
		forge_reference(&w, &r);
		forge_plain(&f, s, 20, i % 2 ? &w : NULL);
		assert_int_equal(station_frame(a, b, BMX7_DESC_ADV, f.body, f.len), OK);
		content_hear(a, b, false, s->key.public, s->key.public_len);
		rig_ticks(&rig, 3);
		for (unsigned l = 0; l < LISTS && i % 2; l++)
			content_hear(a, b, true, names[l], sizeof(names[l]));
		rig_ticks(&rig, 2);
		struct l3_node *n = l3_node_by_id(&a->l3, &self.id);
		assert_non_null(n);
		small += i % 2 == 0 && n->description;
		large += i % 2 == 1 && n->content.pursuit && n->content.pursuit->candidate &&
			 n->content.pursuit->candidate->set.count > DESCRIBED_SMALL + 60;
		free(s);
	}
	assert_int_equal(small, NODES / 2);
	assert_in_range(large, 5, NODES / 2 - 5);
	assert_in_range(a->l3.contents.large, 700, MEMORY / 4 / DESCRIBED_CONTENT_COST);
	rig_ticks(&rig, 1000); /* nobody answers: they are given up */
	assert_int_equal(a->l3.contents.large, 0);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_accepted),
		cmocka_unit_test(test_bad_tlvs),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_content_tree),
		cmocka_unit_test(test_endless_descriptions),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_verification_limit),
		cmocka_unit_test(test_news_limit),
		cmocka_unit_test(test_large_ones_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
