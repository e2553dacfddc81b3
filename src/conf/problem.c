/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/problem.h"
#include <stdio.h>
#include <string.h>

void conf_problems_init(struct conf_problems *p)
{
	p->count = p->errors = p->dropped = 0;
}

static void copy_plain(char *to, size_t room, const char *from)
{
	snprintf(to, room, "%s", from);
	for (char *c = to; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* The place for one more: behind the last, or the last note's. NULL: none. */
static struct conf_problem *problem_place(struct conf_problems *p, enum conf_severity severity)
{
	if (p->count < CONF_PROBLEMS_MAX)
		return &p->at[p->count++];
	p->dropped++;
	if (severity == CONF_NOTE)
		return NULL;
	for (unsigned i = p->count; i > 0; i--)
		if (p->at[i - 1].severity == CONF_NOTE) {
			memmove(&p->at[i - 1], &p->at[i], (p->count - i) * sizeof(p->at[0]));
			return &p->at[p->count - 1];
		}
	return NULL;
}

void problem_add(struct conf_problems *p, enum conf_severity severity, const char *file,
		 unsigned line, const char *text, const char *remedy)
{
	struct conf_problem *q = problem_place(p, severity);

	if (severity == CONF_ERROR)
		p->errors++;
	if (!q)
		return;
	q->severity = severity;
	q->line = line;
	copy_plain(q->file, sizeof(q->file), file);
	copy_plain(q->text, sizeof(q->text), text);
	copy_plain(q->remedy, sizeof(q->remedy), remedy);
}

char *conf_problem_print(const struct conf_problem *p, char *text, size_t room)
{
	char line[16] = "";

	if (p->line > 0)
		snprintf(line, sizeof(line), ":%u", p->line);
	snprintf(text, room, "%s%s: %s: %s; %s", p->file, line,
		 p->severity == CONF_ERROR ? "error" : "note", p->text, p->remedy);
	return text;
}
