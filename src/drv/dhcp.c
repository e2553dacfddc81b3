/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl/json.h"
#include "drv/account.h"
#include "drv/dnsmasq_conf.h"
#include "drv/log.h"
#include "drv/now.h"
#include "drv/small_file.h"
#include "drv/state_dir.h"
#include "drv/uplinks.h"

enum { LOOK_MS = 20, LOOKS_MAX = 100, DNS_PORT = 53 };

#define LEASES_NAME "dhcp.leases"
#define SCRIPT_NAME "nuvol-dhcp-event"

/* ---- to the node ---- */

static void lease_tell(struct dhcp *d, enum lease_change change, const struct lease *l)
{
	static const char *const words[] = {[LEASE_GRANTED] = "granted",
					    [LEASE_DROPPED] = "given back",
					    [LEASE_REMEMBERED] = "remembered"};
	const struct ev ev = {.kind = EV_LEASE, .lease = {.change = change, .lease = *l}};
	char mac[MAC_TEXT], ip[IPV4_TEXT];

	log_line(LOG_DEBUG, "lease %s: %s %s for %u s", words[change], mac_print(l->mac, mac),
		 ipv4_print(l->ip, ip), l->left_s);
	d->env.tell(d->env.ctx, &ev);
}

static void lease_remembered(void *ctx, const struct lease *l)
{
	lease_tell(ctx, LEASE_REMEMBERED, l);
}

static void lease_released(void *ctx, struct mac mac, struct ipv4 ip)
{
	const struct lease l = {.mac = mac, .ip = ip, .since_unix_s = (uint32_t)time(NULL)};

	lease_tell(ctx, LEASE_DROPPED, &l);
}

/* A release that came before what dnsmasq tells now must be told before it. */
static void releases_first(void *ctx)
{
	struct dhcp *d = ctx;

	dhcp_release_read(&d->release);
}

/* What dnsmasq takes back is no news: it has ended, as the core knows by itself, or was
 * given back by its client, which we hear on the wire, or by us. */
static void event_heard(void *ctx, const struct dhcp_event *e)
{
	struct dhcp *d = ctx;
	bool news = held_leases_tell(&d->held, now_boottime(), e);
	const struct held_lease *held = held_leases_find_ip(&d->held, e->ip);
	struct lease l = {.mac = e->mac,
			  .ip = e->ip,
			  .since_unix_s = (uint32_t)time(NULL),
			  .left_s = e->left_s};

	d->without_clock = e->without_clock;
	if (!news || e->left_s == 0)
		return;
	if (e->named)
		memcpy(l.name, e->name, sizeof(l.name));
	else if (held && held->name[0])
		memcpy(l.name, held->name, sizeof(l.name));
	else
		lease_store_find_name(&d->store, e->mac, l.name);
	lease_tell(d, LEASE_GRANTED, &l);
}

/* ---- to dnsmasq ---- */

/* May we listen there? */
static bool can_bind(int kind, const struct sockaddr *at, socklen_t len)
{
	const int on = 1;
	int fd = socket(at->sa_family, kind | SOCK_CLOEXEC, 0);
	bool can;

	if (fd < 0)
		return true;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	can = bind(fd, at, len) == 0 || errno != EADDRINUSE;
	close(fd);
	return can;
}

