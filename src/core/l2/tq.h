/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tq - the arithmetic of transmit quality.
 *
 * Source  specs/batman-adv.md 6, "Link quality"; integers, truncating, one
 *         division at the end, as the kernel does, or neighbours disagree.
 * Units   TQ 0..255; windows count 0..64.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TQ_MAX = 255 };

/* What a neighbour's link leaves of tq_in_packet, given how many of its OGMs we
 * heard (rq), how many of ours it echoed (eq), and the port's penalty. wifi_same:
 * the packet would leave by the wifi port that it came in by. */
uint8_t tq_over_link(uint8_t tq_in_packet, unsigned rq, unsigned eq, uint8_t port_penalty,
		     bool wifi_same, uint8_t hop_penalty);

/* tq * (255 - penalty) / 255, applied when an OGM is passed on. */
uint8_t tq_penalise(uint8_t tq, uint8_t penalty);
