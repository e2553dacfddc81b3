/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot - what tells this boot of the machine from the next.
 *
 * Source  Linux: /proc/sys/kernel/random/boot_id.
 */
#pragma once
#include <stdint.h>
#include "base/mac.h"

/* A seed that is the same for each start of the node with this MAC until the machine
 * boots again; a random one where the kernel gives no boot_id. */
uint64_t boot_seed(struct mac primary_mac);
