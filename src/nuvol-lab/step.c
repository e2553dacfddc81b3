/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/step.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "nuvol-lab/action.h"
#include "nuvol-lab/expect.h"
#include "nuvol-lab/inside.h"
#include "nuvol-lab/interrupt.h"
#include "town/quantity.h"

#define SPAN_ENDLESS span_s(1000)
enum { UNIT_S = 1000000, POLL_MS = 20, ANY = STEP_WORDS_MAX };

/* Waits a moment; false: somebody wants us to end. */
static bool pause_ms(int ms)
{
	poll(NULL, 0, ms);
	return !interrupt_came();
}

/* ---- the town ---- */

static bool up_act(struct run *r, const struct step *s)
{
	char path[2 * PATH_MAX];
	struct build_options build = r->options->build;

	if (s->words[1][0] == '/')
		snprintf(path, sizeof(path), "%s", s->words[1]);
	else
		snprintf(path, sizeof(path), "%s/%s", r->folder, s->words[1]);
	if (r->brought_up)
		return lab_fail("a scenario brings up one town only");
	if (!build_name(&build, path, r->town) || build_up(path, &build) != BUILD_DONE)
		return false;
	r->brought_up = true;
	return true;
}

static bool town_is_known(const struct run *r)
{
	return r->town[0] || lab_fail("no town is up; the step 'up FILE' comes first, or --name");
}

static bool roam_act(struct run *r, const struct step *s)
{
	if (!town_is_known(r) || !action_roam(r->town, s->words[1], s->words[2], &r->took))
		return false;
	snprintf(r->said, sizeof(r->said), "switched in %.1f ms", (double)r->took.us / 1000);
	return true;
}

static const char *cut_check(const struct step *s)
{
	if (s->count == 4 && strcmp(s->words[3], "silent") != 0)
		return s->verb->arguments;
	return NULL;
}

static bool cut_act(struct run *r, const struct step *s)
{
	bool silent = strcmp(s->words[s->count - 1], "silent") == 0;
	int names = s->count - (silent ? 1 : 0);

	return town_is_known(r) && action_cut(r->town, s->words[1], names > 2 ? s->words[2] : NULL,
					      silent ? CUT_SILENT : CUT_CARRIER);
}

static bool heal_act(struct run *r, const struct step *s)
{
	return town_is_known(r) &&
	       action_cut(r->town, s->words[1], s->count > 2 ? s->words[2] : NULL, CUT_NONE);
}

static const char *uplink_check(const struct step *s)
{
	enum internet_fault what;

	return internet_fault_parse(s->words[2], &what) ? NULL : s->verb->arguments;
}

static bool uplink_act(struct run *r, const struct step *s)
{
	enum internet_fault what = INTERNET_RETURNS;

	return town_is_known(r) && internet_fault_parse(s->words[2], &what) &&
	       action_uplink(r->town, s->words[1], what);
}

static bool lease_act(struct run *r, const struct step *s)
{
	return town_is_known(r) &&
	       action_lease(r->town, s->words[1],
			    strcmp(s->words[0], "release") == 0 ? LEASE_RELEASE : LEASE_RENEW);
}

static bool daemon_act(struct run *r, const struct step *s)
{
	enum daemon_action what = DAEMON_START;

	if (strcmp(s->words[0], "kill") == 0)
		what = DAEMON_KILL;
	else if (strcmp(s->words[0], "stop") == 0)
		what = DAEMON_STOP;
	return town_is_known(r) && action_daemon(r->town, s->words[1], what);
}

/* ---- programs ---- */

static const char *exec_check(const struct step *s)
{
	return strcmp(s->words[2], "--") == 0 ? NULL : s->verb->arguments;
}

