/* Proves that an engine of ours, put in the place of each node of a recording of real ones, comes
 * to the routes that the real node had, and believes signatures of both kinds. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "bmx7_capture.h"
#include "cmocka_all.h"
#include "core/job_result.h"
#include "core/l3/internal.h"
#include "drv/crypto.h"
#include "drv/public_key.h"
#include "wire/bmx7_description.h"
#include "wire/bmx7_frame.h"

/* Our engine gets the real node's public key, and so its id, and the secrets that it shared with
 * the others: what these sent is verified as it was then. Two things cannot be as they were: our
 * description has another hash, which the others' HELLO_REPLYs have to name; and it is another
 * MAC then. Both are put into the recorded packets. */

enum { NODES_MAX = 3, ROUTES = 8, DESCRIPTIONS = 12 };

struct recording {
	const char *name;
	bool secrets; /* beside it */
	unsigned nodes;
	struct {
		const char *id, *address, *primary;
	} node[NODES_MAX];
};

/* Ids, link-local and primary addresses, from the notes of the recordings. */
static const struct recording three = {
	"06-three-on-one-lan-all-desc-types",
	true,
	3,
	{{"d4c9fb110113dd757a5b03884baf5e4717f585f76e083f770e5db3da", "fe80::6886:c7ff:fe98:198b",
	  "fd70:d4c9:fb11:113:dd75:7a5b:388:4baf"},
	 {"51711d1dd35bfbf126c51c5a2951a93749567407b586e29bb6949240", "fe80::ecbd:74ff:feab:12a0",
	  "fd70:5171:1d1d:d35b:fbf1:26c5:1c5a:2951"},
	 {"ac3e115a0a614e896c12fadfd72d8010e6457781e20a6c5375df5720", "fe80::60f5:66ff:fe75:2a7",
	  "fd70:ac3e:115a:a61:4e89:6c12:fadf:d72d"}},
};
static const struct recording rsa = {
	"02-two-nodes-rsa-link-signatures",
	false,
	2,
	{{"02ce584b59307a502ac5ae01fcfb7751933465c8fa4e1f28f0b088df", "fe80::b8bf:acff:fece:45aa",
	  NULL},
	 {"437201be4c84a5691dea77e657d6b0918bc8620b484029cc12eec5d5", "fe80::346e:dfff:fe9b:b9ac",
	  NULL}},
};

struct stage {
	struct fx fx;
	const struct recording *of;
	char path[500]; /* of the capture */
	struct l3 *l3;
	instant now;
	unsigned role; /* whose place is ours */
	struct ipv6 from[NODES_MAX];
	struct digest id[NODES_MAX];
	struct digest shared[NODES_MAX];       /* with node i */
	struct digest key[NODES_MAX];	       /* hash of node i's link key */
	struct digest hash_then[DESCRIPTIONS]; /* of descriptions of the real node in our place */
	unsigned hashes;
	uint8_t public[1 + BMX7_KEY_MAX]; /* its public key */
	size_t public_len;
	struct {
		uint32_t id;
		struct job_result r;
	} job[JOBS_MAX];
	unsigned jobs;
	struct fx_network_route route[ROUTES];
	unsigned routes;
	unsigned described;
};

/* ---- the host of the engine ---- */

static void job(struct stage *s, const struct job *j)
{
	struct job_result *r = &s->job[s->jobs].r;
	struct digest key;

	assert_in_range(s->jobs, 0, JOBS_MAX - 1);
	s->job[s->jobs++].id = j->id;
	*r = (struct job_result){.ok = true};
	switch (j->kind) {
	case JOB_DH_SHARED:
		key = crypto_hash(crypto_mbedtls(), j->public.at, j->public.len);
		for (unsigned i = 0; i < NODES_MAX; i++) {
			if (digest_equal(&key, &s->key[i]))
				memcpy(r->result, s->shared[i].b, sizeof(s->shared[i]));
		}
		r->result_len = sizeof(struct digest);
		break;
	case JOB_RSA_SIGN: r->result_len = s->public_len - 1; break;
	case JOB_DH_KEY:
	case JOB_RSA_KEY:
	case JOB_RSA_VERIFY: public_key_job(j, r); break;
	}
}

