/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/reservation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drv/small_file.h"

enum { STALE_SPARE = 256 };

/* What is wished for a MAC, and what dnsmasq knows of it. */
struct reservation {
	struct map_node by_mac;
	struct list list; /* of changed or of settled ones */
	struct mac mac;
	struct ipv4 ip;
	bool gone;
	bool told; /* dnsmasq has a line with an address for it: ... */
	struct ipv4 told_ip;
	bool in_batch; /* its newest line is in a batch */
};

/* An address that dnsmasq has a line for, good or stale. */
struct told {
	struct map_node by_ip;
	struct list all;
	struct ipv4 ip;
};

void reservations_init(struct reservations *r, uint64_t seed)
{
	*r = (struct reservations){0};
	pool_init(&r->pool, (size_t)RESERVATIONS_MAX *
				    (sizeof(struct reservation) + 2 * sizeof(struct told) + 64));
	map_init(&r->by_mac, &r->pool, seed);
	map_init(&r->by_ip_told, &r->pool, seed);
	list_init(&r->changed);
	list_init(&r->settled);
	list_init(&r->told);
}

/* ---- tables ---- */

static struct reservation *find(const struct reservations *r, struct mac mac)
{
	uint32_t hash = map_hash(&r->by_mac, mac.b, sizeof(mac.b));

	for (struct map_node *n = map_first(&r->by_mac, hash); n; n = map_next(n)) {
		struct reservation *x = container_of(n, struct reservation, by_mac);

		if (mac_equal(x->mac, mac))
			return x;
	}
	return NULL;
}

static struct reservation *make(struct reservations *r, struct mac mac)
{
	struct reservation *x = NULL;

	if (r->by_mac.count < RESERVATIONS_MAX)
		x = pool_alloc(&r->pool, sizeof(*x));
	if (x && !map_add(&r->by_mac, &x->by_mac, map_hash(&r->by_mac, mac.b, sizeof(mac.b)))) {
		pool_free(&r->pool, x, sizeof(*x));
		x = NULL;
	}
	if (!x) {
		r->refused++;
		return NULL;
	}
	x->mac = mac;
	x->gone = true;
	list_init(&x->list);
	return x;
}

static void drop(struct reservations *r, struct reservation *x)
{
	map_del(&r->by_mac, &x->by_mac);
	list_del(&x->list);
	pool_free(&r->pool, x, sizeof(*x));
}

static bool told_has(const struct reservations *r, struct ipv4 ip)
{
	uint32_t hash = map_hash(&r->by_ip_told, ip.b, sizeof(ip.b));

	for (struct map_node *n = map_first(&r->by_ip_told, hash); n; n = map_next(n))
		if (ipv4_to_u32(container_of(n, struct told, by_ip)->ip) == ipv4_to_u32(ip))
			return true;
	return false;
}

/* false: no memory. */
static bool told_add(struct reservations *r, struct ipv4 ip)
{
	struct told *t = pool_alloc(&r->pool, sizeof(*t));

	if (!t)
		return false;
	t->ip = ip;
	if (!map_add(&r->by_ip_told, &t->by_ip, map_hash(&r->by_ip_told, ip.b, sizeof(ip.b)))) {
		pool_free(&r->pool, t, sizeof(*t));
		return false;
	}
	list_append(&r->told, &t->all);
	return true;
}

static void told_clear(struct reservations *r)
{
	list_each (t, &r->told, struct told, all) {
		map_del(&r->by_ip_told, &t->by_ip);
		list_del(&t->all);
		pool_free(&r->pool, t, sizeof(*t));
	}
}

void reservations_fini(struct reservations *r)
{
	told_clear(r);
	list_each (x, &r->changed, struct reservation, list) {
		drop(r, x);
	}
	list_each (x, &r->settled, struct reservation, list) {
		drop(r, x);
	}
	map_fini(&r->by_mac);
	map_fini(&r->by_ip_told);
	pool_fini(&r->pool);
}

/* ---- wishes ---- */

void reservations_set(struct reservations *r, struct mac mac, struct ipv4 ip, bool gone)
{
	struct reservation *x = find(r, mac);

	if (!x && (gone || !(x = make(r, mac))))
		return;
	if (x->gone == gone && (gone || ipv4_to_u32(x->ip) == ipv4_to_u32(ip)))
		return;
	r->count += x->gone ? 1u : 0;
	r->count -= gone ? 1u : 0;
	x->ip = ip;
	x->gone = gone;
	/* The newest first: of two with one address dnsmasq takes the first. */
	list_del(&x->list);
	list_prepend(&r->changed, &x->list);
}

