/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/trace.h"
#include "wire/ethernet.h"

static void begin(const struct trace_line *t, const char *what)
{
	fprintf(t->out, "%10.6f %s %s", (double)t->at.us / 1e6, t->who, what);
}

static void node_print(FILE *out, const struct digest *d)
{
	fprintf(out, " %02x%02x%02x%02x", d->b[0], d->b[1], d->b[2], d->b[3]);
}

/* ---- effects ---- */

static void frame_print(const struct trace_line *t, const char *what, const uint8_t *data,
			size_t len)
{
	char dst[MAC_TEXT], src[MAC_TEXT];

	begin(t, what);
	if (len >= ETHERNET_HEADER)
		fprintf(t->out, " %s > %s type %02x%02x", mac_print(mac_from(data + 6), src),
			mac_print(mac_from(data), dst), data[12], data[13]);
	fprintf(t->out, " %zu bytes", len);
}

static void note_print(const struct trace_line *t, const struct fx_note *n)
{
	char subject[MAC_TEXT], object[MAC_TEXT], words[NOTE_GATEWAY_TEXT];

	begin(t, note_name(n->what));
	if (note_is_of_gateway(n->what)) {
		fprintf(t->out, " %s\n", note_gateway_print(&n->gateway, words));
		return;
	}
	fprintf(t->out, " %s %s %u\n", mac_print(n->subject, subject), mac_print(n->object, object),
		n->value);
}

static void network_print(const struct trace_line *t, const struct fx_network *n)
{
	static const char *const jobs[] = {[JOB_DH_KEY] = "dh-key",
					   [JOB_DH_SHARED] = "dh-shared",
					   [JOB_RSA_KEY] = "rsa-key",
					   [JOB_RSA_SIGN] = "rsa-sign",
					   [JOB_RSA_VERIFY] = "rsa-verify"};
	char a[IPV6_PREFIX_TEXT], b[IPV6_TEXT];

	switch (n->kind) {
	case NETWORK_SEND:
		begin(t, "network-send");
		fprintf(t->out, " port %u %zu bytes\n", n->send.port, n->send.len);
		return;
	case NETWORK_ROUTE:
		begin(t, n->route.gone ? "route-del" : "route-set");
		fprintf(t->out, " %s via %s port %u\n", ipv6_prefix_print(n->route.prefix, a),
			ipv6_print(n->route.via, b), n->route.port);
		return;
	case NETWORK_ADDRESS:
		begin(t, n->address.gone ? "address-del" : "address-add");
		fprintf(t->out, " %s port %u\n", ipv6_prefix_print(n->address.address, a),
			n->address.port);
		return;
	case NETWORK_JOB:
		begin(t, "job");
		fprintf(t->out, " %s %u\n", jobs[n->job.kind], n->job.id);
		return;
	case NETWORK_NOTE:
		begin(t, network_note_name(n->note.what));
		node_print(t->out, &n->note.node);
		node_print(t->out, &n->note.other);
		fprintf(t->out, " port %u\n", n->note.port);
		return;
	case NETWORK_KEEP:
	case NETWORK_DESCRIBED:
	case NETWORK_PATH: return;
	}
}