/* A dnsmasq that cannot have it would not serve DHCP either. */
static bool dns_port_is_free(const struct plan *plan)
{
	struct sockaddr_in at4 = {.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
	struct sockaddr_in6 at6 = {.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};

	memcpy(&at4.sin_addr, plan->anygw_ipv4.b, sizeof(plan->anygw_ipv4.b));
	memcpy(&at6.sin6_addr, plan->anygw_ipv6.b, sizeof(plan->anygw_ipv6.b));
	return can_bind(SOCK_DGRAM, (const struct sockaddr *)&at4, sizeof(at4)) &&
	       can_bind(SOCK_STREAM, (const struct sockaddr *)&at4, sizeof(at4)) &&
	       can_bind(SOCK_DGRAM, (const struct sockaddr *)&at6, sizeof(at6)) &&
	       can_bind(SOCK_STREAM, (const struct sockaddr *)&at6, sizeof(at6));
}

static int text_file_write(const struct dhcp *d, const char *name, char *data)
{
	struct text t = {.data = data, .len = data ? strlen(data) : 0, .failed = !data};

	return small_file_write(d->env.run->path, name, &t);
}

static int conf_write(const struct dhcp *d)
{
	const struct dnsmasq_conf c = {.plan = d->env.plan,
				       .host = &d->env.conf->host,
				       .run_dir = d->env.run->path,
				       .script = d->script,
				       .user = d->user,
				       .ranges = d->ranges,
				       .range_count = d->range_count,
				       .ipv6_exit = d->exit6.there,
				       .clouds = d->exit6.clouds,
				       .no_ipv6 = access("/proc/net/if_inet6", F_OK) != 0,
				       .no_dns = d->dns_deaf,
				       /* Who invents clients at one node must not use up the
					* table of all nodes. */
				       .leases_max = d->env.conf->node.share.leases_max / 2};

	return text_file_write(d, "dnsmasq.conf", dnsmasq_conf_print(&c));
}

/* What a router is good for. */
static unsigned exit_grade(const struct dhcp *d)
{
	return d->exit6.there ? 2 : d->exit6.clouds ? 1 : 0;
}

static int prepare(void *ctx)
{
	struct dhcp *d = ctx;
	struct text t = {0};
	bool anew, deaf = !dns_port_is_free(d->env.plan);
	int e;

	if (deaf && !d->dns_deaf)
		log_line(LOG_WARN, "no DNS for the LAN: another program has port 53; let it listen "
				   "on its own addresses only");
	d->dns_deaf = deaf;
	d->ranges_told = d->range_count;
	d->exit_told = exit_grade(d);
	e = conf_write(d);
	held_leases_print(&d->held, now_boottime(), (uint32_t)time(NULL), d->without_clock, &t);
	if (!e)
		e = small_file_write(d->env.run->path, LEASES_NAME, &t);
	else
		free(t.data);
	if (!e)
		e = reservations_write(&d->reservations, d->env.run, true, &anew);
	if (!e)
		e = dns_names_write(&d->names, d->env.run, true);
	return e;
}

static bool is_running(const struct dhcp *d)
{
	return d->dnsmasq.state == DNSMASQ_STARTING || d->dnsmasq.state == DNSMASQ_UP;
}

static void flush(uv_timer_t *t);

static void flush_soon(struct dhcp *d)
{
	const uint32_t entries = d->reservations.count + d->names.count;
	const span pace = span_ms(DHCP_PACE_MS + (int64_t)(entries / DHCP_PACE_ENTRIES));
	const instant now = now_boottime();
	instant at = instant_add(now, span_ms(DHCP_FLUSH_MS));

	if (uv_is_active((uv_handle_t *)&d->flush) || !is_running(d))
		return;
	if (instant_before(at, instant_add(d->flushed, pace)))
		at = instant_add(d->flushed, pace);
	if (instant_before(at, instant_add(d->reloaded, span_ms(DHCP_RELOAD_PACE_MS))))
		at = instant_add(d->reloaded, span_ms(DHCP_RELOAD_PACE_MS));
	uv_update_time(d->env.uv);
	uv_timer_start(&d->flush, flush, (uint64_t)span_to_ms(instant_since(at, now)), 0);
}

static void flush(uv_timer_t *t)
{
	struct dhcp *d = t->data;
	bool anew = false;
	int e = 0;

	if (!is_running(d))
		return;
	d->flushed = now_boottime();
	if (reservations_pending(&d->reservations))
		e = reservations_write(&d->reservations, d->env.run, false, &anew);
	if (!e && dns_names_pending(&d->names))
		e = dns_names_write(&d->names, d->env.run, false);
	if (anew) {
		d->reloaded = d->flushed;
		dnsmasq_reload(&d->dnsmasq);
	}
	if (e) {
		log_line(LOG_WARN, "cannot tell dnsmasq about clients: %s", strerror(-e));
		flush_soon(d);
	}
}

/* Our dnsmasq must not think that someone else holds the address, nor that the client
 * holds another. */
static void dnsmasq_forget(struct dhcp *d, struct mac mac, struct ipv4 ip)
{
	int e = dhcp_release_send(&d->release, mac, ip);

	log_line(LOG_DEBUG, "dnsmasq is to forget a lease");
	if (e)
		log_line(LOG_DEBUG, "cannot make dnsmasq forget a lease: %s", strerror(-e));
}

static void reserve(struct dhcp *d, const struct fx_reserve *f)
{
	const struct held_lease *here = held_leases_find_ip(&d->held, f->ip);
	const struct held_lease *other = held_leases_find_mac(&d->held, f->mac);

	reservations_set(&d->reservations, f->mac, f->ip, f->gone);
	flush_soon(d);
	if (here && mac_equal(here->mac, f->mac) == f->gone)
		dnsmasq_forget(d, here->mac, here->ip);
	if (!f->gone && other && ipv4_to_u32(other->ip) != ipv4_to_u32(f->ip))
		dnsmasq_forget(d, other->mac, other->ip);
}

static bool ranges_equal(const struct dhcp *d, const struct fx_ranges *f)
{
	if (d->range_count != f->count)
		return false;
	for (size_t i = 0; i < f->count; i++)
		if (ipv4_to_u32(d->ranges[i].first) != ipv4_to_u32(f->at[i].first) ||
		    ipv4_to_u32(d->ranges[i].last) != ipv4_to_u32(f->at[i].last))
			return false;
	return true;
}

static void ranges_set(struct dhcp *d, const struct fx_ranges *f)
{
	struct fx_ranges fit = *f;

	if (fit.count > DHCP_RANGES_MAX)
		fit.count = DHCP_RANGES_MAX;
	if (ranges_equal(d, &fit))
		return;
	for (size_t i = 0; i < fit.count; i++)
		d->ranges[i] = fit.at[i];
	d->range_count = fit.count;
	dnsmasq_restart(&d->dnsmasq);
}

void dhcp_effect(struct dhcp *d, const struct effect *e)
{
	if (!d->started)
		return;
	if (e->kind == FX_LEASE) {
		lease_store_keep(&d->store, &e->lease);
	} else if (e->kind == FX_RESERVE) {
		reserve(d, &e->reserve);
	} else if (e->kind == FX_RANGES) {
		ranges_set(d, &e->ranges);
	} else if (e->kind == FX_UPLINK) {
		if (e->uplink.kind == UPLINK_OFFER && e->uplink.offer.v6)
			ipv6_exit_carried(&d->exit6, e->uplink.offer.on);
	} else if (e->kind == FX_NAME) {
		dns_names_set(&d->names, e->name.name, e->name.ip4, e->name.ip6, e->name.gone);
		flush_soon(d);
	}
}

/* ---- when it runs ---- */

static bool has_address(const char *interface)
{
	struct ifreq r = {.ifr_addr.sa_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has;

	if (fd < 0)
		return false;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	has = ioctl(fd, SIOCGIFADDR, &r) == 0;
	close(fd);
	return has;
}

static void address_look(uv_timer_t *t)
{
	struct dhcp *d = t->data;

	/* Nobody tells of addresses here, and it gets its own at once. */
	if (has_address(d->env.conf->host.anygw) || ++d->looks == LOOKS_MAX)
		dnsmasq_want(&d->dnsmasq, true);
	else
		uv_timer_start(t, address_look, LOOK_MS, 0);
}

void dhcp_link(struct dhcp *d, const struct link *l, bool gone)
{
	int ifindex = gone || !l->up ? 0 : l->ifindex, e;

	if (!d->started || strcmp(l->name, d->env.conf->host.anygw) != 0 || ifindex == d->ifindex)
		return;
	/* A new interface of the same name: dnsmasq's sockets are bound to the old one. */
	d->ifindex = ifindex;
	dnsmasq_want(&d->dnsmasq, false);
	e = dhcp_release_listen(&d->release, d->env.uv, ifindex);
	if (e)
		log_line(LOG_WARN, "clients that give their address back are not heard: %s",
			 strerror(-e));
	d->looks = 0;
	if (ifindex)
		uv_timer_start(&d->address, address_look, 0, 0);
	else
		uv_timer_stop(&d->address);
}

static void dnsmasq_changed(void *ctx)
{
	struct dhcp *d = ctx;

	if (d->dnsmasq.state != DNSMASQ_UP)
		return;
	if (reservations_pending(&d->reservations) || dns_names_pending(&d->names))
		flush_soon(d);
}

static void exit_gone(uv_timer_t *t)
{
	struct dhcp *d = t->data;

	dnsmasq_restart(&d->dnsmasq);
}

/* dnsmasq reads what routers say at its start only. What came is told at once; what went a little
 * later, since a tunnel's route that moves is away for a moment. Who sends meanwhile is told so by
 * the kernel. */
static void exit_changed(void *ctx)
{
	struct dhcp *d = ctx;
	const unsigned grade = exit_grade(d);

	if (d->exit6.there != d->exit_logged)
		log_line(LOG_INFO, d->exit6.there
					   ? "there is a way to the IPv6 Internet"
					   : "there is no way to the IPv6 Internet any more");
	d->exit_logged = d->exit6.there;
	if (grade < d->exit_told) {
		if (!uv_is_active((uv_handle_t *)&d->exit_gone))
			uv_timer_start(&d->exit_gone, exit_gone, DHCP_EXIT_GONE_MS, 0);
		return;
	}
	uv_timer_stop(&d->exit_gone);
	if (grade > d->exit_told)
		dnsmasq_restart(&d->dnsmasq);
}

/* ---- start and stop ---- */

/* Beside our own program in the tree of the build, or where it is installed. */
static void script_find(struct dhcp *d)
{
	char self[RUN_PATH_ROOM];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		snprintf(d->script, sizeof(d->script), "%s/../" SCRIPT_NAME "/" SCRIPT_NAME, self);
		if (access(d->script, X_OK) == 0)
			return;
	}
	snprintf(d->script, sizeof(d->script), NUVOL_LIBEXECDIR "/nuvol/" SCRIPT_NAME);
}

/* May everybody go into this folder? */
static bool is_reachable(const char *folder)
{
	char path[RUN_PATH_ROOM + 1];
	struct stat st;

	snprintf(path, sizeof(path), "%s/", folder);
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		char after = slash[1];

		slash[1] = '\0';
		if (stat(path, &st) || (st.st_mode & S_IXOTH) == 0)
			return false;
		slash[1] = after;
	}
	return true;
}

