/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/l3/kept_path.h"
#include <string.h>

static size_t history_bytes(unsigned count)
{
	return count * sizeof(struct bmx7_history);
}

struct metric_path kept_path_get(const struct kept_path *k)
{
	struct metric_path p = {.metric = kept_path_metric(k), .history_count = k->history_count};

	if (k->history)
		memcpy(p.history, k->history, history_bytes(k->history_count));
	return p;
}

void kept_path_clear(struct pool *pool, struct kept_path *k)
{
	pool_free(pool, k->history, history_bytes(k->history_count));
	*k = (struct kept_path){.metric = bmx7_float_from(METRIC_UNROUTABLE)};
}

void kept_path_set(struct pool *pool, struct kept_path *k, const struct metric_path *path)
{
	if (k->history_count != path->history_count) {
		struct bmx7_history *room = NULL;

		kept_path_clear(pool, k);
		if (path->history_count > 0)
			room = pool_alloc(pool, history_bytes(path->history_count));
		if (path->history_count > 0 && !room)
			return;
		k->history = room;
		k->history_count = path->history_count;
	}
	k->metric = bmx7_float_from(path->metric);
	if (k->history)
		memcpy(k->history, path->history, history_bytes(path->history_count));
}
