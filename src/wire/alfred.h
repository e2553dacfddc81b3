/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alfred - the messages of ALFRED, protocol version 0: parse and write.
 *
 * Source  docs/specs/alfred.md; what is marked OURS is in src/core/share/README.md.
 *         All fields big-endian, but for the code of STATUS_ERROR.
 * Shape   A datagram is one TLV. OURS: more TLVs may follow it, which alfred does not
 *         read. Parse functions take the TLV that alfred_tlv_next found, of the right
 *         type, and leave pointers into it; write functions append to a cursor.
 *         Values may be longer than their fields: what follows is ignored, as alfred does.
 * Memory  nothing is copied or allocated.
 *
 * Errors of every parse function: ERR_SHORT (it ends too early), ERR_MALFORMED (a value
 * that cannot be). On an error the struct is not to be used.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/mac.h"

enum {
	ALFRED_VERSION = 0,
	ALFRED_TLV_LEN = 4,
	ALFRED_PUSH_LEN = 8, /* its TLV header included, as below */
	ALFRED_REQUEST_LEN = 7,
	ALFRED_STATUS_LEN = 8,
	ALFRED_RECORD_LEN = 10,
	ALFRED_RANGE_LEN = 22,
	ALFRED_STATE_LEN = 13,
	ALFRED_WANT_LEN = 14, /* one of a list, without TLV header */
	ALFRED_IFNAME_ROOM = 16,
	ALFRED_INTERFACES_ROOM = 256,
};

enum alfred_type {
	ALFRED_PUSH_DATA = 0,
	ALFRED_ANNOUNCE_PRIMARY = 1,
	ALFRED_REQUEST = 2,
	ALFRED_STATUS_TXEND = 3,
	ALFRED_STATUS_ERROR = 4,
	/* on the unix socket only */
	ALFRED_MODESWITCH = 5,
	ALFRED_CHANGE_INTERFACE = 6,
	ALFRED_CHANGE_BAT_IFACE = 7,
	ALFRED_SERVER_STATUS = 8,
	ALFRED_EVENT_REGISTER = 9,
	ALFRED_EVENT_NOTIFY = 10,
	/* OURS: behind another TLV only */
	ALFRED_RANGE = 0x60,
	ALFRED_STATE = 0x61,
	ALFRED_WANT = 0x62,
	ALFRED_HAVE = 0x63,
};

struct alfred_tlv {
	uint8_t type;
	const uint8_t *value;
	uint16_t len;
};

/* The next TLV of a datagram or stream; r moves behind it. ERR_SHORT: it is not all
 * there. ERR_VERSION: not 0. r stays where it was. */
enum err alfred_tlv_next(struct rd *r, struct alfred_tlv *t);
/* A TLV without value. */
void alfred_tlv_write(struct wr *w, uint8_t type);

/* ---- PUSH_DATA ---- */

struct alfred_push {
	uint16_t tx;
	uint16_t seqno;
	const uint8_t *records;
	size_t len;
};
enum err alfred_push_parse(const struct alfred_tlv *t, struct alfred_push *p);

struct alfred_record {
	struct mac source;
	uint8_t type;
	uint8_t version;
	const uint8_t *data;
	uint16_t len;
};
/* The next record of a push. false: the end, or what is left is none. */
bool alfred_record_next(struct rd *r, struct alfred_record *x);

/* The header; records follow. It ends with alfred_push_end, to which the place goes
 * that alfred_push_begin gave (NULL: w is bad). */
uint8_t *alfred_push_begin(struct wr *w, uint16_t tx, uint16_t seqno);
void alfred_record_write(struct wr *w, const struct alfred_record *x);
void alfred_push_end(struct wr *w, uint8_t *begin);

/* ---- REQUEST, STATUS ---- */

struct alfred_request {
	uint8_t type; /* of records */
	uint16_t tx;
};
enum err alfred_request_parse(const struct alfred_tlv *t, struct alfred_request *q);
void alfred_request_write(struct wr *w, struct alfred_request q);

struct alfred_status {
	uint16_t tx;
	uint16_t number; /* of push packets */
};
enum err alfred_status_parse(const struct alfred_tlv *t, struct alfred_status *s);
void alfred_txend_write(struct wr *w, struct alfred_status s);
/* STATUS_ERROR; the code is in the host's byte order on the wire. */
void alfred_error_write(struct wr *w, uint16_t tx, uint16_t code);

/* ---- the unix socket ---- */

/* MODESWITCH. ERR_MALFORMED: no mode that there is. */
enum err alfred_modeswitch_parse(const struct alfred_tlv *t, bool *primary);
void alfred_modeswitch_write(struct wr *w, bool primary);

/* CHANGE_INTERFACE (ALFRED_INTERFACES_ROOM) and CHANGE_BAT_IFACE (ALFRED_IFNAME_ROOM):
 * a text that ends within its room, or with it. ERR_SHORT: less than room. */
enum err alfred_text_parse(const struct alfred_tlv *t, size_t room, const char **text, size_t *len);
void alfred_text_write(struct wr *w, uint8_t type, size_t room, const char *text);

struct alfred_server_status {
	bool primary;
	const char *interface; /* NUL-terminated */
	bool active;
	const char *cloud_port;
};
/* The answer to SERVER_STATUS; its question is a TLV without value. */
void alfred_server_status_write(struct wr *w, const struct alfred_server_status *s);

struct alfred_event {
	uint8_t type;
	struct mac source;
};
enum err alfred_event_parse(const struct alfred_tlv *t, struct alfred_event *e);
void alfred_event_write(struct wr *w, struct alfred_event e);

/* ---- OURS ---- */

/* Behind a PUSH_DATA: these are the records of publisher that it changed since `after`,
 * up to `upto`. */
struct alfred_range {
	struct mac publisher;
	uint32_t edition;
	uint32_t after, upto;
};
/* ERR_MALFORMED: no station, edition 0, or upto is not beyond after. */
enum err alfred_range_parse(const struct alfred_tlv *t, struct alfred_range *r);
void alfred_range_write(struct wr *w, const struct alfred_range *r);

enum {
	ALFRED_STATE_GREETING = 0x01, /* an answer to a first announcement */
	ALFRED_STATE_STARTING = 0x02, /* of a node that has just started */
};

/* Behind an ANNOUNCE_PRIMARY: where the sender's own set stands. */
struct alfred_state {
	uint32_t edition;
	uint32_t seqno;
	uint8_t flags;
};
/* ERR_MALFORMED: edition 0. */
enum err alfred_state_parse(const struct alfred_tlv *t, struct alfred_state *s);
void alfred_state_write(struct wr *w, struct alfred_state s);

/* What the sender has of a publisher. In a WANT, behind a REQUEST: it wants the rest; in a HAVE,
 * behind an ANNOUNCE_PRIMARY: it has all that it has heard of. */
struct alfred_want {
	struct mac publisher;
	uint32_t edition;
	uint32_t have;
};
/* The next of such a value; false: the end. */
bool alfred_want_next(struct rd *r, struct alfred_want *x);
void alfred_wants_write(struct wr *w, enum alfred_type type, const struct alfred_want *at,
			size_t count);
