/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcap - reads the frames of a capture file, for tests.
 *
 * Source  draft-ietf-opsawg-pcap: the classic format, microseconds, either
 *         byte order, link type Ethernet.
 * Shape   for (struct pcap p = pcap_open(path); pcap_next(&p, &f);) ...
 *         The whole file is in memory; at its end it is let go.
 * Errors  a file that cannot be read, or is no such capture, ends the test
 *         program with a message: a test without its capture proves nothing.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"

struct pcap {
	const char *path;
	uint8_t *bytes;
	size_t len;
	size_t at;
	bool swapped;
	int64_t first_us;
};

struct pcap_frame {
	instant at; /* since the first frame */
	const uint8_t *bytes;
	size_t len;
};

struct pcap pcap_open(const char *path);

/* The next frame, valid until the end is reached or pcap_close. false: that was
 * the last; the file is closed. */
bool pcap_next(struct pcap *p, struct pcap_frame *f);

/* Lets go early; harmless after the end. */
void pcap_close(struct pcap *p);
