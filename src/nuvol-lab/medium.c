/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/medium.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>
#include "nuvol-lab/air.h"
#include "nuvol-lab/place.h"
#include "nuvol-lab/process.h"

enum {
	FRAME_ROOM = 9216 + 64,
	FRAMES_AT_ONCE = 64, /* from one node, then it is the next one's turn */
	EVENTS_AT_ONCE = 64,
	REQUEST_MAX = 256,
	ASK_TIMEOUT_S = 5,
};

/* What epoll gives back is one of these. */
struct tap {
	int fd;
	const char *segment, *node;
	unsigned station;
	bool silent, down;
};

struct medium {
	const struct town *town;
	struct air *air;
	struct tap *taps;
	unsigned tap_count;
	int epoll, timer, signals, listener;
	instant timer_at;
};

static void tap_deliver(void *ctx, const uint8_t *frame, size_t len)
{
	const struct tap *tap = ctx;

	/* A node whose interface is down, or that is slow, loses frames as in life. */
	if (write(tap->fd, frame, len) < 0)
		return;
}

/* One TAP called name in the place of node. */
static int tap_open(const struct town *t, const struct town_node *node, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int back, fd, result;

	result = place_enter(t->name, node->name, &back);
	if (result < 0)
		return result;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	result = fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0 ? -errno : fd;
	if (result < 0 && fd >= 0)
		close(fd);
	place_leave(back);
	return result;
}

static bool epoll_add(struct medium *m, int fd, void *what)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(m->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool taps_open(struct medium *m)
{
	const struct town *t = m->town;

	for (unsigned i = 0; i < m->tap_count; i++) {
		struct tap *tap = &m->taps[i];
		unsigned node = town_node_find(t, tap->node);
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "mesh%u",
			 town_mesh_find(t, node, town_segment_find(t, tap->segment)));
		tap->fd = tap_open(t, &t->nodes[node], name);
		if (tap->fd < 0 || !epoll_add(m, tap->fd, tap)) {
			fprintf(stderr, "nuvol-lab: cannot make %s of %s: %s\n", name, tap->node,
				strerror(tap->fd < 0 ? -tap->fd : errno));
			return false;
		}
	}
	return true;
}

static struct air_conf segment_conf(const struct town_segment *s)
{
	return (struct air_conf){
		.shared = s->radio,
		.links = s->linked,
		.loss = s->loss,
		.delay = s->delay,
		.jitter = s->jitter,
		.rate_bps = s->rate_bps,
		.queue_frames = s->queue_frames,
		.retries = s->retries,
	};
}

static struct tap *tap_find(struct medium *m, const char *segment, const char *node)
{
	for (unsigned i = 0; i < m->tap_count; i++)
		if (strcmp(m->taps[i].segment, segment) == 0 && strcmp(m->taps[i].node, node) == 0)
			return &m->taps[i];
	return NULL;
}

static void links_make(struct medium *m)
{
	const struct town *t = m->town;

	for (unsigned i = 0; i < t->link_count; i++) {
		const struct town_link *l = &t->links[i];
		const struct town_segment *s = &t->segments[l->segment];

		air_link(m->air, tap_find(m, s->name, l->name[0])->station,
			 tap_find(m, s->name, l->name[1])->station,
			 l->has_loss ? l->loss : s->loss);
	}
}

/* All segments first, then their stations: air.h asks for it. */
static void air_make(struct medium *m)
{
	const struct town *t = m->town;
	unsigned *in_air = calloc(t->segment_count + 1, sizeof(*in_air));
	unsigned total = 0;

	for (unsigned i = 0; i < t->segment_count; i++)
		total += town_segment_is_medium(&t->segments[i]) ? t->segments[i].node_count : 0;
	m->taps = calloc(total + 1, sizeof(*m->taps));
	m->air = air_new(t->seed, tap_deliver);
	if (!in_air || !m->taps)
		abort();
	for (unsigned i = 0; i < t->segment_count; i++) {
		struct air_conf conf = segment_conf(&t->segments[i]);

		in_air[i] = town_segment_is_medium(&t->segments[i]) ? air_segment(m->air, &conf)
								    : TOWN_NONE;
	}
	for (unsigned n = 0; n < t->node_count; n++)
		for (unsigned i = 0; i < t->nodes[n].mesh_count; i++) {
			unsigned segment = t->nodes[n].mesh[i].segment;
			struct tap *tap = &m->taps[m->tap_count];

			if (in_air[segment] == TOWN_NONE)
				continue;
			*tap = (struct tap){.fd = -1,
					    .segment = t->segments[segment].name,
					    .node = t->nodes[n].name};
			tap->station = air_station(m->air, in_air[segment], tap);
			m->tap_count++;
		}
	free(in_air);
	links_make(m);
}

