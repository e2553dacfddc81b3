/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-sim/step.h"
#include <stdio.h>
#include <stdlib.h>

uint64_t step_ask(void)
{
	char line[64];

	for (;;) {
		uint64_t n;
		char *end;

		fflush(stdout);
		fputs("> ", stderr);
		if (!fgets(line, sizeof(line), stdin) || line[0] == 'q')
			return 0;
		if (line[0] == '\n')
			return 1;
		n = strtoull(line, &end, 10);
		if (line[0] >= '1' && line[0] <= '9' && *end == '\n')
			return n;
		fputs("Enter: one step; a number: that many; q: the end\n", stderr);
	}
}
