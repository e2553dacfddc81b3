/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fast_object - an embedded object with programs of ours, in the kernel.
 *
 * Source  libbpf; bpf/object.h.
 * Memory  libbpf's; after any of these bpf_object__close(*o) gives it back, also after an error.
 *         What libbpf says goes to our log, from the first one on.
 */
#pragma once
#include <stddef.h>

struct bpf_object;

/* Reads it; its maps may still be given. Negative errno. */
int fast_object_open(struct bpf_object **o, const unsigned char *bytes, size_t len);
/* ... and loads it. -EPERM: without the capability. */
int fast_object_load(struct bpf_object **o, const unsigned char *bytes, size_t len);
/* The program of that name in a loaded object; -ENOENT: none. */
int fast_object_program(const struct bpf_object *o, const char *name);
