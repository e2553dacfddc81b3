/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/loop_internal.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "drv/boot.h"
#include "drv/bridge.h"
#include "drv/conf_files.h"
#include "drv/crypto.h"
#include "drv/log.h"
#include "drv/now.h"
#include "drv/preference.h"
#include "drv/primary.h"
#include "drv/privilege.h"

/* A file descriptor that uv watches for us. */
struct watch {
	uv_poll_t poll;
	struct loop *loop;
	uint8_t port; /* or PORT_CLOUD */
};

/* ---- what is readable ---- */

static void watch_closed(uv_handle_t *h)
{
	free(h->data);
}

static void watch_stop(struct watch **w)
{
	if (*w)
		uv_close((uv_handle_t *)&(*w)->poll, watch_closed);
	*w = NULL;
}

static struct watch *watch_start(struct loop *x, uint8_t port, int fd, uv_poll_cb ready)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w || uv_poll_init(&x->uv, &w->poll, fd)) {
		log_line(LOG_ERROR, "cannot watch a file descriptor: no memory");
		free(w);
		return NULL;
	}
	w->poll.data = w;
	w->loop = x;
	w->port = port;
	uv_poll_start(&w->poll, UV_READABLE, ready);
	return w;
}

static void mend_soon(struct loop *x)
{
	if (!x->stopping && !uv_is_active((uv_handle_t *)&x->mend))
		uv_timer_start(&x->mend, x->mend.timer_cb, LOOP_MEND_MS, 0);
}

/* uv stops a poll whose descriptor has an error, such as an interface that went
 * down; reading takes the error away. */
static void port_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct loop *x = w->loop;
	int e = datapath_port_ready(&x->datapath, now_boottime(), w->port);

	(void)events;
	if (e)
		log_line(LOG_DEBUG, "%s: %s", x->mesh.slot[w->port].name, strerror(-e));
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, port_ready);
}

static void tap_gone(struct loop *x)
{
	log_line(LOG_WARN, "somebody removed %s; making it again", x->conf.host.cloud_port);
	watch_stop(&x->tap_watch);
	tap_close(&x->tap);
	mend_soon(x);
}

static void tap_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int e = datapath_tap_ready(&w->loop->datapath, now_boottime());

	(void)events;
	if (e == -EBADFD)
		tap_gone(w->loop);
	else if (status < 0)
		uv_poll_start(poll, UV_READABLE, tap_ready);
}

void loop_port_socket(void *ctx, uint8_t port, struct packet *packet)
{
	struct loop *x = ctx;

	watch_stop(&x->port_watch[port]);
	(void)datapath_set_port(&x->datapath, port, packet, x->datapath.mtu_bytes[port]);
	if (packet)
		x->port_watch[port] = watch_start(x, port, packet->fd, port_ready);
}

static void link_changed(void *ctx, const struct link *l, bool gone)
{
	struct loop *x = ctx;

	if (!x->ready)
		return;
	cables_link(&x->cables, l, gone);
	lan_link(&x->lan, l, gone);
	gateway_link(&x->gateway, l, gone);
	fdb_set_bridge(&x->fdb, x->lan.bridge, x->lan.cloud_port);
	mesh_ports_link(&x->mesh, l, gone);
	network_link(&x->network, l, gone);
	tunnel_link(&x->tunnel, l, gone);
	uplinks_link(&x->uplinks, l);
}

static int monitor_message(const struct nlmsghdr *h, void *ctx)
{
	struct loop *x = ctx;

	links_rx(&x->links, h);
	fdb_rx(&x->fdb, now_boottime(), h);
	network_rx(&x->network, h);
	return MNL_CB_OK;
}

static void resync(struct loop *x)
{
	int e = links_resync(&x->links);

	if (!e)
		e = fdb_dump(&x->fdb, now_boottime(), &x->ask);
	network_compare(&x->network);
	tunnel_compare(&x->tunnel);
	if (e)
		log_line(LOG_WARN, "cannot read the kernel's tables: %s", strerror(-e));
}

