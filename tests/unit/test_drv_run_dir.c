/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proves that a run folder has one daemon at a time, and that what a daemon made is
 * known to the next one, but only in the same network namespace. */
#include "cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drv/mesh_port.h"
#include "drv/run_dir.h"

static char base[] = "/tmp/nuvol-test-XXXXXX";
static char path[RUN_PATH_ROOM];

static void one_daemon_each(void **state)
{
	struct run_dir first, second;
	char text[RUN_PATH_ROOM];
	long pid;

	(void)state;
	assert_int_equal(run_dir_open(&first, path, &pid), 0);
	assert_int_equal(run_dir_open(&second, path, &pid), -EBUSY);
	assert_int_equal(pid, getpid());
	run_dir_close(&second); /* was never open: harms nothing */
	assert_int_equal(access(run_dir_path(&first, "nuvold.lock", text), F_OK), 0);
	run_dir_close(&first);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(run_dir_open(&first, path, &pid), 0);
	run_dir_close(&first);
}

/* What others can write is not read by us. */
static void others_cannot_write_there(void **state)
{
	static const mode_t modes[] = {0777, 0775, 01777};
	struct run_dir d;
	long pid;

	(void)state;
	assert_int_equal(folder_make(path), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(run_dir_open(&d, path, &pid), -EPERM);
		run_dir_close(&d);
	}
	assert_int_equal(rmdir(path), 0);
}

/* A killed daemon's lock is no lock. */
static void killed_daemon_does_not_block(void **state)
{
	struct run_dir d;
	long pid;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)run_dir_open(&d, path, &pid);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(run_dir_open(&d, path, &pid), 0);
	run_dir_close(&d);
}

static void remembers_what_was_made(void **state)
{
	struct made m = {.bridge = 7,
			 .ipv4 = "10.1.2.3/16",
			 .ipv6 = "fd00::1/64",
			 .anygw = 9,
			 .anygw_ipv4 = "10.1.0.1/16",
			 .anygw_ipv6 = "fd00::2/64"},
		    n;
	struct run_dir d;
	long pid;

	(void)state;
	assert_int_equal(run_dir_open(&d, path, &pid), 0);
	made_load(&d, &n); /* nothing there */
	assert_int_equal(n.bridge, 0);
	made_add_port(&m, "eth1");
	made_add_port(&m, "eth2");
	made_add_port(&m, "eth1");
	assert_int_equal(m.port_count, 2);
	assert_true(made_add_sysctl(&m, "net/ipv4/conf/br-lan/arp_ignore", 0));
	assert_true(made_add_sysctl(&m, "net/ipv4/conf/br-lan/rp_filter", 1));
	assert_false(made_add_sysctl(&m, "net/ipv4/conf/br-lan/arp_ignore", 1));
	assert_int_equal(made_save(&d, &m), 0);
	made_load(&d, &n);
	assert_int_equal(n.bridge, 7);
	assert_string_equal(n.ipv4, m.ipv4);
	assert_string_equal(n.ipv6, m.ipv6);
	assert_true(made_has_port(&n, "eth1") && made_has_port(&n, "eth2"));
	assert_false(made_has_port(&n, "eth3"));
	assert_int_equal(n.anygw, 9);
	assert_string_equal(n.anygw_ipv4, m.anygw_ipv4);
	assert_string_equal(n.anygw_ipv6, m.anygw_ipv6);
	assert_int_equal(n.sysctl_count, 2);
	assert_string_equal(n.sysctls[0].name, "net/ipv4/conf/br-lan/arp_ignore");
	assert_int_equal(n.sysctls[0].value, 0);
	assert_int_equal(n.sysctls[1].value, 1);
	made_remove(&d);
	made_load(&d, &n);
	assert_int_equal(n.bridge, 0);
	run_dir_close(&d);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* Files that nobody wrote like this, or of another namespace, say nothing. */
static void believes_only_its_own(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"netns\": 1, \"bridge\": 7, \"ports\": [\"eth1\"]}",
		"{\"bridge\": 7}",
		"{\"netns\": \"x\", \"bridge\": 7, \"ports\": 3}",
		"{\"netns\": 1, \"anygw\": 9, \"sysctls\": {\"net/x\": 1}}",
	};
	struct run_dir d;
	char file[RUN_PATH_ROOM];
	struct made m;
	long pid;

	(void)state;
	assert_int_equal(run_dir_open(&d, path, &pid), 0);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *f = fopen(run_dir_path(&d, "made.json", file), "w");

		assert_non_null(f);
		fputs(texts[i], f);
		fclose(f);
		made_load(&d, &m);
		assert_int_equal(m.bridge, 0);
		assert_int_equal(m.port_count, 0);
	}
	made_remove(&d);
	run_dir_close(&d);
}

static void refuses_bad_folders(void **state)
{
	char longer[RUN_PATH_ROOM + 8];
	struct run_dir d;
	long pid;

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(run_dir_open(&d, longer, &pid), -ENAMETOOLONG);
	assert_int_equal(run_dir_open(&d, "/proc/nuvol", &pid), -ENOENT);
}

static void chooses_interfaces(void **state)
{
	static const struct {
		struct link link;
		bool wifi, want;
	} cases[] = {
		{{.name = "eth0", .ethernet = true}, false, true},
		{{.name = "eth0", .ethernet = true, .kind = "veth"}, false, true},
		{{.name = "eth0", .ethernet = true, .master = 5}, false, false},
		{{.name = "lan1", .ethernet = true}, false, false},
		{{.name = "lan2", .ethernet = true}, false, false},
		{{.name = "wan", .ethernet = true}, false, false},
		{{.name = "br-lan", .ethernet = true}, false, false},
		{{.name = "bat0", .ethernet = true}, false, false},
		{{.name = "tap7", .ethernet = true, .kind = "tun"}, false, false},
		{{.name = "br0", .ethernet = true, .kind = "bridge"}, false, false},
		{{.name = "eth0.7", .ethernet = true, .kind = "vlan"}, false, false},
		{{.name = "dummy0", .ethernet = true, .kind = "dummy"}, false, false},
		{{.name = "wg0"}, false, false},
		{{.name = "wlan0-ap", .ethernet = true}, true, false},
		{{.name = "wlan0-mesh", .ethernet = true}, true, true},
		{{.name = "wlan1-adhoc", .ethernet = true}, true, true},
	};
	struct host_conf conf = {.bridge = "br-lan",
				 .cloud_port = "bat0",
				 .lan_port_count = 1,
				 .lan_ports = {"lan1"},
				 .interface_count = 2,
				 .interfaces = {{.name = "lan2", .lan = true}, {.name = "wan"}}};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (mesh_port_is_automatic(&conf, &cases[i].link, cases[i].wifi) != cases[i].want)
			fail_msg("%s", cases[i].link.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_daemon_each),
		cmocka_unit_test(others_cannot_write_there),
		cmocka_unit_test(killed_daemon_does_not_block),
		cmocka_unit_test(remembers_what_was_made),
		cmocka_unit_test(believes_only_its_own),
		cmocka_unit_test(refuses_bad_folders),
		cmocka_unit_test(chooses_interfaces),
	};
	int failed;

	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/run/nuvol", base);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(path, sizeof(path), "%s/run", base);
	rmdir(path);
	rmdir(base);
	return failed;
}
