/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * template - puts the bytes of an SSID's and a MAC's identity into a text.
 *
 * Source  specs/libremesh.md 1.1: %N1..%N6, %M1..%M6, %m1..%m6.
 * Shape   a byte becomes a decimal number or two hex digits. What is no
 *         placeholder stays as it is, also a placeholder without its identity.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum template_base { TEMPLATE_DECIMAL, TEMPLATE_HEX };

/* At least six bytes each; NULL: leave these placeholders alone. */
struct template_ids {
	const uint8_t *network; /* %N */
	const uint8_t *mac;	/* %M */
	const uint8_t *machine; /* %m */
};

/* false: the result does not fit room; out is not to be used then. */
bool template_fill(const char *template, enum template_base base, const struct template_ids *ids,
		   char *out, size_t room);
