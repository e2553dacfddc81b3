/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's headers want <asm/bitsperlong.h>, whose place depends on the machine that
 * builds; for eBPF there is no machine, and what is common to all is right.
 *
 * Source  Linux include/uapi/asm-generic.
 */
#pragma once
#include <asm-generic/bitsperlong.h>
