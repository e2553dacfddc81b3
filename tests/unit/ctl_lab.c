/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl_lab.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto_test.h"

enum { CABLE_US = 700, LAB_MTU = 1532, LAB_UNIX_S = 1796000000, LAB_LEASE_S = 3600 };

/* ---- frames ---- */

static struct lab_frame *queue_add(struct lab *l, unsigned node, const uint8_t *data, size_t len)
{
	assert(l->queued < LAB_QUEUE_MAX);

	struct lab_frame *q = &l->queue[l->queued++];

	*q = (struct lab_frame){.at = instant_add(l->now, span_us(CABLE_US)),
				.node = node,
				.len = len,
				.data = malloc(len)};
	memcpy(q->data, data, len);
	return q;
}

static void frame_send(struct lab *l, unsigned node, uint8_t port, const struct fx_frame *f)
{
	queue_add(l, node, f->data, f->len)->port = port;
}

static void datagram_send(struct lab *l, unsigned from, const struct fx_datagram *d)
{
	for (unsigned i = 0; i < l->count; i++) {
		if (i == from || (!mac_is_broadcast(d->to) && !mac_equal(d->to, lab_mac(i, 0))))
			continue;

		struct lab_frame *q = queue_add(l, i, d->data, d->len);

		q->datagram = true;
		q->from = lab_mac(from, 0);
	}
}

/* Is there a cable at this port? Port 0 leads to the node before, 1 to the next. */
static bool is_wired(const struct lab *l, unsigned node, uint8_t port)
{
	return port < 2 && (l->ring || (port == 0 ? node > 0 : node + 1 < l->count));
}

static void lab_emit(struct fx *fx, const struct effect *e)
{
	struct lab_fx *f = (struct lab_fx *)(void *)fx;
	struct lab *l = f->lab;

	if (f->node == 0)
		ctl_effect(&l->ctl, l->now, e);
	if (e->kind == FX_DATAGRAM)
		datagram_send(l, f->node, &e->datagram);
	if (e->kind != FX_SEND || !is_wired(l, f->node, e->frame.port))
		return;

	bool onward = e->frame.port == 1;
	unsigned peer = (f->node + (onward ? 1 : l->count - 1)) % l->count;

	if (!l->cut[onward ? f->node : peer])
		frame_send(l, peer, onward ? 0 : 1, &e->frame);
}

static void node_tell(struct lab *l, unsigned node, const struct ev *ev)
{
	node_handle(&l->nodes[node], l->now, ev, &l->fx[node].fx);
}

/* The first frame whose time has come. */
static bool deliver_one(struct lab *l)
{
	if (l->queued == 0 || instant_before(l->now, l->queue[0].at))
		return false;

	struct lab_frame f = l->queue[0];
	struct ev ev = {.kind = EV_FRAME, .frame = {f.port, f.data, f.len}};

	if (f.datagram)
		ev = (struct ev){.kind = EV_DATAGRAM, .datagram = {f.from, f.data, f.len}};

	l->queued--;
	memmove(l->queue, l->queue + 1, l->queued * sizeof(l->queue[0]));
	node_tell(l, f.node, &ev);
	free(f.data);
	return true;
}

void lab_run(struct lab *l, span duration)
{
	instant end = instant_add(l->now, duration);

	for (;;) {
		instant next = ctl_deadline(&l->ctl);

		while (deliver_one(l))
			continue;
		for (unsigned i = 0; i < l->count; i++)
			next = instant_min(next, node_deadline(&l->nodes[i]));
		if (l->queued > 0)
			next = instant_min(next, l->queue[0].at);
		if (instant_before(end, next))
			break;
		if (instant_before(l->now, next))
			l->now = next;
		for (unsigned i = 0; i < l->count; i++)
			if (instant_reached(node_deadline(&l->nodes[i]), l->now))
				node_tell(l, i, &(struct ev){.kind = EV_DEADLINE});
		ctl_expire(&l->ctl, l->now);
	}
	l->now = end;
}

/* ---- nodes and clients ---- */

struct mac lab_mac(unsigned node, uint8_t port)
{
	return (struct mac){{0x02, 0, 0, 0, (uint8_t)(node + 1), port}};
}

struct mac lab_client(unsigned n)
{
	return (struct mac){{0x06, 0, 0, 0, 0, (uint8_t)n}};
}

void lab_client_event(struct lab *l, unsigned node, unsigned n, enum client_change change)
{
	node_tell(l, node,
		  &(struct ev){.kind = EV_CLIENT,
			       .client = {.change = change, .mac = lab_client(n)}});
}

void lab_uplink(struct lab *l, unsigned node, const char *name)
{
	struct ev ev = {.kind = EV_UPLINK, .uplink = {.kind = UPLINK_WAY, .way = {.up = true}}};

	strcpy(ev.uplink.way.name, name);
	node_tell(l, node, &ev);
}

void lab_announce(struct lab *l, unsigned node)
{
	node_tell(l, node,
		  &(struct ev){.kind = EV_CLIENT,
			       .client = {.change = CLIENT_PERMANENT, .mac = lab_mac(node, 0)}});
}

