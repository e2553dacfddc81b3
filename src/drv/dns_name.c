/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/dns_name.h"

#include <stdio.h>
#include <string.h>

#include "core/lease.h"
#include "drv/small_file.h"

enum { NAME_ROOM = LEASE_NAME_ROOM + 8 };

struct dns_name {
	struct map_node by_name;
	struct list file;
	char name[NAME_ROOM];
	struct ipv4 ip4;
	struct ipv6 ip6;
};

void dns_names_init(struct dns_names *d, uint64_t seed)
{
	*d = (struct dns_names){0};
	pool_init(&d->pool, (size_t)DNS_NAMES_MAX * (sizeof(struct dns_name) + 32));
	map_init(&d->by_name, &d->pool, seed);
	for (unsigned i = 0; i < DNS_NAME_FILES; i++)
		list_init(&d->file[i]);
}

static void drop(struct dns_names *d, struct dns_name *x)
{
	map_del(&d->by_name, &x->by_name);
	list_del(&x->file);
	pool_free(&d->pool, x, sizeof(*x));
	d->count--;
}

void dns_names_fini(struct dns_names *d)
{
	for (unsigned i = 0; i < DNS_NAME_FILES; i++)
		list_each (x, &d->file[i], struct dns_name, file) {
			drop(d, x);
		}
	map_fini(&d->by_name);
	pool_fini(&d->pool);
}

/* In lower case: DNS knows no other. false: not only letters, digits and hyphens, so that it
 * could mean something in a file of hosts. */
static bool name_take(const char *name, char low[NAME_ROOM])
{
	size_t len = strlen(name);

	if (len == 0 || len >= NAME_ROOM)
		return false;
	for (size_t i = 0; i <= len; i++)
		low[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
	return strspn(low, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static struct dns_name *find(const struct dns_names *d, uint32_t hash, const char *name,
			     struct ipv4 ip4)
{
	for (struct map_node *n = map_first(&d->by_name, hash); n; n = map_next(n)) {
		struct dns_name *x = container_of(n, struct dns_name, by_name);

		if (strcmp(x->name, name) == 0 && ipv4_to_u32(x->ip4) == ipv4_to_u32(ip4))
			return x;
	}
	return NULL;
}

static struct dns_name *make(struct dns_names *d, uint32_t hash, const char *name, struct ipv4 ip4)
{
	struct dns_name *x = NULL;

	if (d->count < DNS_NAMES_MAX)
		x = pool_alloc(&d->pool, sizeof(*x));
	if (x && !map_add(&d->by_name, &x->by_name, hash)) {
		pool_free(&d->pool, x, sizeof(*x));
		x = NULL;
	}
	if (!x) {
		d->refused++;
		return NULL;
	}
	snprintf(x->name, sizeof(x->name), "%s", name);
	x->ip4 = ip4;
	list_init(&x->file);
	list_append(&d->file[hash % DNS_NAME_FILES], &x->file);
	d->count++;
	return x;
}

void dns_names_set(struct dns_names *d, const char *name, struct ipv4 ip4, struct ipv6 ip6,
		   bool gone)
{
	char low[NAME_ROOM];
	struct dns_name *x;
	uint32_t hash;
	bool fresh;

	if (!name_take(name, low))
		return;
	hash = map_hash(&d->by_name, low, strlen(low));
	x = find(d, hash, low, ip4);
	fresh = !x;
	if (fresh && (gone || !(x = make(d, hash, low, ip4))))
		return;
	if (gone)
		drop(d, x);
	else if (!fresh && memcmp(x->ip6.b, ip6.b, sizeof(ip6.b)) == 0)
		return;
	else
		x->ip6 = ip6;
	d->changed |= 1u << hash % DNS_NAME_FILES;
}

bool dns_names_pending(const struct dns_names *d)
{
	return d->changed != 0;
}

static void name_add(struct text *t, const struct dns_name *x)
{
	static const uint8_t none[16];
	char ip4[IPV4_TEXT], ip6[IPV6_TEXT];

	if (ipv4_to_u32(x->ip4) != 0)
		text_add(t, "%s %s\n", ipv4_print(x->ip4, ip4), x->name);
	if (memcmp(x->ip6.b, none, sizeof(none)) != 0)
		text_add(t, "%s %s\n", ipv6_print(x->ip6, ip6), x->name);
}

int dns_names_write(struct dns_names *d, const struct run_dir *run, bool all)
{
	char folder[RUN_PATH_ROOM], number[8];
	int e = folder_make(run_dir_path(run, DNS_NAMES_FOLDER, folder));

	if (all)
		d->changed = UINT32_MAX;
	for (unsigned i = 0; !e && i < DNS_NAME_FILES; i++) {
		struct text t = {0};

		if ((d->changed & 1u << i) == 0 ||
		    (list_empty(&d->file[i]) && (d->written & 1u << i) == 0))
			continue;
		list_each (x, &d->file[i], struct dns_name, file) {
			name_add(&t, x);
		}
		snprintf(number, sizeof(number), "%u", i);
		e = small_file_write(folder, number, &t);
		if (e)
			return e;
		d->changed &= ~(1u << i);
		d->written |= 1u << i;
	}
	if (!e)
		d->changed = 0;
	return e;
}

void dns_names_remove(const struct run_dir *run)
{
	char path[RUN_PATH_ROOM];

	small_file_remove_folder(run_dir_path(run, DNS_NAMES_FOLDER, path));
}
