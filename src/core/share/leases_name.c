/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name - who is called how; see leases_internal.h. */
#include <assert.h>
#include <stdio.h>
#include "core/share/leases_internal.h"

enum { SUFFIX_LEN = 5 }; /* -XXXX */

/* Names that mean the gateway, or that programs ask for and believe; no client gets them. */
static const char *const taken[] = {"anygw",  "isatap",	  "localhost", "meuno",
				    "minodo", "thisnode", "wpad"};

const char *holder_text(const struct holder *h)
{
	switch (h->kind) {
	case HOLDER_NODE: return container_of(h, struct teller, holder)->hostname;
	case HOLDER_CLIENT: return container_of(h, struct entry, holder)->name;
	case HOLDER_GATEWAY:
	case HOLDER_STATIC:
	case HOLDER_LEGACY: break;
	}
	return "";
}

void name_shown(const struct holder *h, char out[LEASE_NAME_ROOM + 8])
{
	if (!h->name)
		out[0] = '\0';
	else if (h->plain)
		snprintf(out, LEASE_NAME_ROOM + 8, "%s", h->name->text);
	else
		snprintf(out, LEASE_NAME_ROOM + 8, "%.*s-%02x%02x",
			 LEASE_NAME_ROOM - 1 - SUFFIX_LEN, h->name->text, h->mac.b[4], h->mac.b[5]);
}

static void tell(const struct holder *h, bool gone, struct fx *fx)
{
	char shown[LEASE_NAME_ROOM + 8];
	struct effect e = {.kind = FX_NAME,
			   .name = {.name = shown, .ip4 = ipv4_from_u32(h->ip, 32), .gone = gone}};

	if (h->kind == HOLDER_NODE)
		e.name.ip6 = container_of(h, struct teller, holder)->ip6;
	name_shown(h, shown);
	fx->emit(fx, &e);
}

static struct name *name_find(const struct leases *l, const char *text)
{
	struct map_node *n = map_first(&l->by_name, map_hash(&l->by_name, text, strlen(text)));

	for (; n; n = map_next(n)) {
		struct name *name = container_of(n, struct name, by_text);

		if (strcmp(name->text, text) == 0)
			return name;
	}
	return NULL;
}

static struct name *name_get(struct leases *l, const char *text)
{
	struct name *n = name_find(l, text);

	if (n)
		return n;
	n = pool_alloc(&l->pool, sizeof(*n));
	if (!n)
		return NULL;
	list_init(&n->holders);
	memcpy(n->text, text, strlen(text) + 1);
	if (!map_add(&l->by_name, &n->by_text, map_hash(&l->by_name, text, strlen(text)))) {
		pool_free(&l->pool, n, sizeof(*n));
		return NULL;
	}
	return n;
}

static bool may_be_plain(const struct holder *h)
{
	if (h->kind == HOLDER_NODE)
		return true;
	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(h->name->text, taken[i]) == 0)
			return false;
	return true;
}

static bool comes_first(const struct holder *a, const struct holder *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	if (a->since_unix_s != b->since_unix_s)
		return a->since_unix_s < b->since_unix_s;
	return mac_compare(a->mac, b->mac) < 0;
}

/* h changes between NAME and NAME-XXXX. */
static void rename_to(struct leases *l, struct holder *h, bool plain, struct fx *fx)
{
	tell(h, true, fx);
	h->plain = plain;
	l->count[LEASES_NAMES_CLASHED] += !plain;
	tell(h, false, fx);
}

void name_enter(struct leases *l, struct holder *h, struct fx *fx)
{
	const char *text = holder_text(h);
	struct name *n;

	if (h->name || text[0] == '\0')
		return;
	n = name_get(l, text);
	if (!n) {
		l->count[LEASES_FULL]++;
		return;
	}
	list_append(&n->holders, &h->of_name);
	h->name = n;
	h->plain = may_be_plain(h) && (!n->first || comes_first(h, n->first));
	if (h->plain) {
		if (n->first)
			rename_to(l, n->first, false, fx);
		n->first = h;
	} else {
		l->count[LEASES_NAMES_CLASHED]++;
	}
	tell(h, false, fx);
}

void name_leave(struct leases *l, struct holder *h, struct fx *fx)
{
	struct name *n = h->name;
	struct holder *best = NULL;

	if (!n)
		return;
	tell(h, true, fx);
	list_del(&h->of_name);
	h->name = NULL;
	if (list_empty(&n->holders)) {
		map_del(&l->by_name, &n->by_text);
		pool_free(&l->pool, n, sizeof(*n));
		return;
	}
	if (n->first != h)
		return;
	list_each (o, &n->holders, struct holder, of_name)
		if (may_be_plain(o) && (!best || comes_first(o, best)))
			best = o;
	n->first = best;
	if (best)
		rename_to(l, best, true, fx);
}
