/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/datapath.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/batadv.h"
#include "wire/ethernet.h"

enum { ALIGN = 64 };

static void tap_emit(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
		     unsigned count)
{
	struct datapath *d = ctx;

	d->count.joined += gso_wanted(v);
	tap_write(d->tap, v, iov, count);
}

bool datapath_init(struct datapath *d, struct node *node, struct fx *fx, struct tap *tap)
{
	*d = (struct datapath){.node = node, .fx = fx, .tap = tap};
	gro_init(&d->gro, tap_emit, d);
	d->slab = malloc(DATAPATH_SLAB);
	d->arena = malloc(DATAPATH_ARENA);
	d->segment = malloc(GSO_FRAME_MAX);
	if (d->slab && d->arena && d->segment && packet_rx_resize(&d->rx, PACKET_RX_ROOM))
		return true;
	datapath_fini(d);
	return false;
}

void datapath_fini(struct datapath *d)
{
	packet_rx_fini(&d->rx);
	free(d->slab);
	free(d->arena);
	free(d->segment);
	d->slab = d->arena = d->segment = NULL;
}

bool datapath_set_port(struct datapath *d, uint8_t port, struct packet *p, uint16_t mtu_bytes)
{
	size_t room = p && p->conf.is_veth ? (size_t)GSO_FRAME_MAX
					   : (size_t)mtu_bytes + ETHERNET_HEADER + VLAN_TAG;

	assert(port < PORT_MAX);
	d->port[port] = p;
	d->mtu_bytes[port] = mtu_bytes;
	return !p || room <= d->rx.room || packet_rx_resize(&d->rx, room);
}

static void node_frame(struct datapath *d, instant now, uint8_t port, const uint8_t *frame,
		       size_t len)
{
	const struct ev ev = {.kind = EV_FRAME, .frame = {.port = port, .data = frame, .len = len}};

	node_handle(d->node, now, &ev, d->fx);
}

/* ---- from the LAN ---- */

/* Segments for the node, one by one. */
static void super_up(struct datapath *d, instant now, const struct gso *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		const uint8_t *payload;
		size_t len = gso_segment(g, i, d->segment, &payload);

		memcpy(d->segment + g->header_bytes, payload, len);
		node_frame(d, now, PORT_CLOUD, d->segment, g->header_bytes + len);
	}
}

static void super_send(struct datapath *d, const struct verdict *v, const struct gso *g)
{
	struct packet *p = d->port[v->port];

	if (!p) {
		d->count.no_port += g->count;
		return;
	}
	for (uint32_t i = 0; i < g->count; i++) {
		uint8_t *header = packet_begin(p, v->head, v->head_len);
		const uint8_t *payload;
		size_t len = gso_segment(g, i, header, &payload);

		packet_put(p, g->header_bytes, payload, len);
	}
}

/* One verdict for all its segments, whose size is then chosen to fit. */
static void super_from_lan(struct datapath *d, instant now, const struct virtio_net_hdr *v,
			   const uint8_t *frame, size_t len)
{
	struct verdict verdict;
	uint16_t asked;
	struct gso g;
	size_t least;

	if (gso_open(&g, v, frame, len) != OK) {
		d->count.malformed++;
		return;
	}
	asked = g.segment_bytes;
	least = (size_t)g.header_bytes + (g.tcp ? GSO_PAYLOAD_MIN : 0);
	if (!g.tcp || least > gso_segment_max(&g))
		least = gso_segment_max(&g);
	l2_forward(&d->node->l2, PORT_CLOUD, frame, len, least, &verdict);
	if (verdict.kind == VERDICT_SEND &&
	    gso_limit(&g, (size_t)d->mtu_bytes[verdict.port] + ETHERNET_HEADER -
				  verdict.head_len) != OK)
		verdict.kind = VERDICT_UP;
	d->count.cut++;
	d->count.segments += g.count;
	d->count.shrunk += g.segment_bytes < asked;
	if (verdict.kind == VERDICT_UP) {
		super_up(d, now, &g);
		return;
	}
	if (verdict.kind == VERDICT_SEND)
		super_send(d, &verdict, &g);
	node_carried(d->node, now, &verdict, g.count, len);
}

static void frame_send(struct datapath *d, const struct verdict *v, const uint8_t *frame,
		       size_t len)
{
	struct packet *p = d->port[v->port];

	if (!p) {
		d->count.no_port++;
		return;
	}
	packet_begin(p, v->head, v->head_len);
	packet_put(p, 0, frame + v->strip, len - v->strip);
}

static void frame_from_lan(struct datapath *d, instant now, const struct virtio_net_hdr *vh,
			   uint8_t *frame, size_t len)
{
	struct verdict v;

	if (gso_complete(vh, frame, len) != OK) {
		d->count.malformed++;
		return;
	}
	l2_forward(&d->node->l2, PORT_CLOUD, frame, len, len, &v);
	if (v.kind == VERDICT_UP) {
		node_frame(d, now, PORT_CLOUD, frame, len);
		return;
	}
	if (v.kind == VERDICT_SEND)
		frame_send(d, &v, frame, len);
	node_carried(d->node, now, &v, 1, len);
}

