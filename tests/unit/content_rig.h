/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content_rig - content planes of some nodes on one wire, with stand-ins for their other planes.
 *
 * Source  ours.
 * Shape   What a plane posts is written as frames and read by the others, a tick of 100 ms later.
 *         Jobs are done at once, by cheap stand-ins or the real thing.
 */
#pragma once
#include "base/prng.h"
#include "core/job_result.h"
#include "core/l3/described.h"
#include "core/l3/internal.h"

enum { STATIONS_MAX = 24, STATION_POSTS = 1000, STATION_JOBS = 32, STATION_TLVS = 4 };

struct rig;

struct station {
	struct fx fx;
	struct rig *rig;
	struct l3 l3;
	struct job_result key; /* of the node */
	struct link_key link_key;
	struct post post[STATION_POSTS];
	unsigned posts;
	struct job_done_later {
		struct job_bill bill;
		struct job_result result;
		uint32_t id;
	} job[STATION_JOBS];
	unsigned jobs;
	bool jobs_full;	 /* none is taken */
	bool posts_full; /* same */
	bool deaf;
	/* what it told its other planes and the host */
	unsigned described, undescribed, self_described, jobs_asked;
	uint32_t kept, keeps;
	uint8_t sent_port[16]; /* of the first advertisements */
	unsigned sent;
	unsigned requests[2];		   /* for descriptions and for contents, sent */
	const struct l3_node *conflict;	   /* what plane_conflict says ... */
	const struct l3_node *conflict_of; /* ... about this one */
};

struct rig {
	struct station *at[STATIONS_MAX];
	unsigned count;
	instant now;
	const struct crypto *crypto;
	void (*carry_out)(const struct job *job, struct job_result *r);
	bool strangers; /* nobody believes that anybody is his neighbour */
	unsigned loss;	/* percent */
	struct prng prng;
};

void rig_init(struct rig *rig, bool real);
void rig_fini(struct rig *rig);
/* A node with one port; type: of its RSA key. Its description is not there before a tick. */
struct station *rig_add(struct rig *rig, uint8_t type, uint32_t kept);
void rig_ticks(struct rig *rig, unsigned n);

/* What a knows of b; NULL: nothing. */
struct l3_node *station_node(struct station *a, const struct station *b);
bool station_knows(struct station *a, const struct station *b);
/* A node of a's table that b's packets come from. */
struct source station_source(struct station *a, const struct station *b);
/* a hears a frame by b. */
enum err station_frame(struct station *a, const struct station *b, uint8_t type, const void *data,
		       size_t len);
