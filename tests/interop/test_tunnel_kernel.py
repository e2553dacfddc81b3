# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that our two kinds of tunnels understand each other: the kernel's ip6_tunnel, as we drive
it in a guest, and TUN on the host; both families, TCP and full size, and what a stop and a crash
leave in the guest."""

import json
import sys
import time
from pathlib import Path

import pytest
from uml import Guest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

import datagrams  # noqa: E402
from spaces import Spaces, until  # noqa: E402
from tunnel_town import (  # noqa: E402
    HAND, Hand, end_words, icmp_echo, lan_make, node, out_words, send, transfer)  # fmt: skip

pytestmark = pytest.mark.xdist_group("tunnel")  # one town, one after the other

MAIL = "/run/hand"
FAMILIES = ("10.{}.0.2", "fd0a:{}::2")


class GuestHand:
    """tunnel_hand in a guest, which is router b."""

    def __init__(self, guest):
        self.guest = guest
        self.start()

    def start(self, *words):
        self.guest.run(
            f"rm -f {MAIL}; mkfifo {MAIL}; sleep 10000 >{MAIL} & echo $! >{MAIL}.sleep;"
            f" {HAND} ip6_tunnel <{MAIL} >{MAIL}.out 2>&1 & echo $! >{MAIL}.pid"
        )
        self.say(end_words("b"), *(words or out_words("a")))

    def say(self, *lines):
        self.guest.run("\n".join(f"echo '{line}' >{MAIL}" for line in lines))

    def end_status(self):
        self.say("status")
        time.sleep(0.1)
        return json.loads(self.guest.run(f"tail -n 1 {MAIL}.out"))["tunnels"]["end"]

    def end(self, how):
        self.guest.run(f"kill -{how} $(cat {MAIL}.pid); kill $(cat {MAIL}.sleep); true")
        until(lambda: "no" in self.guest.run(f"kill -0 $(cat {MAIL}.pid) || echo no", check=False),
              10, "it has ended")


class Town:
    """ca - a (TUN) = m = guest b (ip6_tunnel) - cb; m carries the guest's LAN through."""

    def __init__(self, spaces, mtu=1500):
        self.a, self.m, self.ca, self.cb = map(spaces.add, ("a", "m", "ca", "cb"))
        n, primary, _, _ = node("a")
        lan_make(spaces, self.a, self.ca, n)
        spaces.veth(self.a, "net0", self.m, "toa")
        self.a.ip(f"addr add {primary}/128 dev lo nodad")
        self.a.ip("addr add fd99:1::1/64 dev net0 nodad")
        self.a.ip("-6 route add fd70::/16 via fd99:1::2")
        self.m.run("sysctl -qw net.ipv6.conf.all.forwarding=1")
        for tap in ("tob", "lanb"):
            self.m.ip(f"tuntap add {tap} mode tap")
            self.m.ip(f"link set {tap} up")
        self.m.ip(f"link set tob mtu {mtu}")
        self.m.ip("link add brb type bridge forward_delay 0 mcast_snooping 0")
        self.m.ip("link set brb up")
        spaces.veth(self.m, "clb", self.cb, "eth0")
        # What a TAP of a guest gives and takes has no offloads left in it.
        for space, port in ((self.cb, "eth0"), (self.m, "clb"), (self.m, "toa"), (self.a, "net0")):
            space.run(f"ethtool -K {port} tx off tso off gso off gro off")
        for port in ("lanb", "clb"):
            self.m.ip(f"link set {port} master brb")
        self.m.ip("addr add fd99:1::2/64 dev toa nodad")
        self.m.ip("addr add fd99:2::2/64 dev tob nodad")
        self.m.ip("-6 route add fd70::a via fd99:1::1")
        self.m.ip("-6 route add fd70::b via fd99:2::1")
        for command in ("addr add 10.2.0.2/16 dev eth0", "addr add fd0a:2::2/64 dev eth0 nodad",
                        "route add default via 10.2.0.1", "-6 route add default via fd0a:2::1"):  # fmt: skip
            self.cb.ip(command)
        self.guest = Guest("b", self.m.full, str(spaces.folder),
                           [("tob", "02:ba:00:00:00:b1", 1500), ("lanb", "02:ba:00:00:00:b2", 1500)])  # fmt: skip
        self.guest.wait_ready(time.monotonic() + 30)
        self.guest.run(
            "sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1\n"
            "ip link set vec0 up; ip link set vec1 up\n"
            "ip addr add fd70::b/128 dev lo nodad; ip addr add fd99:2::1/64 dev vec0 nodad\n"
            "ip addr add 10.2.0.1/16 dev vec1; ip addr add fd0a:2::1/64 dev vec1 nodad\n"
            "ip -6 route add fd70::/16 via fd99:2::2"
        )
        self.hand = Hand(self.a)
        self.hand.say(end_words("a"), *out_words("b"))
        self.guest_hand = GuestHand(self.guest)
        until(lambda: self.ca.pings("10.2.0.2", 1), 20, "IPv4 through the tunnel")


