/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_status - what the driver of tunnels has made and counted, as JSON.
 *
 * Source  ours; docs/control.md names the fields.
 */
#include <string.h>

#include "ctl/json.h"
#include "drv/tunnel.h"
#include "drv/tunnel_kernel.h"

static void device_put(json_t *o, const struct tunnel_device *d)
{
	json_put_text(o, "name", d->name);
	json_put_bool(o, "up", d->ifindex != 0);
	json_put_text(o, "fault", d->error ? strerror(-d->error) : "");
}

static void kernel_put(struct tunnel *t, json_t *o, int ifindex, bool is_end)
{
	struct tunnel_kernel_counters c;

	if (ifindex == 0 || tunnel_kernel_count(&t->ask, ifindex, &c))
		return;
	json_put_count(o, is_end ? "rx" : "tx", is_end ? c.rx : c.tx);
	json_put_count(o, is_end ? "rx_bytes" : "tx_bytes", is_end ? c.rx_bytes : c.tx_bytes);
	json_put_count(o, is_end ? "rx_refused" : "tx_refused",
		       is_end ? c.rx_refused : c.tx_refused);
}

static json_t *end_json(struct tunnel *t)
{
	const struct tunnel_user_counters *c = &t->user.count;
	const struct tunnel_counter fast = tunnel_fast_count(t->env.fast, t->device.ifindex);
	json_t *o = json_object();

	device_put(o, &t->device);
	json_put_ipv6(o, "primary", t->end.primary);
	json_put_ipv6(o, "dummy", t->end.dummy);
	if (t->device.in_kernel) {
		kernel_put(t, o, t->device.ifindex, true);
		json_put_count(o, "rx_spoofed", tunnel_filter_count(&t->filter));
		json_put_bool(o, "filter_in_force", t->filter.table.in_force);
		json_put_text(o, "filter_fault", t->filter.table.fault);
		return o;
	}
	json_put_count(o, "rx", c->rx + fast.packets);
	json_put_count(o, "rx_bytes", c->rx_bytes + fast.bytes);
	json_put_count(o, "rx_refused", t->user.end.count.tx_refused + fast.failed);
	json_put_count(o, "rx_foreign", c->rx_foreign);
	json_put_count(o, "rx_malformed", c->rx_malformed);
	json_put_count(o, "rx_spoofed", c->rx_spoofed);
	json_put_count(o, "rx_congested", c->rx_congested);
	return o;
}

static const char *gate_kind(const struct tunnel *t, const struct tunnel_gate *g)
{
	if (g->device.in_kernel)
		return "ip6_tunnel";
	return tunnel_fast_is_on(t->env.fast) && !g->narrow ? "bpf" : "tun";
}

static json_t *gate_json(struct tunnel *t, const struct tunnel_gate *g)
{
	const struct tunnel_counter fast = tunnel_fast_count(t->env.fast, g->device.ifindex);
	json_t *o = json_object();

	device_put(o, &g->device);
	json_put_digest(o, "node", &g->wish.to.node);
	json_put_ipv6(o, "primary", g->wish.primary);
	json_put_ipv6(o, "dummy", g->wish.to.dummy);
	json_put_bool(o, "reachable", g->reachable);
	json_put_count(o, "mtu_bytes", g->device.mtu_bytes);
	json_put_count(o, "path_mtu_bytes", g->path.mtu_bytes);
	json_put_text(o, "kind", gate_kind(t, g));
	if (g->device.in_kernel) {
		kernel_put(t, o, g->device.ifindex, false);
		return o;
	}
	json_put_count(o, "tx", g->user.tx + fast.packets);
	json_put_count(o, "tx_bytes", g->user.tx_bytes + fast.bytes);
	json_put_count(o, "tx_full", g->user.tx_full);
	json_put_count(o, "tx_refused", g->user.tx_refused + fast.failed);
	return o;
}

void tunnel_status(struct tunnel *t, json_t *into)
{
	json_t *o = json_object(), *outs = json_array();

	json_put_text(o, "kind", tunnel_kind_name(t));
	json_put_text(o, "fault", t->error ? strerror(-t->error) : "");
	if (t->started && t->has_end)
		json_object_set_new(o, "end", end_json(t));
	else
		json_object_set_new(o, "end", json_null());
	if (t->started) {
		list_each (g, &t->gates, struct tunnel_gate, all) {
			json_array_append_new(outs, gate_json(t, g));
		}
	}
	json_object_set_new(o, "out", outs);
	if (t->started)
		json_object_set_new(o, "clients", exit_map_status(&t->exits));
	json_put_count(o, "tx_malformed", t->user.count.tx_malformed);
	json_put_count(o, "tx_unwanted", t->user.count.tx_unwanted);
	json_put_count(o, "routes", t->routes.count);
	json_put_count(o, "routes_refused", t->routes.refused);
	json_put_text(o, "routes_fault", t->routes.error ? strerror(-t->routes.error) : "");
	json_put_count(o, "refused", t->refused);
	json_put_count(o, "probes_sent", t->probes.sent);
	json_put_count(o, "probes_answered", t->probes.answered);
	json_put_count(o, "probes_refused", t->probes.refused);
	json_object_set_new(into, "tunnels", o);
}
