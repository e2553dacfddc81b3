/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_capture - reads the BMX7 packets of a capture of Ethernet frames.
 *
 * Source  ours; captures: tests/capture/bmx7.
 * Shape   for (struct pcap p = pcap_open(path); bmx7_capture_next(&p, &d);) ...
 *         Frames of other protocols are passed over.
 */
#pragma once
#include "base/ip.h"
#include "pcap.h"

#define BMX7_CAPTURES TESTS_DIR "/capture/bmx7"

struct bmx7_datagram {
	instant at; /* since the capture's first frame */
	struct ipv6 from, to;
	const uint8_t *data; /* a packet */
	size_t len;
};

bool bmx7_capture_next(struct pcap *p, struct bmx7_datagram *d);
