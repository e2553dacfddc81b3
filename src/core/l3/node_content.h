/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_content - what the content plane keeps of each node.
 *
 * Source  specs/bmx7.md 4.
 * Shape   the content plane's own; others do not look inside.
 * Memory  embedded in struct l3_node.
 */
#pragma once
#include <stdint.h>

struct node_content {
	uint32_t desc_sqn_refused; /* descriptions up to this number are not accepted any more */
};
