/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop_internal - what the files of the loop share: loop.c is its life and what
 * becomes readable, loop_join.c what the parts say to each other.
 *
 * Source  ours.
 */
#pragma once
#include "drv/loop.h"

/* An effect of the node or of ctl goes to the driver that does it. */
void loop_emit(struct fx *fx, const struct effect *e);

/* Tells the node now; a callback of parts, whose ctx is the loop. */
void loop_tell(void *ctx, const struct ev *ev);

/* A mesh port has a socket, or NULL: has none any more. */
void loop_port_socket(void *ctx, uint8_t port, struct packet *packet);

/* Each makes a part, or some, and starts it. */
void loop_join_parts(struct loop *x, uint64_t seed);
/* false: the data path that is wanted cannot be. */
bool loop_join_fast(struct loop *x);
void loop_join_gateway(struct loop *x);
void loop_join_network(struct loop *x);
void loop_join_tunnel(struct loop *x);
void loop_join_uplinks(struct loop *x);
