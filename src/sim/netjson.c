/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <string.h>
#include "sim/layout.h"
#include "sim/layout_parts.h"

/* A bad file: says why, gives false. */
__attribute__((format(printf, 2, 3))) static bool refuse(char fault[LAYOUT_FAULT_ROOM],
							 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault, LAYOUT_FAULT_ROOM, format, args);
	va_end(args);
	return false;
}

/* Within 1000 km; else it has none. */
static bool place_read(const json_t *properties, const char *name, int32_t *out)
{
	const json_t *v = json_object_get(properties, name);
	const double m = json_number_value(v);

	if (!json_is_number(v) || m < -1e6 || m > 1e6)
		return false;
	*out = (int32_t)m;
	return true;
}

/* ids: from id to index. */
static bool nodes_read(struct layout *l, json_t *ids, json_t *nodes, char fault[LAYOUT_FAULT_ROOM])
{
	size_t i;
	json_t *v;

	if (json_array_size(nodes) == 0 || json_array_size(nodes) > LAYOUT_NODES_MAX)
		return refuse(fault, "has %zu nodes; 1 to %u are possible", json_array_size(nodes),
			      LAYOUT_NODES_MAX);
	l->has_places = true;
	json_array_foreach(nodes, i, v)
	{
		const char *id = json_string_value(json_object_get(v, "id"));
		const char *label = json_string_value(json_object_get(v, "label"));

		if (!id)
			return refuse(fault, "node %zu has no \"id\"", i + 1);
		if (json_object_get(ids, id))
			return refuse(fault, "node \"%s\" is there twice", id);
		json_object_set_new(ids, id, json_integer((json_int_t)i));
		layout_add_node(l, (int32_t)i, 0);
		l->has_places =
			l->has_places &&
			place_read(json_object_get(v, "properties"), "x_m", &l->node[i].x_m) &&
			place_read(json_object_get(v, "properties"), "y_m", &l->node[i].y_m);
		snprintf(l->node[i].name, LAYOUT_NAME_ROOM, "%s", label ? label : id);
	}
	return true;
}

/* ETX counts how often a frame is sent until it has got through and its answer back; 1 is no
 * loss. Half of the loss is each way's. Costs of other kinds are no loss. */
static uint16_t loss_of(const json_t *cost)
{
	double etx = json_number_value(cost);
	uint32_t thousandths = etx >= 1 && etx <= 20 ? (uint32_t)(etx * 1000 + 0.5) : 1000;

	return (uint16_t)((WORLD_LOSS_ALL - UINT32_C(1000) * WORLD_LOSS_ALL / thousandths) / 2);
}

static bool links_read(struct layout *l, const json_t *ids, json_t *links,
		       char fault[LAYOUT_FAULT_ROOM])
{
	size_t i;
	json_t *v, *seen = json_object();
	bool good = true;

	json_array_foreach(links, i, v)
	{
		const char *from = json_string_value(json_object_get(v, "source"));
		const char *to = json_string_value(json_object_get(v, "target"));
		const json_t *a = from ? json_object_get(ids, from) : NULL;
		const json_t *b = to ? json_object_get(ids, to) : NULL;
		json_int_t x = json_integer_value(a), y = json_integer_value(b);
		char key[32];

		if (!a || !b) {
			good = refuse(fault,
				      "link %zu: \"source\" and \"target\" must be ids of "
				      "nodes",
				      i + 1);
			break;
		}
		snprintf(key, sizeof(key), "%d-%d", (int)(x < y ? x : y), (int)(x < y ? y : x));
		if (x == y || json_object_get(seen, key))
			continue; /* each direction may have its own */
		json_object_set_new(seen, key, json_true());
		layout_add_link(l, (unsigned)x, (unsigned)y, loss_of(json_object_get(v, "cost")));
	}
	json_decref(seen);
	return good;
}

bool layout_read(struct layout *l, const char *path, char fault[LAYOUT_FAULT_ROOM])
{
	json_t *ids = json_object();
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	const char *type = json_string_value(json_object_get(root, "type"));
	bool good;

	*l = (struct layout){0};
	if (!root)
		good = refuse(fault, "%s:%d: %s", path, error.line, error.text);
	else if (!type || strcmp(type, "NetworkGraph") != 0)
		good = refuse(fault, "%s: \"type\" is not \"NetworkGraph\"", path);
	else
		good = nodes_read(l, ids, json_object_get(root, "nodes"), fault) &&
		       links_read(l, ids, json_object_get(root, "links"), fault);
	json_decref(root);
	json_decref(ids);
	if (good) {
		layout_index(l);
		layout_divide(l, 1);
	} else {
		layout_fini(l);
	}
	return good;
}
