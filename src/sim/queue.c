/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/queue.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		item_free(q->heap[i].item);
	free(q->heap);
	*q = (struct queue){0};
}

struct item *item_new(enum item_kind kind, size_t len)
{
	struct item *it = checked(malloc(sizeof(*it) + len));

	*it = (struct item){.kind = kind, .len = len};
	return it;
}

void item_free(struct item *it)
{
	if (it->carried && --it->carried->users == 0)
		free(it->carried);
	free(it);
}

struct carried *carried_new(const uint8_t *bytes, size_t len)
{
	struct carried *c = checked(malloc(sizeof(*c) + len));

	*c = (struct carried){.len = len};
	memcpy(c->bytes, bytes, len);
	return c;
}

void item_carry(struct item *it, struct carried *c)
{
	it->carried = c;
	c->users++;
}

static bool earlier(const struct queue_place *a, const struct queue_place *b)
{
	return a->at.us != b->at.us ? a->at.us < b->at.us : a->order < b->order;
}

void queue_put(struct queue *q, instant at, struct item *it)
{
	const struct queue_place new = {at, q->order++, it};
	size_t i = q->count++;

	if (i == q->room) {
		q->room = q->room ? q->room * 2 : 256;
		q->heap = checked(realloc(q->heap, q->room * sizeof(*q->heap)));
	}
	it->at = at;
	while (i > 0 && earlier(&new, &q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = new;
}

const struct item *queue_peek(const struct queue *q)
{
	return q->count > 0 ? q->heap[0].item : NULL;
}

struct item *queue_take(struct queue *q)
{
	struct item *first = q->heap[0].item;
	const struct queue_place last = q->heap[--q->count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->count)
			break;
		if (child + 1 < q->count && earlier(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!earlier(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return first;
}
