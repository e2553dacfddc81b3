/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/text.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_FIRST_ROOM = 1024 };

/* Room for len more bytes and a NUL. */
static bool text_reserve(struct text *t, size_t len)
{
	size_t room = t->room > 0 ? t->room : TEXT_FIRST_ROOM;

	while (room - t->len <= len)
		room *= 2;
	if (room != t->room) {
		char *data = realloc(t->data, room);

		if (!data) {
			t->failed = true;
			return false;
		}
		t->data = data;
		t->room = room;
	}
	return true;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(len >= 0);
	if (t->failed || !text_reserve(t, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(t->data + t->len, t->room - t->len, format, args);
	va_end(args);
	t->len += (size_t)len;
}

char *text_take(struct text *t)
{
	char *data = t->data;

	if (t->failed) {
		free(t->data);
		data = NULL;
	}
	*t = (struct text){0};
	return data;
}
