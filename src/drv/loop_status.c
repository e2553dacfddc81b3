/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop_status - the host's part of the status: interfaces, data path, process.
 *
 * Source  ours; docs/control.md names the fields.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl/json.h"
#include "drv/loop.h"

static uint64_t rss_bytes(void)
{
	unsigned long long all, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%llu %llu", &all, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t milliseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
}

static json_t *process_json(void)
{
	json_t *o = json_object();
	struct rusage u = {0};

	getrusage(RUSAGE_SELF, &u);
	json_put_count(o, "pid", (uint64_t)getpid());
	json_put_count(o, "rss_bytes", rss_bytes());
	json_put_count(o, "cpu_user_ms", milliseconds(u.ru_utime));
	json_put_count(o, "cpu_system_ms", milliseconds(u.ru_stime));
	return o;
}

static json_t *cloud_port_json(const struct loop *x)
{
	const struct tap_counters *c = &x->tap.count;
	json_t *o = json_object();

	json_put_text(o, "name", x->conf.host.cloud_port);
	json_put_text(o, "driver", "tap");
	json_put_bool(o, "up", x->tap.fd >= 0 && x->lan.cloud_port != 0);
	json_put_bool(o, "tcp_offload", x->tap.offload_tcp);
	json_put_bool(o, "udp_offload", x->tap.offload_udp);
	json_put_count(o, "rx", c->rx);
	json_put_count(o, "rx_bytes", c->rx_bytes);
	json_put_count(o, "tx", c->tx);
	json_put_count(o, "tx_bytes", c->tx_bytes);
	json_put_count(o, "tx_refused", c->tx_refused);
	return o;
}

static json_t *bridge_json(const struct loop *x)
{
	json_t *o = json_object();
	json_t *ports = json_array();

	json_put_text(o, "name", x->conf.host.bridge);
	json_put_bool(o, "up", x->lan.bridge != 0);
	json_put_bool(o, "ours", x->lan.bridge != 0 && x->lan.made.bridge == x->lan.bridge);
	json_put_count(o, "clients_learnt", x->fdb.count);
	json_put_count(o, "clients_refused", x->fdb.refused);
	list_each (l, &x->links.all, struct link, all) {
		if (x->lan.bridge != 0 && l->master == x->lan.bridge)
			json_array_append_new(ports, json_text(l->name));
	}
	json_object_set_new(o, "ports", ports);
	return o;
}

static json_t *cable_node_json(const struct loop *x, const struct cable_node *n)
{
	json_t *o = json_object();

	json_put_mac(o, "mac", n->mac);
	json_put_count(o, "port", n->port);
	json_put_bool(o, "bridges", n->bridges);
	json_put_bool(o, "same_cloud", n->same_cloud);
	json_put_bool(o, "self", mac_equal(n->mac, x->node.plan.primary_mac));
	return o;
}

static json_t *cable_json(const struct loop *x, uint8_t index)
{
	const struct cable_slot *s = &x->cables.slot[index];
	const struct cable_port *p = &x->node.cable.port[index];
	json_t *o = json_object(), *nodes = json_array();

	json_put_text(o, "name", s->name);
	json_put_bool(o, "up", s->told.up);
	json_put_text(o, "role", s->fd < 0 ? "unwatched" : lan_role_name(s->role.role));
	json_put_bool(o, "mesh", s->role.mesh);
	json_put_bool(o, "clients", s->told.clients);
	json_put_text(o, "fault", s->error ? strerror(-s->error) : "");
	for (unsigned i = 0; i < p->node_count; i++)
		json_array_append_new(nodes, cable_node_json(x, &p->node[i]));
	json_object_set_new(o, "nodes", nodes);
	return o;
}

static json_t *cables_json(const struct loop *x)
{
	const struct cable_counters *c = &x->node.cable.count;
	json_t *o = json_object(), *ports = json_array();

	for (uint8_t i = 0; i < LAN_PORT_MAX; i++)
		if (x->cables.slot[i].ifindex != 0)
			json_array_append_new(ports, cable_json(x, i));
	json_object_set_new(o, "ports", ports);
	json_put_count(o, "hellos_rx", c->rx);
	json_put_count(o, "hellos_tx", c->tx);
	json_put_count(o, "malformed", c->malformed);
	json_put_count(o, "refused", c->refused);
	json_put_count(o, "reflected", c->reflected);
	json_put_count(o, "conflicts", c->conflicts);
	return o;
}