/* A user of its own, or the one without any rights; but it must read our files. */
const char *dhcp_user(const char *run_dir)
{
	uid_t uid;

	if (!is_reachable(run_dir))
		return "root";
	return account_user("dnsmasq", &uid)  ? "dnsmasq"
	       : account_user("nobody", &uid) ? "nobody"
					      : "root";
}

static void parts_init(struct dhcp *d)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = uv_hrtime();
	held_leases_init(&d->held, seed);
	reservations_init(&d->reservations, seed);
	dns_names_init(&d->names, seed);
	d->release.tell = lease_released;
	d->release.ctx = d;
	dhcp_release_init(&d->release, d->env.conf->host.anygw, d->env.plan->anygw_ipv4);
	d->exit6.served = d->env.conf->host.anygw;
	d->exit6.checked = uplinks_are_looked_after(d->env.conf);
	d->exit6.changed = exit_changed;
	d->exit6.ctx = d;
	d->dnsmasq = (struct dnsmasq){.uv = d->env.uv,
				      .run = d->env.run,
				      .program = d->env.conf->host.dnsmasq,
				      .prepare = prepare,
				      .changed = dnsmasq_changed,
				      .ctx = d};
	dnsmasq_init(&d->dnsmasq);
	d->events.run = d->env.run;
	d->events.before = releases_first;
	d->events.tell = event_heard;
	d->events.ctx = d;
	uv_timer_init(d->env.uv, &d->flush);
	uv_timer_init(d->env.uv, &d->exit_gone);
	uv_timer_init(d->env.uv, &d->address);
	d->flush.data = d->address.data = d->exit_gone.data = d;
}

