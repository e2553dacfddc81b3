/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/replay.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/list.h"
#include "conf/conf.h"
#include "node/node.h"
#include "sim/pcap.h"
#include "sim/trace.h"
#include "sim/world_internal.h"

static struct replay *replaying;

__attribute__((format(printf, 2, 3))) static void say(struct replay *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->fault, sizeof(r->fault), format, args);
	va_end(args);
}

span replay_age(const struct replay *r)
{
	return instant_since(r->now, r->start.now);
}

static struct trace_line line(const struct replay *r)
{
	return (struct trace_line){r->conf.trace, {replay_age(r).us}, r->node->plan.hostname};
}

/* ---- answers of the record ---- */

/* The next item is one of len bytes, or of any length up to it. */
static const uint8_t *answer_take(struct replay *r, size_t *len, bool exactly)
{
	struct rd ahead = r->in;
	struct record_item it;
	enum err e = record_item_next(&ahead, &it);

	if (e == OK && it.kind == RECORD_ANSWER && (exactly ? it.len == *len : it.len <= *len)) {
		r->in = ahead;
		*len = it.len;
		return it.data;
	}
	/* At the end nobody can tell: the daemon had no time, or no room, to write it. */
	r->amiss = r->amiss || !(e == ERR_SHORT || (e == OK && it.kind == RECORD_END));
	return NULL;
}

static struct digest sha224(const struct crypto_part *part, size_t count)
{
	struct replay *r = replaying;
	size_t len = sizeof(struct digest);
	const uint8_t *answer;

	if (!record_is_secret(&r->secrets, part, count))
		return r->conf.crypto->sha224(part, count);
	answer = answer_take(r, &len, true);
	return answer ? digest_from(answer) : record_placeholder(UINT32_MAX);
}

static size_t deflated(const void *data, size_t len, void *out, size_t room)
{
	struct replay *r = replaying;
	size_t n = room;
	const uint8_t *answer = answer_take(r, &n, false);

	if (!answer)
		return r->conf.crypto->deflate(data, len, out, room);
	memcpy(out, answer, n);
	return n;
}

/* ---- effects ---- */

static void pcap_keep(struct replay *r, FILE *const *files, uint8_t port, const uint8_t *frame,
		      size_t len)
{
	const struct plan *p = &r->node->plan;

	if (port < PORT_MAX && files[port] && len >= ETHERNET_HEADER)
		pcap_frame(files[port], r->now, p->cloud_tpid, p->cloud_vid, frame, len);
}

static void datagram_keep(struct replay *r, uint8_t port, struct mac from, const uint8_t *data,
			  size_t len)
{
	if (port < PORT_MAX && r->network[port] && len <= NETWORK_DATAGRAM_MAX)
		pcap_datagram(r->network[port], r->now, from, data, len);
}

static void emit(struct fx *fx, const struct effect *e)
{
	struct replay *r = container_of(fx, struct replay, fx);
	const struct fx_network_send *s = &e->network.send;

	r->effects++;
	r->done.effects++;
	r->done.digest = record_effect_mix(r->done.digest, e);
	if (e->kind == FX_SEND)
		pcap_keep(r, r->cloud, e->frame.port, e->frame.data, e->frame.len);
	else if (e->kind == FX_NETWORK && e->network.kind == NETWORK_SEND)
		datagram_keep(r, s->port, r->network_mac[s->port % PORT_MAX], s->data, s->len);
	if (r->conf.trace) {
		const struct trace_line t = line(r);

		trace_effect(&t, e);
	}
}

/* ---- beginning ---- */

static bool conf_take(struct replay *r, const struct record_item *it, struct conf *c)
{
	struct conf_problems *p = world_alloc(sizeof(*p));
	char text[REPLAY_FAULT_ROOM];
	bool good;

	conf_problems_init(p);
	conf_init_defaults(c);
	good = it->len < CONF_FILE_MAX &&
	       conf_parse(c, "its configuration", (const char *)it->data, it->len, CONF_NODE, p);
	for (unsigned i = 0; !good && i < p->count; i++)
		if (p->at[i].severity == CONF_ERROR) {
			say(r, "%s", conf_problem_print(&p->at[i], text, sizeof(text)));
			break;
		}
	if (!good && r->fault[0] == '\0')
		say(r, "its configuration is too long");
	free(p);
	return good;
}

