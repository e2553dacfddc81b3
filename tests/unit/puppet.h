/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * puppet - nodes that exist only in what engine 0 is made to hear, for tests.
 *
 * Source  ours.
 * Shape   a puppet is a number; its MAC is air_mac(number, 0).
 */
#pragma once
#include "air.h"

enum { PUPPET = 100, OTHER = 101, FAR = 102, FARTHER = 103 };

/* The number of each puppet's newest OGM. */
extern uint32_t said[256];

/* One engine with one port; the puppets have never spoken. conf NULL: the defaults. */
struct air *bench(const struct l2_conf *conf);
/* Rounds of one interval in which puppets and engine hear each other perfectly. */
void acquaint(struct air *a, const unsigned *puppet, size_t puppets, unsigned rounds);
/* Lets what still waits in the engine leave, and forgets it. */
void drain(struct air *a);
/* Does the engine reach far by way of puppet? */
bool routed_by(struct air *a, unsigned far, unsigned puppet);

/* An OGM as the puppet itself would send it. */
struct batadv_ogm puppet_ogm(unsigned puppet, uint8_t ttl, uint32_t seqno);
/* A puppet says its next OGM. */
void puppet_says(struct air *a, unsigned puppet, uint8_t port, uint8_t ttl);
/* The puppet echoes every OGM of the engine's that left on port and is still kept. */
void puppet_echoes(struct air *a, unsigned puppet, uint8_t port);
/* ogm, as its prev_sender sent it, comes by a puppet. */
void puppet_passes_on(struct air *a, unsigned puppet, uint8_t port, struct batadv_ogm ogm);