static void monitor_ready(uv_poll_t *poll, int status, int events)
{
	struct loop *x = poll->data;
	int e = netlink_read(&x->monitor, monitor_message, x);

	(void)events;
	if (e == -ENOBUFS) {
		x->resyncs++;
		log_line(LOG_DEBUG, "messages of the kernel were lost; reading all again");
		resync(x);
	}
	if (x->lan.bridge == 0 || x->lan.cloud_port == 0)
		mend_soon(x);
	if (status < 0 || e)
		uv_poll_start(poll, UV_READABLE, monitor_ready);
}

/* ---- time ---- */

static void deadline_reached(uv_timer_t *t)
{
	struct loop *x = t->data;
	const struct ev ev = {.kind = EV_DEADLINE};

	x->armed = NEVER;
	loop_tell(x, &ev);
	ctl_expire(&x->ctl, now_boottime());
}

/* Before each sleep: all that is queued leaves, and the timer is right. */
static void before_sleep(uv_prepare_t *p)
{
	struct loop *x = p->data;
	instant at;
	int64_t wait;

	if (!x->ready)
		return;
	cables_settle(&x->cables);
	network_settle(&x->network);
	for (unsigned i = 0; i < PORT_MAX; i++)
		tunnel_port(&x->tunnel, i, network_port_ifindex(&x->network, i));
	tunnel_settle(&x->tunnel);
	uplinks_settle(&x->uplinks);
	fast_settle(&x->fast);
	at = instant_min(node_deadline(&x->node), ctl_deadline(&x->ctl));
	datapath_flush(&x->datapath);
	record_file_settle(&x->record);
	if (at.us == x->armed.us)
		return;
	x->armed = at;
	if (at.us == NEVER.us) {
		uv_timer_stop(&x->deadline);
		return;
	}
	uv_update_time(&x->uv);
	wait = instant_since(at, now_boottime()).us;
	uv_timer_start(&x->deadline, deadline_reached,
		       wait > 0 ? (uint64_t)((wait + 999) / 1000) : 0, 0);
}

static void chores(uv_timer_t *t)
{
	struct loop *x = t->data;

	for (unsigned i = 0; i < x->mesh.slots_max; i++)
		if (x->mesh.slot[i].packet)
			packet_count_missed(x->mesh.slot[i].packet);
	fdb_expire(&x->fdb, now_boottime());
	gateway_chores(&x->gateway);
	network_compare(&x->network);
	tunnel_compare(&x->tunnel);
	uplinks_chores(&x->uplinks);
}

/* The kernel may tell of a lost carrier a second late, which a route cannot wait. */
static void carrier_look(uv_timer_t *t)
{
	struct loop *x = t->data;

	for (unsigned i = 0; i < x->mesh.slots_max; i++) {
		const struct mesh_port *p = &x->mesh.slot[i];

		if (p->told.up && link_has_carrier(p->packet->fd, p->name) == 0)
			(void)links_refresh(&x->links, p->ifindex);
	}
	cables_look(&x->cables);
}

/* ---- starting ---- */

/* bat0: no IP of its own, and the last MAC that a bridge would take for itself. */
static int tap_start(struct loop *x)
{
	const char *name = x->conf.host.cloud_port;
	const struct link *l;
	struct mac mac = x->node.plan.primary_mac;
	int e = tap_open(&x->tap, name, true);

	if (e == -EBUSY)
		log_line(LOG_ERROR,
			 "%s belongs to another program; is another nuvold running in "
			 "this network namespace?",
			 name);
	else if (e == -EINVAL)
		log_line(LOG_ERROR,
			 "there is an interface %s already that is not ours; remove it "
			 "(batctl, ip link del), or set cloud_port of nuvol.host",
			 name);
	else if (e)
		log_line(LOG_ERROR,
			 "cannot make the TAP %s: %s; is the tun module loaded, and do "
			 "we have CAP_NET_ADMIN?",
			 name, strerror(-e));
	if (e)
		return e;
	(void)sysctl_ipv6_off(name);
	links_resync(&x->links);
	l = link_find_name(&x->links, name);
	mac.b[0] = 0xfe;
	if (l && !mac_equal(l->mac, mac))
		(void)link_set_mac(&x->ask, l->ifindex, mac);
	fast_cloud(&x->fast, l ? (uint32_t)l->ifindex : 0);
	x->tap_watch = watch_start(x, PORT_CLOUD, x->tap.fd, tap_ready);
	return x->tap_watch ? 0 : -ENOMEM;
}