bool reservations_find(const struct reservations *r, struct mac mac, struct ipv4 *ip)
{
	const struct reservation *x = find(r, mac);

	if (!x || x->gone)
		return false;
	*ip = x->ip;
	return true;
}

bool reservations_pending(const struct reservations *r)
{
	return r->anew || !list_empty(&r->changed);
}

/* ---- telling ---- */

static void line_add(struct text *t, const struct reservation *x)
{
	char mac[MAC_TEXT], ip[IPV4_TEXT];

	if (x->gone)
		text_add(t, "%s\n", mac_print(x->mac, mac));
	else
		text_add(t, "%s,%s\n", mac_print(x->mac, mac), ipv4_print(x->ip, ip));
}

static bool is_told(const struct reservation *x)
{
	if (x->gone)
		return !x->told;
	return x->told && ipv4_to_u32(x->told_ip) == ipv4_to_u32(x->ip);
}

static void settle(struct reservations *r, struct reservation *x, bool in_batch)
{
	x->told = !x->gone;
	x->told_ip = x->ip;
	x->in_batch = in_batch;
	list_del(&x->list);
	list_prepend(&r->settled, &x->list);
}

/* What has changed, into t. false: a batch cannot say it, or there is no memory; the
 * tables are half changed then, and all must be written. */
static bool batch_print(struct reservations *r, struct text *t)
{
	while (!list_empty(&r->changed)) {
		/* The oldest wish first. */
		struct reservation *x = container_of(r->changed.prev, struct reservation, list);

		if (is_told(x)) {
			list_del(&x->list);
			list_prepend(&r->settled, &x->list);
			continue;
		}
		if (x->in_batch || (!x->gone && (told_has(r, x->ip) || !told_add(r, x->ip))))
			return false;
		r->stale += x->told ? 1u : 0;
		line_add(t, x);
		settle(r, x, true);
	}
	return true;
}

static void all_print(struct reservations *r, struct text *t)
{
	struct list *from[] = {&r->changed, &r->settled};
	struct list done;

	told_clear(r);
	r->doubled = 0;
	list_init(&done);
	for (unsigned i = 0; i < 2; i++) {
		list_each (x, from[i], struct reservation, list) {
			if (x->gone) {
				drop(r, x);
				continue;
			}
			/* Of two the newer one holds; the other is told when it is alone. */
			x->told = !told_has(r, x->ip) && told_add(r, x->ip);
			x->told_ip = x->ip;
			x->in_batch = false;
			if (x->told)
				line_add(t, x);
			else
				r->doubled++;
			list_del(&x->list);
			list_append(&done, &x->list);
		}
	}
	list_each (x, &done, struct reservation, list) {
		list_del(&x->list);
		list_append(&r->settled, &x->list);
	}
	r->stale = 0;
}

static char *batch_path(const struct run_dir *run, char folder[RUN_PATH_ROOM])
{
	return run_dir_path(run, RESERVATIONS_FOLDER, folder);
}

static int all_write(struct reservations *r, const struct run_dir *run)
{
	char folder[RUN_PATH_ROOM], path[RUN_PATH_ROOM + 16];
	struct text t = {0};
	int e;

	r->anew = true;
	all_print(r, &t);
	e = small_file_write(run->path, RESERVATIONS_FILE, &t);
	if (!e)
		e = folder_make(batch_path(run, folder));
	if (e)
		return e;
	for (; r->batches > 0; r->batches--) {
		snprintf(path, sizeof(path), "%s/%u", folder, r->batch_no - r->batches + 1);
		unlink(path);
	}
	r->anew = false;
	r->all_written++;
	return 0;
}

int reservations_write(struct reservations *r, const struct run_dir *run, bool all, bool *anew)
{
	char folder[RUN_PATH_ROOM], name[16];
	struct text t = {0};
	int e;

	*anew = all || r->anew || r->doubled > 0 || r->batches == RESERVATION_BATCHES_MAX ||
		r->stale > r->count / 2 + STALE_SPARE || !batch_print(r, &t);
	if (*anew) {
		free(t.data);
		return all_write(r, run);
	}
	if (t.len == 0)
		return 0;
	snprintf(name, sizeof(name), "%u", ++r->batch_no);
	r->batches++;
	e = small_file_write(batch_path(run, folder), name, &t);
	r->anew = e != 0;
	r->batches_written++;
	return e;
}

void reservations_remove(const struct run_dir *run)
{
	char path[RUN_PATH_ROOM];

	unlink(run_dir_path(run, RESERVATIONS_FILE, path));
	small_file_remove_folder(batch_path(run, path));
}
