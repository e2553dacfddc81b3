/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-sim/replay_command.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "drv/crypto.h"
#include "node/node.h"
#include "nuvol-sim/step.h"
#include "sim/replay.h"
#include "town/quantity.h"

enum { EXIT_USAGE = 2, FILE_MAX_MB = 4096 };

struct words {
	const char *file, *trace, *pcap, *until;
	bool step;
	span until_age;
};

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
	va_list args;

	fputs("nuvol-sim: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static bool words_take(struct words *w, int count, char **word)
{
	const struct {
		const char *name, **value;
	} options[] = {{"--trace", &w->trace}, {"--pcap", &w->pcap}, {"--until", &w->until}};

	for (int i = 0; i < count; i++) {
		size_t k = 0;

		while (k < sizeof(options) / sizeof(options[0]) &&
		       strcmp(word[i], options[k].name) != 0)
			k++;
		if (k < sizeof(options) / sizeof(options[0])) {
			if (i + 1 == count)
				return fail("option '%s' takes a value", word[i]), false;
			*options[k].value = word[++i];
		} else if (strcmp(word[i], "--step") == 0) {
			w->step = true;
		} else if (word[i][0] == '-' || w->file) {
			return fail("what is '%s'? nuvol-sim replay takes one file, --trace FILE, "
				    "--pcap FOLDER, --until TIME, --step",
				    word[i]),
			       false;
		} else {
			w->file = word[i];
		}
	}
	if (!w->file)
		return fail("which record? nuvol-sim replay FILE"), false;
	return true;
}

/* The whole file; NULL: why was said. */
static uint8_t *file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size > (long)FILE_MAX_MB << 20) {
		fail("%s is longer than %d MB", path, FILE_MAX_MB);
	} else if (size < 0 || !(data = malloc((size_t)size + 1)) || fseek(f, 0, SEEK_SET) ||
		   fread(data, 1, (size_t)size, f) != (size_t)size) {
		fail("cannot read %s: %s", path, strerror(errno ? errno : EIO));
		free(data);
		data = NULL;
	}
	if (f)
		fclose(f);
	*len = size > 0 ? (size_t)size : 0;
	return data;
}

/* ---- words about it ---- */

static void head_print(const struct replay *r)
{
	char mac[MAC_TEXT];

	printf("a record of nuvold %s: node %s (%s), cloud %s\n", r->start.version,
	       r->node->plan.hostname, mac_print(r->start.primary, mac), r->node->plan.ssid);
	if (strcmp(r->start.version, NUVOL_VERSION) != 0)
		printf("this is nuvol-sim %s: what it does otherwise may be no fault\n",
		       NUVOL_VERSION);
}

static void end_print(const struct replay *r)
{
	static const char *const ends[] = {
		[REPLAY_STOPPED] = "the record ends as its daemon was stopped",
		[REPLAY_FULL] = "the record ends at its limit, --record-max",
		[REPLAY_CUT] = "the record has no end: its daemon was killed, or died between two "
			       "inputs",
		[REPLAY_AMID] =
			"the record ends within its last input: of that its daemon may have "
			"died",
	};

	puts(ends[r->end]);
}

static void figures_print(const struct replay *r)
{
	static const char *const kinds[] = {
		[EV_DEADLINE] = "deadlines",
		[EV_PORT] = "ports",
		[EV_FRAME] = "frames",
		[EV_CLIENT] = "clients",
		[EV_STATION] = "stations",
		[EV_ECHO] = "echoes",
		[EV_DATAGRAM] = "shared records",
		[EV_LEASE] = "leases",
		[EV_LAN_PORT] = "LAN ports",
		[EV_HELLO] = "hellos",
		[EV_NETWORK] = "of the network",
		[EV_UPLINK] = "of uplinks",
		[EV_TUNNEL] = "of tunnels",
	};

	printf("%" PRIu64 " inputs in %.3f s, %" PRIu64 " effects, digest %016" PRIx64 "\n",
	       r->inputs, (double)replay_age(r).us / 1e6, r->effects, r->done.digest);
	for (unsigned i = 0; i <= EV_TUNNEL; i++)
		if (r->by_kind[i] > 0)
			printf("  %-16s %" PRIu64 "\n", kinds[i], r->by_kind[i]);
}

/* ---- running ---- */

static enum replay_result go(struct replay *r, const struct words *w)
{
	enum replay_result result = REPLAY_GOES_ON;
	uint64_t steps = w->step ? 0 : UINT64_MAX;

	while (result == REPLAY_GOES_ON) {
		if (w->until && replay_age(r).us >= w->until_age.us)
			break;
		if (steps == 0 && (steps = step_ask()) == 0)
			break;
		result = replay_step(r);
		steps--;
	}
	return result;
}

static int replay(const struct words *w, const struct replay_conf *conf)
{
	char fault[REPLAY_FAULT_ROOM];
	struct replay *r = replay_new(conf, fault);
	enum replay_result result;

	if (!r)
		return fail("%s: %s", w->file, fault);
	head_print(r);
	result = go(r, w);
	figures_print(r);
	switch (result) {
	case REPLAY_GOES_ON: puts("the same effects so far"); break;
	case REPLAY_SAME:
		end_print(r);
		puts("the same effects");
		break;
	case REPLAY_DIFFERS: printf("DIFFERS at %s\n", r->fault); break;
	case REPLAY_BROKEN: fail("%s: %s", w->file, r->fault); break;
	}
	replay_free(r);
	return result == REPLAY_BROKEN ? EXIT_USAGE : result == REPLAY_DIFFERS;
}

int replay_command(int count, char **word)
{
	struct words w = {0};
	struct replay_conf conf = {.crypto = crypto_mbedtls()};
	uint8_t *data;
	int status;

	if (!words_take(&w, count, word))
		return EXIT_USAGE;
	if (w.until && !duration_parse(w.until, &w.until_age))
		return fail("'%s' is no time since the start, as 90s or 0.5 are", w.until);
	data = file_read(w.file, &conf.len);
	if (!data)
		return EXIT_USAGE;
	conf.data = data;
	conf.pcap = w.pcap;
	if (w.step || (w.trace && strcmp(w.trace, "-") == 0))
		conf.trace = stdout;
	if (w.trace && strcmp(w.trace, "-") != 0 && !(conf.trace = fopen(w.trace, "w")))
		status = fail("cannot write to %s: %s", w.trace, strerror(errno));
	else
		status = replay(&w, &conf);
	if (conf.trace && conf.trace != stdout)
		fclose(conf.trace);
	free(data);
	return status;
}