static void route(struct stage *s, const struct fx_network_route *r)
{
	for (unsigned i = 0; i < s->routes; i++) {
		if (ipv6_equal(s->route[i].prefix, r->prefix))
			s->route[i] = s->route[--s->routes];
	}
	assert_in_range(s->routes, 0, ROUTES - 1);
	if (!r->gone)
		s->route[s->routes++] = *r;
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct stage *s = container_of(fx, struct stage, fx);

	if (e->network.kind == NETWORK_JOB)
		job(s, &e->network.job);
	else if (e->network.kind == NETWORK_ROUTE)
		route(s, &e->network.route);
	else if (e->network.kind == NETWORK_DESCRIBED)
		s->described++;
}

static void tell(struct stage *s, const struct ev_network *n)
{
	struct ev ev = {.kind = n ? EV_NETWORK : EV_DEADLINE};

	if (n)
		ev.network = *n;
	l3_handle(s->l3, s->now, &ev, &s->fx);
	while (s->jobs > 0) {
		uint32_t id = s->job[--s->jobs].id;
		struct job_result r = s->job[s->jobs].r;

		ev = (struct ev){.kind = EV_NETWORK, .network.kind = NETWORK_JOB_DONE};
		ev.network.done = job_result_done(id, &r);
		l3_handle(s->l3, s->now, &ev, &s->fx);
	}
}

static void run_until(struct stage *s, instant end)
{
	while (instant_reached(l3_deadline(s->l3), end)) {
		instant at = l3_deadline(s->l3);

		if (instant_before(s->now, at))
			s->now = at;
		tell(s, NULL);
	}
	s->now = end;
}

/* ---- what the recording holds beforehand ---- */

static int index_of(const struct digest id[NODES_MAX], const struct digest *d)
{
	for (int i = 0; i < NODES_MAX; i++) {
		if (digest_equal(&id[i], d))
			return i;
	}
	return -1;
}

static void secrets_read(struct stage *s)
{
	char path[500];
	FILE *file;
	char a[DIGEST_TEXT], b[DIGEST_TEXT], shared[DIGEST_TEXT];
	struct digest first, second;

	snprintf(path, sizeof(path), BMX7_CAPTURES "/%s.dhm-secrets.txt", s->of->name);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fscanf(file, "%56s %56s %56s", a, b, shared) == 3) {
		assert_true(digest_parse(a, &first) && digest_parse(b, &second));
		int other = index_of(s->id, &second);
		if (digest_equal(&first, &s->id[s->role]))
			assert_true(digest_parse(shared, &s->shared[other]));
	}
	fclose(file);
}

static void description_seen(struct stage *s, const struct bmx7_tlv *frame)
{
	struct bmx7_walk walk = bmx7_description_walk(frame->data, frame->len);
	struct bmx7_tlv t;
	int node = -1;

	while (bmx7_next(&walk, &t)) {
		if (t.expanded == BMX7_NODE_PUBKEY) {
			struct digest id = digest_from(t.data);
			node = index_of(s->id, &id);
			assert_int_not_equal(node, -1);
		}
		if (t.expanded == BMX7_DHM_LINK_PUBKEY)
			s->key[node] = digest_from(t.data);
	}
	if (node != (int)s->role)
		return;
	assert_in_range(s->hashes, 0, DESCRIPTIONS - 1);
	s->hash_then[s->hashes++] = crypto_hash(crypto_mbedtls(), frame->data, frame->len);
}

/* Keys are known by the hash that is in descriptions: with a byte 0 in front. */
static void content_seen(struct stage *s, const struct bmx7_tlv *frame)
{
	struct digest hash = crypto_hash(crypto_mbedtls(), frame->data, frame->len);

	for (unsigned i = 0; i < NODES_MAX; i++) {
		if (digest_equal(&hash, &s->key[i]))
			s->key[i] = crypto_hash(crypto_mbedtls(), frame->data + 1, frame->len - 1);
	}
	if (digest_equal(&hash, &s->id[s->role])) {
		s->public_len = frame->len - 1;
		memcpy(s->public, frame->data + 1, s->public_len);
	}
}

static void prepare(struct stage *s)
{
	struct bmx7_datagram d;
	struct bmx7_packet p;
	struct bmx7_tlv t;

	for (struct pcap pcap = pcap_open(s->path); bmx7_capture_next(&pcap, &d);) {
		assert_int_equal(bmx7_packet_parse(d.data, d.len, &p), OK);
		struct bmx7_walk walk = bmx7_frames_walk(&p);
		while (bmx7_next(&walk, &t)) {
			if (t.type == BMX7_DESC_ADV)
				description_seen(s, &t);
		}
	}
	for (struct pcap pcap = pcap_open(s->path); bmx7_capture_next(&pcap, &d);) {
		bmx7_packet_parse(d.data, d.len, &p);
		struct bmx7_walk walk = bmx7_frames_walk(&p);
		while (bmx7_next(&walk, &t)) {
			if (t.type == BMX7_CONTENT_ADV)
				content_seen(s, &t);
		}
	}
}

