/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_parts - how a layout is put together, for those who make one.
 *
 * Source  ours.
 * Shape   First nodes, then links, then the index of neighbours, once.
 */
#pragma once
#include "sim/layout.h"

unsigned layout_add_node(struct layout *l, int32_t x_m, int32_t y_m);
void layout_add_link(struct layout *l, unsigned a, unsigned b, uint16_t loss);
void layout_index(struct layout *l);
