/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege - giving away what the daemon does not need any more.
 *
 * Source  capabilities(7); DESIGN 4: root, then only what is needed.
 */
#pragma once
#include <stdbool.h>

/* Keeps, as far as we have them, NET_ADMIN and NET_RAW for ourselves, and what dnsmasq needs
 * whenever it is started: NET_BIND_SERVICE (ports 53 and 67), SETUID and SETGID (it becomes
 * its own user), KILL (to end it then). bpf: and BPF. Negative errno. */
int privilege_drop(bool bpf);