static bool node_make(struct replay *r, struct conf *c)
{
	const struct node_env env = {.crypto = &r->crypto};
	struct node *x = world_alloc(sizeof(*x));
	enum err e;

	c->node.plan.primary_mac = r->start.primary;
	c->node.share.self = r->start.share_self;
	c->node.uplink.targets = r->start.targets;
	memcpy(c->node.uplink.target, r->start.target, sizeof(r->start.target));
	e = node_init(x, &c->node, &env, r->start.now, r->start.seed);
	if (e != OK) {
		free(x);
		say(r, "its configuration makes no node: %s", err_name(e));
		return false;
	}
	r->node = x;
	return true;
}

static bool begin(struct replay *r)
{
	struct conf *c = world_alloc(sizeof(*c));
	struct record_item it;
	bool good = record_head_parse(&r->in) == OK;

	if (!good)
		say(r, "that is no record of nuvold, or one of another format");
	good = good && record_item_next(&r->in, &it) == OK && it.kind == RECORD_CONF &&
	       conf_take(r, &it, c) && record_item_next(&r->in, &it) == OK &&
	       it.kind == RECORD_START && record_start_parse(&it, &r->start) == OK;
	if (!good && r->fault[0] == '\0')
		say(r, "it ends before its node starts");
	good = good && node_make(r, c);
	free(c);
	r->now = r->start.now;
	return good;
}

static bool pcap_begin(struct replay *r)
{
	char path[4096];

	for (unsigned i = 0; r->conf.pcap && i < PORT_MAX; i++) {
		snprintf(path, sizeof(path), "%s/cloud-%u.pcap", r->conf.pcap, i);
		r->cloud[i] = pcap_open(path);
		snprintf(path, sizeof(path), "%s/network-%u.pcap", r->conf.pcap, i);
		r->network[i] = pcap_open(path);
		if (r->cloud[i] && r->network[i])
			continue;
		say(r, "cannot write to %.200s", path);
		return false;
	}
	return true;
}

struct replay *replay_new(const struct replay_conf *conf, char fault[REPLAY_FAULT_ROOM])
{
	struct replay *r = world_alloc(sizeof(*r));

	r->conf = *conf;
	r->fx.emit = emit;
	r->in = rd_over(conf->data, conf->len);
	r->crypto = *conf->crypto;
	r->crypto.sha224 = sha224;
	r->crypto.deflate = deflated;
	replaying = r;
	if (begin(r) && pcap_begin(r))
		return r;
	memcpy(fault, r->fault, sizeof(r->fault));
	replay_free(r);
	return NULL;
}

void replay_free(struct replay *r)
{
	if (r->node)
		node_fini(r->node);
	free(r->node);
	for (unsigned i = 0; i < PORT_MAX; i++) {
		if (r->cloud[i])
			pcap_close(r->cloud[i]);
		if (r->network[i])
			pcap_close(r->network[i]);
	}
	free(r);
	replaying = NULL;
}

/* ---- going on ---- */

static enum replay_result broken(struct replay *r, const char *why)
{
	say(r, "after input %" PRIu64 ", %.6f s after the start: %s", r->inputs,
	    (double)replay_age(r).us / 1e6, why);
	return REPLAY_BROKEN;
}

static enum replay_result differs(struct replay *r, const char *how)
{
	say(r, "input %" PRIu64 ", %.6f s after the start: %s", r->inputs,
	    (double)replay_age(r).us / 1e6, how);
	return REPLAY_DIFFERS;
}

