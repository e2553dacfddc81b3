/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/hellos.h"

bool hellos_mark(struct hellos *h, uint16_t sqn)
{
	uint16_t ahead = (uint16_t)(sqn - h->newest), behind = (uint16_t)(h->newest - sqn);

	if (h->started && behind <= HELLOS_LATE)
		return false;
	if (!h->started || ahead >= HELLOS_WINDOW)
		h->bits = 0;
	else
		h->bits = h->bits << ahead & ((UINT64_C(1) << HELLOS_WINDOW) - 1);
	h->bits |= 1;
	h->newest = sqn;
	h->started = true;
	return true;
}

uint8_t hellos_quality(const struct hellos *h)
{
	return (uint8_t)(255 * __builtin_popcountll(h->bits) / HELLOS_WINDOW);
}

uint8_t quality_aged(struct quality q, instant now, span timeout)
{
	int64_t age = instant_since(now, q.at).us;

	if (age < timeout.us / 10)
		return q.told;
	if (age >= timeout.us)
		return 0;
	return (uint8_t)(q.told * (timeout.us - age) / timeout.us);
}
