/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol/list.h"
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
	if (rows)
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
		table_print(&t, stdout, cli->colour, 0);
	else if (shape->none)
		printf("%s\n", shape->none);
	table_fini(&t);
	free(rows);
}
