/* Proves that names of files become a list of trusted nodes as BMX7 reads them, that bad names
 * are told and cost only themselves, that changes of the folder are followed, and that without
 * a folder nobody is trusted. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>
#include "cmocka_all.h"
#include "drv/log.h"
#include "drv/trusted.h"

#define ID_A "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C"
#define ID_B "ff02030405060708090a0b0c0d0e0f101112131415161718191a1b1c"

enum { WAIT_MS = 3000 };

static char folder[64];
static struct bmx7_trust told[TRUSTED_MAX];
static unsigned told_count, told_times;
static uv_loop_t uv;

static void tell(void *ctx, const struct ev_network *ev)
{
	struct rd r = rd_over(ev->publish.data, ev->publish.len);

	(void)ctx;
	assert_int_equal(ev->kind, NETWORK_PUBLISH);
	assert_int_equal(ev->publish.type, BMX7_TRUSTS);
	assert_int_equal(bmx7_tlv_check(BMX7_TRUSTS, ev->publish.data, ev->publish.len), OK);
	for (told_count = 0; bmx7_trust_next(&r, &told[told_count]);)
		told_count++;
	told_times++;
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		int level; /* -1: bad */
	} cases[] = {
		{ID_A, 2},
		{ID_B, 2},
		{ID_A ".trust=3", 3},
		{ID_A ".trust=0.support=2", 0},
		{ID_A ".rose.trust=2", 2},
		{ID_A ".rose", 2},
		{ID_A ".support=9", 2},
		{ID_A ".", 2},
		{"", -1},
		{"rose", -1},
		{"0102030405060708090A0B0C0D0E0F101112131415161718191A1B1", -1},
		{ID_A "1D", -1},
		{ID_A "-rose", -1},
		{ID_A ".trust=1", -1}, /* what others recommend; nobody sets it */
		{ID_A ".trust=4", -1},
		{ID_A ".trust=", -1},
		{ID_A ".trust=22", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bmx7_trust t;
		const char *wrong = trusted_name_parse(cases[i].name, &t);

		assert_int_equal(wrong == NULL, cases[i].level >= 0);
		if (!wrong)
			assert_int_equal(t.level, cases[i].level);
	}
}

static void file_make(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static void file_remove(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static void never(uv_timer_t *t)
{
	*(bool *)t->data = true;
}

/* Until it was told `times` times. */
static void loop_until(struct trusted *t, unsigned times)
{
	bool over = false;
	uv_timer_t end;

	uv_timer_init(&uv, &end);
	end.data = &over;
	uv_timer_start(&end, never, WAIT_MS, 0);
	while (told_times < times && !over) {
		trusted_look(t);
		uv_run(&uv, UV_RUN_ONCE);
	}
	uv_close((uv_handle_t *)&end, NULL);
	uv_run(&uv, UV_RUN_NOWAIT);
	assert_int_equal(told_times, times);
}

static void trusted_begin(struct trusted *t)
{
	strcpy(folder, "/tmp/nuvol-trusted-XXXXXX");
	assert_non_null(mkdtemp(folder));
	uv_loop_init(&uv);
	told_times = 0;
	*t = (struct trusted){.folder = folder, .tell = tell};
}

static void trusted_end(struct trusted *t)
{
	trusted_stop(t);
	uv_run(&uv, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&uv), 0);
}

static void test_folder_is_followed(void **state)
{
	struct trusted t;

	(void)state;
	trusted_begin(&t);
	file_make(ID_B ".trust=3");
	file_make(ID_A);
	file_make("README");
	file_make(".hidden");
	trusted_start(&t, &uv);
	assert_int_equal(told_times, 1);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[0].node.b[0], 0x01); /* by id */
	assert_int_equal(told[0].level, 2);
	assert_int_equal(told[1].level, 3);
	assert_int_equal(t.bad, 1);

	/* Two files about one node: the lower level counts. */
	file_make(ID_B ".trust=0");
	loop_until(&t, 2);
	assert_int_equal(told_count, 1);
	assert_int_equal(t.bad, 2);

	file_remove(ID_B ".trust=0");
	file_remove(ID_A);
	loop_until(&t, 3);
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].node.b[0], 0xff);
	file_remove(ID_B ".trust=3");
	file_remove("README");
	file_remove(".hidden");
	loop_until(&t, 4);
	assert_int_equal(told_count, 0);
	trusted_end(&t);
	assert_int_equal(rmdir(folder), 0);
}

static void test_without_folder_nobody_is_trusted(void **state)
{
	struct trusted t;

	(void)state;
	trusted_begin(&t);
	assert_int_equal(rmdir(folder), 0);
	trusted_start(&t, &uv);
	assert_int_equal(told_times, 1);
	assert_int_equal(told_count, 0);
	assert_int_equal(t.error, -ENOENT);
	trusted_look(&t); /* nothing new: nothing is said */
	assert_int_equal(told_times, 1);

	assert_int_equal(mkdir(folder, 0700), 0);
	file_make(ID_A);
	trusted_look(&t);
	assert_int_equal(told_times, 2);
	assert_int_equal(told_count, 1);
	assert_int_equal(t.error, 0);

	file_remove(ID_A);
	assert_int_equal(rmdir(folder), 0);
	loop_until(&t, 3);
	assert_int_equal(told_count, 0);
	assert_int_equal(t.error, -ENOENT);
	trusted_end(&t);
}

/* More files than there may be nodes: the rest is told as bad. */
static void test_too_many(void **state)
{
	struct trusted t;

	(void)state;
	trusted_begin(&t);
	for (unsigned i = 0; i < TRUSTED_MAX + 3; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%04X%s", i, &ID_A[4]);
		file_make(name);
	}
	trusted_start(&t, &uv);
	assert_int_equal(told_count, TRUSTED_MAX);
	assert_int_equal(t.bad, 3);
	trusted_end(&t);
	for (unsigned i = 0; i < TRUSTED_MAX + 3; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%04X%s", i, &ID_A[4]);
		file_remove(name);
	}
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_folder_is_followed),
		cmocka_unit_test(test_without_folder_nobody_is_trusted),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
