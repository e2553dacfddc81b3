/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/tq.h"
#include <assert.h>
#include "core/l2/window.h"

uint8_t tq_over_link(uint8_t tq_in_packet, unsigned rq, unsigned eq, uint8_t port_penalty,
		     bool wifi_same, uint8_t hop_penalty)
{
	assert(rq <= WINDOW_BITS && eq <= WINDOW_BITS);
	uint32_t both = eq < rq ? eq : rq;
	uint32_t missed = WINDOW_BITS - rq;
	uint32_t own = both == 0 ? 0 : TQ_MAX * both / rq;
	uint32_t asym = TQ_MAX - TQ_MAX * missed * missed * missed /
					 (WINDOW_BITS * WINDOW_BITS * WINDOW_BITS);
	uint32_t pen = TQ_MAX - (uint32_t)port_penalty;

	if (wifi_same)
		pen = pen * (TQ_MAX - (uint32_t)hop_penalty) / TQ_MAX;
	/* At most 255 to the fourth, which 32 bits just hold. */
	return (uint8_t)(tq_in_packet * own * asym * pen / (TQ_MAX * TQ_MAX * TQ_MAX));
}

uint8_t tq_penalise(uint8_t tq, uint8_t penalty)
{
	return (uint8_t)((uint32_t)tq * (TQ_MAX - (uint32_t)penalty) / TQ_MAX);
}