void dhcp_start(struct dhcp *d, const struct dhcp_env *env)
{
	const struct plan *plan = env->plan;
	char state[RUN_PATH_ROOM];
	int e;

	*d = (struct dhcp){.env = *env};
	d->flushed = d->reloaded = (instant){INT64_MIN / 2};
	script_find(d);
	d->user = dhcp_user(env->run->path);
	if (strcmp(d->user, "root") == 0)
		log_line(LOG_WARN,
			 "dnsmasq will run as root: not everybody may go into %s, or there "
			 "is no user dnsmasq or nobody",
			 env->run->path);
	/* A dnsmasq of a former daemon has read them. */
	reservations_remove(env->run);
	dns_names_remove(env->run);
	parts_init(d);
	d->started = true;
	dns_names_set(&d->names, plan->hostname, plan->ipv4, plan->ipv6, false);
	e = ipv6_exit_open(&d->exit6, env->uv);
	if (e)
		log_line(LOG_WARN, "cannot watch IPv6 routes: %s", strerror(-e));
	e = lease_store_open(&d->store, env->uv, state_dir_path(&env->conf->host, env->run, state),
			     lease_remembered, d);
	if (e)
		log_line(LOG_WARN, "leases are not kept over a restart: %s: %s", d->store.path,
			 strerror(-e));
	e = dhcp_events_open(&d->events, env->uv);
	if (e)
		log_line(LOG_ERROR, "dnsmasq cannot tell us about leases: %s/dhcp.sock: %s",
			 env->run->path, strerror(-e));
}

