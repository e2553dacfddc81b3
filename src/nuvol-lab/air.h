/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * air - a medium that loses, delays and shares its time: who gets which frame when.
 *
 * Source  ours.
 * Shape   Segments hold stations; a station's frames reach those that hear it,
 *         and each of them loses by itself. With a rate, a frame takes time: on
 *         a shared segment (radio) a station waits while it hears another one,
 *         who waits longest goes first; otherwise each sender has its own time.
 *         Frames wait in a queue at the sender; what does not fit is dropped.
 *         What one station sends arrives in order. One seed, one history.
 *         Left out: collisions of stations that do not hear each other, and the
 *         time that retries take.
 * Time    comes in as now.
 * Memory  from a pool inside, bounded by AIR_MEMORY_MAX; air_free gives it back.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"

enum { AIR_MEMORY_MAX = 256 * 1024 * 1024 };

struct air;

struct air_conf {
	bool shared;   /* one sends, the others wait */
	bool links;    /* nobody hears anybody but by air_link */
	uint32_t loss; /* parts in LOSS_ALL */
	span delay;
	span jitter; /* 0 .. jitter more */
	uint64_t rate_bps;
	uint32_t queue_frames;
	uint32_t retries; /* of a unicast frame that its receiver lost */
};

struct air_counters {
	uint64_t sent, received, lost;
	uint64_t overflows; /* dropped, the queue was full */
	uint64_t cut;	    /* vanished because of a cut */
};

/* A frame has come to the station that was added with ctx. */
typedef void air_deliver(void *ctx, const uint8_t *frame, size_t len);

struct air *air_new(uint64_t seed, air_deliver *deliver);
void air_free(struct air *a);

/* Indexes, in order of creation. All segments come before the first station. */
unsigned air_segment(struct air *a, const struct air_conf *conf);
unsigned air_station(struct air *a, unsigned segment, void *ctx);
/* Two stations of one segment hear each other with this loss. */
void air_link(struct air *a, unsigned x, unsigned y, uint32_t loss);
/* A cut station's frames vanish, and so do those for it. */
void air_cut(struct air *a, unsigned station, bool cut);

/* A station sends a frame, from its destination address on. ERR_FULL: its queue is;
 * ERR_SHORT: it is no frame. May call deliver at once. */
enum err air_send(struct air *a, instant now, unsigned station, const uint8_t *frame, size_t len);
/* Does what is due; call at or after air_deadline. */
void air_expire(struct air *a, instant now);
instant air_deadline(const struct air *a);

const struct air_counters *air_counters(const struct air *a, unsigned station);
