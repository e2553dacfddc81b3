/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l2/window.h"
#include "base/seqno.h"

enum err flood_window_mark(struct flood_window *w, instant now, uint32_t seqno)
{
	int32_t d = seqno_diff(seqno, w->newest);

	if (!w->started) {
		w->started = true;
		w->newest = seqno;
		w->newest_at = now;
		w->bits = 1;
		return OK;
	}
	if (d <= -WINDOW_BITS && d > -WINDOW_RESTART &&
	    span_less(instant_since(now, w->newest_at), span_ms(WINDOW_LATE_MS)))
		return ERR_OLD;
	if (window_is_restart(d)) {
		if (window_is_protected(w->was_reset, w->reset_at, now))
			return ERR_PROTECTED;
		w->was_reset = true;
		w->reset_at = now;
		w->newest_at = now;
		w->newest = seqno;
		w->bits = 1;
		return OK;
	}
	if (d > 0) {
		w->bits = window_shift(w->bits, d) | 1;
		w->newest = seqno;
		w->newest_at = now;
		return OK;
	}
	if (window_has(w->bits, -d))
		return ERR_DUPLICATE;
	w->bits |= UINT64_C(1) << -d;
	return OK;
}
