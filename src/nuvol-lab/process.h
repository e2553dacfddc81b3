/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process - starts other programs, and knows them again later.
 *
 * Source  ours; proc(5), pidfd_open(2).
 * Shape   A process is its number and its start time: a number that the system
 *         gave to somebody else in the meantime is never signalled.
 * Memory  texts that are given out are the caller's to free.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/clock.h"

struct process {
	pid_t pid;	  /* 0: none */
	uint64_t started; /* in clock ticks after boot, proc(5) field 22 */
};

/* CLOCK_BOOTTIME. */
instant clock_read(void);

/* Who has this number now; pid 0 if nobody, or only a zombie. */
struct process process_of(pid_t pid);
bool process_alive(struct process p);
/* true: the signal was sent; false: it is gone. */
bool process_signal(struct process p, int signal);
/* true: it is gone within at_most. */
bool process_wait_gone(struct process p, span at_most);

/* Where and how a program runs. */
struct spawn {
	const char *netns;    /* path of a network namespace, or NULL: ours */
	const char *shown;    /* with netns: a folder or file that the program finds ... */
	const char *shown_at; /* ... at this absolute path; or both NULL */
	const char *hostname; /* in a UTS namespace of its own, or NULL */
	const char *folder;   /* working directory, or NULL */
	const char *input;    /* text for stdin, or NULL: /dev/null */
	const char *log;      /* file for stderr, and for stdout when nobody reads it,
				 appended; or NULL: ours */
	bool stderr_too;      /* stderr goes where stdout goes */
	const char *const *environment; /* pairs of name and value, then NULL; or NULL */
};

/* Runs argv to its end. The exit status as the shell gives it (128 + signal), or
 * a negative errno when it did not start. output: its stdout, when not NULL. */
int process_run(const char *const *argv, const struct spawn *how, char **output);

/* The same with a limit in time: after at_most it is killed, -ETIMEDOUT. */
int process_run_within(const char *const *argv, const struct spawn *how, span at_most,
		       char **output);

/* Starts argv as a child in a process group of its own and goes on; the caller
 * reaps it. It is killed when we die. A negative errno, or 0. */
int process_start(const char *const *argv, const struct spawn *how, struct process *p);

/* Starts argv as a daemon: in a session of its own, a child of init. ready: one
 * line on its stdout is waited for (at most at_most), when not NULL; its text goes
 * there. A negative errno (-ETIMEDOUT: no line came; -EPIPE: it ended before). */
int process_daemon(const char *const *argv, const struct spawn *how, struct process *p, char *ready,
		   size_t ready_room, span at_most);

/* Replaces us by argv; returns only a negative errno. */
int process_become(const char *const *argv, const struct spawn *how);
