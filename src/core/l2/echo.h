/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * echo - ping and traceroute on layer 2.
 *
 * Source  specs/batman-adv.md 17.
 * Shape   up to ECHOES_MAX questions under way; an answer is told with FX_ECHO,
 *         silence is the asker's business (it has a clock of its own).
 */
#pragma once
#include "base/clock.h"
#include "core/ev.h"
#include "core/fx.h"

struct l2;

enum { ECHOES_MAX = 16 };

struct echo {
	bool asked; /* and not answered yet */
	uint32_t token;
	uint16_t seqno; /* the asker's */
	uint16_t wire;	/* ours, on the wire: no two questions under way share one */
	struct mac target;
};

struct echoes {
	struct echo at[ECHOES_MAX]; /* a ring: the oldest gives way */
	uint32_t next;
	uint8_t uid;
	uint16_t wire;
};

void echoes_init(struct l2 *l2);

/* EV_ECHO: ERR_NO_ROUTE is told as ECHO_UNREACHABLE at once. */
void echo_ask(struct l2 *l2, instant now, const struct ev_echo *ask, struct fx *fx);

/* An ICMP packet from the mesh: answered, told, or passed on. */
enum err echo_rx(struct l2 *l2, instant now, uint8_t port, struct mac addressed_to,
		 const uint8_t *packet, size_t len, struct fx *fx);
