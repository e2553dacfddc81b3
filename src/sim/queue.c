/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/queue.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *block)
{
	if (!block) {
		fputs("out of memory: try a smaller world\n", stderr);
		exit(1);
	}
	return block;
}

void queue_fini(struct queue *q)
{
	for (size_t i = 0; i < q->count; i++)
		free(q->heap[i]);
	free(q->heap);
	*q = (struct queue){0};
}

struct item *item_new(enum item_kind kind, size_t len)
{
	struct item *it = checked(malloc(sizeof(*it) + len));

	*it = (struct item){.kind = kind, .len = len};
	return it;
}

static bool earlier(const struct item *a, const struct item *b)
{
	return a->at.us != b->at.us ? a->at.us < b->at.us : a->order < b->order;
}

void queue_put(struct queue *q, instant at, struct item *it)
{
	if (q->count == q->room) {
		q->room = q->room ? q->room * 2 : 256;
		q->heap = checked(realloc(q->heap, q->room * sizeof(struct item *)));
	}
	it->at = at;
	it->order = q->order++;

	size_t i = q->count++;
	while (i > 0 && earlier(it, q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = it;
}

const struct item *queue_peek(const struct queue *q)
{
	return q->count > 0 ? q->heap[0] : NULL;
}

struct item *queue_take(struct queue *q)
{
	struct item *first = q->heap[0], *last = q->heap[--q->count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->count)
			break;
		if (child + 1 < q->count && earlier(q->heap[child + 1], q->heap[child]))
			child++;
		if (!earlier(q->heap[child], last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return first;
}
