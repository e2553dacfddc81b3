/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gw/pin.h"

const char *pin_cause_name(enum pin_cause cause)
{
	static const char *const names[] = {[PIN_NONE] = "none",
					    [PIN_BEST] = "best",
					    [PIN_FLOWS] = "flows",
					    [PIN_PEOPLE] = "people",
					    [PIN_LOST] = "lost"};

	return names[cause];
}

static bool is_fit(const struct pin_gateway *g)
{
	return g->there && g->fit;
}

struct pin_choice pin_choose(const struct pin_case *c)
{
	const bool pinned = is_fit(&c->pin);
	const bool same = c->best.there && c->pin.there && digest_equal(&c->best.id, &c->pin.id);

	if (is_fit(&c->wish))
		return (struct pin_choice){PIN_PEOPLE, c->wish.id};
	if (c->wish.there && c->strict)
		return (struct pin_choice){.cause = PIN_LOST};
	/* Elsewhere only its own node knows whether it is idle. */
	if (pinned && (c->busy || !c->here) && !same)
		return (struct pin_choice){PIN_FLOWS, c->pin.id};
	if (c->here && is_fit(&c->best) && (c->busy || c->pin.there))
		return (struct pin_choice){PIN_BEST, c->best.id};
	if (pinned)
		return (struct pin_choice){PIN_FLOWS, c->pin.id};
	return (struct pin_choice){.cause = PIN_NONE};
}
