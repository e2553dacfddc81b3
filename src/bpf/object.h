/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object - the compiled programs, as libbpf reads them.
 *
 * Source  ours; made by embed.py when we are built.
 */
#pragma once
#include <stddef.h>

extern const unsigned char bpf_cloud_object[];
extern const size_t bpf_cloud_object_len;

extern const unsigned char bpf_tunnel_object[];
extern const size_t bpf_tunnel_object_len;

extern const unsigned char bpf_vlan_object[];
extern const size_t bpf_vlan_object_len;
