/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/boot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/prng.h"

enum { BOOT_ID_LEN = 36 }; /* a UUID in text */

uint64_t boot_seed(struct mac primary_mac)
{
	char id[BOOT_ID_LEN + sizeof(primary_mac.b)];
	uint64_t seed = 0, word;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, id, BOOT_ID_LEN);

	if (fd >= 0)
		close(fd);
	if (got != BOOT_ID_LEN)
		return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : 1;
	memcpy(id + BOOT_ID_LEN, primary_mac.b, sizeof(primary_mac.b));
	for (size_t at = 0; at < sizeof(id); at += sizeof(word)) {
		size_t left = sizeof(id) - at;

		word = 0;
		memcpy(&word, id + at, left < sizeof(word) ? left : sizeof(word));
		seed = prng_mix(seed ^ word);
	}
	return seed;
}
