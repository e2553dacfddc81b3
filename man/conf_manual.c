/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf_manual - writes a manual page: standard input, with the line @OPTIONS@ replaced by the list
 * of options. Runs at build time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"

int main(void)
{
	char *options = conf_manual();
	char line[512];
	int found = 0;

	if (!options)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		bool here = strcmp(line, "@OPTIONS@\n") == 0;

		fputs(here ? options : line, stdout);
		found += here;
	}
	free(options);
	return found == 1 && !ferror(stdin) && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
