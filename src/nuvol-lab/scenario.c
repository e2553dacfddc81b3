/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/scenario.h"
#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "nuvol-lab/interrupt.h"
#include "nuvol-lab/step.h"

enum { SCENARIO_FILE_MAX = 1 << 20 };

struct script {
	struct step *steps;
	unsigned count;
};

/* The next word of *at into itself, unquoted; NULL at the line's end. bad: a quote
 * is not closed. */
static char *word_take(char **at, bool *bad)
{
	char *from = *at, *to, *word, quote = '\0';

	while (isspace((unsigned char)*from))
		from++;
	if (!*from || *from == '#')
		return NULL;
	for (word = to = from; *from && (quote || !isspace((unsigned char)*from)); from++) {
		if (quote && *from == quote)
			quote = '\0';
		else if (!quote && (*from == '\'' || *from == '"'))
			quote = *from;
		else
			*to++ = *from;
	}
	*bad = quote != '\0';
	*at = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

/* Fills s from its text; NULL, or what is wrong. */
static const char *step_parse(struct step *s)
{
	char *at = s->cut, *word;
	bool bad = false;

	while ((word = word_take(&at, &bad)) != NULL && !bad) {
		if (s->count == STEP_WORDS_MAX)
			return "too many words; a step has at most 64";
		s->words[s->count++] = word;
	}
	if (bad)
		return "a quote is not closed; put one at its end";
	if (s->count == 0)
		return NULL;
	s->verb = verb_find(s->words[0]);
	if (!s->verb)
		return "no such step; nuvol-lab(8) lists them";
	if (s->count - 1 < s->verb->least || s->count - 1 > s->verb->most)
		return s->verb->arguments;
	return s->verb->check ? s->verb->check(s) : NULL;
}

static struct step *step_add(struct script *script, const char *line, size_t len, unsigned number)
{
	struct step *grown = realloc(script->steps, (script->count + 1) * sizeof(*grown));
	struct step *s;

	if (!grown)
		abort();
	script->steps = grown;
	s = &grown[script->count++];
	*s = (struct step){.line = number, .text = strndup(line, len), .cut = strndup(line, len)};
	if (!s->text || !s->cut)
		abort();
	for (char *c = s->text; *c; c++)
		if (*c == '\t')
			*c = ' ';
	memmove(s->text, s->text + strspn(s->text, " "),
		strlen(s->text + strspn(s->text, " ")) + 1);
	return s;
}

static void script_fini(struct script *script)
{
	for (unsigned i = 0; i < script->count; i++) {
		free(script->steps[i].text);
		free(script->steps[i].cut);
	}
	free(script->steps);
}

/* All mistakes at once, before anything is done. */
static bool script_parse(struct script *script, const char *file, const char *text)
{
	unsigned number = 0, mistakes = 0;

	*script = (struct script){0};
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct step *s = step_add(script, text, len, ++number);
		const char *wrong = step_parse(s);

		if (wrong && s->verb && wrong == s->verb->arguments)
			fprintf(stderr, "%s:%u: it is written '%s %s'\n", file, number,
				s->verb->name, wrong);
		else if (wrong)
			fprintf(stderr, "%s:%u: %s\n", file, number, wrong);
		mistakes += wrong != NULL;
		text += len + (text[len] == '\n');
	}
	return mistakes == 0;
}

static double elapsed_s(const struct run *r)
{
	return (double)instant_since(clock_read(), r->began).us / 1e6;
}

static bool step_run(struct run *r, const struct step *s, const char *file)
{
	instant begin = clock_read();
	bool good;

	r->said[0] = '\0';
	if (!s->verb->silent) {
		printf("[%6.1f s] %s ... ", elapsed_s(r), s->text);
		fflush(stdout);
	}
	r->took = span_us(-1);
	good = s->verb->act(r, s) && !interrupt_came();
	if (r->took.us < 0)
		r->took = instant_since(clock_read(), begin);
	if (!s->verb->silent)
		r->before = r->took;
	if (good && !s->verb->silent)
		printf("ok%s%s (%.1f s)\n", *r->said ? ": " : "", r->said,
		       (double)instant_since(clock_read(), begin).us / 1e6);
	if (good)
		return true;
	if (!s->verb->silent)
		printf("failed\n");
	fflush(stdout);
	fprintf(stderr, "%s:%u: %s: %s%s%s\n", file, s->line,
		interrupt_came() ? "interrupted" : "FAILED", s->text, *r->said ? ": " : "",
		r->said);
	return false;
}

/* The town's folder, with all its logs. */
static void logs_keep(const struct run *r, const char *folder)
{
	char from[LAB_PATH_ROOM];
	const char *argv[] = {"cp", "-r", lab_path(r->town, "", from), folder, NULL};
	struct spawn how = {0};

	mkdir(folder, 0755);
	interrupt_clear();
	if (process_run(argv, &how, NULL) == 0)
		fprintf(stderr, "the town's logs are in %s/%s\n", folder, r->town);
}

static bool steps_run(struct run *r, const struct script *script, const char *file)
{
	for (unsigned i = 0; i < script->count; i++)
		if (script->steps[i].verb && !step_run(r, &script->steps[i], file))
			return false;
	return true;
}

static void run_fini(struct run *r)
{
	for (unsigned i = 0; i < r->result_count; i++) {
		free(r->results[i].label);
		free(r->results[i].value);
	}
	free(r->results);
	free(r->jobs);
}

int scenario_run(const char *file, const struct scenario_options *o)
{
	static struct run r; /* too big for a stack */
	struct script script = {0};
	size_t len;
	char *text = file_read(file, SCENARIO_FILE_MAX, &len), path[PATH_MAX];
	bool good, existed;

	if (!text || !script_parse(&script, file, text) || !realpath(file, path)) {
		script_fini(&script);
		free(text);
		return 2;
	}
	r = (struct run){.options = o, .began = clock_read()};
	snprintf(r.folder, sizeof(r.folder), "%s", dirname(path));
	if (o->build.name)
		snprintf(r.town, sizeof(r.town), "%s", o->build.name);
	good = steps_run(&r, &script, file);
	interrupt_clear();
	jobs_end(&r);
	if (!good && o->logs && r.town[0])
		logs_keep(&r, o->logs);
	if (r.brought_up && !o->keep)
		good = build_down(r.town, &existed) && good;
	run_fini(&r);
	script_fini(&script);
	free(text);
	return good ? 0 : 1;
}
