/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_info - what a description tells people: names, links, short messages.
 *
 * Source  specs/bmx7.md 4.3.
 * Shape   as in bmx7_description.h: data of a TLV, without its header.
 * Memory  and errors: as in bmx7.h.
 */
#pragma once
#include "wire/bmx7_frame.h"

enum { BMX7_NAME_MAX = 63, BMX7_INFO_LEN = 20 };

struct bmx7_info {
	uint32_t revision; /* of the program */
	const char *name;  /* name_len bytes of [0-9A-Za-z._-], no dot at the ends, no NUL */
	size_t name_len;   /* 0..BMX7_NAME_MAX */
	const char *mail;
	size_t mail_len; /* 0..255 */
};

/* Would it be accepted as a name? */
bool bmx7_name_valid(const char *name, size_t len);
/* ERR_UNKNOWN: another type of INFO than 0. */
enum err bmx7_info_parse(const void *data, size_t len, struct bmx7_info *i);
void bmx7_info_write(struct wr *w, const struct bmx7_info *i);

/* One link of the node that describes itself. */
struct bmx7_topology {
	struct digest neighbour;
	uint32_t desc_sqn;
	uint8_t neighbour_dev, dev;
	uint8_t tx_bandwidth, rx_bandwidth; /* bmx7_bandwidth() */
	uint8_t tq, rq;
	int8_t signal, noise;
	uint8_t channel;
};
/* Leaves r at the first link. ERR_UNKNOWN: another type of TOPOLOGY than 0. */
enum err bmx7_topology_parse(const void *data, size_t len, struct rd *links);
bool bmx7_topology_next(struct rd *links, struct bmx7_topology *t);
/* The head, before the first link. */
void bmx7_topology_begin(struct wr *w);
void bmx7_topology_write(struct wr *w, const struct bmx7_topology *t);

enum { BMX7_SMS_NAME = 16 };

struct bmx7_sms {
	char name[BMX7_SMS_NAME]; /* padded with NUL; no NUL when it is 16 long */
	const uint8_t *data;
	size_t len;
};
bool bmx7_sms_next(struct rd *r, struct bmx7_sms *s);
void bmx7_sms_write(struct wr *w, const struct bmx7_sms *s);
