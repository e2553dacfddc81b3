/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stranger's record is replayed: whatever is in it, the node lives with it, or the reader says
 * what is wrong, and at the end all is given back.
 */
#include "fuzz.h"
#include "sim/cheap_crypto.h"
#include "sim/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct replay_conf conf = {.data = data, .len = size, .crypto = cheap_crypto()};
	char fault[REPLAY_FAULT_ROOM] = "";
	struct replay *r = replay_new(&conf, fault);
	enum replay_result result = REPLAY_GOES_ON;

	if (!r) {
		must(fault[0] != '\0');
		return 0;
	}
	while (result == REPLAY_GOES_ON)
		result = replay_step(r);
	must(result == REPLAY_SAME || r->fault[0] != '\0');
	replay_free(r);
	return 0;
}
