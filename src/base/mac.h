/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mac - an Ethernet address.
 *
 * Source  IEEE 802.3.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct mac {
	uint8_t b[6];
};

enum { MAC_TEXT = 18 }; /* "aa:bb:cc:dd:ee:ff" and its NUL */

#define MAC_BROADCAST ((struct mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})

static inline bool mac_equal(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

static inline int mac_compare(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b));
}

/* Multicast and broadcast. */
static inline bool mac_is_multicast(struct mac m)
{
	return m.b[0] & 1;
}

static inline bool mac_is_broadcast(struct mac m)
{
	return mac_equal(m, MAC_BROADCAST);
}

static inline bool mac_is_zero(struct mac m)
{
	return mac_equal(m, (struct mac){{0}});
}

/* Can a station have this address: neither multicast nor zero. */
static inline bool mac_is_station(struct mac m)
{
	return !mac_is_multicast(m) && !mac_is_zero(m);
}

static inline struct mac mac_from(const uint8_t *p)
{
	struct mac m;

	memcpy(m.b, p, sizeof(m.b));
	return m;
}

/* Writes "aa:bb:cc:dd:ee:ff" into text and returns text. */
char *mac_print(struct mac m, char text[MAC_TEXT]);

/* Reads six pairs of hex digits divided by ':' or '-'; nothing may follow.
 * false: not an address, *m unchanged. */
bool mac_parse(const char *text, struct mac *m);