void lab_lease(struct lab *l, unsigned node, unsigned n, const char *ip, const char *name)
{
	struct ev ev = {
		.kind = EV_LEASE,
		.lease = {.change = LEASE_GRANTED,
			  .lease = {.mac = lab_client(n),
				    .since_unix_s = LAB_UNIX_S + (uint32_t)(l->now.us / 1000000),
				    .left_s = LAB_LEASE_S}}};
	bool good = ipv4_parse(ip, &ev.lease.lease.ip);

	assert(good);
	snprintf(ev.lease.lease.name, sizeof(ev.lease.lease.name), "%s", name);
	node_tell(l, node, &ev);
}

void lab_lan_frame(struct lab *l, unsigned node, const uint8_t *frame, size_t len)
{
	node_tell(l, node, &(struct ev){.kind = EV_FRAME, .frame = {PORT_CLOUD, frame, len}});
}

static const char *port_name(void *ctx, uint8_t port)
{
	(void)ctx;
	return port == 0 ? "mesh0" : "mesh1";
}

static const char *network_port_name(void *ctx, uint8_t port)
{
	static char name[16];

	(void)ctx;
	snprintf(name, sizeof(name), "mesh%u_18", port);
	return name;
}

static void host_status(void *ctx, json_t *into)
{
	(void)ctx;
	json_object_set_new(into, "process", json_pack("{s:i}", "pid", 4711));
}

static char *host_config(void *ctx)
{
	(void)ctx;
	return strdup("config lime 'system'\n\toption ap_ssid 'valley'\n");
}

static void node_up(struct lab *l, unsigned i)
{
	struct node_conf conf = {.plan = plan_conf_default(),
				 .l2 = l2_conf_default(),
				 .share = node_share_conf_default(),
				 .uplink = {.on = true, .check = span_s(1)}};
	struct node_env env = {.crypto = crypto_test()};

	strcpy(conf.plan.ssid, "valley");
	conf.plan.primary_mac = lab_mac(i, 0);
	conf.l2.orig_interval = span_ms(500);
	l->fx[i] = (struct lab_fx){.fx.emit = lab_emit, .lab = l, .node = i};

	enum err e = node_init(&l->nodes[i], &conf, &env, l->now, i + 1);

	assert(e == OK);
	for (uint8_t port = 0; port < 2; port++)
		if (is_wired(l, i, port))
			node_tell(l, i,
				  &(struct ev){.kind = EV_PORT,
					       .port = {.port = port,
							.up = true,
							.mac = lab_mac(i, port),
							.mtu_bytes = LAB_MTU}});
}

void lab_init(struct lab *l, unsigned nodes, bool ring)
{
	assert(nodes <= LAB_NODES_MAX);
	memset(l, 0, sizeof(*l));
	l->count = nodes;
	l->ring = ring;
	l->now = (instant){1000000};
	l->host = (struct ctl_host){.port_name = port_name,
				    .network_port_name = network_port_name,
				    .status = host_status,
				    .config = host_config};
	ctl_init(&l->ctl, &l->nodes[0], &l->host, l->now);
	for (unsigned i = 0; i < nodes; i++)
		node_up(l, i);
}

void lab_fini(struct lab *l)
{
	ctl_fini(&l->ctl);
	for (unsigned i = 0; i < l->asker_count; i++)
		json_decref(l->askers[i].lines);
	for (unsigned i = 0; i < l->count; i++)
		node_fini(&l->nodes[i]);
	for (size_t i = 0; i < l->queued; i++)
		free(l->queue[i].data);
}

/* ---- askers ---- */

static void asker_take(struct ctl_client *c, const char *line, size_t len)
{
	struct asker *a = container_of(c, struct asker, client);
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	if (!o || len == 0 || memchr(line, '\n', len) != line + len - 1)
		a->bad++;
	json_array_append_new(a->lines, o ? o : json_null());
}

struct asker *lab_asker(struct lab *l, bool privileged)
{
	assert(l->asker_count < LAB_ASKERS_MAX);

	struct asker *a = &l->askers[l->asker_count++];

	a->lines = json_array();
	ctl_client_init(&l->ctl, &a->client, privileged, asker_take);
	return a;
}

void lab_line(struct lab *l, struct asker *a, const char *line)
{
	ctl_line(&l->ctl, &a->client, l->now, line, strlen(line), &l->fx[0].fx);
}

json_t *asker_last(const struct asker *a)
{
	return json_array_get(a->lines, json_array_size(a->lines) - 1);
}

json_t *lab_ask(struct lab *l, struct asker *a, const char *method, const char *params)
{
	char line[1024];
	size_t before = json_array_size(a->lines);

	snprintf(line, sizeof(line), "{'id':7,'method':'%s','params':%s}", method,
		 params ? params : "{}");
	for (char *p = line; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	lab_line(l, a, line);
	for (unsigned i = 0; i < 500 && json_array_size(a->lines) == before; i++)
		lab_run(l, span_ms(10));
	if (json_array_size(a->lines) == before)
		return NULL;

	json_t *answer = asker_last(a);
	json_t *result = json_object_get(answer, "result");

	return result ? result : json_object_get(answer, "error");
}
