/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pin - through which gateway does one client go to the Internet?
 *
 * Source  ours; README.md here has the table of states.
 * Shape   A decision for one client and family, of all that counts: what people wish, through
 *         which gateway the client's flows go (its pin), and what its node uses.
 * Memory  nothing is kept.
 */
#pragma once
#include <stdbool.h>
#include "base/digest.h"

/* After so long without a packet to the Internet a client has no flows. */
enum { PIN_IDLE_S = 60 };

enum pin_cause {
	PIN_NONE,   /* nothing is known of it: its packets go as the node's own */
	PIN_BEST,   /* what the node uses */
	PIN_FLOWS,  /* its flows are there */
	PIN_PEOPLE, /* they wish so */
	PIN_LOST,   /* they wish so, and it does not work: nowhere else */
};

/* A gateway, and whether packets may go there now. */
struct pin_gateway {
	bool there;
	bool fit; /* it is offered, there is a way to it, and it was not found bad */
	struct digest id;
};

struct pin_case {
	struct pin_gateway wish; /* fit is what counts now; of people, for this client */
	bool strict;
	struct pin_gateway pin;	 /* where its flows are */
	struct pin_gateway best; /* of the node that it is attached to */
	bool here;		 /* it is attached to this node, which alone may move it */
	bool busy;		 /* it has sent something in the last PIN_IDLE_S */
};

struct pin_choice {
	enum pin_cause cause;
	struct digest to; /* not with PIN_NONE and PIN_LOST */
};

struct pin_choice pin_choose(const struct pin_case *c);
/* "none", "best", "flows", "people", "lost" */
const char *pin_cause_name(enum pin_cause cause);
