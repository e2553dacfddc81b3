/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "puppet.h"

uint32_t said[256];

struct batadv_ogm puppet_ogm(unsigned puppet, uint8_t ttl, uint32_t seqno)
{
	return (struct batadv_ogm){.ttl = ttl,
				   .seqno = seqno,
				   .orig = air_mac(puppet, 0),
				   .prev_sender = air_mac(puppet, 0),
				   .tq = 255};
}

void puppet_says(struct air *a, unsigned puppet, uint8_t port, uint8_t ttl)
{
	struct batadv_ogm ogm = puppet_ogm(puppet, ttl, ++said[puppet]);

	air_hear(a, 0, port, air_mac(puppet, 0), &ogm, 1);
}

void puppet_echoes(struct air *a, unsigned puppet, uint8_t port)
{
	for (size_t i = 0; i < a->ogms; i++) {
		struct batadv_ogm ogm = a->ogm[i].ogm;

		if (a->ogm[i].node != 0 || a->ogm[i].port != port ||
		    !mac_equal(ogm.orig, air_mac(0, port)))
			continue;
		ogm.ttl--;
		ogm.flags = OGM_DIRECTLINK;
		ogm.tvlv_len = 0;
		air_hear(a, 0, port, air_mac(puppet, 0), &ogm, 1);
	}
}

void puppet_passes_on(struct air *a, unsigned puppet, uint8_t port, struct batadv_ogm ogm)
{
	ogm.ttl--;
	air_hear(a, 0, port, air_mac(puppet, 0), &ogm, 1);
}

struct air *bench(const struct l2_conf *conf)
{
	struct air *a = air_new();

	memset(said, 0, sizeof(said));
	for (unsigned i = 0; i < 256; i++)
		said[i] = 1000000 * i;
	air_node(a, conf);
	air_up(a, 0, 0, 0);
	return a;
}

void acquaint(struct air *a, const unsigned *puppet, size_t puppets, unsigned rounds)
{
	for (unsigned r = 0; r < rounds; r++) {
		air_forget(a);
		air_run(a, span_ms(1000));
		for (size_t i = 0; i < puppets; i++) {
			puppet_echoes(a, puppet[i], 0);
			puppet_says(a, puppet[i], 0, 50);
		}
	}
	air_forget(a);
}

void drain(struct air *a)
{
	air_run(a, span_ms(600));
	air_forget(a);
}

bool routed_by(struct air *a, unsigned far, unsigned puppet)
{
	return mac_equal(air_router(a, 0, air_mac(far, 0)), air_mac(puppet, 0));
}
