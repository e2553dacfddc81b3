/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words - what the daemon answered, as people read it.
 *
 * Source  ours.
 * Shape   member_* read a member of an object and bear that it is missing or of
 *         another type. Text from elsewhere is printed without control characters.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { WORDS_ROOM = 32 };

/* "0.4 ms", "120 ms", "1.2 s", "45 s", "3 min", "5 h", "2 days". */
char *span_words(double ms, char words[WORDS_ROOM]);
/* "640 B", "1.2 kB", "35 MB": decimal units. */
char *bytes_words(uint64_t bytes, char words[WORDS_ROOM]);

/* "640 bit/s", "5.5 Mbit/s", "1.2 Gbit/s" */
char *rate_words(uint64_t bps, char words[WORDS_ROOM]);

/* "5 other nodes", "1 other node" */
char *count_words(int64_t n, const char *noun, char words[WORDS_ROOM]);

const char *member_text(const json_t *o, const char *key, const char *otherwise);
int64_t member_count(const json_t *o, const char *key);
double member_real(const json_t *o, const char *key);
bool member_flag(const json_t *o, const char *key);
/* The age in a "..._ms" member, or "-" for null. */
char *member_age(const json_t *o, const char *key, char words[WORDS_ROOM]);

/* The name of an interface, or of the one that it is to be made on. */
const char *interface_name(const json_t *o);

/* Replaces control characters by '?', in place. */
void text_clean(char *text);
void text_print(FILE *out, const char *text);

/* Prints a result as --json wants it: pretty, in the daemon's order. */
void json_print(const json_t *value);
/* The same on one line, at once: for streams. */
void json_print_line(const json_t *value);
