/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege - giving away what the daemon does not need any more.
 *
 * Source  capabilities(7); DESIGN 4: root, then only CAP_NET_ADMIN and NET_RAW.
 */
#pragma once

/* Keeps CAP_NET_ADMIN and CAP_NET_RAW, as far as we have them. Negative errno. */
int privilege_drop(void);
