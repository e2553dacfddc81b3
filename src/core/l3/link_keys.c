/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/internal.h"

enum { RETRY_S = 1 };

enum err link_keys_init(struct l3 *l3)
{
	return timer_init(&l3->timers, &l3->keys.renew, TIMER_KEYS) ? OK : ERR_FULL;
}

void link_keys_fini(struct l3 *l3)
{
	timer_fini(&l3->timers, &l3->keys.renew);
}

void link_keys_start(struct l3 *l3, instant now, struct fx *fx)
{
	struct job_bill bill = {.owner = JOB_FOR_LINK_KEY, .ours = true};
	struct job job = {.kind = JOB_DH_KEY, .type = l3->conf.dh_type};

	if (job_ask(l3, now, &bill, &job, fx) != OK)
		timer_set(&l3->timers, &l3->keys.renew, instant_add(now, span_s(RETRY_S)));
}

static void publish(struct l3 *l3, instant now)
{
	l3->keys.published = true;
	timer_cancel(&l3->timers, &l3->keys.renew);
	content_renew(l3, now);
}

void link_keys_due(struct l3 *l3, instant now, struct fx *fx)
{
	if (!l3->keys.key[KEY_NEXT].there)
		link_keys_start(l3, now, fx);
	else if (!l3->keys.published)
		publish(l3, now);
}

void link_keys_done(struct l3 *l3, instant now, const struct job_done *d, struct fx *fx)
{
	struct link_key *k = &l3->keys.key[KEY_NEXT];

	if (!d->ok || d->secret.len > LINK_KEY_MAX || d->public.len > LINK_KEY_MAX ||
	    d->public.len < 2 || d->public.at[1] == 0) {
		timer_set(&l3->timers, &l3->keys.renew, instant_add(now, span_s(RETRY_S)));
		return;
	}
	*k = (struct link_key){
		.there = true, .secret_len = d->secret.len, .public_len = d->public.len};
	memcpy(k->secret, d->secret.at, d->secret.len);
	memcpy(k->public, d->public.at, d->public.len);
	l3->keys.published = false;
	timer_set(&l3->timers, &l3->keys.renew, instant_add(now, span_s(KEY_PREPARE_S)));
	link_keys_review(l3, now, fx);
}

void link_keys_review(struct l3 *l3, instant now, struct fx *fx)
{
	bool missing = false;

	if (!l3->keys.key[KEY_NEXT].there || l3->keys.published)
		return;
	list_each (r, &l3->nears.all, struct near, all) {
		if (!r->verified || r->leaving)
			continue;
		near_secrets_want(l3, now, r, fx);
		missing = missing || !r->secret[KEY_NEXT].there;
	}
	if (!missing)
		publish(l3, now);
}

const struct link_key *link_keys_next(const struct l3 *l3)
{
	if (l3->keys.key[KEY_NEXT].there && l3->keys.published)
		return &l3->keys.key[KEY_NEXT];
	return l3->keys.key[KEY_NOW].there ? &l3->keys.key[KEY_NOW] : NULL;
}

/* Does our description carry k? */
static bool is_described(const struct l3 *l3, const struct link_key *k)
{
	struct tlv_data t = l3->self->description->tlv[BMX7_DHM_LINK_PUBKEY];

	return k->there && t.len == k->public_len && memcmp(t.at, k->public, t.len) == 0;
}

void link_keys_turn(struct l3 *l3, instant now, struct fx *fx)
{
	struct link_keys *s = &l3->keys;
	bool first = !s->key[KEY_NOW].there;
	span life = l3->conf.key_lifetime;

	if (!is_described(l3, &s->key[KEY_NEXT]))
		return;
	s->key[KEY_BEFORE] = s->key[KEY_NOW];
	s->key[KEY_NOW] = s->key[KEY_NEXT];
	s->key[KEY_NEXT] = (struct link_key){.there = false};
	s->published = false;
	list_each (r, &l3->nears.all, struct near, all) {
		r->secret[KEY_BEFORE] = r->secret[KEY_NOW];
		r->secret[KEY_NOW] = r->secret[KEY_NEXT];
		r->secret[KEY_NEXT] = (struct secret){.there = false};
		near_secrets_want(l3, now, r, fx);
	}
	/* Nodes that started together do not renew together. */
	if (first)
		life = span_ms(span_to_ms(life) / 60 +
			       prng_below(&l3->prng, (uint32_t)(span_to_ms(life) * 59 / 60) + 1));
	timer_set(&l3->timers, &s->renew, instant_add(now, life));
	l3_note(fx, NETWORK_NOTE_KEY_RENEWED, l3->self, NULL, 0);
}
