/* Proves that leases survive a restart and a power loss at any byte, that damage costs only
 * the damaged lines, and that many leases do not cost many syncs. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#include "base/prng.h"
#include "cmocka_all.h"
#include "drv/lease_store.h"
#include "drv/log.h"

enum { FILE_ROOM = 1 << 20 };

static char folder[64], path[128];
static struct lease shown[4096];
static unsigned shown_count;

static struct lease lease_of(unsigned i)
{
	struct lease l = {.mac = {{0x02, 0xaa, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}},
			  .ip = ipv4_from_u32(0x0a070000 + i, 32),
			  .since_unix_s = 1000 + i,
			  .version = 7 + i,
			  .left_s = 3600};

	if (i % 3 > 0)
		snprintf(l.name, sizeof(l.name), "host-%u", i);
	return l;
}

static bool same(const struct lease *a, const struct lease *b)
{
	return mac_equal(a->mac, b->mac) && ipv4_equal(a->ip, b->ip) &&
	       a->since_unix_s == b->since_unix_s && a->version == b->version &&
	       strcmp(a->name, b->name) == 0;
}

static void show(void *ctx, const struct lease *l)
{
	(void)ctx;
	shown[shown_count++] = *l;
}

static const struct lease *find_shown(unsigned i)
{
	struct lease want = lease_of(i);

	for (unsigned k = 0; k < shown_count; k++)
		if (mac_equal(shown[k].mac, want.mac))
			return &shown[k];
	return NULL;
}

static void open_store(struct lease_store *s, uv_loop_t *uv)
{
	shown_count = 0;
	uv_loop_init(uv);
	assert_int_equal(lease_store_open(s, uv, folder, show, NULL), 0);
}

static void close_store(struct lease_store *s, uv_loop_t *uv)
{
	lease_store_close(s);
	uv_run(uv, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(uv), 0);
}

static size_t file_read(char *into)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(into, 1, FILE_ROOM, f);
	fclose(f);
	return n;
}

static void file_write(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void test_line(void **state)
{
	struct lease l = lease_of(1), back;
	char line[LEASE_LINE_ROOM], other[LEASE_LINE_ROOM];

	(void)state;
	lease_line_print(&l, 5000, line);
	line[strlen(line) - 1] = '\0';
	assert_true(lease_line_parse(line, 5100, &back));
	assert_true(same(&l, &back));
	assert_int_equal(back.left_s, 3500);
	/* Long past; and a clock that went back, as after a boot without one. */
	assert_true(lease_line_parse(line, 9000, &back) && back.left_s == 0);
	assert_true(lease_line_parse(line, 10, &back) && back.left_s == 3600);
	for (size_t i = 0; line[i]; i++) {
		strcpy(other, line);
		other[i] ^= 1;
		assert_false(lease_line_parse(other, 5100, &back));
		strcpy(other, line);
		other[i] = '\0';
		assert_false(lease_line_parse(other, 5100, &back));
	}
	strcpy(other, line);
	strcat(other, " ");
	assert_false(lease_line_parse(other, 5100, &back));
}

static void test_restart(void **state)
{
	struct lease_store s;
	uv_loop_t uv;
	struct lease l;
	char name[LEASE_NAME_ROOM];

	(void)state;
	open_store(&s, &uv);
	assert_int_equal(shown_count, 0);
	for (unsigned i = 0; i < 100; i++) {
		l = lease_of(i);
		lease_store_keep(&s, &l);
	}
	l = lease_of(5);
	l.left_s = 0;
	lease_store_keep(&s, &l);
	l = lease_of(6);
	l.version = 99;
	strcpy(l.name, "renamed");
	lease_store_keep(&s, &l);
	lease_store_find_name(&s, l.mac, name);
	assert_string_equal(name, "renamed");
	close_store(&s, &uv);

	open_store(&s, &uv);
	assert_int_equal(shown_count, 99);
	assert_null(find_shown(5));
	assert_true(same(find_shown(6), &l));
	l = lease_of(7);
	assert_true(same(find_shown(7), &l));
	assert_int_equal(s.damaged, 0);
	/* The last that is forgotten takes the file along. */
	for (unsigned i = 0; i < 100; i++) {
		l = lease_of(i);
		l.left_s = 0;
		lease_store_keep(&s, &l);
	}
	close_store(&s, &uv);
	assert_int_equal(access(folder, F_OK), -1);
}