static void tunnel_print(const struct trace_line *t, const struct fx_tunnel *e)
{
	char a[IPV6_PREFIX_TEXT], mac[MAC_TEXT];
	const struct prefix *p = &e->route.key.prefix;
	struct ipv4 v4 = {{p->net.b[0], p->net.b[1], p->net.b[2], p->net.b[3]}, p->net.bits};

	switch (e->kind) {
	case TUNNEL_END: begin(t, e->end.gone ? "tunnel-end-del" : "tunnel-end-set"); break;
	case TUNNEL_OUT:
		begin(t, e->out.gone ? "tunnel-del" : "tunnel-set");
		node_print(t->out, &e->out.to.node);
		break;
	case TUNNEL_ROUTE:
		begin(t, e->route.gone ? "tunnel-route-del" : "tunnel-route-set");
		fprintf(t->out, " %s table %u",
			p->v6 ? ipv6_prefix_print(p->net, a) : ipv4_prefix_print(v4, a),
			e->route.key.table);
		if (e->route.lost || e->route.local)
			fputs(e->route.lost ? " unreachable" : " local", t->out);
		else
			node_print(t->out, &e->route.to.node);
		break;
	case TUNNEL_PROBE:
		begin(t, "tunnel-probe");
		node_print(t->out, &e->probe.to.node);
		fprintf(t->out, " token %u", e->probe.token);
		break;
	case TUNNEL_KEEP: begin(t, "prefer-keep"); break;
	case TUNNEL_CLIENT:
		begin(t, "client-exit");
		fprintf(t->out, " %s IPv%c table %u", mac_print(e->client.mac, mac),
			e->client.v6 ? '6' : '4', e->client.table);
		break;
	case TUNNEL_KEEP_CLIENT:
		begin(t, "prefer-client-keep");
		fprintf(t->out, " %s", mac_print(e->keep_client.mac, mac));
		break;
	}
	fputc('\n', t->out);
}

static void uplink_print(const struct trace_line *t, const struct fx_uplink *u)
{
	switch (u->kind) {
	case UPLINK_CHECK:
		begin(t, "uplink-check");
		fprintf(t->out, " slot %u token %u\n", u->check.slot, u->check.token);
		return;
	case UPLINK_USE:
		begin(t, u->use.none ? "uplink-use none" : "uplink-use");
		fprintf(t->out, " IPv%c slot %u\n", u->use.v6 ? '6' : '4', u->use.slot);
		return;
	case UPLINK_OFFER:
		begin(t, u->offer.on ? "uplink-offer" : "uplink-withdraw");
		fprintf(t->out, " IPv%c\n", u->offer.v6 ? '6' : '4');
		return;
	case UPLINK_NOTE:
		begin(t, "uplink");
		fprintf(t->out, " %s IPv%c %s %s\n", u->note.name, u->note.v6 ? '6' : '4',
			uplink_state_name(u->note.state), uplink_fault_name(u->note.fault));
		return;
	}
}

static void lease_print(const struct trace_line *t, const char *what, const struct lease *l)
{
	char ip[IPV4_TEXT], mac[MAC_TEXT];

	begin(t, what);
	fprintf(t->out, " %s %s %u s\n", mac_print(l->mac, mac), ipv4_print(l->ip, ip), l->left_s);
}

void trace_effect(const struct trace_line *t, const struct effect *e)
{
	char ip[IPV4_TEXT], mac[MAC_TEXT];

	switch (e->kind) {
	case FX_SEND:
	case FX_DELIVER:
		frame_print(t, e->kind == FX_SEND ? "send" : "deliver", e->frame.data,
			    e->frame.len);
		fprintf(t->out, " port %u\n", e->frame.port);
		return;
	case FX_NOTE: note_print(t, &e->note); return;
	case FX_NETWORK: network_print(t, &e->network); return;
	case FX_TUNNEL: tunnel_print(t, &e->tunnel); return;
	case FX_UPLINK: uplink_print(t, &e->uplink); return;
	case FX_LEASE: lease_print(t, "lease", &e->lease); return;
	case FX_RESERVE:
		begin(t, e->reserve.gone ? "unreserve" : "reserve");
		fprintf(t->out, " %s %s\n", mac_print(e->reserve.mac, mac),
			ipv4_print(e->reserve.ip, ip));
		return;
	case FX_NAME:
		begin(t, e->name.gone ? "unname" : "name");
		fprintf(t->out, " %s %s\n", e->name.name, ipv4_print(e->name.ip4, ip));
		return;
	case FX_DATAGRAM:
		begin(t, "share-send");
		fprintf(t->out, " %s %zu bytes\n", mac_print(e->datagram.to, mac), e->datagram.len);
		return;
	case FX_FDB:
	case FX_ECHO:
	case FX_RANGES:
	case FX_FORWARDING:
	case FX_HELLO:
	case FX_LAN_ROLE: return;
	}
}

/* ---- inputs ---- */

