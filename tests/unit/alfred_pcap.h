/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alfred_pcap - the ALFRED datagrams of a capture file, fragments put together.
 *
 * Source  RFC 8200 4.5 (fragment header); docs/specs/alfred.md, transport.
 * Shape   as pcap.h: open, next until false. Fragments come in order in our captures.
 * Memory  static; one capture at a time.
 */
#pragma once
#include "base/mac.h"
#include "pcap.h"

struct alfred_pcap {
	struct pcap pcap;
};

struct alfred_datagram {
	instant at;
	struct mac from, to; /* out of the link-local addresses; MAC_BROADCAST: multicast */
	const uint8_t *data;
	size_t len;
};

struct alfred_pcap alfred_pcap_open(const char *path);
bool alfred_pcap_next(struct alfred_pcap *p, struct alfred_datagram *d);
