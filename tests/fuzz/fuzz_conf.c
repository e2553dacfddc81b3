/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a configuration file: what is refused changes nothing; what is accepted can be
 * printed, and the print parses again, without a note, to the same.
 */
#include <string.h>
#include "conf/conf.h"
#include "core/plan/plan.h"
#include "fuzz.h"

static void any_md5(const void *data, size_t len, uint8_t digest[16])
{
	(void)data;
	memset(digest, (int)(len * 37), 16);
}

static const struct crypto any_crypto = {.md5 = any_md5};

static void check_again(const struct conf *c)
{
	struct conf_problems problems;
	struct conf again;
	char *text = conf_print(c);

	must(text);
	conf_problems_init(&problems);
	conf_init_defaults(&again);
	must(conf_parse(&again, "printed", text, strlen(text), CONF_NODE, &problems));
	must(problems.count == 0);
	must(conf_equal(c, &again));
	free(text);
}

/* What conf_check calls good, the plan can be made from, ports too. */
static void check_plan(const struct conf *c)
{
	struct conf_problems problems;
	struct plan plan;
	struct plan_tag tag;

	conf_problems_init(&problems);
	if (!conf_check(c, &any_crypto, &problems)) {
		must(problems.errors > 0 && problems.count > 0);
		return;
	}
	must(plan_init(&plan, &c->node.plan, &any_crypto) == OK);
	for (unsigned i = 0; i < c->host.interface_count; i++)
		if (c->host.interfaces[i].mesh)
			must(plan_tag(&plan, c->host.interfaces[i].protocol, &tag) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_problems problems;
	struct conf before;
	struct conf c;

	conf_problems_init(&problems);
	conf_init_defaults(&c);
	before = c;
	if (conf_parse(&c, "fuzz", (const char *)data, size, CONF_NODE, &problems)) {
		must(problems.errors == 0);
		check_again(&c);
		check_plan(&c);
	} else {
		must(problems.errors > 0);
		must(conf_equal(&c, &before));
	}
	for (unsigned i = 0; i < problems.count; i++) {
		char shown[1024];

		conf_problem_print(&problems.at[i], shown, sizeof(shown));
		must(!strchr(shown, '\n') && !strchr(shown, '\033'));
	}
	return 0;
}
