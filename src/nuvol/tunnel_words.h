/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunnel_words - one-way tunnels and what is offered behind them, as people read it.
 *
 * Source  docs/control.md: "tunnels", "routes", "why".
 */
#pragma once
#include <jansson.h>
#include "nuvol/command.h"
#include "nuvol/list.h"
#include "nuvol/words.h"

/* The table of routes into tunnels. */
extern const struct list_shape tunnel_routes;

/* "10.20.0.0/16", "0.0.0.0/0 (10 Mbit/s)": the bandwidth when it is less than all. */
char *offer_words(const json_t *offer, char *words, size_t room);
/* "10.20.0.0/16, fd20::/64"; "nothing now" */
char *networks_words(const json_t *list, char *words, size_t room);

/* Of "why": who offers an address, and what excludes each. */
void tunnel_gateways_print(const struct cli *cli, const json_t *tunnel);
/* The line of the status; the host's part may be missing. */
void tunnel_status_print(const struct cli *cli, const json_t *tunnels, const json_t *host);
