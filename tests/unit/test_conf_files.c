/* Proves that a folder's files are read in the order of their layers, that missing ones are fine,
 * and that what cannot be read is told. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "drv/conf_files.h"

static char dir[] = "/tmp/nuvol-conf-XXXXXX";
static struct conf_problems problems;

static int dir_make(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int dir_remove(void **state)
{
	(void)state;
	return rmdir(dir);
}

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static bool load(struct conf *c)
{
	conf_problems_init(&problems);
	return conf_load_dir(dir, c, &problems);
}

static void test_missing_is_fine(void **state)
{
	struct conf c;
	struct conf defaults;

	(void)state;
	conf_init_defaults(&defaults);
	assert_true(load(&c));
	assert_true(conf_equal(&c, &defaults));
	assert_int_equal(problems.count, 0);
}

static void test_node_wins(void **state)
{
	struct conf c;

	(void)state;
	write_file("community", "config lime wifi\noption ap_ssid valley\n"
				"config lime system\noption hostname everybody\n");
	write_file("node", "config lime system\noption hostname anna\n");
	assert_true(load(&c));
	assert_string_equal(c.node.plan.ssid, "valley");
	assert_string_equal(c.node.plan.hostname, "anna");
	unlink(path_of("community"));
	unlink(path_of("node"));
}

static void test_a_wrong_file(void **state)
{
	struct conf c;

	(void)state;
	write_file("community", "config lime wifi\noption ap_ssid valley\n");
	write_file("node", "config lime wifi\n\noption ap_ssid other\nlist ap_ssid x\n");
	assert_false(load(&c));
	assert_string_equal(c.node.plan.ssid, "valley");
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.at[0].file, path_of("node"));
	assert_int_equal(problems.at[0].line, 4);
	unlink(path_of("community"));
	unlink(path_of("node"));
}

static void test_unreadable(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(mkdir(path_of("node"), 0700), 0);
	assert_false(load(&c));
	assert_int_equal(problems.errors, 1);
	assert_non_null(strstr(problems.at[0].text, "cannot be read"));
	assert_int_equal(rmdir(path_of("node")), 0);
	conf_problems_init(&problems);
	assert_false(conf_load_dir("/nonexistent/nuvol", &c, &problems));
	assert_int_equal(problems.errors, 1);
}

static void test_too_long(void **state)
{
	static char text[CONF_FILE_MAX + 2];
	struct conf c;

	(void)state;
	memset(text, '#', CONF_FILE_MAX + 1);
	write_file("node", text);
	assert_false(load(&c));
	assert_non_null(strstr(problems.at[0].text, "65536"));
	text[CONF_FILE_MAX] = '\0';
	write_file("node", text);
	assert_true(load(&c));
	unlink(path_of("node"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing_is_fine), cmocka_unit_test(test_node_wins),
		cmocka_unit_test(test_a_wrong_file),	cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, dir_make, dir_remove);
}
