/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bmx7 - packets of BMX7, compatibility version 21: header, and the blocks of
 * type and length that frames and descriptions are made of.
 *
 * Source  specs/bmx7.md 1.1-1.3, 4.1, 4.3. All fields big-endian.
 * Shape   What each frame carries: bmx7_frame.h, bmx7_ogm.h. What a description
 *         carries: bmx7_description.h and the headers that it names.
 *         A walk gives the blocks one by one and checks their order. Lists of
 *         messages are walked with a reader over the bytes that are left:
 *         X_next gives the next, false at the end or at one that cannot be;
 *         the reader is bad then.
 * Memory  nothing is copied or allocated; what is read points into the packet.
 *
 * Errors of every parse function: ERR_SHORT (ends too early), ERR_VERSION,
 * ERR_MALFORMED (a value, an order or a length that cannot be). On an error the
 * struct is not to be used.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/digest.h"
#include "base/err.h"

enum {
	BMX7_PORT = 6270, /* UDP, source and destination, to ff02::2 */
	BMX7_VERSION = 21,
	BMX7_HEADER = 30,
	BMX7_PACKET_MAX = 1232, /* UDP payload */
	BMX7_TLV_HEADER = 2,
	BMX7_TLV_MAX = 0x7ff,		 /* header included */
	BMX7_DESCRIPTION_MAX = 1198,	 /* body */
	BMX7_CONTENT_MAX = 1197,	 /* body */
	BMX7_EXPANDED_MAX = 100548,	 /* of what contents are put together to */
	BMX7_CONTENTS_PER_LIST_MAX = 42, /* hashes in one content */
};

enum bmx7_frame {
	BMX7_TRASH_ADV = 1,
	BMX7_DESC_ADV = 2,
	BMX7_CONTENT_ADV = 4,
	BMX7_SIGNATURE_ADV = 8,
	BMX7_OGM_AGGREG_SQN_ADV = 9,
	BMX7_HELLO_ADV = 12,
	BMX7_HELLO_REPLY = 13,
	BMX7_IID_ADV = 19,
	BMX7_OGM_ADV = 21,
	BMX7_OGM_REQ = 27,
	BMX7_IID_REQ = 28,
	BMX7_DESC_REQ = 29,
	BMX7_CONTENT_REQ = 30,
};

enum bmx7_tlv_type {
	BMX7_CONTENT_HASH = 0,
	BMX7_NODE_PUBKEY = 1,
	BMX7_DSC_SIGNATURE = 2,
	BMX7_VERSION_TLV = 3,
	BMX7_RSA_LINK_PUBKEY = 5,
	BMX7_DHM_LINK_PUBKEY = 6,
	BMX7_SUPPORTS = 9,
	BMX7_TRUSTS = 10,
	BMX7_METRIC = 13,
	BMX7_LLIP = 14,
	BMX7_HNA6 = 15,
	BMX7_TUN6 = 17,
	BMX7_TUN4IN6_INGRESS = 18,
	BMX7_TUN6IN6_INGRESS = 19,
	BMX7_TUN4IN6_NET = 22,
	BMX7_TUN6IN6_NET = 23,
	BMX7_TOPOLOGY = 27,
	BMX7_INFO = 28,
	BMX7_SMS = 29,
	BMX7_TLV_TYPES = 32,
};

enum bmx7_key_type {
	BMX7_RSA1024 = 4,
	BMX7_RSA1536 = 5,
	BMX7_RSA2048 = 6,
	BMX7_RSA3072 = 7,
	BMX7_RSA4096 = 8,
	BMX7_DH2048 = 17,
	BMX7_DH3072 = 18,
};

enum { BMX7_KEY_MAX = 512 };

/* Bytes of a modulus and of a signature, or of g^x; 0: not a type that we know. */
size_t bmx7_rsa_len(uint8_t type);
size_t bmx7_dh_len(uint8_t type);

struct bmx7_packet {
	uint8_t version;
	struct digest sender; /* its node id */
	const uint8_t *frames;
	size_t frames_len;
};

/* A packet has no frame or at least one byte more than a frame's header, and fits
 * BMX7_PACKET_MAX. Versions 20 to 22 are accepted. */
enum err bmx7_packet_parse(const void *packet, size_t len, struct bmx7_packet *p);
/* The header. */
void bmx7_packet_write(struct wr *w, const struct digest *sender);

struct bmx7_tlv {
	uint8_t type;
	uint8_t expanded; /* in a description: the type that a content hash stands for */
	const uint8_t *data;
	size_t len;	   /* of data; at least 1 */
	const uint8_t *at; /* its header; data + len is where the next begins */
};

enum bmx7_order {
	BMX7_FRAMES,	  /* ascending, signed or unsigned ones, see bmx7_frames_walk */
	BMX7_DESCRIPTION, /* strictly ascending by expanded type */
};

struct bmx7_walk {
	struct rd rest;
	enum bmx7_order order;
	int last;     /* type before, -1 at the start */
	enum err err; /* OK: the walk came to its end */
};

/* Over the frames of a packet. A packet is unsigned (only types below 8) or signed
 * (SIGNATURE_ADV, OGM_AGGREG_SQN_ADV, once each, then types above 9). Unknown types
 * are given, the caller skips them. */
struct bmx7_walk bmx7_frames_walk(const struct bmx7_packet *p);
/* Over the body of a description; the caller asks for its first three types. */
struct bmx7_walk bmx7_description_walk(const void *body, size_t len);

/* false: the end, or w->err says what is wrong with the rest. */
bool bmx7_next(struct bmx7_walk *w, struct bmx7_tlv *t);

/* Begins a block whose length is not known yet; give the result to bmx7_close.
 * What was written in between fits BMX7_TLV_MAX, or w becomes bad. */
size_t bmx7_open(struct wr *w, uint8_t type);
void bmx7_close(struct wr *w, size_t opened);

static inline struct digest rd_digest(struct rd *r)
{
	const uint8_t *p = rd_take(r, sizeof(struct digest));

	return p ? digest_from(p) : (struct digest){{0}};
}

static inline void wr_digest(struct wr *w, const struct digest *d)
{
	wr_bytes(w, d->b, sizeof(d->b));
}
