/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/fast_object.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drv/log.h"

__attribute__((format(printf, 2, 0))) static int print(enum libbpf_print_level level,
						       const char *format, va_list args)
{
	char text[512];

	if (level == LIBBPF_DEBUG || !log_wants(LOG_DEBUG))
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_line(LOG_DEBUG, "%s", text);
	return 0;
}

int fast_object_open(struct bpf_object **o, const unsigned char *bytes, size_t len)
{
	libbpf_set_print(print);
	*o = bpf_object__open_mem(bytes, len, NULL);
	return *o ? 0 : -errno;
}

int fast_object_load(struct bpf_object **o, const unsigned char *bytes, size_t len)
{
	int e = fast_object_open(o, bytes, len);

	return e ? e : bpf_object__load(*o);
}

int fast_object_program(const struct bpf_object *o, const char *name)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(o, name);

	return p ? bpf_program__fd(p) : -ENOENT;
}
