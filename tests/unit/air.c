/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "air.h"
#include <stdlib.h>
#include "base/crc32c.h"
#include "cmocka_all.h"

enum { AIR_MTU_BYTES = 1500, FRAME_MAX = 2048 };

struct air_flight {
	struct air_flight *next;
	instant at;
	unsigned from;
	int segment;
	size_t len;
	uint8_t bytes[];
};

struct mac air_mac(unsigned node, uint8_t port)
{
	return (struct mac){{0x02, 0xa1, 0, 0, (uint8_t)(node + 1), (uint8_t)(port + 1)}};
}

struct air *air_new(void)
{
	struct air *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	a->now = (instant){1000000};
	return a;
}

void air_free(struct air *a)
{
	while (a->flight) {
		struct air_flight *f = a->flight;

		a->flight = f->next;
		free(f);
	}
	for (unsigned i = 0; i < a->nodes; i++) {
		l2_fini(&a->node[i]->l2);
		free(a->node[i]);
	}
	free(a->ogm);
	free(a->note);
	free(a);
}

struct l2 *air_l2(struct air *a, unsigned node)
{
	assert_true(node < a->nodes);
	return &a->node[node]->l2;
}

/* ---- what an engine wants done ---- */

static void keep_ogms(struct air_node *n, const struct fx_frame *f)
{
	struct air *a = n->air;
	struct rd r = rd_over(f->data + ETHERNET_HEADER, f->len - ETHERNET_HEADER);
	struct batadv_ogm ogm;

	while (batadv_ogm_parse(&r, &ogm) == OK) {
		if (a->ogms == a->ogm_room) {
			a->ogm_room = a->ogm_room ? a->ogm_room * 2 : 256;
			a->ogm = realloc(a->ogm, a->ogm_room * sizeof(*a->ogm));
			assert_non_null(a->ogm);
		}
		a->ogm[a->ogms++] = (struct air_ogm){
			.at = a->now,
			.node = n->index,
			.port = f->port,
			.frame = a->frames,
			.frame_len = f->len - ETHERNET_HEADER,
			.tvlv_crc = crc32c(0, ogm.tvlv, ogm.tvlv_len),
			.ogm = ogm,
		};
	}
	assert_int_equal(rd_left(&r), 0);
}

static void take_off(struct air_node *n, const struct fx_frame *f)
{
	struct air *a = n->air;
	struct air_flight *new = malloc(sizeof(*new) + f->len), **at = &a->flight;

	assert_non_null(new);
	*new = (struct air_flight){
		.at = instant_add(a->now, span_us(AIR_DELAY_US)),
		.from = n->index,
		.segment = n->segment[f->port],
		.len = f->len,
	};
	memcpy(new->bytes, f->data, f->len);
	while (*at && !instant_before(new->at, (*at)->at))
		at = &(*at)->next;
	new->next = *at;
	*at = new;
}

static void keep_note(struct air_node *n, const struct fx_note *note)
{
	struct air *a = n->air;

	if (a->notes == a->note_room) {
		a->note_room = a->note_room ? a->note_room * 2 : 64;
		a->note = realloc(a->note, a->note_room * sizeof(*a->note));
		assert_non_null(a->note);
	}
	a->note[a->notes++] = (struct air_note){a->now, n->index, *note};
}

static void on_effect(struct fx *fx, const struct effect *e)
{
	struct air_node *n = container_of(fx, struct air_node, fx);
	const struct fx_frame *f = &e->frame;

	if (e->kind == FX_NOTE)
		keep_note(n, &e->note);
	if (e->kind != FX_SEND)
		return;
	assert_true(f->len >= ETHERNET_HEADER + 1 && f->len <= ETHERNET_HEADER + AIR_MTU_BYTES);
	assert_true(mac_equal(mac_from(f->data + 6), air_mac(n->index, f->port)));
	n->air->frames++;
	if (f->data[ETHERNET_HEADER] == BATADV_IV_OGM)
		keep_ogms(n, f);
	if (!n->dead && n->segment[f->port] != AIR_NOWHERE)
		take_off(n, f);
}

/* ---- engines ---- */

