# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that no packet vanishes on the way to the Internet by a tunnel because of its size: it
arrives, or its sender is told, whatever the MTU of a link in the middle of the network and of the
uplink; both families, both directions, datagrams and TCP."""

import os
import subprocess
import time

import datagrams
import pytest
from internet import Internet
from spaces import until
import tunnel_town

LONG = bool(os.environ.get("NUVOL_LONG"))
PYTHON = "/usr/bin/python3"
TAG, OUTER, MESH_MTU = 4, 40, 1500
SERVER = {4: "203.0.113.80", 6: "2001:db8:80::80"}
SINK = 5001


def conf(ssid, *ports):
    lines = ["config lime 'wifi'", f"\toption ap_ssid '{ssid}'"]
    lines += ["config lime 'network'", "\tlist protocols 'lan'", "\tlist protocols 'batadv:%N1'"]
    lines += ["\tlist protocols 'bmx7:18'", "\tlist resolvers '9.9.9.9'"]
    lines += ["config nuvol 'bmx7'", "\toption node_rsa_key '4'"]
    lines += ["config nuvol 'uplink'", "\toption ipv6 'nat66'"]
    lines += ["config nuvol 'host'", "\tlist lan_ports 'lan0'"]
    for port in ports:
        lines += [f"config net '{port}'", f"\toption linux_name '{port}'", "\tlist protocols 'bmx7:18'"]
    return "\n".join(lines) + "\n"


class Town:
    """client - far = mid = gw - [modem -] Internet; the links = are of the network."""

    def __init__(self, spaces, path=1500, uplink=1500, modem=False):
        """path: the MTU in IPv6 of mid = gw. uplink: of gw's cable, or of the one behind a modem."""
        self.spaces = spaces
        self.internet = Internet(spaces)
        self.client, self.far, self.mid, self.gw = map(spaces.add, ("client", "far", "mid", "gw"))
        spaces.veth(self.far, "m0", self.mid, "m0", 1560)
        spaces.veth(self.mid, "m1", self.gw, "m0", path + TAG)
        spaces.veth(self.far, "lan0", self.client, "eth0")
        if modem:
            self.modem_make(uplink)
        else:
            self.internet.uplink(self.gw, mtu=uplink)
        until(self.internet.ready.exists, 10, "the Internet is there")
        self.node = {s.name: spaces.node(s, conf(s.name, *ports)).start()
                     for s, ports in ((self.gw, ["m0"]), (self.mid, ["m0", "m1"]), (self.far, ["m0"]))}
        self.client_join()
        datagrams.start_server(self.internet.space, *SERVER.values())

    def modem_make(self, mtu):
        """A box of the provider's between, which translates and has the narrow side."""
        modem = self.spaces.add("modem")
        self.internet.uplink(modem, mtu=mtu)
        modem.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        modem.run("nft 'table inet n { chain c { type nat hook postrouting priority 100;"
                  " oifname wan0 masquerade; }; }'")
        self.spaces.veth(modem, "lan", self.gw, "wan0")
        for way, here, there in (("", "192.168.1.1/24", "192.168.1.2/24"),
                                 ("-6", "2001:db8:1::1/64", "2001:db8:1::2/64")):
            nodad = "nodad" if way else ""
            modem.ip(f"{way} addr add {here} dev lan {nodad}")
            self.gw.ip(f"{way} addr add {there} dev wan0 {nodad}")
            self.gw.ip(f"{way} route add default via {here.split('/')[0]} dev wan0")

    def client_join(self):
        """An address of the LAN, and the node as its router."""
        four, six = self.far.address("br-lan"), self.far.address("br-lan", 6)
        self.client.ip(f"addr add {four.rsplit('.', 1)[0]}.250/16 dev eth0")
        self.client.ip(f"route add default via {four}")
        self.client.ip(f"-6 addr add {six.split('::')[0]}::250/64 dev eth0 nodad")
        self.client.ip(f"-6 route add default via {six}")

    def works(self):
        for family, server in SERVER.items():
            until(lambda: self.client.pings(server, 1, f"-{family} -W 1"), 30, f"IPv{family}")

    def tunnel(self, node, other):
        """One's tunnel to another, as its driver sees it; {} when there is none."""
        primary = self.node[other].ask("network")["primary"]
        outs = self.node[node].host()["tunnels"]["out"]
        return next((o for o in outs if o["primary"] == primary), {})

    def path_known(self, mtu):
        for node, other in (("far", "gw"), ("gw", "far")):
            until(lambda: self.tunnel(node, other).get("path_mtu_bytes") == mtu, 15,
                  f"{node} knows the path's MTU: {mtu}")

    def ask(self, family, way, sizes):
        return dict(zip(sizes, datagrams.sizes(self.client, SERVER[family], way, sizes)))

    def download(self, family, size=300000):
        host = f"[{SERVER[6]}]" if family == 6 else SERVER[4]
        got = self.client.run(f"timeout 10 busybox wget -q -O - http://{host}/bytes/{size}", check=False)
        assert len(got) == size, f"IPv{family}: {len(got)} bytes"

    def upload(self, family, size=300000):
        server = self.internet.space.spawn([PYTHON, tunnel_town.TRANSFER, "tcp-serve", str(SINK)],
                                           text=True, stdout=subprocess.PIPE)
        assert server.stdout.readline() == "ready\n"
        sent = self.client.run(f"timeout 20 {PYTHON} {tunnel_town.TRANSFER} tcp-send {SERVER[family]} {SINK} {size} 1")
        assert sent == server.stdout.read()


