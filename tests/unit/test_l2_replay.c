/* Proves that the engine passes on exactly the OGMs that Linux kernels passed on in captures. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include "cmocka_all.h"
#include "core/l2/internal.h"
#include "pcap.h"

/*
 * Each kernel node of a capture is stood for by an engine with the node's MAC. It
 * is fed every frame that the node could hear; when the node sent an OGM of its
 * own, the engine's counter is set as if it had sent it. What the engine then
 * wants to pass on is compared, OGM by OGM, with what the node passed on.
 */
enum { NODES_MAX = 8, PREDICTIONS_MAX = 4096 };

/* A node is taken to listen from one interval before its own first OGM. */
enum { LISTENS_BEFORE_US = 1050000 };

struct prediction {
	struct batadv_ogm ogm;
	bool open;
};

struct node {
	struct fx fx;
	struct l2 l2;
	struct mac mac;
	instant first;
	struct prediction predicted[PREDICTIONS_MAX];
	size_t count;
};

struct replay {
	const char *file;
	const char *deaf; /* pairs of nodes that do not hear each other: "01-03 02-04" */
	int exact;	  /* OGMs passed on as predicted */
	int unsent;	  /* predicted, but not in the capture: it ends, or they were lost */
};

static struct node *node[NODES_MAX];
static size_t nodes;

static void predict(struct node *n, const struct batadv_ogm *ogm)
{
	size_t i = 0;

	while (i < n->count && !(n->predicted[i].open && n->predicted[i].ogm.seqno == ogm->seqno &&
				 mac_equal(n->predicted[i].ogm.orig, ogm->orig)))
		i++;
	if (i == n->count)
		n->count++;
	assert_true(n->count < PREDICTIONS_MAX);
	n->predicted[i] = (struct prediction){.ogm = *ogm, .open = true};
}

static void on_effect(struct fx *fx, const struct effect *e)
{
	struct node *n = container_of(fx, struct node, fx);
	struct batadv_ogm ogm;

	if (e->kind != FX_SEND || e->frame.data[ETHERNET_HEADER] != BATADV_IV_OGM)
		return;
	struct rd r = rd_over(e->frame.data + ETHERNET_HEADER, e->frame.len - ETHERNET_HEADER);

	assert_true(mac_is_broadcast(mac_from(e->frame.data)));
	assert_true(mac_equal(mac_from(e->frame.data + 6), n->mac));
	while (batadv_ogm_parse(&r, &ogm) == OK)
		predict(n, &ogm);
	assert_int_equal(rd_left(&r), 0);
}

static struct node *node_find(struct mac mac)
{
	for (size_t i = 0; i < nodes; i++) {
		if (mac_equal(node[i]->mac, mac))
			return node[i];
	}
	return NULL;
}

static void node_begin(struct mac mac, instant first, uint32_t seqno)
{
	struct node *n = calloc(1, sizeof(*n));
	struct l2_conf conf = l2_conf_default();

	assert_non_null(n);
	assert_true(nodes < NODES_MAX);
	node[nodes++] = n;
	n->fx.emit = on_effect;
	n->mac = mac;
	n->first = first;
	assert_int_equal(l2_init(&n->l2, &conf, (instant){0}, nodes), OK);
	struct ev_port up = {.port = 0, .up = true, .mac = mac, .mtu_bytes = 1500};

	port_event(&n->l2, (instant){0}, &up, &n->fx);
	n->l2.ports.at[0].ogm_seqno = seqno - 1;
}

static void nodes_end(void)
{
	for (size_t i = 0; i < nodes; i++) {
		l2_fini(&node[i]->l2);
		free(node[i]);
	}
	nodes = 0;
}

static bool is_ogm_frame(const struct pcap_frame *f)
{
	return f->len >= ETHERNET_HEADER + BATADV_OGM_LEN && f->bytes[12] == 0x43 &&
	       f->bytes[13] == 0x05 && f->bytes[14] == BATADV_IV_OGM;
}

static void nodes_begin(const char *path)
{
	struct pcap_frame f;
	struct batadv_ogm ogm;

	for (struct pcap p = pcap_open(path); pcap_next(&p, &f);) {
		struct mac src = mac_from(f.bytes + 6);
		struct rd r = rd_over(f.bytes + ETHERNET_HEADER, f.len - ETHERNET_HEADER);

		if (is_ogm_frame(&f) && batadv_ogm_parse(&r, &ogm) == OK &&
		    mac_equal(ogm.orig, src) && !node_find(src))
			node_begin(src, f.at, ogm.seqno);
	}
}

