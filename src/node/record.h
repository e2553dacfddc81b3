/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record - all that a node was told, as bytes from which another one can be run the same way.
 *
 * Source  ours; nuvold(8) --record, nuvol-sim(1) replay.
 * Shape   RECORD_MAGIC, the version of this format, then items: kind (1 byte), length (4), bytes;
 *         numbers big-endian. CONF and START come first. After each INPUT come the answers that
 *         its crypto gave and nobody else can give, and DONE; CARRIED has none.
 *         What is missing at the end is what a daemon that died could not write.
 * Secret  The node's private key and the keys of links are not in it. A hash over one of them is
 *         an answer; where the node was told a key of a link, a placeholder stands. So a replay
 *         has placeholders for keys, and the answers of the record for what is made of them.
 * Time    that of the daemon: since boot.
 * Memory  the caller's. What parse gives points into the item.
 */
#pragma once
#include "base/bytes.h"
#include "core/crypto.h"
#include "core/uplink/uplink_conf.h"
#include "node/witness.h"

#define RECORD_MAGIC "nuvolrec"

enum {
	RECORD_FORMAT = 1,
	RECORD_MAGIC_LEN = 8,
	RECORD_HEAD = RECORD_MAGIC_LEN + 2,
	RECORD_ITEM_HEAD = 5,
	RECORD_ITEM_MAX = 70000, /* bytes of one */
	RECORD_ANSWER_MAX = 65000,
	RECORD_VERSION_ROOM = 32,
	RECORD_SPAN_MAX_S = 86400 * 3660, /* from the first to the last */
};

enum record_kind {
	RECORD_CONF = 'c',   /* text: the configuration in force, as nuvol config print gives it */
	RECORD_START = 's',  /* struct record_start */
	RECORD_INPUT = 'i',  /* struct node_input */
	RECORD_ANSWER = 'a', /* bytes */
	RECORD_DONE = 'd',   /* struct record_done */
	RECORD_END = 'x',    /* enum record_end: nothing follows */
};

/* What the configuration does not say. */
struct record_start {
	char version[RECORD_VERSION_ROOM]; /* of nuvold */
	instant now;
	uint64_t seed;
	struct mac primary, share_self; /* plan.primary_mac, share.self */
	uint8_t targets;		/* uplink.target, with the machine's resolvers */
	struct uplink_target target[UPLINK_TARGETS_MAX];
};

struct record_done {
	uint32_t effects; /* of this input */
	uint64_t digest;  /* over all effects since the start, and when the node wants to wake */
};

enum record_end { RECORD_STOPPED, RECORD_FULL };

struct record_item {
	enum record_kind kind;
	const uint8_t *data;
	size_t len;
};

/* Each writes an item; w becomes bad without room. */
void record_head_write(struct wr *w);
void record_bytes_write(struct wr *w, enum record_kind kind, const void *data, size_t len);
void record_start_write(struct wr *w, const struct record_start *s);
void record_input_write(struct wr *w, const struct node_input *in);
void record_done_write(struct wr *w, const struct record_done *d);

/* ERR_MALFORMED: no record, or one of another format. */
enum err record_head_parse(struct rd *r);
/* The next one. ERR_SHORT: the bytes end, perhaps amid it; ERR_MALFORMED: that is no item. */
enum err record_item_next(struct rd *r, struct record_item *it);
/* ERR_MALFORMED: too short or too long, or a value that cannot be. */
enum err record_start_parse(const struct record_item *it, struct record_start *s);
enum err record_input_parse(const struct record_item *it, struct node_input *in);
enum err record_done_parse(const struct record_item *it, struct record_done *d);

/* The digest with one more effect; all but secrets and what points elsewhere is in it. */
uint64_t record_effect_mix(uint64_t digest, const struct effect *e);

/* ---- secrets ---- */

enum { RECORD_SECRETS = 256 }; /* keys of links that are remembered; older ones are not used */

struct record_secrets {
	struct job_bytes node; /* the private key, by its place */
	struct digest link[RECORD_SECRETS];
	uint32_t links;
};

/* The n-th key of a link. */
void record_secret_add(struct record_secrets *s, const uint8_t key[sizeof(struct digest)]);
/* What stands in its place in the record. */
struct digest record_placeholder(uint32_t n);
/* Is one of them hashed? */
bool record_is_secret(const struct record_secrets *s, const struct crypto_part *part, size_t count);
