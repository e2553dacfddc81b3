/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gw/proof.h"

enum { PERMILLE = 1000, LOSS_MEMORY = 64, RTT_MEMORY = 8, BACKOFFS_MAX = 16, RETRY_PROBES = 2 };

const char *gw_verdict_name(enum gw_verdict v)
{
	static const char *const names[] = {
		[GW_UNPROVEN] = "unproven", [GW_GOOD] = "good", [GW_BAD] = "bad"};

	return names[v];
}

/* To be called after each change: the deadline is asked for much more often. */
static void due_update(struct proofs *p)
{
	p->due = NEVER;
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; p->family[v6].on && i < PROOFS_MAX; i++) {
			const struct proof *one = &p->family[v6].at[i];

			if (one->there && one->wanted)
				p->due = instant_min(p->due, instant_min(one->round, one->burst));
		}
}

instant proofs_deadline(const struct proofs *p)
{
	return p->due;
}

void proofs_init(struct proofs *p)
{
	*p = (struct proofs){.due = NEVER};
}

void proofs_set(struct proofs *p, bool v6, bool on)
{
	if (p->family[v6].on == on)
		return;
	p->family[v6] = (struct proof_family){.on = on};
	for (unsigned i = 0; i < PROOF_ASKED_MAX; i++)
		if (p->asked[i].v6 == v6)
			p->asked[i].token = 0;
	due_update(p);
}

/* ---- whom ---- */

static bool is_of(const struct proof *p, const struct digest *node)
{
	return p->there && digest_equal(&p->to.node, node);
}

static struct proof *find(struct proof_family *f, const struct digest *node)
{
	for (unsigned i = 0; i < PROOFS_MAX; i++)
		if (is_of(&f->at[i], node))
			return &f->at[i];
	return NULL;
}

const struct proof *proofs_find(const struct proofs *p, bool v6, const struct digest *node)
{
	for (unsigned i = 0; i < PROOFS_MAX; i++)
		if (is_of(&p->family[v6].at[i], node))
			return &p->family[v6].at[i];
	return NULL;
}

static bool any_good(const struct proof_family *f)
{
	for (unsigned i = 0; i < PROOFS_MAX; i++)
		if (f->at[i].there && f->at[i].verdict == GW_GOOD)
			return true;
	return false;
}

/* A free place, or that of who is bad, not used, and has been so for longest; NULL: none. */
static struct proof *place_find(struct proof_family *f)
{
	struct proof *oldest = NULL;

	for (unsigned i = 0; i < PROOFS_MAX; i++) {
		struct proof *p = &f->at[i];

		if (!p->there)
			return p;
		if (p->verdict == GW_BAD && !p->used &&
		    (!oldest || instant_before(p->since, oldest->since)))
			oldest = p;
	}
	return oldest;
}

static void forget(struct proofs *p, struct proof *gone)
{
	for (unsigned i = 0; i < PROOF_ASKED_MAX; i++) {
		struct proof_asked *a = &p->asked[i];

		if (a->token && gone == &p->family[a->v6].at[a->proof])
			a->token = 0;
	}
	gone->there = false;
}

static struct proof *enter(struct proofs *p, instant now, bool v6, const struct tunnel_to *to)
{
	struct proof *at = place_find(&p->family[v6]);

	if (!at)
		return NULL;
	forget(p, at);
	*at = (struct proof){.there = true,
			     .to = *to,
			     .since = now,
			     .good = NEVER,
			     .round = now,
			     .burst = NEVER};
	return at;
}

/* Those that nobody wishes. A bad one is remembered for a while. */
static void unwanted_forget(struct proofs *p, instant now, bool v6, const struct proof_env *env)
{
	for (unsigned i = 0; i < PROOFS_MAX; i++) {
		struct proof *one = &p->family[v6].at[i];
		instant end = instant_add(one->since, span_s(PROOF_FORGET_S));

		if (!one->there || one->wanted ||
		    (one->verdict == GW_BAD && !instant_reached(end, now)))
			continue;
		forget(p, one);
		one->verdict = GW_UNPROVEN;
		one->lossy = 0;
		one->late = false;
		env->judged(env->ctx, v6, one);
	}
}

void proofs_wish(struct proofs *p, instant now, bool v6, const struct proof_wish *wish,
		 size_t count, const struct proof_env *env)
{
	struct proof_family *f = &p->family[v6];
	bool was_used[PROOFS_MAX];
	const unsigned standbys_max = any_good(f) ? PROOF_STANDBYS : PROOF_SEEKERS;
	unsigned standbys = 0;

	if (!f->on)
		return;
	for (unsigned i = 0; i < PROOFS_MAX; i++) {
		was_used[i] = f->at[i].there && f->at[i].used;
		f->at[i].wanted = f->at[i].used = false;
	}
	for (size_t i = 0; i < count; i++) {
		struct proof *one = find(f, &wish[i].to.node);
		bool bad = one && one->verdict == GW_BAD;

		if (!wish[i].used && !bad && standbys++ >= standbys_max)
			continue;
		if (!one)
			one = enter(p, now, v6, &wish[i].to);
		if (!one)
			continue;
		one->to = wish[i].to;
		one->wanted = true;
		one->used |= wish[i].used;
		if (one->used && !was_used[one - f->at]) {
			one->round = now; /* it was asked rarely until now */
			one->trial = one->trials = 0;
		}
	}
	unwanted_forget(p, now, v6, env);
	due_update(p);
}