class Pair(tunnel_town.Town):
    """Two routers and one between, driven by hand; who is beyond answers datagrams."""

    address = {4: "10.2.0.2", 6: "fd0a:2::2"}

    def __init__(self, spaces, path):
        super().__init__(spaces, mtu=(1500, path))
        datagrams.start_server(self.cb, *self.address.values())

    def ask(self, family, *sizes):
        return datagrams.sizes(self.ca, self.address[family], "to", sizes)

    def inside(self, mtu):
        until(lambda: self.hand["a"].status()["out"][0]["mtu_bytes"] == mtu, 15, f"{mtu} bytes inside")

    def anew(self):
        """a knows nothing of the path."""
        hand, out = self.hand["a"], tunnel_town.out_words("b")
        hand.say("no" + out[0])
        until(lambda: not hand.status()["out"], 5, "the tunnel is gone")
        self.a.ip("-6 route flush cache")
        hand.say(*out)


def test_a_router_that_does_not_tell(spaces):
    """Nothing vanishes before the path has shown what it carries."""
    pair = Pair(spaces, 1350)
    pair.m.run("nft 'table ip6 mute { chain c { type filter hook output priority 0;"
               " icmpv6 type packet-too-big drop; }; }'")
    pair.anew()
    for _ in range(4):
        for family in pair.address:
            assert pair.ask(family, 1200, 1280, 1310, 1400) == ["ok", "ok", "1280", "1280"]
    pair.m.run("nft delete table ip6 mute")
    if LONG:
        until(lambda: pair.ask(4, 1310) == ["ok"], 15, "the rest is used when it can be")


def forgets(pair, inner):
    pair.a.run("sysctl -qw net.ipv6.route.mtu_expires=2")
    pair.anew()
    pair.inside(inner)
    until(lambda: "expires" not in pair.a.ip("-6 route get fd70::b"), 5, "the kernel has forgotten")


def test_the_kernel_forgets(spaces):
    """What routers have said is forgotten after a while (10 min; here 2 s); we remember."""
    pair = Pair(spaces, 1350)
    forgets(pair, 1310)
    began = time.monotonic()
    while time.monotonic() < began + 3:
        for family in pair.address:
            assert pair.ask(family, 1310, 1311) == ["ok", "1310"]


def test_the_kernel_forgets_a_narrow_path(spaces):
    """There the kernel cuts outer packets: we ask anew within a second."""
    pair = Pair(spaces, 1280)
    forgets(pair, 1280)
    for family in pair.address:
        until(lambda: pair.ask(family, 1280) == ["ok"], 2, f"IPv{family} in full size")


def sizes_near(*limits):
    """Small ones, each near a limit, the biggest of Ethernet."""
    near = {limit + d for limit in limits for d in range(-2, 3)}
    return sorted(s for s in {600, 1279, 1280, 1281, 1500} | near if s <= 1500)


def judge(seen, limit):
    """What fits arrives; who sends more is told a size that is smaller, and not below the limit."""
    for size, answer in seen.items():
        if size <= limit:
            assert answer == "ok", seen
        else:
            assert answer.isdigit() and limit <= int(answer) < size, seen


# MTU of the link in the network, of the uplink; is the uplink's narrow side behind a modem?
DAILY = [(1500, 1492, True), (1350, 1500, False)]
ALL = [(p, u, m) for p in (1280, 1350, 1500, 1560) for u in (1500, 1492, 1400) for m in (False, True)]


@pytest.mark.parametrize("path, uplink, modem", ALL if LONG else DAILY)
def test_to_the_internet_and_back(spaces, path, uplink, modem):
    town = Town(spaces, path, uplink, modem)
    town.works()
    town.path_known(min(path, MESH_MTU))
    inside = max(min(path, MESH_MTU) - OUTER, 1280)
    limit = min(inside, uplink)
    for family in SERVER:
        for way in ("to", "from"):
            judge(town.ask(family, way, sizes_near(limit, path, uplink)), limit)
        server = SERVER[family]
        for size, whole in ((limit, 2), (limit + 1, 0)):
            headers = 48 if family == 6 else 28
            assert town.client.pings(server, 2, f"-{family} -M do -W 1 -s {size - headers}") == whole
        town.download(family)
        town.upload(family)
