/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared - the method that lists the cloud's shared records and who brings them. */
#include "core/share/share.h"
#include "ctl/json.h"
#include "ctl/method.h"
#include "node/node.h"

enum { SHARED_TYPE }; /* in the order of shared's row in methods[] */

static const char *class_name(enum share_class c)
{
	switch (c) {
	case SHARE_LOCAL: return "local";
	case SHARE_FIRST_HAND: return "first-hand";
	case SHARE_SYNCED: return "synced";
	}
	return "?";
}

static bool record_add(void *ctx, const struct share_record *r)
{
	json_t *o = json_object();

	json_put_mac(o, "source", r->source);
	json_put_count(o, "type", r->type);
	json_put_count(o, "version", r->version);
	json_put_text(o, "class", class_name(r->class));
	json_put_count(o, "bytes", r->len);
	json_put_count(o, "age_ms", (uint64_t)span_to_ms(r->age));
	json_array_append_new(ctx, o);
	return true;
}

static bool peer_add(void *ctx, const struct share_peer *p)
{
	json_t *o = json_object();

	json_put_mac(o, "mac", p->mac);
	json_put_count(o, "heard_ms", (uint64_t)span_to_ms(p->heard));
	json_put_bool(o, "ours", p->ours);
	json_put_count(o, "records", p->records);
	json_array_append_new(ctx, o);
	return true;
}

static bool record_count(void *ctx, const struct share_record *r)
{
	(void)r;
	++*(uint64_t *)ctx;
	return true;
}

static bool peer_count(void *ctx, const struct share_peer *p)
{
	uint64_t *count = ctx;

	count[0]++;
	count[1] += p->ours;
	return true;
}

static json_t *counters_of(const struct share *s)
{
	json_t *o = json_object();

	for (int c = 0; c < SHARE_COUNTERS; c++)
		json_put_count(o, share_counter_name((enum share_counter)c),
			       share_count(s, (enum share_counter)c));
	return o;
}

json_t *shared_status_json(const struct node *node, instant now)
{
	const struct share *s = node->share;
	uint64_t records = 0, peers[2] = {0, 0};

	if (!s)
		return json_null();

	json_t *o = json_object();

	share_each(s, now, -1, record_count, &records);
	share_each_peer(s, now, peer_count, peers);
	json_put_count(o, "records", records);
	json_put_count(o, "peers", peers[0]);
	json_put_count(o, "peers_ours", peers[1]);
	json_put_count(o, "memory_bytes", share_memory(s));
	json_object_set_new(o, "counters", counters_of(s));
	return o;
}

json_t *shared_query(struct call *call)
{
	const struct share *s = call->ctl->node->share;
	const struct param_value *type = &call->value[SHARED_TYPE];

	if (!s)
		return call_refuse(call, "unsupported", "this node shares no records");

	json_t *o = json_object(), *records = json_array(), *peers = json_array();

	share_each(s, call->now, type->given ? (int)type->number : -1, record_add, records);
	share_each_peer(s, call->now, peer_add, peers);
	json_object_set_new(o, "records", records);
	json_object_set_new(o, "peers", peers);
	json_object_set_new(o, "counters", counters_of(s));
	return o;
}