/* What only the host of a node sees to. */
static void input_prepare(struct replay *r, struct node_input *in)
{
	struct ev_network *n = &in->event.network;

	if (in->kind == INPUT_NETWORK) {
		memcpy(r->public, in->network.key.public.at, in->network.key.public.len);
		in->network.key.public.at = r->public;
		r->secrets.node = in->network.key.secret;
	}
	if (in->kind != INPUT_EVENT || in->event.kind != EV_NETWORK)
		return;
	if (n->kind == NETWORK_JOB_DONE && n->done.result.len == sizeof(struct digest)) {
		const struct digest d = record_placeholder(r->secrets.links);

		if (memcmp(d.b, n->done.result.at, sizeof(d.b)) == 0)
			record_secret_add(&r->secrets, d.b);
	} else if (n->kind == NETWORK_PORT) {
		r->network_mac[n->port.port] = ipv6_link_local_mac(n->port.link_local);
	} else if (n->kind == NETWORK_DATAGRAM) {
		datagram_keep(r, n->datagram.port, ipv6_link_local_mac(n->datagram.from),
			      n->datagram.data, n->datagram.len);
	}
}

static enum replay_result compare(struct replay *r, const struct node_input *in)
{
	struct rd before = r->in;
	struct record_done said;
	struct record_item it;
	enum err e;
	char how[160];

	if (in->kind == INPUT_CARRIED)
		return REPLAY_GOES_ON;
	r->done.digest = prng_mix(r->done.digest ^ (uint64_t)node_deadline(r->node).us);
	if (r->amiss)
		return differs(r, "the node asks for a hash over a key, and the recorded one did "
				  "not");
	e = record_item_next(&r->in, &it);
	if (e == ERR_SHORT) {
		r->end = REPLAY_AMID;
		return REPLAY_SAME;
	}
	if (e == OK && it.kind == RECORD_END) { /* no room was left for it */
		r->in = before;
		return REPLAY_GOES_ON;
	}
	if (e == OK && it.kind == RECORD_ANSWER)
		return differs(r, "the recorded node asked for a hash over a key, and this one "
				  "does not");
	if (e != OK || it.kind != RECORD_DONE || record_done_parse(&it, &said) != OK)
		return broken(r, "what came of an input should stand here, and does not");
	if (said.effects == r->done.effects && said.digest == r->done.digest)
		return REPLAY_GOES_ON;
	snprintf(how, sizeof(how), "%u effects, the recorded node had %u%s", r->done.effects,
		 said.effects, said.effects == r->done.effects ? " others" : "");
	return differs(r, how);
}

static enum replay_result input_do(struct replay *r, const struct record_item *it)
{
	struct node_input in;

	if (record_input_parse(it, &in) != OK)
		return broken(r, "an input that cannot be");
	if (instant_before(in.now, r->now) ||
	    instant_since(in.now, r->start.now).us > span_s(RECORD_SPAN_MAX_S).us)
		return broken(r, "time goes back, or on for ten years");
	if (in.kind == INPUT_NETWORK && r->node->l3)
		return broken(r, "the network starts twice");
	r->now = in.now;
	r->inputs++;
	r->done.effects = 0;
	if (in.kind == INPUT_EVENT)
		r->by_kind[in.event.kind]++;
	if (in.kind == INPUT_EVENT && in.event.kind == EV_FRAME)
		pcap_keep(r, r->cloud, in.event.frame.port, in.event.frame.data,
			  in.event.frame.len);
	input_prepare(r, &in);
	if (r->conf.trace) {
		const struct trace_line t = line(r);

		trace_input(&t, &in);
	}
	node_take(r->node, &in, &r->fx);
	return compare(r, &in);
}

enum replay_result replay_step(struct replay *r)
{
	struct record_item it;
	enum err e;

	if (rd_left(&r->in) == 0) {
		r->end = REPLAY_CUT;
		return REPLAY_SAME;
	}
	e = record_item_next(&r->in, &it);
	if (e == ERR_SHORT) {
		r->end = REPLAY_CUT;
		return REPLAY_SAME;
	}
	if (e != OK)
		return broken(r, "that is no item of a record");
	switch (it.kind) {
	case RECORD_INPUT: return input_do(r, &it);
	case RECORD_END:
		r->end = it.len == 1 && it.data[0] == RECORD_FULL ? REPLAY_FULL : REPLAY_STOPPED;
		return REPLAY_SAME;
	case RECORD_CONF:
	case RECORD_START:
	case RECORD_ANSWER:
	case RECORD_DONE: break;
	}
	return broken(r, "an item that does not belong here");
}
