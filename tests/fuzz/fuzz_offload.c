/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any frames from the wire into GRO, and any super-frame from the TAP into GSO:
 * no byte is lost or read outside, and what was joined comes apart as it was.
 *
 * Input: one byte of kind. 0: a virtio header (10 bytes) and a frame. Else: frames,
 * each behind two bytes of length.
 */
#include <string.h>
#include "drv/gro.h"
#include "drv/gso.h"
#include "fuzz.h"

enum { FRAMES_MAX = 64 };

struct sums {
	size_t frames;
	size_t bytes;
};

static void segments_check(const struct gso *g, size_t len, struct sums *out)
{
	uint8_t header[GSO_HEADER_MAX];
	const uint8_t *payload, *next = NULL;
	size_t sum = 0;

	must(g->header_bytes <= GSO_HEADER_MAX && g->count >= 1);
	for (uint32_t i = 0; i < g->count; i++) {
		size_t n = gso_segment(g, i, header, &payload);

		must(n > 0 && n <= g->segment_bytes);
		must(!next || payload == next);
		next = payload + n;
		sum += n;
		out->frames++;
		out->bytes += g->header_bytes + n;
	}
	must(sum + g->header_bytes == len);
}

static void collect(void *ctx, const struct virtio_net_hdr *v, const struct iovec *iov,
		    unsigned count)
{
	static uint8_t frame[GSO_FRAME_MAX];
	struct sums *out = ctx;
	size_t len = 0;
	struct gso g;

	for (unsigned i = 0; i < count; i++) {
		must(len + iov[i].iov_len <= sizeof(frame));
		memcpy(frame + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	if (!gso_wanted(v)) {
		must(count == 1 && v->flags == 0);
		out->frames++;
		out->bytes += len;
		return;
	}
	must(gso_open(&g, v, frame, len) == OK);
	must(g.count >= 2 && g.count <= GRO_SEGMENTS_MAX);
	segments_check(&g, len, out);
}

static void join(const uint8_t *data, size_t size)
{
	struct sums in = {0}, out = {0};
	static struct gro gro;

	gro_init(&gro, collect, &out);
	while (size >= 2 && in.frames < FRAMES_MAX) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		gro_add(&gro, data, len);
		in.frames++;
		in.bytes += len;
		data += len;
		size -= len;
	}
	gro_flush(&gro);
	must(gro.used == 0 && in.frames == out.frames && in.bytes == out.bytes);
}

static void cut(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr v;
	struct sums out = {0};
	struct gso g;
	uint8_t *copy;

	if (size < sizeof(v))
		return;
	memcpy(&v, data, sizeof(v));
	data += sizeof(v);
	size -= sizeof(v);
	if (gso_open(&g, &v, data, size) == OK) {
		segments_check(&g, size, &out);
		if (gso_limit(&g, 600) == OK) {
			must(gso_segment_max(&g) <= 600);
			segments_check(&g, size, &out);
		}
	}
	copy = malloc(size + 1);
	must(copy);
	memcpy(copy, data, size);
	(void)gso_complete(&v, copy, size);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 0)
		cut(data + 1, size - 1);
	else
		join(data + 1, size - 1);
	return 0;
}
