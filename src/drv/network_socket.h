/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network_socket - UDP port 6270 on one interface of the network.
 *
 * Source  specs/bmx7.md 1; RFC 3493, RFC 3542.
 * Shape   All that we say goes to ff02::2, from the interface's link-local address; the
 *         group is joined explicitly. Others than link-local senders from that port are
 *         nobody's business.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/network.h"

struct network_batch; /* where datagrams are read to */
struct network_batch *network_batch_new(void);
void network_batch_free(struct network_batch *b);

/* The descriptor, or negative errno. */
int network_socket_open(const char *interface, int ifindex);
/* How many datagrams are in b now. */
unsigned network_socket_read(int fd, struct network_batch *b);
/* The i-th into d, but for its port; false: not for us. */
bool network_socket_datagram(const struct network_batch *b, unsigned i,
			     struct ev_network_datagram *d);
/* 0, or negative errno. */
int network_socket_send(int fd, int ifindex, const uint8_t *data, size_t len);
