/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7_frame - what the frames of a packet carry, but for OGM_ADV (bmx7_ogm.h)
 * and DESC_ADV, whose data is a description's body (bmx7_description.h).
 *
 * Source  specs/bmx7.md 1.4, 3.2.
 * Shape   parse takes the data of a frame, write appends a whole frame, its
 *         header included. Lists are written between bmx7_open and bmx7_close,
 *         message by message. A list without a message is ERR_MALFORMED.
 * Memory  and errors: as in bmx7.h.
 */
#pragma once
#include "wire/bmx7.h"

/* ---- CONTENT_ADV ---- */

struct bmx7_content {
	bool gzip;	   /* the body is compressed */
	uint8_t nesting;   /* 1: the body is a list of content hashes */
	const uint8_t *at; /* flags and body: the content hash is that of these bytes */
	size_t len;	   /* of both */
	const uint8_t *body;
	size_t body_len; /* 1 .. BMX7_CONTENT_MAX */
};

/* ERR_MALFORMED too: reserved bits, or a list that is no multiple of a hash. */
enum err bmx7_content_parse(const void *data, size_t len, struct bmx7_content *c);
/* Of the body; c->at is not read. */
void bmx7_content_write(struct wr *w, const struct bmx7_content *c);
/* The byte before the body that gzip and nesting make. */
uint8_t bmx7_content_flags(bool gzip, uint8_t nesting);

/* ---- SIGNATURE_ADV ---- */

enum {
	BMX7_SIGNATURE_HEADER = 9,
	BMX7_MAC = 14, /* bytes of a Diffie-Hellman MAC */
};

struct bmx7_signatures {
	uint32_t desc_sqn;
	uint32_t burst_sqn;
	uint8_t dev_idx;       /* 1..255 */
	const uint8_t *header; /* its 9 bytes: signed */
	const uint8_t *list;   /* may be empty */
	size_t list_len;
	const uint8_t *signed_rest; /* the frames behind this one: signed */
	size_t signed_rest_len;
};

struct bmx7_signature {
	uint8_t type;	     /* enum bmx7_key_type */
	const uint8_t *data; /* a signature of the modulus' length, or a MAC */
	size_t len;
};

/* t: the frame, of packet p. ERR_MALFORMED: devIdx 0. */
enum err bmx7_signatures_parse(const struct bmx7_packet *p, const struct bmx7_tlv *t,
			       struct bmx7_signatures *s);
/* Over list. false at an unknown type too: what follows cannot be read. */
bool bmx7_signature_next(struct rd *r, struct bmx7_signature *s);
/* Header of the list and frame; signatures follow one by one, then bmx7_close. */
size_t bmx7_signatures_open(struct wr *w, uint32_t desc_sqn, uint32_t burst_sqn, uint8_t dev_idx);
void bmx7_signature_write(struct wr *w, const struct bmx7_signature *s);

/* ---- OGM_AGGREG_SQN_ADV, HELLO_ADV ---- */

struct bmx7_aggregations {
	uint16_t max;  /* newest */
	uint16_t size; /* oldest that has content: max - size + 1 */
};
enum { BMX7_AGGREGATIONS_MAX = 256 };

/* ERR_MALFORMED: size above BMX7_AGGREGATIONS_MAX. */
enum err bmx7_aggregations_parse(const void *data, size_t len, struct bmx7_aggregations *a);
void bmx7_aggregations_write(struct wr *w, struct bmx7_aggregations a);

enum err bmx7_hello_parse(const void *data, size_t len, uint16_t *sqn);
void bmx7_hello_write(struct wr *w, uint16_t sqn);

/* ---- HELLO_REPLY ---- */

struct bmx7_hello_reply {
	struct digest description; /* of the node that it is for, as its sender knows it */
	uint8_t rx_lq;
	uint8_t dev_idx; /* the receiver's */
};
bool bmx7_hello_reply_next(struct rd *r, struct bmx7_hello_reply *h);
void bmx7_hello_reply_write(struct wr *w, const struct bmx7_hello_reply *h);

/* ---- IID_ADV ---- */

enum { BMX7_LINK = 14 };

/* A link of a node's hash chain, or such a link in disguise (spec 6.1). */
struct bmx7_link {
	uint8_t b[BMX7_LINK];
};

enum { BMX7_IID_SELF = 1, BMX7_IID_MAX = 10000 };

struct bmx7_iid {
	uint16_t iid; /* 1 .. BMX7_IID_MAX */
	uint32_t desc_sqn;
	struct bmx7_link chain;
	struct digest node;
};
/* Bad at an iid outside 1 .. BMX7_IID_MAX. */
bool bmx7_iid_next(struct rd *r, struct bmx7_iid *i);
void bmx7_iid_write(struct wr *w, const struct bmx7_iid *i);

/* ---- OGM_REQ, IID_REQ, DESC_REQ, CONTENT_REQ ---- */

struct bmx7_request {
	struct digest to; /* who shall answer */
	struct rd items;  /* what is wanted: sequence numbers or iids, or node ids or hashes */
};

/* type: of the frame, one of the four. */
enum err bmx7_request_parse(uint8_t type, const void *data, size_t len, struct bmx7_request *q);
bool bmx7_request_number(struct rd *items, uint16_t *n); /* OGM_REQ, IID_REQ */
bool bmx7_request_digest(struct rd *items, struct digest *d);
/* Items follow one by one (wr_u16, wr_digest), then bmx7_close. */
size_t bmx7_request_open(struct wr *w, uint8_t type, const struct digest *to);