static int listener_open(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0) {
		fprintf(stderr, "nuvol-lab: cannot listen on %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool medium_init(struct medium *m, const struct town *t, const char *socket_path)
{
	*m = (struct medium){.town = t, .timer_at = NEVER};
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	m->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	m->signals = signals_open();
	m->listener = listener_open(socket_path);
	if (m->epoll < 0 || m->timer < 0 || m->signals < 0 || m->listener < 0)
		return false;
	air_make(m);
	return taps_open(m) && epoll_add(m, m->listener, &m->listener) &&
	       epoll_add(m, m->signals, &m->signals) && epoll_add(m, m->timer, &m->timer);
}

static void medium_fini(struct medium *m)
{
	if (m->air)
		air_free(m->air);
	for (unsigned i = 0; i < m->tap_count; i++)
		if (m->taps[i].fd >= 0)
			close(m->taps[i].fd);
	free(m->taps);
}

static void tap_read(struct medium *m, struct tap *tap)
{
	uint8_t frame[FRAME_ROOM];
	instant now = clock_read();
	ssize_t len;

	for (unsigned i = 0; i < FRAMES_AT_ONCE; i++) {
		len = read(tap->fd, frame, sizeof(frame));
		if (len <= 0)
			return;
		air_send(m->air, now, tap->station, frame, (size_t)len);
	}
}

static const char *tap_cut(struct medium *m, struct tap *tap, bool cut, bool silent)
{
	int carrier = !cut || silent;

	air_cut(m->air, tap->station, cut);
	tap->silent = cut && silent;
	tap->down = cut && !silent;
	if (ioctl(tap->fd, TUNSETCARRIER, &carrier) < 0)
		return "error: this kernel cannot take a TAP's carrier away";
	return "ok";
}

static char *counters_print(struct medium *m)
{
	json_t *all = json_object();
	char *text;

	for (unsigned i = 0; i < m->tap_count; i++) {
		const struct tap *tap = &m->taps[i];
		const struct air_counters *c = air_counters(m->air, tap->station);
		json_t *segment = json_object_get(all, tap->segment);

		if (!segment) {
			segment = json_object();
			json_object_set_new(all, tap->segment, segment);
		}
		json_object_set_new(segment, tap->node,
				    json_pack("{s:I, s:I, s:I, s:I, s:I}", "sent",
					      (json_int_t)c->sent, "received",
					      (json_int_t)c->received, "lost", (json_int_t)c->lost,
					      "overflows", (json_int_t)c->overflows, "cut",
					      (json_int_t)c->cut));
	}
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

/* Gives the answer, to be freed. */
static char *request_answer(struct medium *m, const char *request)
{
	char verb[16] = "", segment[WHO_NAME_MAX + 1] = "", node[WHO_NAME_MAX + 1] = "",
	     how[16] = "";
	struct tap *tap;

	sscanf(request, "%15s %15s %15s %15s", verb, segment, node, how);
	if (strcmp(verb, "counters") == 0)
		return counters_print(m);
	tap = tap_find(m, segment, node);
	if (!tap)
		return strdup("error: no such node on such a segment");
	if (strcmp(verb, "heal") == 0)
		return strdup(tap_cut(m, tap, false, false));
	if (strcmp(verb, "cut") == 0)
		return strdup(tap_cut(m, tap, true, strcmp(how, "silent") == 0));
	return strdup("error: no such request");
}

static void timeout_set(int fd)
{
	struct timeval t = {.tv_sec = ASK_TIMEOUT_S};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* Only root can reach the socket, and asks at once, so that we may wait for it. */
static void request_serve(struct medium *m)
{
	char request[REQUEST_MAX + 1];
	int fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return;
	timeout_set(fd);
	len = recv(fd, request, REQUEST_MAX, 0);
	if (len > 0) {
		char *answer;

		request[len] = '\0';
		answer = request_answer(m, request);
		if (answer)
			send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		free(answer);
	}
	close(fd);
}

/* The timer fires when the next thing is due. */
static void timer_arm(struct medium *m)
{
	instant at = air_deadline(m->air);
	struct itimerspec when = {0};

	if (at.us == m->timer_at.us)
		return;
	m->timer_at = at;
	if (at.us != INT64_MAX) {
		when.it_value.tv_sec = at.us / 1000000;
		when.it_value.tv_nsec = at.us % 1000000 * 1000;
	}
	timerfd_settime(m->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* false: it is time to end. */
static bool event_serve(struct medium *m, void *what)
{
	uint64_t fired;

	if (what == &m->signals)
		return false;
	if (what == &m->listener) {
		request_serve(m);
	} else if (what == &m->timer) {
		if (read(m->timer, &fired, sizeof(fired)) > 0)
			m->timer_at = NEVER; /* armed no more */
	} else {
		tap_read(m, what);
	}
	return true;
}

int medium_serve(const struct town *t, const char *socket_path)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	struct medium m;
	bool on = medium_init(&m, t, socket_path);
	int status = on ? 0 : 1;

	if (on) {
		printf("ready\n");
		fflush(stdout);
	}
	while (on) {
		int count = epoll_wait(m.epoll, events, EVENTS_AT_ONCE, -1);

		if (count < 0 && errno != EINTR) {
			perror("nuvol-lab: medium");
			status = 1;
			break;
		}
		for (int i = 0; i < count; i++)
			on = event_serve(&m, events[i].data.ptr) && on;
		air_expire(m.air, clock_read());
		timer_arm(&m);
	}
	medium_fini(&m);
	return status;
}

char *medium_ask(const char *socket_path, const char *request)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t room = 1 << 20;
	char *answer = malloc(room);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ssize_t len = -1;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
	if (fd >= 0 && answer) {
		timeout_set(fd);
		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
		    send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
			len = recv(fd, answer, room - 1, 0);
	}
	if (fd >= 0)
		close(fd);
	if (len <= 0) {
		free(answer);
		return NULL;
	}
	answer[len] = '\0';
	return answer;
}