/* The file as a power loss leaves it: cut at any byte, the leases before the cut are there, and
 * what is written after it too. */
static void test_power_loss(void **state)
{
	static char whole[FILE_ROOM];
	struct lease_store s;
	uv_loop_t uv;
	struct lease l;
	size_t len;

	(void)state;
	open_store(&s, &uv);
	for (unsigned i = 0; i < 10; i++) {
		l = lease_of(i);
		lease_store_keep(&s, &l);
	}
	close_store(&s, &uv);
	len = file_read(whole);
	for (size_t cut = 0; cut <= len; cut += 7) {
		unsigned lines = 0;

		file_write(whole, cut);
		for (size_t i = 0; i < cut; i++)
			lines += whole[i] == '\n' ? 1 : 0;
		open_store(&s, &uv);
		/* One more when only its line's end is missing. */
		assert_in_range(shown_count, lines, lines + 1);
		for (unsigned i = 0; i < lines; i++)
			assert_non_null(find_shown(i));
		l = lease_of(77);
		lease_store_keep(&s, &l);
		close_store(&s, &uv);
		open_store(&s, &uv);
		assert_non_null(find_shown(77));
		assert_in_range(shown_count, lines + 1, lines + 2);
		close_store(&s, &uv);
	}
}

/* Bytes that turn, blocks of zeros, text that is none of ours. */
static void test_damage(void **state)
{
	static char whole[FILE_ROOM], broken[FILE_ROOM];
	struct lease_store s;
	struct prng g;
	uv_loop_t uv;
	struct lease l;
	size_t len;

	(void)state;
	open_store(&s, &uv);
	for (unsigned i = 0; i < 50; i++) {
		l = lease_of(i);
		lease_store_keep(&s, &l);
	}
	close_store(&s, &uv);
	len = file_read(whole);
	for (unsigned seed = 0; seed < 50; seed++) {
		size_t at, size;

		prng_seed(&g, seed);
		at = prng_below(&g, (uint32_t)len);
		size = 1 + prng_below(&g, seed % 2 ? 3 : 200);
		memcpy(broken, whole, len);
		for (size_t i = at; i < at + size && i < len; i++)
			broken[i] = seed % 3 ? (char)prng_below(&g, 256) : 0;
		file_write(broken, len);
		open_store(&s, &uv);
		/* A line has 50 bytes and more. */
		assert_in_range(shown_count, 50 - 2 - size / 50, 50);
		for (unsigned i = 0; i < shown_count; i++) {
			unsigned number = (unsigned)shown[i].mac.b[5];

			l = lease_of(number);
			assert_true(same(&shown[i], &l));
		}
		close_store(&s, &uv);
		/* It was mended. */
		open_store(&s, &uv);
		assert_int_equal(s.damaged, 0);
		close_store(&s, &uv);
	}
}

static void spin(uv_loop_t *uv, unsigned ms)
{
	uint64_t end = uv_hrtime() + ms * 1000000ull;

	while (uv_hrtime() < end) {
		uv_run(uv, UV_RUN_NOWAIT);
		usleep(1000);
	}
}

/* 20000 changes in two seconds: a handful of writes, a file that does not grow without end,
 * and nothing older than a second is missing. */
