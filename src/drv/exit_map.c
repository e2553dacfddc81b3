/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/exit_map.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctl/json.h"
#include "drv/log.h"
#include "drv/nft_elements.h"
#include "drv/route.h"
#include "drv/route_table.h"
#include "drv/steer.h"

#define TABLE "nuvol_exits"

/* Where no packet goes that is for the Internet. */
#define NOWHERE4                                                                                   \
	"0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, "                      \
	"172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3"
#define INTERNET6 "2000::/3"

static const char *const map_name[] = {"to4", "to6"}, *const set_name[] = {"busy4", "busy6"};

struct exit_client {
	struct map_node node;
	struct list all;
	struct list todo; /* of dirty; alone: the kernel has it */
	struct mac mac;
	bool v6;
	uint32_t mark;	  /* wished; 0: none */
	uint32_t written; /* in the rules that a child is putting in force */
	uint32_t held;	  /* the kernel's */
};

/* ---- the rules ---- */

static void map_put(FILE *o, struct exit_map *m, bool v6)
{
	const char *before = "elements = { ";
	char mac[MAC_TEXT];

	fprintf(o, "map %s { type ether_addr : mark; ", map_name[v6]);
	list_each (c, &m->all, struct exit_client, all) {
		if (c->v6 != v6)
			continue;
		c->written = c->mark;
		if (c->mark == 0)
			continue;
		fprintf(o, "%s%s : 0x%x", before, mac_print(c->mac, mac), c->mark);
		before = ", ";
	}
	fprintf(o, "%s}\n", before[0] == ',' ? " }; " : "");
}

char *exit_map_rules(struct exit_map *m)
{
	char *text = NULL;
	size_t len;
	FILE *o = open_memstream(&text, &len);

	if (!o)
		return NULL;
	fputs("table inet " TABLE " {}\ndelete table inet " TABLE "\ntable inet " TABLE " {\n", o);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		map_put(o, m, v6);
		fprintf(o,
			"set %s { type ether_addr; size %d; timeout %ds; "
			"flags dynamic,timeout; }\n",
			set_name[v6], TUNNEL_SEEN_MAX, EXIT_MAP_BUSY_S);
	}
	fprintf(o,
		"chain in {\ntype filter hook prerouting priority -150; policy accept;\n"
		"iifname != { \"%s\", \"%s\" } return\nmeta mark != 0 return\n"
		"meta nfproto ipv4 meta mark set ether saddr map @to4\n"
		"meta nfproto ipv6 meta mark set ether saddr map @to6\n}\n"
		"chain through {\ntype filter hook forward priority 10; policy accept;\n"
		"iifname != { \"%s\", \"%s\" } return\n"
		"ip daddr != { " NOWHERE4 " } update @busy4 { ether saddr }\n"
		"ip6 daddr " INTERNET6 " update @busy6 { ether saddr }\n}\n}\n",
		m->bridge, m->anygw, m->bridge, m->anygw);
	if (fclose(o) == 0)
		return text;
	free(text);
	return NULL;
}

static struct rule rule_at(unsigned i, bool v6)
{
	return (struct rule){
		.v6 = v6,
		.protocol = ROUTE_PROTOCOL,
		.no_default = true,
		.table = i == 0 ? (uint32_t)ROUTE_TABLE_MAIN : (uint32_t)STEER_TUNNELS,
		.priority = TUNNEL_CLIENT_PREFERENCE - 2 + i,
		.mark = TUNNEL_CLIENT_TABLE,
		.mask = ~(uint32_t)(TUNNEL_CLIENT_TABLES - 1),
	};
}

static void rules_set(struct exit_map *m, bool on)
{
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; i < 2; i++) {
			const struct rule r = rule_at(i, v6);
			int e = on ? rule_add_any(m->ask, &r) : rule_del_any(m->ask, &r);

			if (e && e != -EEXIST && on)
				log_line(LOG_WARN, "clients cannot keep their gateways: %s",
					 strerror(-e));
		}
}

/* ---- clients ---- */

static uint32_t hash_of(const struct exit_map *m, struct mac mac)
{
	return map_hash(&m->map, mac.b, sizeof(mac.b));
}

static struct exit_client *client_find(const struct exit_map *m, struct mac mac, bool v6)
{
	for (struct map_node *n = map_first(&m->map, hash_of(m, mac)); n; n = map_next(n)) {
		struct exit_client *c = container_of(n, struct exit_client, node);

		if (c->v6 == v6 && mac_equal(c->mac, mac))
			return c;
	}
	return NULL;
}

static struct exit_client *client_get(struct exit_map *m, struct mac mac, bool v6)
{
	struct exit_client *c = client_find(m, mac, v6);

	if (c)
		return c;
	c = m->count < EXIT_MAP_MAX ? pool_alloc(&m->pool, sizeof(*c)) : NULL;
	if (!c)
		return NULL;
	c->mac = mac;
	c->v6 = v6;
	list_init(&c->todo);
	if (!map_add(&m->map, &c->node, hash_of(m, mac))) {
		pool_free(&m->pool, c, sizeof(*c));
		return NULL;
	}
	list_append(&m->all, &c->all);
	m->count++;
	return c;
}

static void client_free(struct exit_map *m, struct exit_client *c)
{
	map_del(&m->map, &c->node);
	list_del(&c->all);
	list_del(&c->todo);
	m->count--;
	pool_free(&m->pool, c, sizeof(*c));
}

