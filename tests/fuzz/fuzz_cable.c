/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any hellos, on any ports that come and go, at any pace: tables stay within their
 * bounds, deadlines lie ahead, a role is told when it changes only, and what we send
 * is limited, whoever asks for it.
 *
 * Input   records of 4 bytes: what, port, a wait in 4 ms, length; then so many bytes
 *         of a hello (whose front is made good when `what` is odd).
 */
#include <string.h>
#include "core/cable/cable.h"
#include "fuzz.h"

struct host {
	struct fx fx; /* first */
	unsigned hellos;
	bool told[LAN_PORT_MAX];
	struct fx_lan_role role[LAN_PORT_MAX];
};

static void emit(struct fx *fx, const struct effect *e)
{
	struct host *h = (struct host *)(void *)fx;
	struct hello hello;

	if (e->kind == FX_HELLO) {
		must(hello_parse(e->hello.data, e->hello.len, &hello) == OK);
		h->hellos++;
		return;
	}
	must(e->kind == FX_LAN_ROLE && e->lan_role.port < LAN_PORT_MAX);
	struct fx_lan_role *r = &h->role[e->lan_role.port];
	must(!h->told[e->lan_role.port] || r->role != e->lan_role.role ||
	     r->mesh != e->lan_role.mesh || r->quiet != e->lan_role.quiet ||
	     r->changes != e->lan_role.changes);
	must(!e->lan_role.mesh || e->lan_role.role == LAN_DESIGNATED ||
	     e->lan_role.role == LAN_STANDBY);
	h->told[e->lan_role.port] = true;
	*r = e->lan_role;
}

static void time_pass(struct cable *c, instant *now, span s, struct fx *fx)
{
	instant end = instant_add(*now, s), at;

	while (!instant_before(end, at = cable_deadline(c))) {
		must(instant_before(*now, at));
		*now = at;
		cable_handle(c, at, &(struct ev){.kind = EV_DEADLINE}, fx);
	}
	*now = end;
}

static void hello_come(struct cable *c, instant now, const uint8_t *head, const uint8_t *data,
		       size_t len, struct fx *fx)
{
	static const uint8_t good[5] = {'N', 'V', 'L', 'H', HELLO_VERSION};
	uint8_t bytes[256] = {0};
	struct ev ev = {.kind = EV_HELLO, .hello = {head[1], {{0}}, bytes, len}};

	memcpy(bytes, data, len);
	if ((head[0] & 1) && len >= sizeof(good))
		memcpy(bytes, good, sizeof(good));
	cable_handle(c, now, &ev, fx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cable_conf conf = {.self = {{2, 0, 0, 0, 0, 0x50}}, .network_id = {1}};
	struct host host = {.fx = {emit}};
	struct cable c;
	instant now = {0};
	unsigned flips = 0;

	cable_init(&c, &conf);
	while (size >= 4) {
		const uint8_t *head = data;
		size_t len = head[3] < size - 4 ? head[3] : size - 4;
		struct ev_lan_port p = {head[1], head[0] & 4, head[0] & 8, head[0] & 16};

		if (head[0] & 2) {
			cable_handle(&c, now, &(struct ev){.kind = EV_LAN_PORT, .lan_port = p},
				     &host.fx);
			flips++;
			len = 0;
		} else {
			hello_come(&c, now, head, data + 4, len, &host.fx);
		}
		time_pass(&c, &now, span_ms(head[2] * 4), &host.fx);
		for (unsigned i = 0; i < LAN_PORT_MAX; i++)
			must(c.port[i].node_count <= CABLE_NODES_MAX);
		data += 4 + len;
		size -= 4 + len;
	}
	must(host.hellos <= LAN_PORT_MAX * (2 + (uint64_t)now.us / 1000 / CABLE_ANSWER_MS) +
				    (uint64_t)flips * 8 * LAN_PORT_MAX);
	return 0;
}