static void lines_print(const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		printf("           | %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static bool exec_act(struct run *r, const struct step *s)
{
	char *output = NULL;
	int status;

	printf("[%6.1f s] %s\n", (double)instant_since(clock_read(), r->began).us / 1e6, s->text);
	fflush(stdout);
	if (!town_is_known(r))
		return false;
	status = inside_run(r->town, r->folder, s->words[1], s->words + 3, SPAN_ENDLESS, &output);
	lines_print(output);
	free(output);
	if (status != 0)
		inside_fault(status, r->said, sizeof(r->said));
	return status == 0;
}

static struct job *job_find(struct run *r, const char *name)
{
	for (unsigned i = 0; i < r->job_count; i++)
		if (strcmp(r->jobs[i].name, name) == 0)
			return &r->jobs[i];
	return NULL;
}

/* background NAME exec WHO -- PROGRAM ... */
static const char *background_check(const struct step *s)
{
	if (!who_name_check(s->words[1]))
		return "a job's name has 1 to 15 letters and digits, a letter first";
	return strcmp(s->words[2], "exec") == 0 && strcmp(s->words[4], "--") == 0
		       ? NULL
		       : s->verb->arguments;
}

static bool background_act(struct run *r, const struct step *s)
{
	struct job *grown, *job;
	char file[WHO_NAME_MAX + 8];

	if (!town_is_known(r))
		return false;
	if (job_find(r, s->words[1]))
		return lab_fail("a job '%s' was started already", s->words[1]);
	grown = realloc(r->jobs, (r->job_count + 1) * sizeof(*grown));
	if (!grown)
		abort();
	r->jobs = grown;
	job = &grown[r->job_count];
	*job = (struct job){0};
	snprintf(job->name, sizeof(job->name), "%s", s->words[1]);
	snprintf(file, sizeof(file), "%s.log", job->name);
	lab_path(r->town, file, job->log);
	if (!inside_start(r->town, r->folder, s->words[3], s->words + 5, job->log, &job->process))
		return false;
	r->job_count++;
	return true;
}

/* The last line of text that is not empty; cuts text. */
static char *last_line(char *text)
{
	size_t len = strlen(text);
	char *line;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static const char *wait_check(const struct step *s)
{
	span at_most;

	return s->count == 3 && !span_parse(s->words[2], UNIT_S, &at_most)
		       ? "the time is not one; like 20s"
		       : NULL;
}

/* Waits for the job's end; its exit status into *status. */
static bool job_wait(struct job *job, span at_most, int *status)
{
	instant deadline = instant_add(clock_read(), at_most);

	while (waitpid(job->process.pid, status, WNOHANG) == 0) {
		if (instant_reached(deadline, clock_read()))
			return false;
		if (!pause_ms(POLL_MS))
			return false;
	}
	job->process.pid = 0;
	*status = WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status);
	return true;
}

static bool wait_act(struct run *r, const struct step *s)
{
	struct job *job = job_find(r, s->words[1]);
	span at_most = SPAN_ENDLESS;
	int status = 0;
	size_t len;
	char *log;

	if (!job || job->process.pid == 0)
		return lab_fail("there is no job '%s' to wait for", s->words[1]);
	if (s->count == 3)
		span_parse(s->words[2], UNIT_S, &at_most);
	if (!job_wait(job, at_most, &status)) {
		snprintf(r->said, sizeof(r->said), "it goes on still");
		status = -1;
	} else if (status != 0) {
		inside_fault(status, r->said, sizeof(r->said));
	}
	if (status == 0)
		return true;
	log = file_read(job->log, SCENARIO_LOG_MAX, &len);
	printf("\n");
	lines_print(log);
	free(log);
	return false;
}

static void job_end(struct job *job)
{
	int status;

	if (job->process.pid == 0)
		return;
	kill(-job->process.pid, SIGTERM);
	if (!job_wait(job, span_s(2), &status)) {
		kill(-job->process.pid, SIGKILL);
		job_wait(job, span_s(2), &status);
	}
	job->process.pid = 0;
}

static bool end_act(struct run *r, const struct step *s)
{
	struct job *job = job_find(r, s->words[1]);

	if (!job)
		return lab_fail("there is no job '%s'", s->words[1]);
	job_end(job);
	return true;
}

void jobs_end(struct run *r)
{
	for (unsigned i = 0; i < r->job_count; i++)
		job_end(&r->jobs[i]);
}

/* ---- words and results ---- */

static bool say_act(struct run *r, const struct step *s)
{
	(void)r;
	for (int i = 1; i < s->count; i++)
		printf("%s%s", i > 1 ? " " : "", s->words[i]);
	printf("\n");
	return true;
}

static const char *pause_check(const struct step *s)
{
	span time;

	return span_parse(s->words[1], UNIT_S, &time) ? NULL : "the time is not one; like 2s";
}

static bool pause_act(struct run *r, const struct step *s)
{
	span time;
	instant until;

	(void)r;
	span_parse(s->words[1], UNIT_S, &time);
	until = instant_add(clock_read(), time);
	while (!instant_reached(until, clock_read()))
		if (!pause_ms(POLL_MS))
			return false;
	return true;
}

/* result LABEL took | text WORDS | output JOB | exec WHO -- PROGRAM ... */
static const char *result_check(const struct step *s)
{
	const char *from = s->words[2];

	if ((strcmp(from, "took") == 0 && s->count == 3) ||
	    (strcmp(from, "output") == 0 && s->count == 4) ||
	    (strcmp(from, "text") == 0 && s->count > 3))
		return NULL;
	if (strcmp(from, "exec") == 0 && s->count > 5 && strcmp(s->words[4], "--") == 0)
		return NULL;
	return s->verb->arguments;
}

static char *result_output(struct run *r, const char *name)
{
	struct job *job = job_find(r, name);
	size_t len;

	if (!job)
		lab_fail("there is no job '%s'", name);
	return job ? file_read(job->log, SCENARIO_LOG_MAX, &len) : NULL;
}

static char *result_exec(struct run *r, const struct step *s)
{
	char *output = NULL;
	int status =
		inside_run(r->town, r->folder, s->words[3], s->words + 5, SPAN_ENDLESS, &output);

	if (status == 0)
		return output;
	inside_fault(status, r->said, sizeof(r->said));
	lines_print(output);
	free(output);
	return NULL;
}

static char *span_text(span took)
{
	char text[32];

	if (took.us < 1000000)
		snprintf(text, sizeof(text), "%.1f ms", (double)took.us / 1e3);
	else
		snprintf(text, sizeof(text), "%.1f s", (double)took.us / 1e6);
	return strdup(text);
}

static bool result_act(struct run *r, const struct step *s)
{
	const char *from = s->words[2];
	struct result *grown;
	char *text;

	if (strcmp(from, "took") == 0)
		text = span_text(r->before);
	else if (strcmp(from, "text") == 0)
		text = strdup(s->words[3]);
	else if (strcmp(from, "output") == 0)
		text = result_output(r, s->words[3]);
	else
		text = result_exec(r, s);
	if (!text)
		return false;
	grown = realloc(r->results, (r->result_count + 1) * sizeof(*grown));
	if (!grown)
		abort();
	r->results = grown;
	grown[r->result_count].label = strdup(s->words[1]);
	grown[r->result_count++].value = strdup(last_line(text));
	free(text);
	return true;
}

static bool table_act(struct run *r, const struct step *s)
{
	int width = 0;

	(void)s;
	for (unsigned i = 0; i < r->result_count; i++)
		if ((int)strlen(r->results[i].label) > width)
			width = (int)strlen(r->results[i].label);
	printf("\n");
	for (unsigned i = 0; i < r->result_count; i++)
		printf("  %-*s  %s\n", width, r->results[i].label, r->results[i].value);
	printf("\n");
	return true;
}

static const struct verb verbs[] = {
	{"say", "TEXT ...", 0, ANY, true, NULL, say_act},
	{"up", "FILE", 1, 1, false, NULL, up_act},
	{"roam", "CLIENT NODE|-", 2, 2, false, NULL, roam_act},
	{"cut", "SEGMENT [NODE] [silent]", 1, 3, false, cut_check, cut_act},
	{"heal", "SEGMENT [NODE]", 1, 2, false, NULL, heal_act},
	{"uplink", "NODE dies|returns|portal|nodns|lies", 2, 2, false, uplink_check, uplink_act},
	{"release", "CLIENT", 1, 1, false, NULL, lease_act},
	{"renew", "CLIENT", 1, 1, false, NULL, lease_act},
	{"kill", "NODE", 1, 1, false, NULL, daemon_act},
	{"stop", "NODE", 1, 1, false, NULL, daemon_act},
	{"start", "NODE", 1, 1, false, NULL, daemon_act},
	{"exec", "NODE|CLIENT -- PROGRAM ...", 3, ANY, true, exec_check, exec_act},
	{"expect", EXPECT_ARGUMENTS, 2, ANY, false, expect_check, expect_act},
	{"background", "NAME exec NODE|CLIENT -- PROGRAM ...", 5, ANY, false, background_check,
	 background_act},
	{"wait", "NAME [TIME]", 1, 2, false, wait_check, wait_act},
	{"end", "NAME", 1, 1, false, NULL, end_act},
	{"pause", "TIME", 1, 1, false, pause_check, pause_act},
	{"result", "LABEL took|text TEXT|output NAME|exec NODE|CLIENT -- PROGRAM ...", 2, ANY, true,
	 result_check, result_act},
	{"table", "", 0, 0, true, NULL, table_act},
};

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}