/* ---- recorded packets, as they would be today ---- */

static void replies_rename(struct stage *s, const struct bmx7_tlv *t)
{
	const struct description *now = s->l3->self->description;

	for (size_t at = 0; now && at + 30 <= t->len; at += 30) {
		struct digest d = digest_from(t->data + at);

		for (unsigned i = 0; i < s->hashes; i++) {
			if (digest_equal(&d, &s->hash_then[i]))
				memcpy((uint8_t *)(uintptr_t)t->data + at, now->hash.b, sizeof(d));
		}
	}
}

static void mac_of(const struct stage *s, const struct ipv6 *from, const struct bmx7_signatures *g,
		   int sender, uint8_t mac[BMX7_MAC])
{
	struct digest hash =
		packet_hash(s->l3, from, g->header, g->signed_rest, g->signed_rest_len);

	packet_mac(s->l3, &hash, &s->shared[sender], mac);
}

/* Renames what the packet says about us, and makes its MAC for us anew. */
static void rewrite(struct stage *s, const struct bmx7_datagram *d, uint8_t *bytes)
{
	uint8_t then[BMX7_MAC], now[BMX7_MAC];
	struct bmx7_signatures g = {0};
	struct bmx7_packet p;
	struct bmx7_tlv t;

	assert_int_equal(bmx7_packet_parse(bytes, d->len, &p), OK);
	int sender = index_of(s->id, &p.sender);
	struct bmx7_walk walk = bmx7_frames_walk(&p);
	while (bmx7_next(&walk, &t)) {
		if (t.type == BMX7_SIGNATURE_ADV) {
			assert_int_equal(bmx7_signatures_parse(&p, &t, &g), OK);
			mac_of(s, &d->from, &g, sender, then);
		}
		if (t.type == BMX7_HELLO_REPLY)
			replies_rename(s, &t);
	}
	if (!g.header)
		return;
	mac_of(s, &d->from, &g, sender, now);
	for (size_t at = 1; at + BMX7_MAC <= g.list_len; at += 1 + BMX7_MAC) {
		if (memcmp(g.list + at, then, BMX7_MAC) == 0)
			memcpy((uint8_t *)(uintptr_t)g.list + at, now, BMX7_MAC);
	}
}

static void replay(struct stage *s)
{
	struct bmx7_datagram d;

	for (struct pcap pcap = pcap_open(s->path); bmx7_capture_next(&pcap, &d);) {
		uint8_t bytes[BMX7_PACKET_MAX];

		run_until(s, instant_add(d.at, span_s(1)));
		if (memcmp(d.from.b, s->from[s->role].b, sizeof(d.from.b)) == 0)
			continue;
		memcpy(bytes, d.data, d.len);
		if (s->of->secrets)
			rewrite(s, &d, bytes);
		tell(s, &(struct ev_network){.kind = NETWORK_DATAGRAM,
					     .datagram = {0, d.from, bytes, d.len}});
	}
}

static void stage_open(struct stage *s, const struct recording *of, unsigned role)
{
	struct l3_conf conf = l3_conf_default();

	*s = (struct stage){.fx = {emit}, .of = of, .role = role};
	snprintf(s->path, sizeof(s->path), BMX7_CAPTURES "/%s.pcap", of->name);
	for (unsigned i = 0; i < of->nodes; i++) {
		assert_true(digest_parse(of->node[i].id, &s->id[i]));
		assert_true(ipv6_parse(of->node[i].address, &s->from[i]));
	}
	if (of->secrets)
		secrets_read(s);
	prepare(s);
	assert_int_equal(s->public_len, 257);
	conf.node_public = (struct job_bytes){s->public, s->public_len};
	conf.node_secret = (struct job_bytes){s->public, 32};
	s->l3 = l3_new(&conf, crypto_mbedtls(), s->now, 1);
	assert_non_null(s->l3);
	struct digest id = l3_id(s->l3);
	assert_true(digest_equal(&id, &s->id[role]));
	tell(s, &(struct ev_network){.kind = NETWORK_PORT,
				     .port = {.port = 0, .up = true, .link_local = s->from[role]}});
}

