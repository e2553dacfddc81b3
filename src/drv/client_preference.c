/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/client_preference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drv/log.h"
#include "drv/small_file.h"
#include "drv/state_dir.h"

static const char file_name[] = "preferred_gateways";

static const char *folder_of(const struct client_preferences *p, char room[RUN_PATH_ROOM])
{
	return state_dir_path(p->host, p->run, room);
}

static void save(struct client_preferences *p)
{
	struct text t = {0};
	char room[RUN_PATH_ROOM], mac[MAC_TEXT], id[DIGEST_TEXT];
	int e;

	if (!p->changed)
		return;
	p->changed = false;
	for (unsigned i = 0; i < p->count; i++) {
		const struct tunnel_client_preference *c = &p->at[i];

		text_add(&t, "%s %" PRIu32 " %s %s\n", mac_print(c->mac, mac), c->version,
			 digest_print(&c->wish.node, id), c->wish.strict ? "strict" : "wish");
	}
	e = small_file_write(folder_of(p, room), file_name, &t);
	if (e)
		log_line(LOG_WARN, "cannot keep the clients' preferred gateways in %s: %s",
			 folder_of(p, room), strerror(-e));
}

static bool line_read(FILE *f, struct tunnel_client_preference *c)
{
	char mac[MAC_TEXT] = "", id[DIGEST_TEXT] = "", how[8] = "";

	*c = (struct tunnel_client_preference){.version = 0};
	_Static_assert(MAC_TEXT == 18 && DIGEST_TEXT == 57, "the widths in the format");
	if (fscanf(f, "%17s %" SCNu32 " %56s %7s", mac, &c->version, id, how) != 4 ||
	    !mac_parse(mac, &c->mac) || !digest_parse(id, &c->wish.node))
		return false;
	c->wish.strict = strcmp(how, "strict") == 0;
	return true;
}

static void load(struct client_preferences *p)
{
	char room[RUN_PATH_ROOM], path[SMALL_FILE_PATH_ROOM];
	int len = snprintf(path, sizeof(path), "%s/%s", folder_of(p, room), file_name);
	FILE *f = len < SMALL_FILE_PATH_ROOM ? fopen(path, "re") : NULL;

	while (f && p->count < CLIENT_PREFERENCES_MAX && line_read(f, &p->at[p->count]))
		p->count++;
	if (f)
		fclose(f);
}

static void write_due(uv_timer_t *t)
{
	save(t->data);
}

void client_preferences_keep(struct client_preferences *p,
			     const struct tunnel_client_preference *one)
{
	unsigned i = 0;

	if (!p->host)
		return;
	while (i < p->count && !mac_equal(p->at[i].mac, one->mac))
		i++;
	if (i == CLIENT_PREFERENCES_MAX || (one->wish.any && i == p->count))
		return;
	if (one->wish.any)
		p->at[i] = p->at[--p->count];
	else
		p->at[i] = *one;
	p->count += i == p->count && !one->wish.any;
	p->changed = true;
	if (!uv_is_active((uv_handle_t *)&p->later))
		uv_timer_start(&p->later, write_due, CLIENT_PREFERENCE_MS, 0);
}

void client_preferences_start(struct client_preferences *p, const struct host_conf *host,
			      const struct run_dir *run, uv_loop_t *uv,
			      void (*tell)(void *ctx, const struct ev *ev), void *ctx)
{
	struct ev ev = {.kind = EV_TUNNEL, .tunnel = {.kind = TUNNEL_RECALL_CLIENT}};

	p->host = host;
	p->run = run;
	uv_timer_init(uv, &p->later);
	p->later.data = p;
	load(p);
	for (unsigned i = 0; i < p->count; i++) {
		ev.tunnel.client = p->at[i];
		tell(ctx, &ev);
	}
}

void client_preferences_stop(struct client_preferences *p)
{
	if (p->host)
		save(p);
}
