/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json - putting what a node has into JSON.
 *
 * Source  ours; docs/control.md names the fields.
 * Shape   json_put_* add a member to an object. Without memory the member is
 *         missing; nothing crashes.
 * Time    ages and waits are whole milliseconds, "..._ms".
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/digest.h"
#include "base/ip.h"
#include "base/mac.h"
#include "base/prefix.h"

/* A string; bytes that are not UTF-8, and control characters, become '?'. */
json_t *json_text(const char *text);

void json_put_text(json_t *o, const char *key, const char *text);
void json_put_mac(json_t *o, const char *key, struct mac m);
/* null for the zero address */
void json_put_mac_or_null(json_t *o, const char *key, struct mac m);
/* 56 hex digits; null for the zero digest */
void json_put_digest(json_t *o, const char *key, const struct digest *d);
/* Without the prefix length; null for the zero address. */
void json_put_ipv4(json_t *o, const char *key, struct ipv4 a);
void json_put_ipv6(json_t *o, const char *key, struct ipv6 a);
void json_put_prefix(json_t *o, const char *key, struct ipv6 a); /* "fd70::/16" */
/* Of either family: "10.0.0.0/8" */
void json_put_network(json_t *o, const char *key, const struct prefix *p);
void json_put_count(json_t *o, const char *key, uint64_t n);
void json_put_bool(json_t *o, const char *key, bool value);
/* A string, or null for "". */
void json_put_text_or_null(json_t *o, const char *key, const char *text);
/* How long ago then was; null for NEVER. */
void json_put_ago_ms(json_t *o, const char *key, instant now, instant then);
void json_put_span_ms(json_t *o, const char *key, span s);

/* The VLAN id in a vid as core/ev.h has it: 0..4095, or -1 without a tag. */
static inline int vid_to_vlan(uint16_t vid)
{
	return vid & 0x8000 ? vid & 0x0fff : -1;
}

/* A number, or null without a tag. */
void json_put_vlan(json_t *o, const char *key, uint16_t vid);