/* ---- loss and delay ---- */

/* From so much on (permille) loss is of the next step, and what it takes then. TCP suffers more
 * than what is lost. */
static const struct {
	uint32_t from, damage;
} steps[PROOF_LOSSY_MAX + 1] = {{0, 0}, {100, 500}, {250, 750}, {500, 900}};

enum { MARGIN = 60, LATE_DAMAGE = 300 };

uint32_t proof_damage(const struct proof *p)
{
	const uint32_t left = PERMILLE - steps[p->lossy].damage;

	return PERMILLE - (p->late ? left * (PERMILLE - LATE_DAMAGE) / PERMILLE : left);
}

static void step_follow(struct proof *p)
{
	const uint32_t late = PROOF_LATE_MS * 1000, in_time = PROOF_IN_TIME_MS * 1000;

	while (p->lossy < PROOF_LOSSY_MAX && p->loss_permille > steps[p->lossy + 1].from + MARGIN)
		p->lossy++;
	while (p->lossy > 0 && p->loss_permille + MARGIN < steps[p->lossy].from)
		p->lossy--;
	p->late = p->rtt_us > (p->late ? in_time : late);
}

/* After loss or delay have changed. */
static void damage_follow(bool v6, struct proof *p, const struct proof_env *env)
{
	const uint32_t before = proof_damage(p);

	step_follow(p);
	if (before != proof_damage(p))
		env->judged(env->ctx, v6, p);
}

/* ---- asking ---- */

static void loss_add(struct proof *p, bool lost)
{
	uint32_t one = lost ? PERMILLE * LOSS_MEMORY : 0;

	/* loss_permille is rounded towards what came last, so that it gets to 0 and to 1000. */
	p->loss_permille = (p->loss_permille * (LOSS_MEMORY - 1) + one / LOSS_MEMORY +
			    (lost ? LOSS_MEMORY - 1 : 0)) /
			   LOSS_MEMORY;
}

static void give_up(struct proofs *p, struct proof_asked *a)
{
	if (a->token)
		loss_add(&p->family[a->v6].at[a->proof], true);
	a->token = 0;
}

static struct proof_asked *asked_place(struct proofs *p)
{
	struct proof_asked *oldest = &p->asked[0];

	for (unsigned i = 0; i < PROOF_ASKED_MAX; i++) {
		struct proof_asked *a = &p->asked[i];

		if (!a->token)
			return a;
		if (instant_before(a->sent, oldest->sent))
			oldest = a;
	}
	give_up(p, oldest);
	return oldest;
}

static void ask(struct proofs *p, instant now, bool v6, struct proof *one, unsigned times,
		const struct proof_env *env)
{
	for (unsigned i = 0; i < times; i++) {
		struct proof_asked *a = asked_place(p);

		p->token += p->token == UINT32_MAX ? 2 : 1; /* never 0 */
		*a = (struct proof_asked){p->token, v6, (uint16_t)(one - p->family[v6].at), now};
		one->sent++;
		const struct proof_probe probe = {a->token, p->turn++, v6, one->to};

		env->ask(env->ctx, &probe);
	}
}

/* ---- judging ---- */

static span patience(const struct proof *p)
{
	int64_t us = (int64_t)p->rtt_us * 3;

	if (p->rtt_us == 0 || us > PROOF_PATIENCE_MAX_MS * 1000)
		return span_ms(PROOF_PATIENCE_MAX_MS);
	return us < PROOF_PATIENCE_MS * 1000 ? span_ms(PROOF_PATIENCE_MS) : span_us(us);
}

static void judge(struct proofs *p, instant now, bool v6, struct proof *one, enum gw_verdict v,
		  const struct proof_env *env)
{
	one->verdict = v;
	one->since = now;
	one->burst = NEVER;
	one->bursts = 0;
	one->trial = one->trials = 0;
	p->family[v6].known |= v == GW_GOOD;
	env->judged(env->ctx, v6, one);
}

/* Where nothing works, whatever works again is wanted soon. */
static span backoff(const struct proof_family *f, const struct proof *p)
{
	int64_t ms = (int64_t)PROOF_RETRY_MS << (p->failures - 1);

	if (!any_good(f))
		ms = PROOF_RETRY_MS;
	return ms < PROOF_RETRY_MAX_S * 1000 ? span_ms(ms) : span_s(PROOF_RETRY_MAX_S);
}