void exit_map_set(struct exit_map *m, const struct tunnel_client *t)
{
	struct exit_client *c = client_get(m, t->mac, t->v6);

	if (!c) {
		m->refused++;
		return;
	}
	c->mark = t->table;
	list_del(&c->todo);
	list_append(&m->dirty[t->v6], &c->todo);
}

/* ---- the kernel ---- */

/* Some of them, in one message. */
static int some_tell(struct exit_map *m, bool v6)
{
	struct nft_element del[NFT_ELEMENTS_MAX], add[NFT_ELEMENTS_MAX];
	struct exit_client *some[NFT_ELEMENTS_MAX];
	size_t dels = 0, adds = 0, count = 0;
	int e = 0;

	while (count < NFT_ELEMENTS_MAX && !list_empty(&m->dirty[v6])) {
		struct exit_client *c = container_of(m->dirty[v6].next, struct exit_client, todo);

		list_del(&c->todo);
		some[count++] = c;
		if (c->held == c->mark)
			continue;
		if (c->held != 0)
			del[dels++] = (struct nft_element){c->mac, c->held};
		if (c->mark != 0)
			add[adds++] = (struct nft_element){c->mac, c->mark};
	}
	if (dels + adds > 0) {
		e = nft_elements_change(&m->table.netfilter, TABLE, map_name[v6], del, dels, add,
					adds);
		m->told++;
	}
	for (size_t i = 0; i < count; i++) {
		some[i]->held = some[i]->mark;
		if (some[i]->mark == 0)
			client_free(m, some[i]);
	}
	return e;
}

void exit_map_settle(struct exit_map *m)
{
	int e = 0;

	if (!m->table.in_force || m->table.child.pid != 0)
		return;
	for (unsigned v6 = 0; v6 < 2; v6++)
		while (!e && !list_empty(&m->dirty[v6]))
			e = some_tell(m, v6);
	if (!e)
		return;
	log_line(LOG_DEBUG, "the map of clients' gateways is made anew: %s", strerror(-e));
	m->table.in_force = false;
	nft_table_apply(&m->table);
}

static char *rules(void *ctx)
{
	return exit_map_rules(ctx);
}

static void missing(void *ctx, const char *why)
{
	(void)ctx;
	log_line(LOG_WARN, "clients do not keep their gateways while they roam: %s", why);
}

/* What changed while the child was at work is told by the next settle. */
static void settled(void *ctx, bool recovered)
{
	struct exit_map *m = ctx;

	(void)recovered;
	if (!m->table.in_force)
		return;
	list_each (c, &m->all, struct exit_client, all) {
		c->held = c->written;
		list_del(&c->todo);
		if (c->held != c->mark || c->mark == 0)
			list_append(&m->dirty[c->v6], &c->todo);
	}
	exit_map_settle(m);
}

/* ---- who sends ---- */

static void seen(void *ctx, struct mac mac)
{
	struct exit_map *m = ctx;

	if (m->seen_len == sizeof(m->seen))
		return;
	memcpy(m->seen + m->seen_len, mac.b, sizeof(mac.b));
	m->seen_len += sizeof(mac.b);
}

static void look(uv_timer_t *timer)
{
	struct exit_map *m = timer->data;
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_SEEN}};

	for (unsigned v6 = 0; v6 < 2 && m->table.in_force; v6++) {
		m->seen_len = 0;
		(void)nft_elements_each(&m->table.netfilter, TABLE, set_name[v6], seen, m);
		ev.tunnel.seen = (struct ev_tunnel_seen){v6, m->seen, m->seen_len};
		if (m->seen_len > 0)
			m->tell(m->ctx, &ev);
	}
}

/* ---- starting and leaving ---- */

void exit_map_start(struct exit_map *m, uv_loop_t *uv)
{
	uint64_t seed = 0;

	(void)getrandom(&seed, sizeof(seed), 0);
	pool_init(&m->pool, EXIT_MAP_MAX * (sizeof(struct exit_client) + 4 * sizeof(void *)));
	map_init(&m->map, &m->pool, seed);
	list_init(&m->all);
	list_init(&m->dirty[0]);
	list_init(&m->dirty[1]);
	m->table =
		(struct nft_table){.family = NFPROTO_INET,
				   .name = TABLE,
				   .mending = "the rules of clients' gateways; making them again",
				   .rules = rules,
				   .missing = missing,
				   .settled = settled,
				   .ctx = m};
	nft_table_init(&m->table, uv);
	uv_timer_init(uv, &m->look);
	m->look.data = m;
}

void exit_map_want(struct exit_map *m)
{
	if (m->wanted)
		return;
	m->wanted = true;
	if (!nft_table_open_or_fail(&m->table))
		return;
	rules_set(m, true);
	nft_table_apply(&m->table);
	uv_timer_start(&m->look, look, EXIT_MAP_LOOK_MS, EXIT_MAP_LOOK_MS);
}

void exit_map_check(struct exit_map *m)
{
	if (m->wanted)
		nft_table_check(&m->table);
}

void exit_map_stop(struct exit_map *m)
{
	nft_table_stop(&m->table);
	if (m->wanted)
		rules_set(m, false);
	uv_close((uv_handle_t *)&m->look, NULL);
	list_each (c, &m->all, struct exit_client, all) {
		client_free(m, c);
	}
	map_fini(&m->map);
	pool_fini(&m->pool);
}

json_t *exit_map_status(const struct exit_map *m)
{
	json_t *o = json_object();

	json_put_bool(o, "in_force", m->table.in_force);
	json_put_text(o, "fault", m->table.fault);
	json_put_count(o, "entries", m->count);
	json_put_count(o, "refused", m->refused);
	json_put_count(o, "told", m->told);
	return o;
}
