/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz - what every fuzz target has.
 *
 * Source  LLVM libFuzzer's interface.
 * Shape   fuzz_NAME.c defines the function; it is linked with libFuzzer (clang,
 *         make fuzz), or with replay.c, which feeds it the files of
 *         corpus/NAME as a plain test.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* 0: the input may go into the corpus. An invariant that does not hold aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant of the parser, in release builds too. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)
