/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/list.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "nuvol/ask.h"
#include "nuvol/words.h"

bool list_ask(const struct cli *cli, const char *method, json_t *params, json_t **result,
	      enum exit_code *status)
{
	*status = ask_once(cli, method, params, result);
	if (*status != EXIT_OK)
		return false;
	if (!cli->json)
		return true;
	json_print(*result);
	json_decref(*result);
	return false;
}

const json_t **list_sort(const json_t *list, int (*compare)(const void *, const void *),
			 size_t *count)
{
	size_t n = json_array_size(list);
	const json_t **rows = calloc(n + 1, sizeof(const json_t *));

	*count = rows ? n : 0;
	for (size_t i = 0; i < *count; i++)
		rows[i] = json_array_get(list, i);
	if (rows && compare)
		qsort(rows, n, sizeof(const json_t *), compare);
	return rows;
}

const json_t *row_of(const void *p)
{
	return *(const json_t *const *)p;
}

int by_mac(const json_t *a, const json_t *b)
{
	return strcmp(member_text(a, "mac", ""), member_text(b, "mac", ""));
}

void list_print(const struct cli *cli, const struct list_shape *shape, const json_t *list)
{
	struct table t;
	size_t count;
	const json_t **rows = list_sort(list, shape->compare, &count);

	table_init(&t, shape->columns, shape->width);
	for (size_t i = 0; i < count; i++)
		shape->row(&t, rows[i]);
	if (count > 0)
		table_print(&t, stdout, cli->colour, shape->indent);
	else if (shape->none)
		printf("%s\n", shape->none);
	table_fini(&t);
	free(rows);
}

void list_print_cut(const struct cli *cli, const struct list_shape *shape, const json_t *list,
		    int64_t more)
{
	list_print(cli, shape, list);
	if (more > 0)
		printf("  and %" PRId64 " more\n", more);
}

/* "cloud" or "network" as an argument asks for one of both. */
static bool both_ask(const struct cli *cli, const char *method, json_t **result,
		     enum exit_code *status)
{
	const char *of = cli->argc > 0 ? cli->argv[0] : NULL;

	if (of && strcmp(of, "cloud") != 0 && strcmp(of, "network") != 0) {
		*status = usage_error(cli, "'%s' is neither 'cloud' nor 'network'", of);
		return false;
	}
	return list_ask(cli, method, of ? json_pack("{s:s}", "of", of) : NULL, result, status);
}

enum exit_code list_both(const struct cli *cli, const char *method, const struct list_shape *cloud,
			 const struct list_shape *network)
{
	json_t *result;
	enum exit_code status;

	if (!both_ask(cli, method, &result, &status))
		return status;

	const json_t *one = json_object_get(result, method);
	const json_t *other = json_object_get(result, "network");

	if (json_is_array(one))
		list_print(cli, cloud, one);
	if (json_is_array(one) && json_is_array(other))
		putchar('\n');
	if (json_is_array(other))
		list_print(cli, network, other);
	json_decref(result);
	return EXIT_OK;
}