@pytest.fixture(scope="module", name="town")
def town_fixture():
    spaces = Spaces()
    town = None
    try:
        yield (town := Town(spaces))
    finally:
        if town:
            town.guest.halt()
        spaces.close()


def df_ping(client, address, size, count=3):
    headers = 48 if ":" in address else 28
    return client.pings(address, count, f"-M do -w {count} -s {size - headers}")


def test_kinds(town):
    assert town.hand.status()["kind"] == "tun"
    links = town.guest.run("ip -d link show type ip6tnl")
    assert "X7main@NONE" in links and "X7Out_aaaaaaaa@NONE" in links
    for word in ("remote fd71::b local fd70::b",
                 "remote fd70::a local fd71::a", "hoplimit 64", "encaplimit none"):  # fmt: skip
        assert word in links, links


def test_both_families_full_size(town):
    for address in FAMILIES:
        for client, other in ((town.ca, 2), (town.cb, 1)):
            to = address.format(other)
            until(lambda: df_ping(client, to, 1460) == 3, 10, f"1460 bytes to {to}")
            assert df_ping(client, to, 1461, 1) == 0
    # The guest itself, and we, each from the cloud's address.
    assert " 0% packet loss" in town.guest.run("ping -n -c 2 -i 0.2 10.1.0.2; ping -n -c 2 -i 0.2 fd0a:1::2")
    assert town.a.pings("fd0a:2::2", 2, "-6") == 2


def test_tcp(town):
    for address in FAMILIES:
        transfer(town.ca, town.cb, address.format(2), 1 << 20)
        transfer(town.cb, town.ca, address.format(1), 1 << 20)


def test_kernel_goes_on_and_is_taken_over(town):
    town.guest_hand.end("KILL")
    before = town.guest.run("cat /sys/class/net/X7main/ifindex /sys/class/net/X7Out_aaaaaaaa/ifindex")
    assert town.ca.pings("10.2.0.2", 3) == 3 and town.cb.pings("fd0a:1::2", 3, "-6") == 3
    town.guest_hand.start()
    assert town.ca.pings("10.2.0.2", 3) == 3 and town.cb.pings("fd0a:1::2", 3, "-6") == 3
    assert before == town.guest.run("cat /sys/class/net/X7main/ifindex /sys/class/net/X7Out_aaaaaaaa/ifindex")
    town.guest_hand.say("quit")
    until(lambda: "X7" not in town.guest.run("ip link"), 5, "nothing is left")
    assert "proto 79" not in town.guest.run("ip route; ip -6 route")
    # What a former daemon left and the next one never wished goes at its stop, at the latest.
    town.guest_hand.start()
    until(lambda: town.ca.pings("10.2.0.2", 1), 10, "back")
    town.guest_hand.end("KILL")
    town.guest_hand.start("out cccccccc fd71::c fd70::c")
    until(lambda: "X7Out_cccccccc" in town.guest.run("ip link"), 5, "another gateway")
    assert "X7Out_aaaaaaaa" in town.guest.run("ip link")
    town.guest_hand.say("quit")
    until(lambda: "X7" not in town.guest.run("ip link"), 5, "nothing is left")