void dhcp_stop(struct dhcp *d)
{
	char path[RUN_PATH_ROOM];

	if (!d->started)
		return;
	dnsmasq_fini(&d->dnsmasq);
	/* Its last leases. */
	dhcp_events_read(&d->events);
	dhcp_events_read_spool(&d->events);
	d->started = false;
	dhcp_events_close(&d->events);
	dhcp_release_fini(&d->release);
	ipv6_exit_close(&d->exit6);
	lease_store_close(&d->store);
	uv_close((uv_handle_t *)&d->flush, NULL);
	uv_close((uv_handle_t *)&d->exit_gone, NULL);
	uv_close((uv_handle_t *)&d->address, NULL);
	reservations_fini(&d->reservations);
	dns_names_fini(&d->names);
	held_leases_fini(&d->held);
	unlink(run_dir_path(d->env.run, LEASES_NAME, path));
	reservations_remove(d->env.run);
	dns_names_remove(d->env.run);
}

void dhcp_chores(struct dhcp *d)
{
	if (!d->started)
		return;
	dhcp_events_read_spool(&d->events);
	lease_store_check_clock(&d->store);
	if (d->dns_deaf && dns_port_is_free(d->env.plan))
		dnsmasq_restart(&d->dnsmasq);
}

bool dhcp_serves(const struct dhcp *d)
{
	return d->started && (is_running(d) || d->dnsmasq.state == DNSMASQ_STOPPING);
}

/* ---- status ---- */

static const char *fault_of(const struct dhcp *d)
{
	if (d->dnsmasq.fault[0])
		return d->dnsmasq.fault;
	if (d->ifindex == 0)
		return "waits for the interface of the anycast gateway";
	return d->dns_deaf ? "no DNS: another program has port 53" : "";
}

static json_t *store_json(const struct lease_store *s)
{
	json_t *o = json_object();

	json_put_text(o, "path", s->path);
	json_put_count(o, "leases", lease_store_count(s));
	json_put_count(o, "writes", s->writes);
	json_put_count(o, "damaged", s->damaged);
	json_put_text(o, "fault", !s->open ? "not open" : s->fault ? strerror(-s->fault) : "");
	return o;
}

json_t *dhcp_status(const struct dhcp *d)
{
	json_t *o = json_object();

	json_put_text(o, "state", dnsmasq_state_name(d->dnsmasq.state));
	json_put_text(o, "fault", d->started ? fault_of(d) : "");
	json_put_count(o, "pid", (uint64_t)dnsmasq_pid(&d->dnsmasq));
	json_put_count(o, "starts", d->dnsmasq.starts);
	json_put_count(o, "crashes", d->dnsmasq.ends);
	json_put_bool(o, "ipv6_exit", d->exit6.there);
	json_put_count(o, "ranges", d->ranges_told);
	json_put_count(o, "leases_here", d->held.count);
	json_put_count(o, "reservations", d->reservations.count);
	json_put_count(o, "names", d->names.count);
	json_put_count(o, "batches", d->reservations.batches_written);
	json_put_count(o, "reloads", d->reservations.all_written);
	json_put_count(o, "events", d->events.heard);
	json_put_count(o, "events_late", d->events.spooled);
	json_put_count(o, "events_malformed", d->events.malformed);
	json_put_count(o, "releases", d->release.heard);
	json_put_count(o, "releases_forged", d->release.forged);
	json_put_count(o, "releases_sent", d->release.sent);
	json_object_set_new(o, "store", store_json(&d->store));
	return o;
}
