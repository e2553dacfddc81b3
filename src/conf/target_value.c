/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/target_value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_HIGHEST = 65535 };

static const enum uplink_means means[] = {UPLINK_PING, UPLINK_TCP, UPLINK_DNS};

/* What stands before the first colon. */
static bool means_read(const char **at, enum uplink_means *m)
{
	for (unsigned i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		const char *name = uplink_means_name(means[i]);
		size_t len = strlen(name);

		if (strncmp(*at, name, len) != 0 || (*at)[len] != ':')
			continue;
		*at += len + 1;
		*m = means[i];
		return true;
	}
	return false;
}

static bool port_read(const char *text, uint16_t *port)
{
	char *end;
	unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

	if (n == 0 || n > PORT_HIGHEST || *end != '\0')
		return false;
	*port = (uint16_t)n;
	return true;
}

/* ADDRESS:PORT or [ADDRESS]:PORT: cuts the port off text. */
static char *port_cut(char *text, uint16_t *port)
{
	char *colon = strrchr(text, ':');
	size_t len;

	if (!colon || !port_read(colon + 1, port))
		return NULL;
	*colon = '\0';
	len = strlen(text);
	if (text[0] != '[')
		return strchr(text, ':') ? NULL : text;
	if (len < 2 || text[len - 1] != ']')
		return NULL;
	text[len - 1] = '\0';
	return text + 1;
}

static bool target_read(const char *value, struct uplink_target *t)
{
	char text[64], *address = text;

	*t = (struct uplink_target){0};
	if (!means_read(&value, &t->means) || strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	if (t->means == UPLINK_TCP)
		address = port_cut(text, &t->port);
	return address && prefix_parse_address(address, &t->at);
}

void target_value_add(struct uplink_conf *u, const char *value, struct option_answer *a)
{
	struct uplink_target t;

	if (!target_read(value, &t)) {
		a->kind = ANSWER_ERROR;
		snprintf(a->text, sizeof(a->text), "'%s' is nobody to ask", value);
		snprintf(a->remedy, sizeof(a->remedy),
			 "write ping:9.9.9.9, dns:9.9.9.9, tcp:9.9.9.9:443 or "
			 "tcp:[2620:fe::fe]:443");
	} else if (u->targets == UPLINK_TARGETS_MAX) {
		a->kind = ANSWER_ERROR;
		snprintf(a->text, sizeof(a->text), "there are more than %d targets",
			 UPLINK_TARGETS_MAX);
		snprintf(a->remedy, sizeof(a->remedy), "three of each means are enough");
	} else {
		u->target[u->targets++] = t;
	}
}

bool target_value_get(const struct uplink_conf *u, unsigned index, char *text, size_t room)
{
	const struct uplink_target *t = &u->target[index];
	char address[IPV6_TEXT], port[8] = "";
	bool brackets;

	if (index >= u->targets)
		return false;
	brackets = t->at.v6 && t->means == UPLINK_TCP;
	if (t->means == UPLINK_TCP)
		snprintf(port, sizeof(port), ":%u", t->port);
	snprintf(text, room, "%s:%s%s%s%s", uplink_means_name(t->means), brackets ? "[" : "",
		 prefix_print_address(&t->at, address), brackets ? "]" : "", port);
	return true;
}
