/* SPDX-License-Identifier: GPL-2.0-or-later */
/* legacy - what LibreMesh's nodes say; see leases_internal.h. */
#include <stdio.h>
#include "core/share/leases_internal.h"

enum { WORD_ROOM = 64 };

static bool is_separator(uint8_t c)
{
	return c <= ' ' || c == ',' || c == ';';
}

/* The next word of a line, cut to fit; false: the line ends. *at moves behind it. */
static bool word_next(const uint8_t **at, const uint8_t *end, char out[WORD_ROOM])
{
	size_t n = 0;

	while (*at < end && **at != '\n' && is_separator(**at))
		(*at)++;
	if (*at == end || **at == '\n')
		return false;
	for (; *at < end && !is_separator(**at); (*at)++)
		if (n < WORD_ROOM - 1 && **at != 0)
			out[n++] = (char)**at;
	out[n] = '\0';
	return true;
}

static void claim_free(struct leases *l, instant now, struct claim *c, struct fx *fx)
{
	address_leave(l, now, &c->holder, fx);
	list_del(&c->of_teller);
	l->claims--;
	pool_free(&l->pool, c, sizeof(*c));
}

static void claim_new(struct leases *l, instant now, struct teller *t, uint8_t type, struct mac mac,
		      uint32_t ip, struct fx *fx)
{
	struct claim *c = NULL;

	if (!is_in_pool(l, ip)) {
		l->count[LEASES_OUTSIDE]++;
		return;
	}
	if (l->claims < l->conf.leases_max && address_has_room(l, ip))
		c = pool_alloc(&l->pool, sizeof(*c));
	if (!c) {
		l->count[LEASES_FULL]++;
		return;
	}
	*c = (struct claim){.holder = {.kind = HOLDER_LEGACY, .mac = mac, .ip = ip}, .type = type};
	list_append(&t->claims, &c->of_teller);
	l->claims++;
	address_enter(l, now, &c->holder, fx);
}

/* One line: the first MAC and the first address in it belong together, whatever the order.
 * An address without a MAC is claimed for nobody. */
static void line_read(struct leases *l, instant now, struct teller *t, uint8_t type,
		      const uint8_t **at, const uint8_t *end, struct fx *fx)
{
	char word[WORD_ROOM];
	struct mac mac = {{0}};
	struct ipv4 ip = {{0}, 0};
	bool has_mac = false, has_ip = false;

	while (word_next(at, end, word)) {
		struct mac m;

		if (!has_mac && mac_parse(word, &m)) {
			has_mac = mac_is_station(m);
			mac = has_mac ? m : mac;
		} else if (!has_ip) {
			has_ip = ipv4_parse(word, &ip);
		}
	}
	if (has_ip && !has_mac)
		mac = address_mac(ipv4_to_u32(ip));
	if (has_ip)
		claim_new(l, now, t, type, mac, ipv4_to_u32(ip), fx);
}

void legacy_read(struct leases *l, instant now, struct teller *t, uint8_t type, const uint8_t *data,
		 size_t len, struct fx *fx)
{
	const uint8_t *at = data;
	const uint8_t *end = len > 0 ? data + len : data; /* data may be NULL then */

	list_each (c, &t->claims, struct claim, of_teller)
		if (c->type == type)
			claim_free(l, now, c, fx);
	while (at < end) {
		line_read(l, now, t, type, &at, end, fx);
		if (at < end)
			at++; /* the line's end */
	}
}
