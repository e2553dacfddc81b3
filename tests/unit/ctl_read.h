/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_read - members of an answer, which must be there and of the right type.
 *
 * Source  ours; cmocka's assertions.
 */
#pragma once
#include <jansson.h>
#include <string.h>
#include "base/mac.h"
#include "cmocka_all.h"

static inline const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static inline long long number(const json_t *o, const char *key)
{
	assert_true(json_is_integer(json_object_get(o, key)));
	return json_integer_value(json_object_get(o, key));
}

static inline bool flag(const json_t *o, const char *key)
{
	assert_true(json_is_boolean(json_object_get(o, key)));
	return json_is_true(json_object_get(o, key));
}

/* The member of list whose "mac" (or another key) is m. */
static inline json_t *find(const json_t *list, const char *key, struct mac m)
{
	char want[MAC_TEXT];
	json_t *o;
	size_t i;

	mac_print(m, want);
	json_array_foreach(list, i, o) if (strcmp(text(o, key), want) == 0) return o;
	fail_msg("%s %s is not in the list", key, want);
	return NULL;
}

static inline void assert_mac(const json_t *o, const char *key, struct mac m)
{
	char want[MAC_TEXT];

	assert_string_equal(text(o, key), mac_print(m, want));
}
