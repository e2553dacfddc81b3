/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/json.h"
#include <stdlib.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

json_t *json_text(const char *text)
{
	char *clean = strdup(text);

	if (!clean)
		return NULL;
	for (char *p = clean; *p; p++)
		if (is_control(*p))
			*p = '?';

	json_t *s = json_string(clean);

	if (!s) {
		for (char *p = clean; *p; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		s = json_string(clean);
	}
	free(clean);
	return s;
}

void json_put_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_text(text));
}

void json_put_mac(json_t *o, const char *key, struct mac m)
{
	char text[MAC_TEXT];

	json_object_set_new(o, key, json_string(mac_print(m, text)));
}

void json_put_mac_or_null(json_t *o, const char *key, struct mac m)
{
	if (mac_is_zero(m))
		json_object_set_new(o, key, json_null());
	else
		json_put_mac(o, key, m);
}

void json_put_text_or_null(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, text[0] != '\0' ? json_text(text) : json_null());
}

void json_put_ipv4(json_t *o, const char *key, struct ipv4 a)
{
	char text[IPV4_TEXT];
	bool none = ipv4_to_u32(a) == 0;

	json_object_set_new(o, key, none ? json_null() : json_string(ipv4_print(a, text)));
}

void json_put_ipv6(json_t *o, const char *key, struct ipv6 a)
{
	static const struct ipv6 zero;
	char text[IPV6_TEXT];
	bool none = memcmp(a.b, zero.b, sizeof(zero.b)) == 0;

	json_object_set_new(o, key, none ? json_null() : json_string(ipv6_print(a, text)));
}

void json_put_network(json_t *o, const char *key, const struct prefix *p)
{
	char text[IPV6_PREFIX_TEXT];

	json_put_text(o, key, prefix_print(p, text));
}

void json_put_prefix(json_t *o, const char *key, struct ipv6 a)
{
	char text[IPV6_PREFIX_TEXT];

	json_object_set_new(o, key, json_string(ipv6_prefix_print(a, text)));
}

void json_put_digest(json_t *o, const char *key, const struct digest *d)
{
	static const struct digest zero;
	char text[DIGEST_TEXT];
	bool none = digest_equal(d, &zero);

	json_object_set_new(o, key, none ? json_null() : json_string(digest_print(d, text)));
}

void json_put_count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

void json_put_bool(json_t *o, const char *key, bool value)
{
	json_object_set_new(o, key, json_boolean(value));
}

void json_put_ago_ms(json_t *o, const char *key, instant now, instant then)
{
	if (then.us == NEVER.us)
		json_object_set_new(o, key, json_null());
	else
		json_object_set_new(o, key, json_integer(span_to_ms(instant_since(now, then))));
}

void json_put_span_ms(json_t *o, const char *key, span s)
{
	json_object_set_new(o, key, json_integer(span_to_ms(s)));
}

void json_put_vlan(json_t *o, const char *key, uint16_t vid)
{
	int vlan = vid_to_vlan(vid);

	json_object_set_new(o, key, vlan >= 0 ? json_integer(vlan) : json_null());
}