static void mend(uv_timer_t *t)
{
	struct loop *x = t->data;

	if (x->tap.fd < 0 && tap_start(x))
		mend_soon(x);
	if (lan_settle(&x->lan))
		mend_soon(x);
}

static int netlink_start(struct loop *x)
{
	static const unsigned groups[] = {RTNLGRP_LINK, RTNLGRP_NEIGH};
	int e = netlink_open(&x->monitor, groups, sizeof(groups) / sizeof(groups[0]));

	if (!e)
		e = netlink_open(&x->ask, NULL, 0);
	if (!e)
		e = netlink_open(&x->fdb_ask, NULL, 0);
	if (!e)
		e = links_init(&x->links, &x->ask, link_changed, x);
	if (e)
		log_line(LOG_ERROR, "no netlink: %s", strerror(-e));
	return e;
}

/* What the configuration leaves to this machine. */
static void conf_complete(struct loop *x)
{
	const struct link *bridge = link_find_name(&x->links, x->conf.host.bridge);
	char text[PLAN_TEXT_ROOM];

	if (!x->conf.host.primary_mac_set) {
		x->conf.node.plan.primary_mac = primary_mac_find(
			&x->conf.host, &x->links, crypto_mbedtls(), text, sizeof(text));
		log_line(LOG_INFO, "this node's MAC is from %s", text);
	}
	/* One that was there has a MAC of its own; one that we make has the node's. */
	if (bridge && mac_is_station(bridge->mac))
		x->conf.node.share.self = bridge->mac;
	uplinks_prepare(&x->conf);
}

static int node_make(struct loop *x)
{
	const uint64_t seed = boot_seed(x->conf.node.plan.primary_mac);
	const instant now = now_boottime();
	struct node_env env = {.crypto = crypto_mbedtls()};
	char text[PLAN_TEXT_ROOM];
	enum err e;

	if (x->record.conf.path)
		env.crypto = record_file_begin(&x->record, &x->conf, now, seed);
	if (!env.crypto)
		return -EIO;
	e = node_init(&x->node, &x->conf.node, &env, now, seed);
	if (e == ERR_MALFORMED) {
		plan_fault(&x->conf.node.plan, env.crypto, text, sizeof(text));
		log_line(LOG_ERROR, "the configuration gives no plan: %s", text);
	} else if (e != OK) {
		log_line(LOG_ERROR, "cannot make the node: %s", err_name(e));
	}
	if (e == OK && x->record.conf.path)
		record_file_watch(&x->record, &x->node);
	return e == OK ? 0 : -EINVAL;
}

static int node_start(struct loop *x)
{
	int e;

	conf_complete(x);
	e = node_make(x);
	for (unsigned i = 0; !e && i < x->node.plan.warning_count; i++)
		log_line(LOG_WARN, "%s; %s", x->node.plan.warnings[i].text,
			 x->node.plan.warnings[i].remedy);
	return e;
}

static void line_came(void *ctx, struct ctl_client *client, const char *line, size_t len)
{
	struct loop *x = ctx;

	ctl_line(&x->ctl, client, now_boottime(), line, len, &x->fx);
}

static int ctl_start(struct loop *x)
{
	char path[RUN_PATH_ROOM];
	int e;

	x->ctl_socket.ctl = &x->ctl;
	x->ctl_socket.line = line_came;
	x->ctl_socket.ctx = x;
	e = ctl_socket_open(&x->ctl_socket, &x->uv, run_dir_path(&x->run, "nuvold.sock", path));
	if (e)
		log_line(LOG_ERROR, "cannot listen on %s: %s", path, uv_strerror(e));
	return e;
}

static int message_ignore(const struct nlmsghdr *h, void *ctx)
{
	(void)h, (void)ctx;
	return MNL_CB_OK;
}