unsigned air_node(struct air *a, const struct l2_conf *conf)
{
	struct l2_conf defaults = l2_conf_default();
	struct air_node *n = calloc(1, sizeof(*n));

	assert_non_null(n);
	assert_true(a->nodes < AIR_NODES_MAX);
	n->fx.emit = on_effect;
	n->air = a;
	n->index = a->nodes;
	for (unsigned p = 0; p < PORT_MAX; p++)
		n->segment[p] = AIR_NOWHERE;
	assert_int_equal(l2_init(&n->l2, conf ? conf : &defaults, a->now, 77 + a->nodes), OK);
	a->node[a->nodes] = n;
	return a->nodes++;
}

void air_event(struct air *a, unsigned node, const struct ev *ev)
{
	l2_handle(air_l2(a, node), a->now, ev, &a->node[node]->fx);
}

void air_up(struct air *a, unsigned node, uint8_t port, int segment)
{
	struct ev ev = {.kind = EV_PORT,
			.port = {.port = port,
				 .up = true,
				 .mac = air_mac(node, port),
				 .mtu_bytes = AIR_MTU_BYTES}};

	a->node[node]->segment[port] = segment;
	air_event(a, node, &ev);
}

void air_down(struct air *a, unsigned node, uint8_t port)
{
	struct ev ev = {.kind = EV_PORT, .port = {.port = port, .mac = air_mac(node, port)}};

	air_event(a, node, &ev);
	a->node[node]->segment[port] = AIR_NOWHERE;
}

void air_set_deaf(struct air *a, unsigned one, unsigned other)
{
	a->deaf[one][other] = a->deaf[other][one] = true;
}

struct mac air_router(struct air *a, unsigned node, struct mac mac)
{
	const struct originator *o = originator_find(air_l2(a, node), mac);
	const struct path *p = o ? originator_router(o, OIF_DEFAULT) : NULL;

	return p ? p->neighbour->mac : (struct mac){{0}};
}

/* ---- time ---- */

static void land(struct air *a)
{
	struct air_flight *f = a->flight;

	a->flight = f->next;
	for (unsigned i = 0; i < a->nodes; i++) {
		if (i == f->from || a->node[i]->dead || a->deaf[i][f->from])
			continue;
		for (uint8_t p = 0; p < PORT_MAX; p++) {
			struct ev ev = {.kind = EV_FRAME, .frame = {p, f->bytes, f->len}};

			if (a->node[i]->segment[p] == f->segment)
				air_event(a, i, &ev);
		}
	}
	free(f);
}

void air_run(struct air *a, span duration)
{
	instant end = instant_add(a->now, duration);
	struct ev deadline = {.kind = EV_DEADLINE};

	for (;;) {
		instant next = a->flight ? a->flight->at : NEVER;
		int who = -1;

		for (unsigned i = 0; i < a->nodes; i++) {
			instant due = l2_deadline(&a->node[i]->l2);

			if (!instant_before(due, next))
				continue;
			next = due;
			who = (int)i;
		}
		if (!instant_reached(next, end))
			break;
		if (instant_before(a->now, next))
			a->now = next;
		if (who >= 0)
			air_event(a, (unsigned)who, &deadline);
		else
			land(a);
	}
	a->now = end;
}

/* ---- puppets ---- */

void air_hear_bytes(struct air *a, unsigned node, uint8_t port, struct mac src,
		    const uint8_t *bytes, size_t len)
{
	uint8_t frame[FRAME_MAX];
	struct wr w = wr_over(frame, sizeof(frame));

	ethernet_write(&w, MAC_BROADCAST, src, ETHERTYPE_BATADV);
	wr_bytes(&w, bytes, len);
	assert_false(w.bad);
	struct ev ev = {.kind = EV_FRAME, .frame = {port, frame, wr_len(&w)}};

	air_event(a, node, &ev);
}

void air_hear(struct air *a, unsigned node, uint8_t port, struct mac src,
	      const struct batadv_ogm *ogm, size_t ogms)
{
	uint8_t packet[FRAME_MAX];
	struct wr w = wr_over(packet, sizeof(packet) - ETHERNET_HEADER);

	for (size_t i = 0; i < ogms; i++)
		batadv_ogm_write(&w, &ogm[i]);
	assert_false(w.bad);
	air_hear_bytes(a, node, port, src, packet, wr_len(&w));
}

void air_forget(struct air *a)
{
	a->ogms = 0;
	a->notes = 0;
}

unsigned air_noted(const struct air *a, unsigned node, enum note what)
{
	unsigned count = 0;

	for (size_t i = 0; i < a->notes; i++)
		count += a->note[i].node == node && a->note[i].note.what == what;
	return count;
}
