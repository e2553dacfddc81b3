/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/trace.h"
#include "sim/run.h"

static void begin(const struct run *r, unsigned node, const char *what)
{
	fprintf(r->conf.trace, "%10.6f %s %s", (double)world_now(r->world).us / 1e6,
		r->layout.node[node].name, what);
}

static void note_print(const struct run *r, unsigned node, const struct fx_note *n)
{
	char subject[MAC_TEXT], object[MAC_TEXT], words[NOTE_GATEWAY_TEXT];

	begin(r, node, note_name(n->what));
	if (note_is_of_gateway(n->what)) {
		fprintf(r->conf.trace, " %s\n", note_gateway_print(&n->gateway, words));
		return;
	}
	fprintf(r->conf.trace, " %s %s %u\n", mac_print(n->subject, subject),
		mac_print(n->object, object), n->value);
}

static void network_print(const struct run *r, unsigned node, const struct fx_network *n)
{
	char a[IPV6_PREFIX_TEXT], b[IPV6_TEXT];

	if (n->kind == NETWORK_NOTE) {
		begin(r, node, network_note_name(n->note.what));
		fprintf(r->conf.trace, " %02x%02x%02x%02x %02x%02x%02x%02x port %u\n",
			n->note.node.b[0], n->note.node.b[1], n->note.node.b[2], n->note.node.b[3],
			n->note.other.b[0], n->note.other.b[1], n->note.other.b[2],
			n->note.other.b[3], n->note.port);
	} else if (n->kind == NETWORK_ROUTE) {
		begin(r, node, n->route.gone ? "route-del" : "route-set");
		fprintf(r->conf.trace, " %s via %s port %u\n",
			ipv6_prefix_print(n->route.prefix, a), ipv6_print(n->route.via, b),
			n->route.port);
	}
}

void trace_effect(void *run, unsigned node, const struct effect *e)
{
	const struct run *r = run;
	char ip[IPV4_TEXT], mac[MAC_TEXT];

	if (e->kind == FX_NOTE) {
		note_print(r, node, &e->note);
	} else if (e->kind == FX_NETWORK) {
		network_print(r, node, &e->network);
	} else if (e->kind == FX_RESERVE) {
		begin(r, node, e->reserve.gone ? "unreserve" : "reserve");
		fprintf(r->conf.trace, " %s %s\n", mac_print(e->reserve.mac, mac),
			ipv4_print(e->reserve.ip, ip));
	}
}