static void told_network(const struct trace_line *t, const struct ev_network *n)
{
	char a[IPV6_TEXT];

	switch (n->kind) {
	case NETWORK_PORT:
		begin(t, n->port.up ? "told network-port-up" : "told network-port-down");
		fprintf(t->out, " port %u\n", n->port.port);
		return;
	case NETWORK_DATAGRAM:
		begin(t, "told network-datagram");
		fprintf(t->out, " port %u from %s %zu bytes\n", n->datagram.port,
			ipv6_print(n->datagram.from, a), n->datagram.len);
		return;
	case NETWORK_LOST:
		begin(t, "told network-lost");
		fprintf(t->out, " port %u %s\n", n->lost.port, ipv6_print(n->lost.link_local, a));
		return;
	case NETWORK_JOB_DONE:
		begin(t, "told job-done");
		fprintf(t->out, " %u%s\n", n->done.id, n->done.ok ? "" : " failed");
		return;
	case NETWORK_PUBLISH:
		begin(t, "told publish");
		fprintf(t->out, " type %u %zu bytes\n", n->publish.type, n->publish.len);
		return;
	case NETWORK_LEAVE:
		begin(t, "told leave");
		fprintf(t->out, "\n");
		return;
	}
}

static void told_event(const struct trace_line *t, const struct ev *ev)
{
	static const char *const changes[] = {[CLIENT_SEEN] = "told client-seen",
					      [CLIENT_GONE] = "told client-gone",
					      [CLIENT_PERMANENT] = "told client-permanent"};
	char mac[MAC_TEXT];

	switch (ev->kind) {
	case EV_DEADLINE: begin(t, "told deadline"); break;
	case EV_PORT:
		begin(t, ev->port.up ? "told port-up" : "told port-down");
		fprintf(t->out, " port %u %s mtu %u", ev->port.port, mac_print(ev->port.mac, mac),
			ev->port.mtu_bytes);
		break;
	case EV_FRAME:
		frame_print(t, "told frame", ev->frame.data, ev->frame.len);
		fprintf(t->out, " port %u", ev->frame.port);
		break;
	case EV_CLIENT:
		begin(t, changes[ev->client.change]);
		fprintf(t->out, " %s vid %u", mac_print(ev->client.mac, mac), ev->client.vid);
		break;
	case EV_STATION:
		begin(t, "told station-gone");
		fprintf(t->out, " port %u %s", ev->station.port, mac_print(ev->station.mac, mac));
		break;
	case EV_ECHO:
		begin(t, "told echo");
		fprintf(t->out, " %s", mac_print(ev->echo.target, mac));
		break;
	case EV_DATAGRAM:
		begin(t, "told share-datagram");
		fprintf(t->out, " from %s %zu bytes", mac_print(ev->datagram.from, mac),
			ev->datagram.len);
		break;
	case EV_LEASE: lease_print(t, "told lease", &ev->lease.lease); return;
	case EV_LAN_PORT:
		begin(t, ev->lan_port.up ? "told lan-port-up" : "told lan-port-down");
		fprintf(t->out, " port %u", ev->lan_port.port);
		break;
	case EV_HELLO:
		begin(t, "told hello");
		fprintf(t->out, " port %u from %s", ev->hello.port, mac_print(ev->hello.from, mac));
		break;
	case EV_NETWORK: told_network(t, &ev->network); return;
	case EV_UPLINK: begin(t, "told uplink"); break;
	case EV_TUNNEL: begin(t, "told tunnel"); break;
	}
	fputc('\n', t->out);
}

void trace_input(const struct trace_line *t, const struct node_input *in)
{
	char mac[MAC_TEXT];

	switch (in->kind) {
	case INPUT_EVENT: told_event(t, &in->event); return;
	case INPUT_CARRIED:
		begin(t, "told client-carried");
		fprintf(t->out, " %s\n", mac_print(in->carried.mac, mac));
		return;
	case INPUT_PUT:
		begin(t, "told record-put");
		fprintf(t->out, " type %u %zu bytes\n", in->put.type, in->put.len);
		return;
	case INPUT_NETWORK:
		begin(t, "told network-start");
		fprintf(t->out, " description %u\n", in->network.desc_sqn);
		return;
	}
}
