# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that an uplink is found and offered while the Internet behind it works, and only then;
that other nodes reach it by a tunnel in the uplink's name; and what may not cross."""

import json
import re
import subprocess
import time

import pytest
from internet import Internet
from spaces import BUILD, until

NUVOL = BUILD / "src/nuvol/nuvol"
PAGE6 = "timeout 5 busybox wget -q -O - http://[2001:db8:80::80]/from"
LOST_S = 3  # from the Internet's death to the withdrawn offer


def conf(ssid, *more, gateway=False):
    lines = ["config lime 'wifi'", f"\toption ap_ssid '{ssid}'"]
    lines += ["config lime 'network'", "\tlist protocols 'lan'", "\tlist protocols 'batadv:%N1'"]
    lines += ["\tlist protocols 'bmx7:18'", "\tlist resolvers '9.9.9.9'"]
    lines += ["\tlist protocols 'anygw'"] * gateway
    lines += ["\tlist resolvers '2620:fe::fe'"]
    lines += ["config nuvol 'bmx7'", "\toption node_rsa_key '4'"]
    lines += ["config nuvol 'uplink'", *(f"\toption {m}" for m in more)]
    lines += ["config net 'mesh'", "\toption linux_name 'mesh0'"]
    lines += ["\tlist protocols 'batadv:%N1'", "\tlist protocols 'bmx7:18'"]
    return "\n".join(lines) + "\n"


class Town:
    """A gateway, and a node of another cloud behind a cable."""

    def __init__(self, spaces, *more, before=None, **options):
        """before: what is done in the gateway's space before its daemon starts; options: of conf."""
        self.internet = Internet(spaces)
        self.gw_space, self.far_space = spaces.add("gw"), spaces.add("far")
        if before:
            before(self.gw_space)
        spaces.veth(self.gw_space, "mesh0", self.far_space, "mesh0", 1532)
        self.here = self.internet.uplink(self.gw_space)
        until(self.internet.ready.exists, 10, "the Internet is there")
        self.gw = spaces.node(self.gw_space, conf("near", *more, **options)).start()
        self.far = spaces.node(self.far_space, conf("far")).start()

    def offer(self, v6=False):
        return self.gw.ask("uplinks")["offers"][v6]

    def offered(self, on=True, v6=False, seconds=15):
        """How long until it is so."""
        began = time.monotonic()
        until(lambda: self.offer(v6)["offered"] == on, seconds, f"offered: {on}", pause=0.05)
        return time.monotonic() - began

    def used(self, v6=False):
        """Far sends by it."""
        self.offered(v6=v6)
        until(lambda: "X7Out" in self.way(v6), 20, "a tunnel to the Internet")
        target = "2001:4860:4860::8888" if v6 else "8.8.8.8"
        # The way back is a tunnel of its own, made when the gateway has heard of this cloud.
        until(lambda: self.reaches(target), 20, "the Internet answers")

    def fault(self, interface="wan0"):
        found = [u for u in self.gw.ask("uplinks")["uplinks"] if u["interface"] == interface]
        return found[0]["fault"]

    def way(self, v6=False):
        """How far sends to the Internet."""
        target = "2001:4860:4860::8888" if v6 else "8.8.8.8"
        return self.far_space.ip(f"route get {target}", check=False)

    def reaches(self, target="8.8.8.8", count=1):
        return self.far_space.pings(target, count, "-W 1")

    def fetch(self, path, space=None):
        space = space or self.far_space
        return space.run(f"timeout 5 busybox wget -q -O - http://203.0.113.80{path}", check=False)


@pytest.fixture(scope="module", name="town")
def town_fixture(module_spaces):
    town = Town(module_spaces, "ipv6 'nat66'")
    town.used()
    yield town
    module_spaces.close()


def test_other_clouds_use_it_in_its_name(town):
    assert town.fetch("/from") == "::ffff:100.64.0.2"
    assert len(town.fetch("/bytes/200000")) == 200000


