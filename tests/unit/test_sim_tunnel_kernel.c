/* Proves that a simulated host's table of routes keeps a route's new way, however full it is. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "cmocka_all.h"
#include "sim/tunnel_kernel.h"

enum { BEHIND = 200, BEHIND_BYTES = 400 };

static void a_route_moves_in_a_full_table(void **state)
{
	(void)state;
	for (unsigned count = 1; count <= 16; count++) {
		struct tunnel_kernel k = {0};
		struct fx_tunnel f = {.kind = TUNNEL_ROUTE, .route = {.local = true}};
		void *behind[BEHIND];

		for (unsigned i = 0; i < count; i++) {
			f.route.key.table = i;
			tunnel_kernel_do(&k, &f);
		}
		/* What grows must move. */
		for (unsigned i = 0; i < BEHIND; i++)
			behind[i] = malloc(BEHIND_BYTES);
		f.route.local = false;
		f.route.lost = true;
		tunnel_kernel_do(&k, &f);
		assert_int_equal(k.routes, count);
		assert_true(k.route[count - 1].lost);
		for (unsigned i = 0; i < BEHIND; i++)
			free(behind[i]);
		tunnel_kernel_flush(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_moves_in_a_full_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
