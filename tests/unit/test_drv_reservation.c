/* Proves that a dnsmasq that does what 2.90 was seen to do (an added file never takes a line
 * away, and refuses an address it has) knows exactly the wished reservations after each
 * telling, and that new and moved clients cost it no reading of all. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/prng.h"
#include "cmocka_all.h"
#include "drv/dns_name.h"
#include "drv/reservation.h"

enum { MACS = 40, ADDRESSES = 48, LINES_MAX = 4096 };

static char folder[64];
static struct run_dir run;

/* dnsmasq's memory: the newest line is last. */
static struct {
	struct mac mac[LINES_MAX];
	uint32_t ip[LINES_MAX]; /* 0: none */
	unsigned count, refused;
} model;

static struct mac mac_of(unsigned i)
{
	return (struct mac){{0x02, 0xaa, 0, 0, 0, (uint8_t)i}};
}

static struct ipv4 ip_of(unsigned i)
{
	return ipv4_from_u32(0x0a070100 + i, 32);
}

static void model_read(const char *path)
{
	char line[128];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *comma = strchr(line, ',');
		struct ipv4 ip = {{0}, 0};
		struct mac mac;
		bool has = false;

		line[strcspn(line, "\n")] = '\0';
		if (comma) {
			*comma = '\0';
			assert_true(ipv4_parse(comma + 1, &ip));
		}
		assert_true(mac_parse(line, &mac));
		for (unsigned i = 0; comma && i < model.count; i++)
			has = has || model.ip[i] == ipv4_to_u32(ip);
		if (has) {
			model.refused++;
			continue;
		}
		assert_true(model.count < LINES_MAX);
		model.mac[model.count] = mac;
		model.ip[model.count++] = comma ? ipv4_to_u32(ip) : 0;
	}
	fclose(f);
}

static uint32_t model_find(struct mac mac)
{
	for (unsigned i = model.count; i-- > 0;)
		if (mac_equal(model.mac[i], mac))
			return model.ip[i];
	return 0;
}

static void tell(struct reservations *r)
{
	char path[RUN_PATH_ROOM + 16], batches[RUN_PATH_ROOM];
	unsigned before = r->batch_no;
	bool anew;

	assert_int_equal(reservations_write(r, &run, false, &anew), 0);
	assert_false(reservations_pending(r));
	if (anew) {
		model.count = 0;
		model_read(run_dir_path(&run, RESERVATIONS_FILE, path));
	} else if (r->batch_no != before) {
		run_dir_path(&run, RESERVATIONS_FOLDER, batches);
		snprintf(path, sizeof(path), "%s/%u", batches, r->batch_no);
		model_read(path);
	}
	assert_int_equal(model.refused, 0);
}

static void start(struct reservations *r)
{
	bool anew;

	memset(&model, 0, sizeof(model));
	reservations_init(r, 7);
	assert_int_equal(reservations_write(r, &run, true, &anew), 0);
	assert_true(anew);
}

static void test_simple(void **state)
{
	struct reservations r;
	struct ipv4 ip;

	(void)state;
	start(&r);
	reservations_set(&r, mac_of(1), ip_of(1), false);
	tell(&r);
	assert_int_equal(model_find(mac_of(1)), ipv4_to_u32(ip_of(1)));
	/* Moved, and lost: yet no reading of all. */
	reservations_set(&r, mac_of(2), ip_of(2), false);
	tell(&r);
	assert_int_equal(r.all_written, 1);
	reservations_set(&r, mac_of(1), ip_of(3), false);
	tell(&r);
	assert_int_equal(model_find(mac_of(1)), ipv4_to_u32(ip_of(3)));
	assert_true(reservations_find(&r, mac_of(1), &ip) && ipv4_equal(ip, ip_of(3)));
	/* An address that another had: all anew. */
	reservations_set(&r, mac_of(3), ip_of(1), false);
	tell(&r);
	assert_int_equal(model_find(mac_of(3)), ipv4_to_u32(ip_of(1)));
	assert_true(r.all_written >= 2);
	/* There and back between two tellings is nothing. */
	reservations_set(&r, mac_of(3), ip_of(1), true);
	reservations_set(&r, mac_of(3), ip_of(1), false);
	reservations_set(&r, mac_of(9), ip_of(9), false);
	reservations_set(&r, mac_of(9), ip_of(9), true);
	tell(&r);
	assert_int_equal(model_find(mac_of(3)), ipv4_to_u32(ip_of(1)));
	assert_false(reservations_find(&r, mac_of(9), &ip));
	reservations_fini(&r);
}

/* New clients, as when two halves of a cloud meet: one batch each, no reading of all. */
static void test_many_new(void **state)
{
	struct reservations r;

	(void)state;
	start(&r);
	for (unsigned i = 0; i < 200; i++) {
		reservations_set(&r, mac_of(i), ip_of(i), false);
		if (i % 10 == 9)
			tell(&r);
	}
	assert_int_equal(r.all_written, 1);
	assert_int_equal(r.batches_written, 20);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(model_find(mac_of(i)), ipv4_to_u32(ip_of(i)));
	reservations_fini(&r);
}