/* All links that are there become known to everybody. What the kernel told before
 * is old. */
static void world_meet(struct loop *x)
{
	(void)netlink_read(&x->monitor, message_ignore, NULL);
	links_resync(&x->links);
	x->ready = true;
	list_each (l, &x->links.all, struct link, all) {
		link_changed(x, l, false);
	}
	resync(x);
}

/* What is said once may be lost; while it is heard, we go on carrying. */
static void leave(uv_timer_t *t)
{
	struct loop *x = t->data;

	x->leaving--;
	if (x->leaving == 0)
		uv_stop(&x->uv);
	else if (x->leaving <= LOOP_LEAVE_SAYS)
		(void)network_leave(&x->network);
}

/* Who uses our uplink hears first that it goes, and has another one when it does; then all hear
 * that nothing leads here any more. Told twice, we do not wait. */
static void stop(uv_signal_t *s, int signum)
{
	struct loop *x = s->data;

	(void)signum;
	if (!x->stopping && uplinks_withdraw(&x->uplinks))
		x->leaving = 2 * LOOP_LEAVE_SAYS;
	else if (!x->stopping && network_leave(&x->network))
		x->leaving = LOOP_LEAVE_SAYS;
	else
		uv_stop(&x->uv);
	if (!x->stopping && x->leaving > 0)
		uv_timer_start(&x->leave, leave, LOOP_LEAVE_MS, LOOP_LEAVE_MS);
	x->stopping = true;
}

static void hangup(uv_signal_t *s, int signum)
{
	const struct loop *x = s->data;
	struct conf_problems problems;
	char text[512];
	struct conf *fresh = calloc(1, sizeof(*fresh));
	bool good;

	(void)signum;
	if (!fresh)
		return;
	conf_problems_init(&problems);
	good = conf_load_dir(x->conf_dir, fresh, &problems);
	for (unsigned i = 0; i < problems.count; i++)
		log_line(good ? LOG_INFO : LOG_ERROR, "%s",
			 conf_problem_print(&problems.at[i], text, sizeof(text)));
	log_line(LOG_INFO, good ? "the configuration is good; restart nuvold to use it"
				: "the configuration is not good; the old one stays in force");
	free(fresh);
}

static void signal_start(struct loop *x, uv_signal_t *s, int signum, uv_signal_cb cb)
{
	uv_signal_init(&x->uv, s);
	s->data = x;
	uv_signal_start(s, cb, signum);
}

static void handles_start(struct loop *x)
{
	uv_timer_t *timers[] = {&x->deadline, &x->chores, &x->carrier, &x->mend, &x->leave};

	for (unsigned i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		uv_timer_init(&x->uv, timers[i]);
		timers[i]->data = x;
	}
	x->mend.timer_cb = mend;
	uv_prepare_init(&x->uv, &x->before_sleep);
	x->before_sleep.data = x;
	uv_prepare_start(&x->before_sleep, before_sleep);
	uv_timer_start(&x->chores, chores, LOOP_CHORES_MS, LOOP_CHORES_MS);
	uv_timer_start(&x->carrier, carrier_look, LOOP_CARRIER_MS, LOOP_CARRIER_MS);
	signal_start(x, &x->term, SIGTERM, stop);
	signal_start(x, &x->interrupt, SIGINT, stop);
	signal_start(x, &x->hangup, SIGHUP, hangup);
}

