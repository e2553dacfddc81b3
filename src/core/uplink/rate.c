/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate - what an uplink carried at its best. */
#include "core/uplink/internal.h"

static uint64_t bps(uint64_t bytes, span took)
{
	/* No link carries more than a tenth of what would overflow here in a second. */
	return took.us > 0 && bytes < UINT64_MAX / 8000000 ? bytes * 8000000 / (uint64_t)took.us
							   : 0;
}

void rate_counted(struct uplink_slot *s, instant now, const struct ev_uplink_counted *e)
{
	unsigned room = UPLINK_SAMPLES + 1, oldest;

	if (s->samples > 0 && (e->rx_bytes < s->rx[s->newest] || e->tx_bytes < s->tx[s->newest] ||
			       !instant_before(s->at[s->newest], now)))
		s->samples = 0;
	s->newest = (uint8_t)((s->newest + 1u) % room);
	s->rx[s->newest] = e->rx_bytes;
	s->tx[s->newest] = e->tx_bytes;
	s->at[s->newest] = now;
	if (s->samples < room)
		s->samples++;
	oldest = (s->newest + room + 1u - s->samples) % room;
	s->rx_bps = s->tx_bps = 0;
	if (s->samples > 1) {
		span took = instant_since(now, s->at[oldest]);

		s->rx_bps = bps(e->rx_bytes - s->rx[oldest], took);
		s->tx_bps = bps(e->tx_bytes - s->tx[oldest], took);
	}
	/* One burst out of a buffer is no rate. */
	if (s->samples == room && s->rx_bps >= s->best_bps / 8 * 7) {
		if (s->rx_bps > s->best_bps)
			s->best_bps = s->rx_bps;
		s->shrink = instant_add(now, span_s(UPLINK_SHRINK_S));
	}
}

void rate_shrink(struct uplink_slot *s, instant now)
{
	if (s->best_bps == 0 || !instant_reached(s->shrink, now))
		return;
	s->best_bps -= s->best_bps / 32;
	s->shrink = instant_add(now, span_s(UPLINK_SHRINK_S));
}

uint64_t rate_offered(const struct uplink *u, uint8_t slot)
{
	uint64_t best = u->slot[slot].best_bps;

	if (u->conf.bandwidth_bps > 0)
		return u->conf.bandwidth_bps;
	return best > UPLINK_BPS_UNKNOWN ? best : UPLINK_BPS_UNKNOWN;
}
