/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drv/primary.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drv/lan.h"
#include "drv/mesh_port.h"

enum { LOCAL = 0x02, MULTICAST = 0x01 };

static bool carries(const struct host_conf *conf, const struct link *l)
{
	for (unsigned i = 0; i < conf->interface_count; i++)
		if (strcmp(conf->interfaces[i].name, l->name) == 0)
			return true;
	return lan_is_port(conf, l->name) ||
	       (host_conf_is_automatic(conf) &&
		mesh_port_is_automatic(conf, l, mesh_port_is_wifi(conf, l->name)));
}

static const struct link *link_choose(const struct host_conf *conf, const struct links *links)
{
	const struct link *any = NULL, *named = link_find_name(links, conf->primary_interface);

	if (named && named->ethernet && mac_is_station(named->mac))
		return named;
	list_each (l, &links->all, struct link, all) {
		if (!l->ethernet || host_conf_makes(conf, l->name) || !mac_is_station(l->mac))
			continue;
		if (carries(conf, l))
			return l;
		any = any ? any : l;
	}
	return any;
}

static struct mac machine_mac(const struct crypto *crypto)
{
	uint8_t digest[16];
	char id[64] = "";
	struct mac m;
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, sizeof(id));

	if (fd >= 0)
		close(fd);
	if (n <= 0 && gethostname(id, sizeof(id) - 1) == 0)
		n = (ssize_t)strnlen(id, sizeof(id));
	crypto->md5(id, n > 0 ? (size_t)n : 0, digest);
	memcpy(m.b, digest, sizeof(m.b));
	m.b[0] = (uint8_t)((m.b[0] & ~MULTICAST) | LOCAL);
	return m;
}

struct mac primary_mac_find(const struct host_conf *conf, const struct links *links,
			    const struct crypto *crypto, char *from, size_t room)
{
	const struct link *l = link_choose(conf, links);

	if (l) {
		snprintf(from, room, "%s", l->name);
		return l->mac;
	}
	snprintf(from, room, "this machine's id: there is no interface yet");
	return machine_mac(crypto);
}
