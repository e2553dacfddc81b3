/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pool.h"
#include <assert.h>
#include <stdlib.h>

void pool_init(struct pool *p, size_t limit_bytes)
{
	*p = (struct pool){.limit_bytes = limit_bytes};
}

void pool_fini(struct pool *p)
{
	assert(p->used_bytes == 0);
}

void *pool_alloc(struct pool *p, size_t size)
{
	void *block = NULL;

	assert(size > 0);
	if (size <= p->limit_bytes - p->used_bytes)
		block = calloc(1, size);
	if (!block) {
		p->refused++;
		return NULL;
	}
	p->used_bytes += size;
	return block;
}

bool pool_charge(struct pool *p, size_t size)
{
	if (size > p->limit_bytes - p->used_bytes) {
		p->refused++;
		return false;
	}
	p->used_bytes += size;
	return true;
}

void pool_discharge(struct pool *p, size_t size)
{
	assert(p->used_bytes >= size);
	p->used_bytes -= size;
}

void pool_free(struct pool *p, void *block, size_t size)
{
	if (!block)
		return;
	assert(p->used_bytes >= size);
	p->used_bytes -= size;
	free(block);
}
