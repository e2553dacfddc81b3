/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcap - what passed a segment, for Wireshark.
 *
 * Source  https://wiki.wireshark.org/Development/LibpcapFileFormat; IEEE 802.1Q.
 * Shape   Ethernet frames with the tag of their VLAN, times in microseconds.
 * Memory  a FILE.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/mac.h"

/* NULL: cannot be opened, errno says why. */
FILE *pcap_open(const char *path);
void pcap_close(FILE *f);
/* A frame without its tag; vid 0: it has none. */
void pcap_frame(FILE *f, instant at, uint16_t tpid, uint16_t vid, const uint8_t *frame, size_t len);
/* A datagram of the network of all clouds, from a port with this MAC to all. */
void pcap_datagram(FILE *f, instant at, struct mac from, const uint8_t *data, size_t len);
