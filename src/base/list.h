/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list - an intrusive doubly linked list.
 *
 * Source  ours.
 * Shape   a ring through a head; an element embeds struct list. An element
 *         that is in no list points to itself.
 * Memory  the element is the caller's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* The struct of type that has ptr as its member. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Walks a list; the element at hand may be deleted. */
#define list_each(pos, head, type, member)                                                         \
	for (type *pos = container_of((head)->next, type, member),                                 \
		  *pos##_next = container_of(pos->member.next, type, member);                      \
	     &pos->member != (head);                                                               \
	     pos = pos##_next, pos##_next = container_of(pos->member.next, type, member))

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* Puts e before pos; before the head is the end of the list. */
static inline void list_insert(struct list *pos, struct list *e)
{
	e->next = pos;
	e->prev = pos->prev;
	pos->prev->next = e;
	pos->prev = e;
}

static inline void list_append(struct list *head, struct list *e)
{
	list_insert(head, e);
}

static inline void list_prepend(struct list *head, struct list *e)
{
	list_insert(head->next, e);
}

/* Takes e out of its list; harmless when it is in none. */
static inline void list_del(struct list *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}