static json_t *fast_json(const struct fast *f)
{
	const struct fast_counter *c = f->told;
	json_t *o = json_object();

	json_put_count(o, "tx", c[FAST_COUNT_TX].frames);
	json_put_count(o, "rx", c[FAST_COUNT_RX].frames);
	json_put_count(o, "forward", c[FAST_COUNT_FORWARD].frames);
	json_put_count(o, "up_lan", c[FAST_COUNT_UP_LAN].frames);
	json_put_count(o, "up_mesh", c[FAST_COUNT_UP_MESH].frames);
	json_put_count(o, "failed", c[FAST_COUNT_FAILED].frames);
	json_put_count(o, "writes_refused", f->maps.refused);
	json_put_bool(o, "settling", fast_is_holding(f));
	return o;
}

static json_t *datapath_json(const struct loop *x)
{
	const struct datapath_counters *c = &x->datapath.count;
	json_t *o = json_object();

	json_put_text(o, "driver", x->fast.on ? "bpf" : "portable");
	json_put_count(o, "super_frames_cut", c->cut);
	json_put_count(o, "segments", c->segments);
	json_put_count(o, "segments_made_smaller", c->shrunk);
	json_put_count(o, "super_frames_joined", c->joined);
	json_put_count(o, "dropped_malformed", c->malformed);
	json_put_count(o, "dropped_no_port", c->no_port);
	if (x->fast.on)
		json_object_set_new(o, "bpf", fast_json(&x->fast));
	return o;
}

static void packet_put_json(json_t *o, const struct packet *p)
{
	const struct packet_counters *c = &p->count;

	json_put_mac(o, "mac", p->conf.mac);
	json_put_vlan(o, "vlan", p->conf.tagged ? (uint16_t)(0x8000 | p->conf.vid) : 0);
	if (p->conf.tagged)
		json_put_text(o, "tag", p->conf.tpid == TPID_8021AD ? "802.1ad" : "802.1q");
	json_put_count(o, "rx", c->rx);
	json_put_count(o, "rx_bytes", c->rx_bytes);
	json_put_count(o, "rx_missed", c->rx_missed);
	json_put_count(o, "rx_truncated", c->rx_truncated);
	json_put_count(o, "tx", c->tx);
	json_put_count(o, "tx_bytes", c->tx_bytes);
	json_put_count(o, "tx_dropped_full", c->tx_full);
	json_put_count(o, "tx_dropped_too_big", c->tx_too_big);
	json_put_count(o, "tx_dropped_refused", c->tx_refused);
}

static json_t *interface_json(const struct loop *x, uint8_t index)
{
	const struct mesh_port *p = &x->mesh.slot[index];
	json_t *o = json_object();

	json_put_text(o, "name", p->name);
	json_put_count(o, "index", index);
	json_put_text(o, "driver", "packet");
	json_put_bool(o, "present", p->ifindex != 0);
	json_put_bool(o, "up", p->told.up);
	json_put_bool(o, "wifi", p->told.wifi);
	json_put_count(o, "mtu_bytes", p->mtu_bytes);
	json_put_count(o, "mesh_mtu_bytes", p->told.mtu_bytes);
	json_put_text(o, "fault", p->fault);
	if (p->packet)
		packet_put_json(o, p->packet);
	return o;
}

void loop_status(void *ctx, json_t *into)
{
	struct loop *x = ctx;
	json_t *interfaces = json_array();

	for (uint8_t i = 0; i < x->mesh.slots_max; i++) {
		if (x->mesh.slot[i].packet)
			packet_count_missed(x->mesh.slot[i].packet);
		if (x->mesh.slot[i].name[0] != '\0')
			json_array_append_new(interfaces, interface_json(x, i));
	}
	json_object_set_new(into, "interfaces", interfaces);
	json_object_set_new(into, "datapath", datapath_json(x));
	json_object_set_new(into, "cloud_port", cloud_port_json(x));
	json_object_set_new(into, "bridge", bridge_json(x));
	json_object_set_new(into, "cables", cables_json(x));
	gateway_status(&x->gateway, into);
	network_status(&x->network, into);
	tunnel_status(&x->tunnel, into);
	uplinks_status(&x->uplinks, into);
	json_object_set_new(into, "process", process_json());
	json_put_count(into, "kernel_resyncs", x->resyncs);
	json_put_text(into, "run_dir", x->run.path);
}
