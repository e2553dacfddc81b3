/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/share/recent.h"
#include "base/seqno.h"
#include "core/share/share_internal.h"

static void announced(struct peer *p)
{
	p->announced = (uint8_t)(p->announced + (p->announced < RECENT_TOLD));
}

void recent_note(struct share *s, instant now, struct peer *p, bool change)
{
	if (!change) {
		announced(p);
		return;
	}
	p->announced = 0;
	p->changed = now;
	list_del(&p->recent);
	list_prepend(&s->recent, &p->recent);
}

void recent_write(struct share *s, instant now, struct wr *w)
{
	struct alfred_want have[RECENT_MAX];
	size_t count = 0;

	list_each (p, &s->recent, struct peer, recent) {
		if (count == RECENT_MAX ||
		    instant_since(now, p->changed).us > span_ms(RECENT_MS).us)
			break;
		if (!p->told || p->set.edition != p->told_edition ||
		    p->set.seqno != p->told_seqno || p->announced == RECENT_TOLD)
			continue;
		have[count++] = (struct alfred_want){p->mac, p->set.edition, p->set.seqno};
		announced(p);
	}
	if (count > 0)
		alfred_wants_write(w, ALFRED_HAVE, have, count);
}

/* Another node has more than the publisher told us. */
static void hint(struct share *s, instant now, struct peer *p, const struct alfred_want *x)
{
	const int32_t newer = seqno_diff(x->edition, p->told_edition);

	if (!p->ours || !p->told || newer < 0 ||
	    (newer == 0 && seqno_diff(x->have, p->told_seqno) <= 0) || p->hints > 0 ||
	    !bucket_take(&s->hints, now))
		return;
	p->hints = RECENT_ASKS;
	behind_update(s, now, p);
}

void recent_rx(struct share *s, instant now, struct rd r)
{
	struct alfred_want x;

	for (unsigned i = 0; i < RECENT_MAX && alfred_want_next(&r, &x); i++) {
		struct peer *p;

		if (mac_equal(x.publisher, s->conf.self)) {
			if (x.edition == s->mine.edition && x.have == s->sent &&
			    s->spoken_for < RECENT_ENOUGH)
				s->spoken_for++;
			continue;
		}
		p = peer_find(s, x.publisher);
		if (p && p->told && x.edition == p->told_edition && x.have == p->told_seqno)
			announced(p);
		else if (p)
			hint(s, now, p, &x);
	}
}