static void fail(struct proofs *p, instant now, bool v6, struct proof *one,
		 const struct proof_env *env)
{
	if (one->verdict == GW_GOOD &&
	    instant_reached(instant_add(one->since, span_s(PROOF_FORGIVE_S)), now))
		one->failures = 0;
	if (one->failures < BACKOFFS_MAX)
		one->failures++;
	if (one->verdict != GW_BAD)
		judge(p, now, v6, one, GW_BAD, env);
	one->trial = one->trials = 0;
	one->round = instant_add(now, backoff(&p->family[v6], one));
}

void proofs_answer(struct proofs *p, instant now, uint32_t token, const struct proof_env *env)
{
	for (unsigned i = 0; token != 0 && i < PROOF_ASKED_MAX; i++) {
		struct proof_asked *a = &p->asked[i];
		struct proof *one = &p->family[a->v6].at[a->proof];

		if (a->token != token)
			continue;
		uint32_t rtt = (uint32_t)instant_since(now, a->sent).us + 1;

		a->token = 0;
		one->rtt_us = one->rtt_us
				      ? one->rtt_us - one->rtt_us / RTT_MEMORY + rtt / RTT_MEMORY
				      : rtt;
		loss_add(one, false);
		one->answered++;
		one->good = now;
		one->burst = NEVER;
		one->bursts = 0;
		damage_follow(a->v6, one, env);
		if (one->verdict == GW_UNPROVEN)
			judge(p, now, a->v6, one, GW_GOOD, env);
		else if (one->verdict == GW_BAD && ++one->trial >= PROOF_TRIAL)
			judge(p, now, a->v6, one, GW_GOOD, env);
		else if (one->verdict == GW_BAD)
			one->round =
				instant_min(one->round, instant_add(now, span_ms(PROOF_TRIAL_MS)));
		due_update(p);
		return;
	}
}

void proofs_unsent(struct proofs *p, uint32_t token)
{
	for (unsigned i = 0; token != 0 && i < PROOF_ASKED_MAX; i++) {
		struct proof_asked *a = &p->asked[i];
		struct proof *one = &p->family[a->v6].at[a->proof];

		if (a->token != token)
			continue;
		a->token = 0;
		one->burst = NEVER;
		one->bursts = 0;
		due_update(p);
		return;
	}
}

/* One that is bad is asked after its backoff; when it answers, more often, until it is good. */
static void retry(struct proofs *p, instant now, bool v6, struct proof *one,
		  const struct proof_env *env)
{
	if (one->trial == 0 && one->trials > 0) { /* nobody answered the last time */
		one->trials = 0;
		fail(p, now, v6, one, env);
		return;
	}
	if (one->trials >= PROOF_TRIALS) {
		fail(p, now, v6, one, env);
		return;
	}
	one->trials++;
	ask(p, now, v6, one, one->trial == 0 ? RETRY_PROBES : 1, env);
	one->round = instant_add(now, span_ms(one->trial == 0 ? PROOF_RETRY_MS : PROOF_TRIAL_MS));
}

/* What is used may be lost soon: what comes next is looked at now. */
static void hurry(struct proof_family *f, instant now)
{
	for (unsigned i = 0; i < PROOFS_MAX; i++) {
		struct proof *p = &f->at[i];

		if (p->there && p->wanted && !p->used && p->verdict != GW_BAD)
			p->round = now;
	}
}

static void run_one(struct proofs *p, instant now, bool v6, struct proof *one,
		    const struct proof_env *env)
{
	if (instant_reached(one->burst, now)) {
		if (one->bursts == PROOF_BURSTS) {
			fail(p, now, v6, one, env);
			return;
		}
		if (one->bursts++ == 0 && one->used)
			hurry(&p->family[v6], now);
		one->burst = instant_add(now, patience(one));
		ask(p, now, v6, one, PROOF_BURST, env);
	}
	if (!instant_reached(one->round, now))
		return;
	if (one->verdict == GW_BAD) {
		retry(p, now, v6, one, env);
		return;
	}
	one->round =
		instant_add(now, one->used ? span_ms(PROOF_ROUND_MS) : span_s(PROOF_STANDBY_S));
	if (one->bursts > 0)
		return; /* it is being asked */
	one->burst = instant_min(one->burst, instant_add(now, patience(one)));
	ask(p, now, v6, one, 1, env);
}

void proofs_run(struct proofs *p, instant now, const struct proof_env *env)
{
	for (unsigned i = 0; i < PROOF_ASKED_MAX; i++)
		if (instant_reached(instant_add(p->asked[i].sent, span_ms(PROOF_GIVE_UP_MS)), now))
			give_up(p, &p->asked[i]);
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; p->family[v6].on && i < PROOFS_MAX; i++) {
			struct proof *one = &p->family[v6].at[i];

			/* Of a bad one that nobody offers only the verdict is kept. */
			if (!one->there || !one->wanted)
				continue;
			damage_follow(v6, one, env);
			run_one(p, now, v6, one, env);
		}
	due_update(p);
}
