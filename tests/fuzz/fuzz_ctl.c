/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves: whatever lines two connections send, and whatever happens between them, each
 * line gets exactly one answer, each answer is one line of JSON, and nothing crashes.
 *
 * The input is lines. One that begins with byte 1 lets time pass (its second byte times
 * 20 ms), 2 is a note of the engine, 3 ends the second connection and makes a new one,
 * 4 goes to the second connection; any other goes to the first. */
#include <string.h>
#include "../unit/ctl_lab.h"
#include "fuzz.h"

struct connection {
	struct ctl_client client;
	size_t asked, answered;
};

static struct lab *lab;

static void take(struct ctl_client *c, const char *line, size_t len)
{
	struct connection *connection = container_of(c, struct connection, client);
	json_error_t error;
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	must(len > 0 && memchr(line, '\n', len) == line + len - 1);
	must(o && json_is_object(o));
	if (json_object_get(o, "event")) {
		must(connection->client.watching);
	} else {
		must(json_object_get(o, "id"));
		must(!json_object_get(o, "result") != !json_object_get(o, "error"));
		connection->answered++;
	}
	json_decref(o);
}

/* Once: two nodes that know each other, a client at each. */
static void lab_start(void)
{
	lab = calloc(1, sizeof(*lab));
	must(lab);
	lab_init(lab, 2, false);
	lab_client_event(lab, 0, 1, CLIENT_SEEN);
	lab_client_event(lab, 1, 2, CLIENT_SEEN);
	lab_run(lab, span_s(3));
}

static void note(const uint8_t *line, size_t len)
{
	struct effect e = {
		.kind = FX_NOTE,
		.note = {.what = (enum note)(len > 1 ? line[1] % (NOTE_TABLE_FULL + 1) : 0),
			 .subject = lab_client(1),
			 .value = len > 2 ? line[2] * 257u : 0}};

	ctl_effect(&lab->ctl, lab->now, &e);
}

static void connect(struct connection *c)
{
	*c = (struct connection){0};
	ctl_client_init(&lab->ctl, &c->client, false, take);
}

static void line_give(struct connection *c, const uint8_t *line, size_t len)
{
	c->asked++;
	ctl_line(&lab->ctl, &c->client, lab->now, (const char *)line, len, &lab->fx[0].fx);
}

static void line_do(struct connection two[2], const uint8_t *line, size_t len)
{
	switch (len > 0 ? line[0] : 0) {
	case 1: lab_run(lab, span_ms(len > 1 ? line[1] * 20 : 20)); return;
	case 2: note(line, len); return;
	case 3:
		ctl_client_fini(&lab->ctl, &two[1].client);
		connect(&two[1]);
		return;
	case 4: line_give(&two[1], line + 1, len - 1); return;
	default: line_give(&two[0], line, len); return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connection two[2];

	if (!lab)
		lab_start();
	for (int i = 0; i < 2; i++)
		connect(&two[i]);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;

		line_do(two, data, len);
		len += end ? 1 : 0;
		data += len;
		size -= len;
	}
	/* No echo waits longer than a minute. */
	ctl_expire(&lab->ctl, instant_add(lab->now, span_s(61)));
	for (int i = 0; i < 2; i++) {
		must(two[i].asked == two[i].answered);
		ctl_client_fini(&lab->ctl, &two[i].client);
	}
	must(ctl_deadline(&lab->ctl).us == NEVER.us && list_empty(&lab->ctl.clients));
	return 0;
}