static void test_pace(void **state)
{
	static char bytes[FILE_ROOM];
	struct lease_store s;
	uv_loop_t uv;
	struct lease l;
	struct stat st;

	(void)state;
	open_store(&s, &uv);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 1000; i++) {
			l = lease_of(i);
			l.version = round;
			lease_store_keep(&s, &l);
		}
		spin(&uv, 100);
	}
	assert_in_range(s.writes, 1, 4);
	assert_int_equal(s.fault, 0);
	spin(&uv, 1500);
	assert_true(file_read(bytes) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 8 * 1000 * 100);
	/* Not closed: as it is on the disk now. */
	shown_count = 0;
	{
		struct lease_store again;
		uv_loop_t other;

		uv_loop_init(&other);
		assert_int_equal(lease_store_open(&again, &other, folder, show, NULL), 0);
		assert_int_equal(shown_count, 1000);
		for (unsigned i = 0; i < 1000; i++)
			assert_int_equal(find_shown(i)->version, 19);
		lease_store_close(&again);
		uv_run(&other, UV_RUN_DEFAULT);
		uv_loop_close(&other);
	}
	close_store(&s, &uv);
}

/* The wall clock is set, and the daemon ends: the next one must not think that years have passed
 * since the lease was given. */
static void test_clock_is_set(void **state)
{
	struct lease_store s;
	struct lease l = lease_of(1);
	char line[LEASE_LINE_ROOM];
	uint64_t writes;
	uv_loop_t uv;
	FILE *f;

	(void)state;
	open_store(&s, &uv);
	lease_store_keep(&s, &l);
	spin(&uv, 1200);
	writes = s.writes;
	lease_store_check_clock(&s);
	spin(&uv, 1200);
	assert_int_equal(s.writes, writes);
	/* As if it had been 1970 when that was written. */
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(lease_line_print(&l, 1000, line), f);
	fclose(f);
	s.clock_s -= (int64_t)time(NULL) - 1000;
	lease_store_check_clock(&s);
	spin(&uv, 1200);
	assert_int_equal(s.writes, writes + 1);
	close_store(&s, &uv);
	open_store(&s, &uv);
	assert_int_equal(shown_count, 1);
	close_store(&s, &uv);
}

/* What could not be written is written when we end, if that can be done then. */
static void test_end_after_fault(void **state)
{
	struct lease_store s;
	struct lease l = lease_of(1);
	uv_loop_t uv;

	(void)state;
	open_store(&s, &uv);
	assert_int_equal(mkdir(path, 0755), 0);
	lease_store_keep(&s, &l);
	for (unsigned ms = 0; s.fault == 0 && ms < 5000; ms++)
		spin(&uv, 1);
	assert_int_equal(s.fault, -EISDIR);
	assert_int_equal(rmdir(path), 0);
	close_store(&s, &uv);
	open_store(&s, &uv);
	assert_int_equal(shown_count, 1);
	close_store(&s, &uv);
}

/* A folder that cannot be: told, and the rest goes on. */
static void test_no_folder(void **state)
{
	struct lease_store s;
	struct lease l = lease_of(1);
	uv_loop_t uv;

	(void)state;
	uv_loop_init(&uv);
	assert_true(lease_store_open(&s, &uv, "/proc/nuvol", show, NULL) < 0);
	lease_store_keep(&s, &l);
	lease_store_close(&s);
	uv_loop_close(&uv);
}

static int folder_start(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	strcpy(folder, "/tmp/nuvol-test-XXXXXX");
	snprintf(path, sizeof(path), "%s/leases", folder);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/leases", folder);
	return 0;
}

static int folder_end(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test_setup_teardown(test_restart, folder_start, folder_end),
		cmocka_unit_test_setup_teardown(test_power_loss, folder_start, folder_end),
		cmocka_unit_test_setup_teardown(test_damage, folder_start, folder_end),
		cmocka_unit_test_setup_teardown(test_pace, folder_start, folder_end),
		cmocka_unit_test_setup_teardown(test_clock_is_set, folder_start, folder_end),
		cmocka_unit_test_setup_teardown(test_end_after_fault, folder_start, folder_end),
		cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