/* Two clients with one address: the newer one has it, and the other when it is free. */
static void test_one_address(void **state)
{
	struct reservations r;

	(void)state;
	start(&r);
	reservations_set(&r, mac_of(1), ip_of(1), false);
	tell(&r);
	reservations_set(&r, mac_of(2), ip_of(1), false);
	tell(&r);
	assert_int_equal(model_find(mac_of(2)), ipv4_to_u32(ip_of(1)));
	assert_int_equal(model_find(mac_of(1)), 0);
	reservations_set(&r, mac_of(2), ip_of(1), true);
	tell(&r);
	assert_int_equal(model_find(mac_of(1)), ipv4_to_u32(ip_of(1)));
	assert_int_equal(model_find(mac_of(2)), 0);
	reservations_fini(&r);
}

static void test_random(void **state)
{
	struct prng g;

	(void)state;
	for (unsigned seed = 0; seed < 25; seed++) {
		struct reservations r;
		int wish[MACS];

		prng_seed(&g, seed);
		start(&r);
		for (unsigned i = 0; i < MACS; i++)
			wish[i] = -1;
		for (unsigned step = 0; step < 300; step++) {
			unsigned who = prng_below(&g, MACS), ip = prng_below(&g, ADDRESSES);
			bool gone = prng_below(&g, 3) == 0, taken = false;

			for (unsigned i = 0; i < MACS; i++)
				taken = taken || (i != who && wish[i] == (int)ip);
			if (!gone && taken)
				continue;
			reservations_set(&r, mac_of(who), ip_of(ip), gone);
			wish[who] = gone ? -1 : (int)ip;
			if (prng_below(&g, 3) > 0)
				continue;
			tell(&r);
			for (unsigned i = 0; i < MACS; i++)
				assert_int_equal(
					model_find(mac_of(i)),
					wish[i] < 0 ? 0 : ipv4_to_u32(ip_of((unsigned)wish[i])));
		}
		reservations_fini(&r);
		assert_int_equal(r.pool.used_bytes, 0);
		reservations_remove(&run);
	}
}

static bool file_has(unsigned number, const char *line)
{
	char path[RUN_PATH_ROOM + 8], names[RUN_PATH_ROOM], text[128];
	FILE *f;
	bool has = false;

	run_dir_path(&run, DNS_NAMES_FOLDER, names);
	snprintf(path, sizeof(path), "%s/%u", names, number);
	f = fopen(path, "r");
	while (f && !has && fgets(text, sizeof(text), f))
		has = strcmp(text, line) == 0;
	if (f)
		fclose(f);
	return has;
}

static unsigned files_with(const char *line)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DNS_NAME_FILES; i++)
		n += file_has(i, line) ? 1u : 0;
	return n;
}

/* Names: each is in one file, gone ones are in none, and bad ones never. */
static void test_names(void **state)
{
	const struct ipv6 none = {{0}, 128}, six = {{0xfd, [15] = 9}, 128};
	struct dns_names d;

	(void)state;
	dns_names_init(&d, 3);
	dns_names_set(&d, "phone", ip_of(1), none, false);
	dns_names_set(&d, "node", ip_of(2), six, false);
	dns_names_set(&d, "a b", ip_of(3), none, false);
	dns_names_set(&d, "x\n10.0.0.1 bank", ip_of(3), none, false);
	dns_names_set(&d, "", ip_of(3), none, false);
	assert_int_equal(d.count, 2);
	assert_int_equal(dns_names_write(&d, &run, false), 0);
	assert_false(dns_names_pending(&d));
	assert_int_equal(files_with("10.7.1.1 phone\n"), 1);
	assert_int_equal(files_with("10.7.1.2 node\n"), 1);
	assert_int_equal(files_with("fd00::9 node\n"), 1);
	dns_names_set(&d, "Phone", ip_of(1), none, false); /* the same: nothing to tell */
	assert_false(dns_names_pending(&d));
	dns_names_set(&d, "phone", ip_of(1), none, true);
	dns_names_set(&d, "phone", ip_of(5), none, false);
	assert_int_equal(dns_names_write(&d, &run, false), 0);
	assert_int_equal(files_with("10.7.1.1 phone\n"), 0);
	assert_int_equal(files_with("10.7.1.5 phone\n"), 1);
	dns_names_fini(&d);
	dns_names_remove(&run);
}

static int group_start(void **state)
{
	long pid;

	(void)state;
	strcpy(folder, "/tmp/nuvol-test-XXXXXX");
	return !mkdtemp(folder) || run_dir_open(&run, folder, &pid);
}

static int group_end(void **state)
{
	(void)state;
	reservations_remove(&run);
	run_dir_close(&run);
	return access(folder, F_OK) == 0; /* nothing of ours is left in it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),	    cmocka_unit_test(test_many_new),
		cmocka_unit_test(test_one_address), cmocka_unit_test(test_random),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