def test_ipv6_is_translated_when_asked_for(town):
    town.used(v6=True)
    assert town.far_space.run(PAGE6, check=False) == "2001:db8:64::2"


@pytest.mark.parametrize(
    "how, fault", [("dies", "silent"), ("nodns", "no-dns"), ("portal", "portal")]
)
def test_what_breaks_is_noticed(spaces, how, fault):
    town = Town(spaces)
    town.used()
    getattr(town.internet, how)(town.here)
    took = town.offered(False)
    until(lambda: town.fault() == fault, 10, f"the cause: {fault}")
    until(lambda: "X7Out" not in town.way(), 5, "the route is withdrawn elsewhere")
    town.internet.returns(town.here)
    print(f"{how}: not offered any more after {took:.2f} s")
    if how == "dies":
        assert took <= LOST_S
    town.used()


def test_networks_beside_the_uplink_are_protected(town):
    """A printer in the home of the gateway's owner."""
    town.internet.space.ip("addr add 192.168.7.7/24 dev up0", check=False)
    town.gw_space.ip("route add 192.168.7.0/24 via 100.64.0.1 dev wan0", check=False)
    until(lambda: town.gw_space.pings("192.168.7.7"), 5, "the owner reaches it")
    # Far's own way there is the default route by the gateway.
    assert town.reaches("192.168.7.7") == 0
    assert town.reaches("100.64.0.1") == 0
    assert town.reaches("8.8.8.8") == 1
    assert town.gw.host()["uplinks"]["filter"]["dropped"]["beside"] > 0


def test_forged_sources_do_not_leave(town):
    town.far_space.ip("addr add 198.51.100.7/32 dev lo", check=False)
    before = town.gw.host()["uplinks"]["filter"]["dropped"]["spoofed"]
    assert town.far_space.pings("8.8.8.8", 1, "-I 198.51.100.7 -W 1") == 0
    assert town.gw.host()["uplinks"]["filter"]["dropped"]["spoofed"] > before


def test_nobody_comes_in_by_the_uplink(town):
    """Who is beside the uplink knows an address of the cloud, and routes it there."""
    address = town.gw_space.address("br-lan")
    inside = re.sub(r"\.\d+$", ".250", address)
    town.internet.space.ip(f"route replace {inside}/32 via 100.64.0.2", check=False)
    town.internet.space.pings(inside, 1, "-W 1")
    assert town.gw.host()["uplinks"]["filter"]["dropped"]["uninvited"] > 0


def test_cli_tells_people(town):
    words = town.gw_space.run(f"{NUVOL} -r {town.gw.run_dir} uplinks")
    assert re.search(r"wan0 \*\s+IPv4\s+works", words) and "IPv4: offered to others with" in words
    told = json.loads(town.gw_space.run(f"{NUVOL} -r {town.gw.run_dir} --json uplinks"))
    assert told["on"] and {u["family"] for u in told["uplinks"]} == {"ipv4", "ipv6"}


def test_status_has_a_line(town):
    words = town.gw_space.run(f"{NUVOL} -r {town.gw.run_dir} status")
    assert re.search(r"Uplinks\s+offered to others: IPv4 by wan0, \d+ Mbit/s; IPv6 by wan0", words)
    words = town.far_space.run(f"{NUVOL} -r {town.far.run_dir} status")
    assert "Uplinks" not in words


def test_an_interface_that_comes_later_listens_to_routers(town):
    space = town.gw_space
    space.ip("link add late type veth peer name later")
    space.run("sysctl -qw net.ipv6.conf.late.accept_ra=1")
    space.ip("link set later up")
    space.ip("link set late up")
    asked = "sysctl -n net.ipv6.conf.late.accept_ra"
    until(lambda: space.run(asked).strip() == "2", 5, "a router's word counts though we are one")
    space.ip("link del late")


