/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client - phones and laptops: their interface, and where it is attached.
 *
 * Source  ours; what an access point sends: link.h.
 * Shape   A client's eth0 is one end of a veth for as long as the town is up; MAC,
 *         addresses and ARP cache stay when it moves. The outer end, CLIENT_OUTER,
 *         is, by Wi-Fi (association yes), a port of the node's access point, a
 *         bridge in the air that knows its stations and whose trunk is ap0 of the
 *         node: the client's carrier never goes, the old node is told nothing.
 *         By cable (association no) it is itself a port of the node's br-lan, and
 *         the carrier is lost for a moment, at both ends.
 */
#pragma once
#include "nuvol-lab/batch.h"
#include "nuvol-lab/lab.h"

#define CLIENT_OUTER "cl%u" /* client */
#define CLIENT_AP "ap%u"    /* node: the access point's bridge in the air */
#define CLIENT_TRUNK "tr%u" /* node: its link towards the node, where it is ap0 */

/* Checks each node's configuration, and gives nodes the address that their nuvold will
 * derive, clients one of their cloud, unless they get it by DHCP. false: told on errors
 * why. */
bool addresses_give(struct lab *lab, FILE *errors);

/* Adds to b, for the air, what makes the access point of a node and a client. */
void client_plan_ap(const struct lab *lab, unsigned node, struct batch *b);
void client_plan(const struct lab *lab, unsigned client, struct batch *b);
/* Sets up the inside of the client's namespace. */
bool client_configure(const struct lab *lab, unsigned client);

/* The address that it made itself from a router's advertisement, as its kernel has it:
 * proc(5). false: it has none. */
bool client_address6(const struct lab *lab, unsigned client, char text[IPV6_TEXT]);

/* Attaches the client to node, or to nothing (TOWN_NONE); lab then says so. took:
 * how long the switch itself took. false: told why. */
bool client_attach(struct lab *lab, unsigned client, unsigned node, span *took);
