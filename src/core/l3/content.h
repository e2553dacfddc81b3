/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content - the content plane: identity, descriptions and what they consist of, trust.
 *
 * Source  specs/bmx7.md 2, 4, 9; README.md "Who owns what".
 * Shape   Pursues the keys, descriptions and contents that the link and routing planes ask for,
 *         accepts descriptions, makes our own, answers requests. It calls the planes back by
 *         the functions of plane.h.
 * Memory  its state is struct contents in struct l3, and struct node_content in each node.
 */
#pragma once
#include "core/fx.h"
#include "core/l3/description.h"
#include "core/l3/l3.h"
#include "wire/bmx7.h"
#include "wire/bmx7_frame.h"

struct l3_node;
struct post;
struct wr;

/* Where a packet came from, or a question goes to. */
struct source {
	uint8_t port;
	bool verified;	      /* its signature was right */
	struct l3_node *node; /* the sender, or who is asked */
};

enum err content_init(struct l3 *l3, instant now);
void content_fini(struct l3 *l3);
/* A node was made, or goes (it has no description any more then). */
void content_node_init(struct l3 *l3, struct l3_node *n);
void content_node_fini(struct l3 *l3, struct l3_node *n);
/* d was n's description and is no more: frees it. */
void content_forget(struct l3 *l3, struct l3_node *n, const struct description *d);
/* TIMER_CONTENT fired. */
void content_due(struct l3 *l3, instant now, struct fx *fx);
/* A job that it asked for (JOB_FOR_CONTENT) is done. n: NULL when the node went meanwhile. */
void content_job_done(struct l3 *l3, instant now, struct l3_node *n, uint32_t tag,
		      const struct job_done *d, struct fx *fx);

/* ---- from the link and routing planes ---- */

/* n's key, or a description of it with at least this number (0: any), is wanted; `from` knows
 * more. Costs nothing when it is known already or pursued; asks again by itself. */
void content_want(struct l3 *l3, instant now, struct l3_node *n, uint32_t desc_sqn,
		  const struct source *from, struct fx *fx);
/* Our own description must be made anew: a port, a key, a full chain. Collected for some ms;
 * plane_self_described() follows. */
void content_renew(struct l3 *l3, instant now);
/* From now on our description has this TLV: SUPPORTS, TRUSTS, HNA6 (beside the primary address),
 * TUN6, *_INGRESS, *_NET, TOPOLOGY, SMS. len 0 takes it out; TRUSTS once given stays, naming only
 * ourselves then. ERR_MALFORMED, ERR_TOO_BIG (SELF_TLV_MAX), ERR_FULL: nothing changed. */
enum err content_publish(struct l3 *l3, instant now, uint8_t type, const void *data, size_t len);
/* May `via`, a neighbour, be the first hop to n? (TRUSTS of n) */
bool trust_allows(const struct l3 *l3, const struct l3_node *n, const struct l3_node *via);
/* The hostname of INFO; "" when there is none. */
void content_name(const struct l3_node *n, char *name, size_t room);
/* Does another program than ours speak there? Who does not say is taken for another. */
bool content_is_foreign(const struct description *d);
enum l3_node_state content_state(const struct l3_node *n);
/* Since its description was accepted; 0 without one. */
span content_age(const struct l3_node *n, instant now);

/* ---- packets ---- */

/* DESC_ADV, CONTENT_ADV, DESC_REQ, CONTENT_REQ; the latter two are for us. */
enum err content_rx_description(struct l3 *l3, instant now, const struct source *from,
				const struct bmx7_tlv *t, struct fx *fx);
enum err content_rx_content(struct l3 *l3, instant now, const struct source *from,
			    const struct bmx7_tlv *t, struct fx *fx);
enum err content_rx_description_request(struct l3 *l3, instant now, const struct source *from,
					const struct digest *node, struct fx *fx);
enum err content_rx_content_request(struct l3 *l3, instant now, const struct source *from,
				    const struct digest *hash, struct fx *fx);

/* What a post item (see post.h) stands for, as a whole frame or one item of a request.
 * POST_DESC_ADV, POST_CONTENT_ADV: appends the frame; false: it is not there any more.
 * POST_DESC_REQ, POST_CONTENT_REQ: is it still wanted? w is not touched. */
bool content_write(struct l3 *l3, const struct post *p, struct wr *w);