def test_lost_way_is_told(town):
    town.guest_hand.end("KILL")
    town.guest_hand.start()
    until(lambda: town.cb.pings("10.1.0.2", 1), 10, "back")
    town.guest_hand.say("way fd70::a 0")
    for address in FAMILIES:
        until(lambda: "nreachable" in town.cb.run(f"ping -n -c 1 -W 2 {address.format(1)}", check=False),
              5, "the client is told")  # fmt: skip
    town.guest_hand.say("way fd70::a 1")
    until(lambda: town.cb.pings("10.1.0.2", 1), 5, "back")


def test_crash_and_a_lost_way(town):
    """The former daemon's routes lead into the kernel's tunnel, which is still there: the next
    one's, which say that there is no way, take their place at once."""
    town.guest_hand.end("KILL")
    assert town.cb.pings("10.1.0.2", 1) == 1
    town.guest_hand.start("way fd70::a 0", *out_words("a"))
    for address in FAMILIES:
        until(lambda: "nreachable" in town.cb.run(f"ping -n -c 1 -W 2 {address.format(1)}", check=False),
              5, "the client is told")  # fmt: skip
    town.guest_hand.say("way fd70::a 1")
    until(lambda: town.cb.pings("10.1.0.2", 1), 5, "back")


def test_narrower_in_mid_path(town):
    """1350 bytes on a link that neither end sees: every size arrives, or its sender is told."""
    town.m.ip("link set toa mtu 1350")
    town.a.ip("link set net0 mtu 1350")
    try:
        for space, here in ((town.ca, 1), (town.cb, 2)):
            datagrams.start_server(space, *(a.format(here) for a in FAMILIES))
        for client, there in ((town.cb, 1), (town.ca, 2)):
            for address in FAMILIES:
                to = address.format(there)
                until(lambda: datagrams.sizes(client, to, "to", [1310, 1311]) == ["ok", "1310"], 15, to)
                for way in ("to", "from"):
                    seen = datagrams.sizes(client, to, way, range(1303, 1312))
                    assert seen == ["ok"] * 8 + ["1310"], seen
        assert "ip6tnl" in town.guest.run("ip -d link show X7Out_aaaaaaaa")
    finally:
        town.m.ip("link set toa mtu 1500")
        town.a.ip("link set net0 mtu 1500")


def received(client):
    """Echo requests that reached it."""
    words = client.run("nstat -asz IcmpInEchos").split()
    return int(words[words.index("IcmpInEchos") + 1])


def test_own_cloud_as_source(town):
    """The guest's nftables know bridges only: the status says that our cloud's own addresses are
    let in, and so it is. tests/netns/test_tunnel.py has the rules at work."""
    status = town.guest_hand.end_status()
    assert not status["filter_in_force"] and "no nftables" in status["filter_fault"]
    before = received(town.cb)
    send(town.m, "fd70::b", "fd71::b", icmp_echo(source="10.2.0.9", to="10.2.0.2"))
    until(lambda: received(town.cb) == before + 1, 5, "it is let in")
    assert town.guest_hand.end_status()["rx_spoofed"] == 0


def test_narrow_path(town):
    """1280 bytes in mid-path: the guest's kernel would not fragment, so its driver takes over."""
    town.guest.run("ip link set vec0 mtu 1280")
    town.m.ip("link set tob mtu 1280")
    try:
        for address in FAMILIES:
            for client, other in ((town.ca, 2), (town.cb, 1)):
                to = address.format(other)
                until(lambda: df_ping(client, to, 1240) == 3, 15, f"1240 bytes to {to}")
            transfer(town.ca, town.cb, address.format(2), 1 << 18)
            transfer(town.cb, town.ca, address.format(1), 1 << 18)
        assert df_ping(town.ca, "fd0a:2::2", 1280) == 3
        assert df_ping(town.cb, "fd0a:1::2", 1280) == 3
        assert "tun type tun" in town.guest.run("ip -d link show X7Out_aaaaaaaa")
    finally:
        town.m.ip("link set tob mtu 1500")
        town.guest.run("ip link set vec0 mtu 1500")