def test_segments_fit_a_narrow_uplink(spaces):
    """MSS of a connection's first packet, out and in, is what the uplink's MTU leaves."""
    town = Town(spaces)
    town.gw_space.ip("link set wan0 mtu 1300")
    town.used()
    watched = "tcp[tcpflags] == tcp-syn and dst 203.0.113.81"
    seen = town.internet.space.spawn(
        ["timeout", "20", "tcpdump", "-i", "up0", "-n", "-v", "-c", "1", watched],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "listening" in seen.stderr.readline()
    town.far_space.run("timeout 3 busybox wget -q -O - http://203.0.113.81/", check=False)
    text = seen.communicate(timeout=25)[0]
    assert int(re.search(r"mss (\d+)", text).group(1)) <= 1260, text


def neighbour_of(town, spaces, prefix, router):
    """Who the page says that somebody on the gateway's LAN is."""
    lan = spaces.add("lan")
    spaces.veth(town.gw_space, "lan0", lan, "eth0")
    town.gw_space.ip("link set lan0 master br-lan")
    lan.ip(f"-6 addr add {prefix}77/64 dev eth0 nodad")
    lan.ip(f"-6 route add default via {router}")
    return until(lambda: lan.run(PAGE6, check=False), 10, "an answer by IPv6")


def test_prefix_translation(spaces):
    town = Town(spaces, "ipv6 'nptv6'", "ipv6_prefix '2001:db8:99::/64'")
    town.internet.space.ip("-6 route add 2001:db8:99::/64 via 2001:db8:64::2")
    town.offered(v6=True)
    router = town.gw_space.address("br-lan", 6)
    prefix = router.split("::")[0] + "::"
    assert neighbour_of(town, spaces, prefix, router) == "2001:db8:99::77"


def delegated(space):
    """A prefix of the provider's on the LAN."""
    space.ip("link add br-lan type bridge")
    space.ip("link set br-lan up")
    space.ip("-6 addr add 2001:db8:99::1/64 dev br-lan nodad")


def test_a_delegated_prefix_is_passed_as_it_is(spaces):
    town = Town(spaces, before=delegated)
    town.internet.space.ip("-6 route add 2001:db8:99::/64 via 2001:db8:64::2")
    town.offered(v6=True)
    assert neighbour_of(town, spaces, "2001:db8:99::", "2001:db8:99::1") == "2001:db8:99::77"
    # Other clouds' addresses are not routed to us: they leave in the gateway's name.
    town.used(v6=True)
    assert town.far_space.run(PAGE6, check=False) == "2001:db8:64::2"
    # Others' global ones do not leave.
    town.far_space.ip("-6 addr add 2001:db8:98::7/128 dev lo nodad")
    before = town.gw.host()["uplinks"]["filter"]["dropped"]["spoofed"]
    assert town.far_space.pings("2001:4860:4860::8888", 1, "-6 -W 1 -I 2001:db8:98::7") == 0
    assert town.gw.host()["uplinks"]["filter"]["dropped"]["spoofed"] > before


ADVERTISE = """
from scapy.all import *
mac, router = sys.argv[1:]
sendp(Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(src=router, dst="ff02::1", hlim=255)
      / ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptPrefixInfo(prefix="2001:db8:99::", prefixlen=64)
      / ICMPv6NDOptSrcLLAddr(lladdr=mac), iface="br-lan", verbose=0)
"""


def test_a_client_takes_an_address_of_the_delegated_prefix(spaces):
    """The machine's own daemon announces it (here one packet of radvd's kind) beside our gateway,
    which announces the cloud's."""
    town = Town(spaces, before=delegated, gateway=True)
    town.internet.space.ip("-6 route add 2001:db8:99::/64 via 2001:db8:64::2")
    lan = spaces.add("lan")
    lan.run("sysctl -qw net.ipv6.conf.default.accept_ra=1")
    spaces.veth(town.gw_space, "lan0", lan, "eth0")
    town.gw_space.ip("link set lan0 master br-lan")
    town.offered(v6=True)
    until(lambda: " fd" in lan.ip("-6 addr show dev eth0"), 20, "an address of the cloud")
    mac = town.gw_space.run("cat /sys/class/net/br-lan/address").strip()
    words = f"{mac} {link_local(town.gw_space, 'br-lan')}"
    town.gw_space.run(f"/usr/bin/python3 -c '{ADVERTISE}' {words}")
    until(lambda: " 2001:db8:99:" in lan.ip("-6 addr show dev eth0"), 5, "an address of the prefix")
    assert until(lambda: lan.run(PAGE6, check=False), 10, "the page").startswith("2001:db8:99:0:")


def link_local(space, interface):
    return re.search(r"inet6 (fe80:\S+)/", space.ip(f"-6 addr show dev {interface}")).group(1)


def test_a_provider_that_gives_a_prefix_and_no_address(spaces):
    """The uplink has a link-local address alone; others leave in the name of the LAN's."""
    town = Town(spaces, before=delegated)
    internet = link_local(town.internet.space, "up0")
    gateway = link_local(town.gw_space, "wan0")
    town.gw_space.ip("-6 route del default via 2001:db8:64::1 dev wan0")
    town.gw_space.ip("-6 addr del 2001:db8:64::2/64 dev wan0")
    town.gw_space.ip(f"-6 route add default via {internet} dev wan0 metric 100")
    town.internet.space.ip(f"-6 route add 2001:db8:99::/64 via {gateway} dev up0")
    town.used(v6=True)
    assert town.far_space.run(PAGE6, check=False) == "2001:db8:99::1"


def test_nothing_is_translated_when_not_wanted(spaces):
    """Who has no address of the prefix is not offered the way, and does not get out."""
    town = Town(spaces, "ipv6 'routed'", before=delegated)
    town.internet.space.ip("-6 route add 2001:db8:99::/64 via 2001:db8:64::2")
    town.offered()
    assert neighbour_of(town, spaces, "2001:db8:99::", "2001:db8:99::1") == "2001:db8:99::77"
    assert not town.offer(v6=True)["offered"]


def test_two_uplinks_one_after_the_other(spaces):
    town = Town(spaces)
    town.internet.uplink(town.gw_space, "wan1", metric=200)
    town.offered()
    until(lambda: len(town.gw.ask("uplinks")["uplinks"]) == 4, 10, "both are known")
    time.sleep(1.5)
    town.internet.dies(town.here)
    until(lambda: town.offer()["interface"] == "wan1", LOST_S, "the other is used")
    # The machine's own default route still names the dead one.
    assert "dev wan0" in town.gw_space.ip("route show default metric 100")
    assert "dev wan1" in town.gw_space.ip("route get 8.8.8.8")
    assert town.gw_space.pings("8.8.8.8") > 0
    assert town.offer()["offered"]


def test_nothing_is_left(spaces):
    town = Town(spaces)
    town.offered()
    rules = town.gw_space.ip("rule")
    assert "suppress_prefixlength 0" in rules and "lookup 71" in rules
    assert "default via 100.64.0.1" in town.gw_space.ip("route show table 71")
    town.gw.kill()
    town.gw.start()  # adopts
    town.offered()
    assert town.gw.stop() == 0
    assert "nuvol" not in town.gw_space.run("nft list tables")
    assert "lookup 71" not in town.gw_space.ip("rule") + town.gw_space.ip("-6 rule")
    assert not town.gw_space.ip("route show table 71", check=False)
    assert "default via 100.64.0.1" in town.gw_space.ip("route show")


def test_a_node_without_an_uplink_is_left_alone(spaces):
    space = spaces.add("alone")
    space.ip("link add mesh0 type veth peer name cable")
    node = spaces.node(space, conf("alone")).start()
    until(lambda: node.host()["uplinks"]["on"], 10, "uplinks are looked for")
    assert "lookup 71" not in space.ip("rule")
    assert "inet nuvol" not in space.run("nft list tables")
    assert node.ask("uplinks")["uplinks"] == []
