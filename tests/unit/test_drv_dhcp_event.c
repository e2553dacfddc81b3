/* Proves that dnsmasq's events are read right, and that repeated ones are told from news. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "drv/dhcp_event.h"
#include "drv/held_lease.h"

static void test_lines(void **state)
{
	static const char *const wrong[] = {
		"",
		"add",
		"add 02:aa:00:00:00:01",
		"add 02:aa:00:00:00:01 10.7.0.9 3600 1700000000",
		"tftp 02:aa:00:00:00:01 10.7.0.9 3600 1700000000 0 x",
		"add 02:aa:00:00:00 10.7.0.9 3600 1700000000 0 x",
		"add 06-02:aa:00:00:00:01 10.7.0.9 3600 1700000000 0 x",
		"add 03:aa:00:00:00:01 10.7.0.9 3600 1700000000 0 x",
		"add 02:aa:00:00:00:01 10.7.0 3600 1700000000 0 x",
		"add 02:aa:00:00:00:01 fd00::1 3600 1700000000 0 x",
		"add 02:aa:00:00:00:01 10.7.0.9 soon 1700000000 0 x",
	};
	struct dhcp_event e;

	(void)state;
	assert_true(
		dhcp_event_parse("add 02:aa:00:00:00:01 10.7.0.9 3600 1700000000 0 My Phone", &e));
	assert_int_equal(e.action, DHCP_EVENT_ADD);
	assert_int_equal(e.left_s, 3600);
	assert_int_equal(e.expires_unix_s, 1700000000);
	assert_true(e.named && !e.without_clock);
	assert_string_equal(e.name, "my-phone");
	/* The client says nothing of its name; or dnsmasq has forgotten it. */
	assert_true(dhcp_event_parse("old 02:aa:00:00:00:01 10.7.0.9 3600 1700000000 0 ", &e));
	assert_true(e.named && e.name[0] == '\0');
	assert_true(dhcp_event_parse("old 02:aa:00:00:00:01 10.7.0.9 3600 1700000000 0 -", &e));
	assert_false(e.named);
	assert_true(dhcp_event_parse("del 02:aa:00:00:00:01 10.7.0.9 0 0 3600 -", &e));
	assert_true(e.action == DHCP_EVENT_DEL && e.without_clock);
	assert_true(dhcp_event_parse("old 02:aa:00:00:00:01 10.7.0.9 99999999999 0 0 -", &e));
	assert_int_equal(e.left_s, UINT32_MAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (dhcp_event_parse(wrong[i], &e))
			fail_msg("%s", wrong[i]);
}

static void heard(void *ctx, const struct dhcp_event *e)
{
	unsigned *seen = ctx;

	*seen |= 1u << e->mac.b[5];
}

static void spool_write(const struct run_dir *run, const char *name, const char *text)
{
	char path[RUN_PATH_ROOM];
	FILE *f = fopen(run_dir_path(run, name, path), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* What a daemon that was killed over its spool had taken is not lost. */
static void test_spool(void **state)
{
	struct run_dir run = {.path = "/tmp/nuvol-test-XXXXXX"};
	unsigned seen = 0;
	struct dhcp_events d = {.run = &run, .tell = heard, .ctx = &seen};

	(void)state;
	assert_non_null(mkdtemp(run.path));
	spool_write(&run, "dhcp.spooled", "add 02:aa:00:00:00:01 10.7.0.9 3600 3600 0 a\n");
	spool_write(&run, "dhcp.spool", "add 02:aa:00:00:00:02 10.7.0.10 3600 3600 0 b\nhalf");
	dhcp_events_read_spool(&d);
	assert_int_equal(seen, 1u << 1 | 1u << 2);
	assert_int_equal(d.spooled, 3);
	assert_int_equal(d.malformed, 1);
	dhcp_events_read_spool(&d);
	assert_int_equal(d.spooled, 3);
	assert_int_equal(rmdir(run.path), 0);
}

static bool say(struct held_leases *h, int64_t now_s, const char *line)
{
	struct dhcp_event e;

	assert_true(dhcp_event_parse(line, &e));
	return held_leases_tell(h, (instant){now_s * 1000000}, &e);
}

static void test_news(void **state)
{
	struct held_leases h;

	(void)state;
	held_leases_init(&h, 1);
	assert_true(say(&h, 0, "add 02:aa:00:00:00:01 10.7.0.9 3600 3600 0 a"));
	/* The same again, by a dnsmasq that begins anew, later. */
	assert_false(say(&h, 100, "old 02:aa:00:00:00:01 10.7.0.9 3500 3600 0 -"));
	assert_false(say(&h, 100, "old 02:aa:00:00:00:01 10.7.0.9 3500 3600 0 a"));
	/* Renewed, renamed, nameless. */
	assert_true(say(&h, 200, "old 02:aa:00:00:00:01 10.7.0.9 3600 3800 0 -"));
	assert_string_equal(held_leases_find_ip(&h, (struct ipv4){{10, 7, 0, 9}, 32})->name, "a");
	assert_true(say(&h, 200, "old 02:aa:00:00:00:01 10.7.0.9 3600 3800 0 b"));
	assert_true(say(&h, 200, "old 02:aa:00:00:00:01 10.7.0.9 3600 3800 0 "));
	/* The address passes to another; the first one's end is no news, nor the second's. */
	assert_true(say(&h, 300, "add 02:aa:00:00:00:02 10.7.0.9 3600 3900 0 -"));
	assert_false(say(&h, 300, "del 02:aa:00:00:00:01 10.7.0.9 0 0 0 -"));
	assert_int_equal(h.count, 1);
	assert_false(say(&h, 300, "del 02:aa:00:00:00:02 10.7.0.9 0 0 0 -"));
	assert_int_equal(h.count, 0);
	held_leases_fini(&h);
}

static void test_file_for_dnsmasq(void **state)
{
	struct held_leases h;
	struct text t = {0};
	char *text;

	(void)state;
	held_leases_init(&h, 1);
	say(&h, 0, "add 02:aa:00:00:00:01 10.7.0.9 3600 3600 0 a");
	say(&h, 0, "add 02:aa:00:00:00:02 10.7.0.10 60 60 0 b");
	held_leases_print(&h, (instant){100 * 1000000}, 1700000000, false, &t);
	text = text_take(&t);
	assert_string_equal(text, "1700003500 02:aa:00:00:00:01 10.7.0.9 * *\n");
	free(text);
	held_leases_print(&h, (instant){10 * 1000000}, 1700000000, true, &t);
	text = text_take(&t);
	assert_string_equal(text, "3590 02:aa:00:00:00:01 10.7.0.9 * *\n"
				  "50 02:aa:00:00:00:02 10.7.0.10 * *\n");
	free(text);
	held_leases_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_spool),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_file_for_dnsmasq),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
