/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/answer.h"
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"

/* Enough digits for a millisecond's thousandth, few enough that 1.234 stays 1.234. */
enum { REAL_DIGITS = 12 };

static const char no_memory[] = "{\"id\":null,\"error\":{\"code\":\"no-memory\","
				"\"message\":\"the daemon has no memory left for this answer\"}}\n";

void answer_line(struct ctl_client *client, json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));

	if (line) {
		size_t len = strlen(line);

		line[len] = '\n'; /* where its NUL was */
		client->send(client, line, len + 1);
	} else {
		client->send(client, no_memory, strlen(no_memory));
	}
	free(line);
	json_decref(object);
}

void answer_result(struct ctl_client *client, json_t *id, json_t *result)
{
	/* O takes a reference of its own, o takes ours. */
	answer_line(client, json_pack("{s:O, s:o}", "id", id, "result", result));
}

void answer_error(struct ctl_client *client, json_t *id, const char *code, const char *message)
{
	answer_line(client, json_pack("{s:O, s:{s:s, s:o}}", "id", id, "error", "code", code,
				      "message", json_text(message)));
}