int datapath_tap_ready(struct datapath *d, instant now)
{
	size_t used = 0, total = 0;
	int len = 0;

	for (unsigned n = 0; n < DATAPATH_TAP_FRAMES && total < DATAPATH_TAP_BYTES; n++) {
		struct virtio_net_hdr v;
		uint8_t *frame;

		if (DATAPATH_SLAB - used < GSO_FRAME_MAX) {
			datapath_flush(d);
			used = 0;
		}
		frame = d->slab + used;
		len = tap_read(d->tap, &v, frame, GSO_FRAME_MAX);
		if (len <= 0)
			break;
		if (gso_wanted(&v))
			super_from_lan(d, now, &v, frame, (size_t)len);
		else
			frame_from_lan(d, now, &v, frame, (size_t)len);
		used += ((size_t)len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
		total += (size_t)len;
	}
	datapath_flush(d);
	return len < 0 ? len : 0;
}

/* ---- from the mesh ---- */

static void frame_from_mesh(struct datapath *d, instant now, uint8_t port, const uint8_t *frame,
			    size_t len)
{
	struct verdict v;

	l2_forward(&d->node->l2, port, frame, len, len, &v);
	switch (v.kind) {
	case VERDICT_UP: node_frame(d, now, port, frame, len); return;
	case VERDICT_DELIVER:
		/* Nothing is put in front of what is delivered. */
		assert(v.head_len == 0 && v.strip < len);
		gro_add(&d->gro, frame + v.strip, len - v.strip);
		break;
	case VERDICT_SEND:
		assert(v.strip <= len);
		frame_send(d, &v, frame, len);
		break;
	case VERDICT_DROP: break;
	}
	node_carried(d->node, now, &v, 1, len);
}

/* Bytes in front of a client's frame, or 0: it carries none. */
static size_t front_of(const uint8_t *frame, size_t len)
{
	static const uint8_t front[] = {
		[BATADV_UNICAST] = BATADV_UNICAST_LEN, [BATADV_UNICAST_4ADDR] = BATADV_4ADDR_LEN};
	uint8_t kind = len > ETHERNET_HEADER ? frame[ETHERNET_HEADER] : 0;
	size_t header = kind < sizeof(front) ? front[kind] : 0;

	return header > 0 && len > ETHERNET_HEADER + header ? ETHERNET_HEADER + header : 0;
}

/* A super-frame that another node's kernel handed over whole. Its segments are put one behind
 * the other into the slab, where they stay until the flush. */
static void super_from_mesh(struct datapath *d, instant now, uint8_t port,
			    const struct virtio_net_hdr *v, const uint8_t *frame, size_t len)
{
	size_t front = front_of(frame, len), used = 0;
	struct virtio_net_hdr inner = *v;
	struct gso g;

	inner.csum_start = (uint16_t)(v->csum_start - front);
	if (front == 0 || v->csum_start < front ||
	    gso_open(&g, &inner, frame + front, len - front) != OK) {
		d->count.malformed++;
		return;
	}
	for (uint32_t i = 0; i < g.count; i++) {
		const uint8_t *payload;
		uint8_t *at = d->slab + used;
		size_t bytes = gso_segment(&g, i, at + front, &payload);

		memcpy(at, frame, front);
		memcpy(at + front + g.header_bytes, payload, bytes);
		bytes += front + g.header_bytes;
		frame_from_mesh(d, now, port, at, bytes);
		used += (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
		if (DATAPATH_SLAB - used < GSO_FRAME_MAX) {
			datapath_flush(d);
			used = 0;
		}
	}
	d->count.cut++;
	d->count.segments += g.count;
	datapath_flush(d);
}

int datapath_port_ready(struct datapath *d, instant now, uint8_t port)
{
	struct packet *p = d->port[port];
	int n = PACKET_BATCH;

	for (unsigned batch = 0; p && batch < DATAPATH_BATCHES && n == PACKET_BATCH; batch++) {
		n = packet_read(p, &d->rx);
		for (int i = 0; i < n; i++) {
			size_t len;
			const uint8_t *frame = packet_rx_frame(&d->rx, (unsigned)i, &len);
			const struct virtio_net_hdr *v = packet_rx_virtual(&d->rx, (unsigned)i);

			if (len < ETHERNET_HEADER)
				continue;
			if (gso_wanted(v))
				super_from_mesh(d, now, port, v, frame, len);
			else
				frame_from_mesh(d, now, port, frame, len);
		}
		datapath_flush(d);
	}
	return n < 0 ? n : 0;
}

/* ---- what the node wants ---- */

/* The frame's bytes stay only for this call: they are kept until the flush. */
static void deliver(struct datapath *d, const uint8_t *frame, size_t len)
{
	const struct virtio_net_hdr none = {0};
	struct iovec iov = {(void *)(uintptr_t)frame, len};

	if (len > DATAPATH_ARENA - d->arena_used) {
		gro_flush(&d->gro);
		d->arena_used = 0;
	}
	if (len > DATAPATH_ARENA) {
		tap_emit(d, &none, &iov, 1);
		return;
	}
	memcpy(d->arena + d->arena_used, frame, len);
	gro_add(&d->gro, d->arena + d->arena_used, len);
	d->arena_used += (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (d->arena_used > DATAPATH_ARENA)
		d->arena_used = DATAPATH_ARENA;
}

void datapath_effect(struct datapath *d, const struct effect *e)
{
	if (e->kind == FX_DELIVER) {
		deliver(d, e->frame.data, e->frame.len);
	} else if (e->kind == FX_SEND) {
		assert(e->frame.port < PORT_MAX && e->frame.len >= ETHERNET_HEADER);
		if (d->port[e->frame.port])
			packet_copy(d->port[e->frame.port], e->frame.data, e->frame.len);
		else
			d->count.no_port++;
	}
}

void datapath_flush(struct datapath *d)
{
	gro_flush(&d->gro);
	d->arena_used = 0;
	for (unsigned i = 0; i < PORT_MAX; i++)
		if (d->port[i] && d->port[i]->queued > 0)
			packet_flush(d->port[i]);
}
