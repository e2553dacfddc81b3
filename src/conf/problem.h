/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * problem - what is to be said about a configuration.
 *
 * Source  STYLE "Errors": file:line, what is wrong, what would be right.
 * Shape   see struct conf_problems; an error that does not fit takes the place
 *         of a note. Control characters become '?', so that a file cannot write
 *         on somebody's terminal.
 */
#pragma once
#include "conf/conf.h"

void problem_add(struct conf_problems *p, enum conf_severity severity, const char *file,
		 unsigned line, const char *text, const char *remedy);
