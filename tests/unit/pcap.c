/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	LINKTYPE_AT = 20,
	LINKTYPE_ETHERNET = 1,
};

static const uint32_t magic_us = 0xa1b2c3d4;

_Noreturn static void give_up(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	exit(1);
}

static uint32_t word_at(const struct pcap *p, size_t at)
{
	uint32_t word;

	memcpy(&word, p->bytes + at, sizeof(word));
	return p->swapped ? __builtin_bswap32(word) : word;
}

static void file_read(struct pcap *p)
{
	FILE *file = fopen(p->path, "rb");

	if (!file || fseek(file, 0, SEEK_END) != 0)
		give_up(p->path, "cannot be opened");
	long len = ftell(file);
	if (len < FILE_HEADER)
		give_up(p->path, "too short for a capture");
	rewind(file);
	p->len = (size_t)len;
	p->bytes = malloc(p->len);
	if (!p->bytes || fread(p->bytes, 1, p->len, file) != p->len)
		give_up(p->path, "cannot be read");
	fclose(file);
}

struct pcap pcap_open(const char *path)
{
	struct pcap p = {.path = path, .at = FILE_HEADER, .first_us = -1};

	file_read(&p);
	p.swapped = word_at(&p, 0) != magic_us;
	if (word_at(&p, 0) != magic_us)
		give_up(path, "not a pcap file with microseconds");
	if (word_at(&p, LINKTYPE_AT) != LINKTYPE_ETHERNET)
		give_up(path, "not a capture of Ethernet");
	return p;
}

bool pcap_next(struct pcap *p, struct pcap_frame *f)
{
	if (p->at == p->len) {
		pcap_close(p);
		return false;
	}
	if (p->len - p->at < RECORD_HEADER)
		give_up(p->path, "ends inside a record's header");
	int64_t us = (int64_t)word_at(p, p->at) * 1000000 + word_at(p, p->at + 4);
	size_t len = word_at(p, p->at + 8);
	p->at += RECORD_HEADER;
	if (p->len - p->at < len)
		give_up(p->path, "ends inside a frame");
	if (p->first_us < 0)
		p->first_us = us;
	*f = (struct pcap_frame){{us - p->first_us}, p->bytes + p->at, len};
	p->at += len;
	return true;
}

void pcap_close(struct pcap *p)
{
	free(p->bytes);
	p->bytes = NULL;
	p->at = p->len = 0;
}
