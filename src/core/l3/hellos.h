/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hellos - how many of a link's last HELLOs were heard, and how a quality ages.
 *
 * Source  specs/bmx7.md 5.2, 5.3.
 * Shape   bit 0 of bits is the newest number; HELLOS_WINDOW of them count. A quality is 0..255.
 */
#pragma once
#include "base/clock.h"

enum {
	HELLOS_WINDOW = 48,
	HELLOS_LATE = 3, /* numbers so little behind the newest are ignored */
};

struct hellos {
	uint64_t bits;
	uint16_t newest;
	bool started;
};

/* false: an old or late one, ignored. */
bool hellos_mark(struct hellos *h, uint16_t sqn);
uint8_t hellos_quality(const struct hellos *h);

/* A quality as it was told, and when. */
struct quality {
	uint8_t told;
	instant at;
};

/* As it is for a tenth of timeout, then less with age, 0 from timeout on. */
uint8_t quality_aged(struct quality q, instant now, span timeout);
