/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"

enum {
	YOUNG_HELLOS = HELLOS_WINDOW, /* a full window */
	YOUNG_PER_LINK_MS = 10,	      /* a crowd's fast pace is slower */
	RATE_MIN_BPS = 72,
};

void l3_ports_init(struct l3 *l3)
{
	for (unsigned i = 0; i < PORT_MAX; i++) {
		list_init(&l3->port[i].links);
		l3->port[i].hello_sqn = (uint16_t)prng_u64(&l3->prng);
	}
}

bool address_is_link_local(const struct ipv6 *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

static void address_tell(const struct l3 *l3, uint8_t port, bool gone, struct fx *fx)
{
	struct effect e = {
		.kind = FX_NETWORK,
		.network = {.kind = NETWORK_ADDRESS, .address = {l3_primary(l3), port, gone}}};

	fx->emit(fx, &e);
}

static void port_down(struct l3 *l3, instant now, uint8_t port, struct fx *fx)
{
	struct l3_port *p = &l3->port[port];

	p->up = false;
	posts_drop(l3, port);
	floods_drop(l3, now, port);
	while (!list_empty(&p->links))
		l3_link_gone(l3, now, container_of(p->links.next, struct l3_link, of_port), fx);
	list_each (r, &l3->nears.all, struct near, all)
		r->ports &= (uint16_t) ~(1u << port);
	address_tell(l3, port, true, fx);
}

static void port_up(struct l3 *l3, instant now, const struct ev_network_port *ev, struct fx *fx)
{
	struct l3_port *p = &l3->port[ev->port];
	bool other = memcmp(p->link_local.b, ev->link_local.b, sizeof(p->link_local.b)) != 0;

	p->up = true;
	p->batch_told = batches_newest(l3);
	p->link_local = ev->link_local;
	p->link_local.bits = 128;
	p->hello_at = now;
	address_tell(l3, ev->port, false, fx);
	/* A port that comes back as it was is still in the description. */
	if (other)
		content_renew(l3, now);
	l3_port_warm(l3, now, ev->port);
}

void l3_port_event(struct l3 *l3, instant now, const struct ev_network_port *ev, struct fx *fx)
{
	struct l3_port *p = ev->port < PORT_MAX ? &l3->port[ev->port] : NULL;

	if (!p) {
		l3->count.dropped[ERR_FULL]++;
		return;
	}
	bool up = ev->up && address_is_link_local(&ev->link_local);
	bool other = memcmp(p->link_local.b, ev->link_local.b, sizeof(p->link_local.b)) != 0;

	if (p->up && (!up || other))
		port_down(l3, now, ev->port, fx);
	p->wireless = ev->wireless;
	p->channel = ev->channel;
	p->rate_bps = ev->rate_bps >= RATE_MIN_BPS ? ev->rate_bps
						   : metric_rate_default(ev->wireless);
	if (up && !p->up)
		port_up(l3, now, ev, fx);
}

/* Do its links lose nothing? */
static bool is_clean(const struct l3_port *p)
{
	list_each (k, &p->links, struct l3_link, of_port) {
		if (k->rq.told < LINK_CLEAN || k->tq.told < LINK_CLEAN)
			return false;
	}
	return true;
}

static span hello_pace(const struct l3 *l3, const struct l3_port *p)
{
	span crowd = span_ms((int64_t)p->link_count * YOUNG_PER_LINK_MS);

	if (p->young == 0)
		return is_clean(p) ? l3->conf.hello_stable : l3->conf.hello_usual;
	return span_less(l3->conf.hello_young, crowd) ? crowd : l3->conf.hello_young;
}

void l3_port_warm(struct l3 *l3, instant now, uint8_t port)
{
	struct l3_port *p = &l3->port[port];

	if (!p->up)
		return;
	p->young = YOUNG_HELLOS;
	p->hello_at = instant_min(p->hello_at, instant_add(now, hello_pace(l3, p)));
	post_hurry(l3, now, p->hello_at);
}

uint16_t l3_port_hello(struct l3 *l3, instant now, uint8_t port)
{
	struct l3_port *p = &l3->port[port];

	p->hello_at = instant_add(now, hello_pace(l3, p));
	if (p->young > 0)
		p->young--;
	return ++p->hello_sqn;
}

bool l3_port_own(const struct l3 *l3, const struct ipv6 *a)
{
	for (unsigned i = 0; i < PORT_MAX; i++) {
		if (l3->port[i].up && memcmp(l3->port[i].link_local.b, a->b, sizeof(a->b)) == 0)
			return true;
	}
	return false;
}