static const struct fx_network_route *route_to(const struct stage *s, const char *prefix,
					       uint8_t bits)
{
	struct ipv6 net;

	assert_true(ipv6_parse(prefix, &net));
	net.bits = bits;
	for (unsigned i = 0; i < s->routes; i++) {
		if (ipv6_equal(s->route[i].prefix, net))
			return &s->route[i];
	}
	return NULL;
}

static void test_each_place(void **state)
{
	(void)state;
	for (unsigned role = 0; role < three.nodes; role++) {
		static struct stage s;

		stage_open(&s, &three, role);
		replay(&s);
		const struct l3_counters *c = l3_counters(s.l3);
		assert_in_range(c->rx_verified, 100, 200);
		assert_int_equal(c->forged, 0);
		for (unsigned i = 0; i < three.nodes; i++) {
			struct l3_node_view v;

			if (i == role)
				continue;
			const struct fx_network_route *r = route_to(&s, three.node[i].primary, 128);
			if (!r)
				fail_msg("%u has no route to %u", role, i);
			assert_memory_equal(r->via.b, s.from[i].b, sizeof(r->via.b));
			assert_true(l3_node_find(s.l3, s.now, &s.id[i], &v));
			assert_int_equal(v.metric, 998244352); /* of a wire, one hop */
			assert_int_equal(v.hops, 1);
			assert_true(v.neighbour);
		}
		assert_in_range(s.described, 3, 6);
		if (role != 1) { /* it has a network more, and a short message */
			assert_non_null(route_to(&s, "2001:db8:77::", 64));
			struct tlv_data sms = l3_node_tlv(s.l3, &s.id[1], BMX7_SMS);
			assert_true(sms.len > 20);
			assert_memory_equal(sms.at, "hello", 5);
			assert_int_equal(l3_node_tlv(s.l3, &s.id[1], BMX7_TUN6).len, 0);
		}
		l3_free(s.l3);
	}
}

/* Nodes without Diffie-Hellman keys sign each packet by RSA. Their signatures cannot be made anew,
 * so that their HELLO_REPLYs do not count: links are there, in one direction. */
static void test_rsa_signatures(void **state)
{
	(void)state;
	for (unsigned role = 0; role < rsa.nodes; role++) {
		static struct stage s;
		struct l3_link_view link;

		stage_open(&s, &rsa, role);
		replay(&s);
		const struct l3_counters *c = l3_counters(s.l3);
		assert_in_range(c->rx_verified, 50, 62);
		assert_int_equal(c->forged, 0);
		assert_int_equal(l3_links(s.l3, s.now, &link, 1), 1);
		assert_true(digest_equal(&link.node, &s.id[1 - role]));
		assert_int_equal(link.rq, 255);
		assert_int_equal(link.tq, 0);
		l3_free(s.l3);
	}
}

/* One bit of a signed packet is another, and it is not believed; nor is what comes too fast. */
static void test_rsa_forged(void **state)
{
	static struct stage s;
	struct bmx7_datagram d;
	uint64_t before = 0;

	(void)state;
	stage_open(&s, &rsa, 0);
	replay(&s);
	run_until(&s, instant_add(s.now, span_s(1)));
	struct pcap p = pcap_open(s.path);
	const struct l3_counters *c = l3_counters(s.l3);
	while (bmx7_capture_next(&p, &d)) {
		uint8_t bytes[BMX7_PACKET_MAX];
		struct bmx7_packet packet;

		bmx7_packet_parse(d.data, d.len, &packet);
		if (digest_equal(&packet.sender, &s.id[0]) || packet.frames[0] >> 3 != 8)
			continue;
		memcpy(bytes, d.data, d.len);
		bytes[BMX7_HEADER + BMX7_TLV_HEADER + 4] = 0x7f; /* a burst that is newer */
		before = c->rx_verified;
		tell(&s, &(struct ev_network){.kind = NETWORK_DATAGRAM,
					      .datagram = {0, d.from, bytes, d.len}});
		assert_int_equal(c->rx_verified, before);
	}
	assert_int_equal(c->forged, HELD_NEAR_BURST);
	assert_true(c->dropped[ERR_RATE] > 30);
	l3_free(s.l3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_place),
		cmocka_unit_test(test_rsa_signatures),
		cmocka_unit_test(test_rsa_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