/* The parts in their order; what was started is stopped by loop_stop. */
static int loop_start(struct loop *x)
{
	uint64_t seed;
	int e = netlink_start(x);

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -EIO;
	if (e || (e = node_start(x)))
		return e;
	if (!datapath_init(&x->datapath, &x->node, &x->fx, &x->tap))
		return -ENOMEM;
	loop_join_parts(x, seed);
	sysctl_bridge_filters_off();
	if (!loop_join_fast(x))
		return -EINVAL;
	if ((e = tap_start(x)) || (e = lan_settle(&x->lan)))
		return e;
	loop_join_gateway(x);
	x->monitor_poll.data = x;
	e = uv_poll_init(&x->uv, &x->monitor_poll, netlink_fd(&x->monitor));
	if (e || (e = ctl_start(x)))
		return e;
	uv_poll_start(&x->monitor_poll, UV_READABLE, monitor_ready);
	world_meet(x);
	e = privilege_drop(x->fast.on || tunnel_fast_is_on(&x->tunnel_fast) ||
			   vlan_fast_is_on(&x->vlan_fast));
	if (e)
		log_line(LOG_WARN, "cannot give privileges away: %s", strerror(-e));
	loop_join_tunnel(x);
	loop_join_network(x);
	loop_join_uplinks(x);
	preference_recall(&x->conf.host, &x->run, loop_tell, x);
	client_preferences_start(&x->client_preferences, &x->conf.host, &x->run, &x->uv, loop_tell,
				 x);
	return 0;
}

static void handle_close(uv_handle_t *h, void *ctx)
{
	(void)ctx;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void loop_stop(struct loop *x)
{
	char path[RUN_PATH_ROOM];

	x->stopping = true;
	x->ready = false;
	if (x->ctl.node) {
		if (x->ctl_socket.listener.data)
			ctl_socket_close(&x->ctl_socket,
					 run_dir_path(&x->run, "nuvold.sock", path));
		client_preferences_stop(&x->client_preferences);
		uplinks_stop(&x->uplinks);
		tunnel_stop(&x->tunnel);
		network_stop(&x->network);
		vlan_fast_close(&x->vlan_fast);
		gateway_stop(&x->gateway);
		mesh_ports_fini(&x->mesh);
		fast_stop(&x->fast);
		watch_stop(&x->tap_watch);
		tap_close(&x->tap);
		cables_stop(&x->cables);
		lan_leave(&x->lan);
	}
	uv_walk(&x->uv, handle_close, NULL);
	while (uv_run(&x->uv, UV_RUN_DEFAULT))
		;
	uv_loop_close(&x->uv);
	if (x->ctl.node) {
		ctl_fini(&x->ctl);
		fdb_fini(&x->fdb);
		datapath_fini(&x->datapath);
		record_file_end(&x->record);
		node_fini(&x->node);
	}
	links_fini(&x->links);
	netlink_close(&x->monitor);
	netlink_close(&x->ask);
	netlink_close(&x->fdb_ask);
	run_dir_close(&x->run);
}

static int loop_lock(struct loop *x)
{
	const char *path = x->conf.host.run_dir;
	long pid;
	int e = run_dir_open(&x->run, path, &pid);

	if (e == -EBUSY)
		log_line(LOG_ERROR,
			 "another nuvold (process %ld) uses %s; stop it, or give this one "
			 "another folder with --run-dir",
			 pid, path);
	else if (e == -EPERM)
		log_line(LOG_ERROR,
			 "%s belongs to another user, or others may write there; use a folder that "
			 "is this user's alone",
			 path);
	else if (e)
		log_line(LOG_ERROR, "cannot use %s: %s", path, strerror(-e));
	return e;
}

int loop_run(const struct conf *conf, const char *conf_dir, const struct record_file_conf *record)
{
	struct loop *x = calloc(1, sizeof(*x));
	int e;

	if (!x) {
		log_line(LOG_ERROR, "no memory");
		return 1;
	}
	x->conf = *conf;
	x->conf_dir = conf_dir;
	x->record = (struct record_file){.conf = *record, .fd = -1};
	x->fx.emit = loop_emit;
	x->tap.fd = -1;
	x->armed = NEVER;
	list_init(&x->links.all);
	if (loop_lock(x)) {
		free(x);
		return 1;
	}
	uv_loop_init(&x->uv);
	handles_start(x);
	e = loop_start(x);
	if (!e) {
		log_line(LOG_INFO, "nuvold %s: node %s, cloud %s", NUVOL_VERSION,
			 x->node.plan.hostname, x->node.plan.ssid);
		uv_run(&x->uv, UV_RUN_DEFAULT);
		log_line(LOG_INFO, "stopping");
	}
	loop_stop(x);
	free(x);
	return e ? 1 : 0;
}