static bool is_deaf(const char *deaf, struct mac a, struct mac b)
{
	char pair[8], riap[8];

	snprintf(pair, sizeof(pair), "%02x-%02x", a.b[4], b.b[4]);
	snprintf(riap, sizeof(riap), "%02x-%02x", b.b[4], a.b[4]);
	return strstr(deaf, pair) || strstr(deaf, riap);
}

/* The kernel node sent this: was it predicted? */
static bool compare(struct node *n, const struct batadv_ogm *ogm, instant at)
{
	char of[MAC_TEXT], orig[MAC_TEXT];

	for (size_t i = 0; i < n->count; i++) {
		struct prediction *p = &n->predicted[i];

		if (!p->open || p->ogm.seqno != ogm->seqno || !mac_equal(p->ogm.orig, ogm->orig))
			continue;
		p->open = false;
		if (p->ogm.tq == ogm->tq && p->ogm.ttl == ogm->ttl && p->ogm.flags == ogm->flags &&
		    mac_equal(p->ogm.prev_sender, ogm->prev_sender))
			return true;
		print_message("%.3f %s orig %s seqno %u: kernel tq %u ttl %u flags %x, "
			      "predicted tq %u ttl %u flags %x\n",
			      (double)at.us / 1e6, mac_print(n->mac, of),
			      mac_print(ogm->orig, orig), ogm->seqno, ogm->tq, ogm->ttl, ogm->flags,
			      p->ogm.tq, p->ogm.ttl, p->ogm.flags);
		return false;
	}
	print_message("%.3f %s orig %s seqno %u: not predicted\n", (double)at.us / 1e6,
		      mac_print(n->mac, of), mac_print(ogm->orig, orig), ogm->seqno);
	return false;
}

/* What the sender of a frame shows: its own OGMs, and those that it passes on. */
static void sender_shows(struct node *n, const struct pcap_frame *f, int *exact, int *wrong)
{
	struct rd r = rd_over(f->bytes + ETHERNET_HEADER, f->len - ETHERNET_HEADER);
	struct batadv_ogm ogm;

	while (batadv_ogm_parse(&r, &ogm) == OK) {
		if (mac_equal(ogm.orig, n->mac)) {
			n->l2.ports.at[0].ogm_seqno = ogm.seqno - 1;
			assert_int_equal(port_count_ogm(&n->l2.ports.at[0]), ogm.seqno);
		} else if (compare(n, &ogm, f->at)) {
			++*exact;
		} else {
			++*wrong;
		}
	}
}

static void node_hears(struct node *n, const struct pcap_frame *f, struct mac src)
{
	(void)ogm_rx(&n->l2, f->at, 0, src, f->bytes + ETHERNET_HEADER, f->len - ETHERNET_HEADER,
		     &n->fx);
	outbox_flush(&n->l2, f->at, n->l2.ports.at[0].outbox, &n->fx);
}

static void replay(const struct replay *c)
{
	char path[512];
	int exact = 0, wrong = 0, unsent = 0;
	struct pcap_frame f;

	snprintf(path, sizeof(path), "%s/capture/batadv/%s.pcap", TESTS_DIR, c->file);
	nodes_begin(path);
	for (struct pcap p = pcap_open(path); pcap_next(&p, &f);) {
		if (!is_ogm_frame(&f))
			continue;
		struct mac src = mac_from(f.bytes + 6);
		struct node *sender = node_find(src);

		if (sender)
			sender_shows(sender, &f, &exact, &wrong);
		for (size_t i = 0; i < nodes; i++) {
			if (node[i] != sender && f.at.us > node[i]->first.us - LISTENS_BEFORE_US &&
			    !is_deaf(c->deaf, node[i]->mac, src))
				node_hears(node[i], &f, src);
		}
	}
	for (size_t i = 0; i < nodes; i++) {
		for (size_t k = 0; k < node[i]->count; k++)
			unsent += node[i]->predicted[k].open;
	}
	nodes_end();
	print_message("%s: %d exact, %d wrong, %d not sent\n", c->file, exact, wrong, unsent);
	assert_int_equal(wrong, 0);
	assert_int_equal(exact, c->exact);
	assert_int_equal(unsent, c->unsent);
}

static void test_replay(void **state)
{
	static const struct replay cases[] = {
		{"01-two-nodes-ogm", "", 29, 0},	{"07-bla-mesh", "", 489, 0},
		{"07b-bla-coldstart-mesh", "", 593, 2}, {"08-line3", "01-03", 328, 0},
		{"18-diamond", "01-04 02-03", 542, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		replay(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_replay)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
