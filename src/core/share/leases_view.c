/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view - leases and nodes as people may see them; see leases.h. */
#include <assert.h>
#include "core/share/leases_internal.h"

static void conflict_view(const struct leases *l, const struct holder *h, struct lease_view *v)
{
	v->conflict = h->loser;
	if (h->loser)
		v->winner = address_winner(l, h->ip)->mac;
	name_shown(h, v->shown);
}

static struct lease_view entry_view(const struct leases *l, instant now, const struct entry *e)
{
	struct lease_view v = {
		.lease = {.mac = e->holder.mac,
			  .ip = ipv4_from_u32(e->holder.ip, 32),
			  .since_unix_s = e->holder.since_unix_s,
			  .version = e->version,
			  .left_s = entry_left_s(e, now)},
		.node = e->teller->holder.mac,
		.here = e->teller == l->self && instant_before(now, e->here_until),
		.reserved = static_find(l, e->holder.mac) != NULL,
	};

	memcpy(v.lease.name, e->name, sizeof(v.lease.name));
	conflict_view(l, &e->holder, &v);
	return v;
}

/* What another kind of holder than a client's lease looks like. */
static struct lease_view holder_view(const struct leases *l, const struct holder *h,
				     struct mac node)
{
	struct lease_view v = {
		.lease = {.mac = h->mac, .ip = ipv4_from_u32(h->ip, 32)},
		.node = node,
		.reserved = h->kind == HOLDER_STATIC,
	};

	conflict_view(l, h, &v);
	return v;
}

void leases_each(const struct leases *l, instant now,
		 bool (*show)(void *ctx, const struct lease_view *v), void *ctx)
{
	struct lease_view v;

	list_each (e, &l->entries, struct entry, all) {
		if (e->ended)
			continue;
		v = entry_view(l, now, e);
		if (!show(ctx, &v))
			return;
	}
	list_each (t, &l->tellers, struct teller, all) {
		list_each (c, &t->claims, struct claim, of_teller) {
			v = holder_view(l, &c->holder, t->holder.mac);
			if (!show(ctx, &v))
				return;
		}
	}
}

bool leases_find(const struct leases *l, instant now, struct mac mac, struct lease_view *v)
{
	const struct entry *e = entry_find(l, mac);

	if (!e || e->ended)
		return false;
	*v = entry_view(l, now, e);
	return true;
}

bool leases_find_ip(const struct leases *l, instant now, struct ipv4 ip, struct lease_view *v)
{
	struct holder *h = address_winner(l, ipv4_to_u32(ip));

	if (!h)
		return false;
	if (h->kind == HOLDER_CLIENT)
		*v = entry_view(l, now, container_of(h, struct entry, holder));
	else
		*v = holder_view(l, h, h->kind == HOLDER_NODE ? h->mac : (struct mac){{0}});
	return true;
}

static bool is_claimed_by(const struct teller *t, uint32_t ip)
{
	for (uint32_t i = 0; i < t->range_count; i++)
		if (ip >= ipv4_to_u32(t->ranges[i].first) && ip <= ipv4_to_u32(t->ranges[i].last))
			return true;
	return false;
}

bool leases_find_slice(const struct leases *l, struct ipv4 ip, struct slice_view *v)
{
	const struct slice *s = slice_of(l, ipv4_to_u32(ip));
	uint32_t i;

	if (!s)
		return false;
	i = (uint32_t)(s - l->slices.at);
	*v = (struct slice_view){.number = i + 1,
				 .count = l->slices.count,
				 .range = slice_range(l, i),
				 .settled = s->ours && s->usable};
	if (s->ours)
		v->node = l->conf.self;
	list_each (t, &l->tellers, struct teller, all)
		if (!s->ours && is_claimed_by(t, ipv4_to_u32(ip)) &&
		    (mac_is_zero(v->node) || slice_prefers(i, t->holder.mac, v->node)))
			v->node = t->holder.mac;
	return true;
}

void leases_each_node(const struct leases *l, instant now,
		      bool (*show)(void *ctx, const struct node_view *v), void *ctx)
{
	(void)now;
	list_each (t, &l->tellers, struct teller, all) {
		struct node_view v = {.mac = t->holder.mac,
				      .self = t == l->self,
				      .alive = t->alive,
				      .ip4 = ipv4_from_u32(t->holder.ip, 32),
				      .ip6 = t->ip6};

		if (!t->known)
			continue;
		memcpy(v.hostname, t->hostname, sizeof(v.hostname));
		for (uint32_t i = 0; v.self && i < l->slices.count; i++)
			v.slices += l->slices.at[i].ours;
		for (uint32_t i = 0; i < t->range_count && t->slice_size > 0; i++)
			v.slices +=
				(ipv4_to_u32(t->ranges[i].last) - ipv4_to_u32(t->ranges[i].first)) /
					t->slice_size +
				1;
		if (!show(ctx, &v))
			return;
	}
}

struct leases_status leases_status(const struct leases *l, instant now)
{
	struct leases_status s = {.leases = l->live,
				  .slices = l->slices.count,
				  .slice_size = l->slices.size,
				  .free_here = slices_free(l, true)};

	if (s.slices > 0)
		s.pool = ipv4_to_u32(l->conf.last) - ipv4_to_u32(l->conf.first) + 1;
	list_each (e, &l->entries, struct entry, all) {
		s.here += !e->ended && e->teller == l->self && instant_before(now, e->here_until);
		s.conflicts += e->holder.loser;
	}
	for (uint32_t i = 0; i < s.slices; i++) {
		const struct slice *at = &l->slices.at[i];

		s.slices_ours += at->ours;
		s.slices_others += !at->ours && at->theirs;
		s.settled |= at->usable;
	}
	return s;
}

uint64_t leases_count(const struct leases *l, enum leases_counter c)
{
	assert(c < LEASES_COUNTERS);
	return l->count[c];
}

const char *leases_counter_name(enum leases_counter c)
{
	static const char *const names[] = {
		[LEASES_MALFORMED] = "malformed",
		[LEASES_FULL] = "full",
		[LEASES_OUTSIDE] = "outside",
		[LEASES_CONFLICTS] = "conflicts",
		[LEASES_SLICES_LOST] = "slices-lost",
		[LEASES_ADOPTED] = "adopted",
		[LEASES_NAMES_CLASHED] = "names-clashed",
	};

	assert(c < LEASES_COUNTERS);
	return names[c];
}
