/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/batch.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol-lab/process.h"

void batch_init(struct batch *b)
{
	b->text = NULL;
	b->stream = open_memstream(&b->text, &b->len);
	if (!b->stream)
		abort();
}

void batch_fini(struct batch *b)
{
	if (b->stream)
		fclose(b->stream);
	free(b->text);
	*b = (struct batch){0};
}

void batch_add(struct batch *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(b->stream, format, args);
	va_end(args);
	fputc('\n', b->stream);
}

bool batch_run(struct batch *b, const char *netns)
{
	static const char *const argv[] = {"ip", "-batch", "-", NULL};
	struct spawn how = {.netns = netns};
	int status;

	fflush(b->stream);
	how.input = b->text;
	status = process_run(argv, &how, NULL);
	if (status < 0)
		fprintf(stderr, "nuvol-lab: cannot run ip: %s; install iproute2\n",
			strerror(-status));
	else if (status > 0)
		fprintf(stderr, "nuvol-lab: ip failed%s%s\n", netns ? " in " : "",
			netns ? netns : "");
	batch_fini(b);
	return status == 0;
}
