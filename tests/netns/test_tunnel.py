# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that one-way tunnels carry both families in full size and by TCP, whatever the MTU of the
path, look on the wire as the kernel's ip6_tunnel does, take packets with the right outer source
only, tell senders of a lost gateway, and that what we do to the kernel is taken away again and
never touches what is another's. The core's wishes come from tunnel_hand."""

import json
import struct
import subprocess
import time

import pytest
from spaces import Spaces, until
from tunnel_town import (  # fmt: skip
    Hand, Town, end_words, icmp_echo, ipv6_nothing, lan_make, node, out_words, send, transfer)
from wire import pcap_frames

TUNNELS = "X7main", "X7Out_bbbbbbbb"


@pytest.fixture(scope="module", name="town", params=("tun", "bpf"))
def town_fixture(request):
    spaces = Spaces()
    yield Town(spaces, (request.param, request.param))
    spaces.close(keep=getattr(request.session, "failed_test", False))


def df_ping(client, address, size, count=3):
    """Whole IP packets of that size, not to be fragmented."""
    family, headers = ("-6", 48) if ":" in address else ("-4", 28)
    return client.pings(address, count, f"{family} -M do -s {size - headers}")


def test_both_families_and_directions(town):
    for client, other in ((town.ca, 2), (town.cb, 1)):
        assert client.pings(f"10.{other}.0.2", 3) == 3
        assert client.pings(f"fd0a:{other}::2", 3, "-6") == 3
    # The routers themselves, with their cloud's address as the source.
    assert town.a.pings("10.2.0.2", 3) == 3
    assert town.a.pings("fd0a:2::2", 3, "-6") == 3


def test_full_size_and_no_more(town):
    for address in ("10.2.0.2", "fd0a:2::2"):
        until(lambda: df_ping(town.ca, address, 1460, 1), 5, "1460 bytes")
        assert df_ping(town.ca, address, 1460) == 3
        assert df_ping(town.ca, address, 1461, 1) == 0
        # In fragments; IPv6's other end first has to hear how big its own may be.
        until(lambda: town.ca.pings(address, 3, "-M dont -s 4000") == 3, 5, "4000 bytes")


def test_tcp(town):
    for client, server, address in ((town.ca, town.cb, "10.2.0.2"), (town.cb, town.ca, "10.1.0.2"),
                                    (town.ca, town.cb, "fd0a:2::2"), (town.cb, town.ca, "fd0a:1::2")):  # fmt: skip
        transfer(client, server, address, 4 << 20)


def capture(space, interface, path, count):
    process = space.spawn(["tcpdump", "-i", interface, "-U", "-w", str(path), "-c", str(count),
                           "ip6", "and", "net", "fd70::/15"], stderr=-1, text=True)  # fmt: skip
    until(lambda: "listening" in process.stderr.readline(), 5, "tcpdump listens")
    return process


def test_on_the_wire(town):
    """One IPv6 header and nothing between."""
    path = town.spaces.folder / "wire.pcap"
    process = capture(town.m, "toa", path, 4)
    for options in ("-4 -Q 0x03 10.2.0.2", "-6 -Q 0x89 fd0a:2::2"):
        assert town.ca.pings(options, 1) == 1
    process.wait(10)
    frames = [f[14:] for f in pcap_frames(path) if f[12:14] == b"\x86\xdd"]
    addresses = {"fd71::b fd70::b": [], "fd71::a fd70::a": []}
    for ip in frames:
        first, _, following, hops = struct.unpack_from(">IHBB", ip)
        source, to = (f"fd{p[1]:02x}::{p[15]:x}" for p in (ip[8:24], ip[24:40]))
        addresses[f"{source} {to}"].append((following, hops, first >> 20 & 0xFF, ip[40] >> 4))
    # ECN as inside, but a mark of congestion becomes "capable"; DSCP stays inside.
    assert addresses["fd71::b fd70::b"] == [(4, 64, 2, 4), (41, 64, 1, 6)]
    assert [(p, v) for p, hops, _, v in addresses["fd71::a fd70::a"] if hops == 63] == [(4, 4), (41, 6)]  # fmt: skip


def test_hostile_packets(town):
    """Only what has our dummy as its outer source gets in; the rest is counted, nobody is
    answered."""
    hand = town.hand["a"]
    path = town.spaces.folder / "errors.pcap"
    watch = town.m.spawn(["tcpdump", "-i", "toa", "-w", str(path), "-U",
                          "icmp6 and ip6[40] < 128"], stderr=-1, text=True)  # fmt: skip
    until(lambda: "listening" in watch.stderr.readline(), 5, "tcpdump listens")
    cases = (
        (dict(source="fd99:1::2", data=icmp_echo()), "rx_foreign"),
        (dict(source="fd70::b", data=icmp_echo()), "rx_foreign"),
        (dict(source="fd71::b", data=icmp_echo(), protocol=41), "rx_foreign"),
        (dict(source="fd71::a", data=icmp_echo(), protocol=41), "rx_malformed"),
        (dict(source="fd71::a", data=icmp_echo(length=29)), "rx_malformed"),
        (dict(source="fd71::a", data=icmp_echo(length=19)), "rx_malformed"),
        (dict(source="fd71::a", data=icmp_echo()[:19]), "rx_malformed"),
        (dict(source="fd71::a", data=b""), "rx_malformed"),
        (dict(source="fd71::a", data=bytes([0x41]) + icmp_echo()[1:]), "rx_malformed"),
        (dict(source="fd71::a", data=icmp_echo(source="10.1.0.3")), "rx_spoofed"),
        (dict(source="fd71::a", data=ipv6_nothing("fd0a:1::9", "fd0a:1::2"), protocol=41), "rx_spoofed"),
        (dict(source="fd71::a", data=icmp_echo(), tclass=3), "rx_congested"),
        (dict(source="fd71::a", data=icmp_echo()), "rx"),
        (dict(source="fd71::a", data=icmp_echo(tos=2), tclass=3), "rx"),
    )  # fmt: skip
    for words, counter in cases:
        before = hand.status()["end"]
        send(town.m, "fd70::a", **words)
        until(lambda: hand.status()["end"][counter] == before[counter] + 1, 5, f"{words}: {counter}")
    watch.terminate()
    watch.wait()
    assert not list(pcap_frames(path))


TABLE = "nuvol_tunnels"


def test_rules_for_the_kernels_end(town):
    """The rules that ip6_tunnel's end gets, on the LAN's interface instead: from our cloud to our
    cloud is dropped and counted, the rest goes on; they come back, outlive a crash, and go."""
    a, hand, ca = town.a, town.hand["a"], town.ca
    counter = lambda: int(a.run(f"nft list counter inet {TABLE} spoofed").split("packets")[1].split()[0])  # noqa: E731
    there = lambda: TABLE in a.run("nft list ruleset")  # noqa: E731
    own = ("10.1.0.1", "fd0a:1::1")
    assert not there()
    hand.say("filter br-lan 10.1.0.1 fd0a:1::1")
    until(there, 5, "the rules")
    for address in own:
        before = counter()
        # The neighbours know each other; only IPv6's solicitations are of our cloud's addresses too.
        assert ca.pings(address, 2, "-W 1") == 0
        assert counter() >= before + 2
    before = counter()
    assert ca.pings("10.2.0.2", 2) == 2
    assert counter() == before
    a.run(f"nft delete table inet {TABLE}")
    hand.say("compare")
    until(there, 5, "the rules are back")
    hand.say("filter")
    until(lambda: not there(), 5, "no rules")
    for address in own:
        until(lambda: ca.pings(address, 1), 5, address)
    hand.say("filter br-lan 10.1.0.1 fd0a:1::1")
    until(there, 5, "the rules")
    hand.kill()
    assert there() and ca.pings("10.1.0.1", 1, "-W 1") == 0
    # The next daemon's end is a TUN, which needs none.
    hand.start()
    hand.say(end_words("a"), *out_words("b"))
    until(lambda: not there(), 5, "no rules")
    until(lambda: ca.pings("10.2.0.2", 1), 10, "the tunnel")
    hand.say("filter br-lan 10.1.0.1 fd0a:1::1")
    until(there, 5, "the rules")
    hand.stop()
    assert not there()
    hand.start()
    hand.say(end_words("a"), *out_words("b"))
    for address in ("10.2.0.2", "fd0a:2::2"):
        until(lambda: ca.pings(address, 1), 10, "the tunnel")


def test_router_and_others_routes(town):
    """Tables and rules by key; a route that is another's stays, and ours waits for its place."""
    a, hand = town.a, town.hand["a"]
    a.ip("route add 10.9.0.0/16 via 10.1.0.2 metric 1024 proto 99")
    a.ip("-6 route add fd0a:9::/64 via fd0a:1::2 metric 1024 proto 99")
    hand.say("route 10.9.0.0/16 bbbbbbbb fd71::b", "route fd0a:9::/64 bbbbbbbb fd71::b",
             "route 10.9.0.0/16 bbbbbbbb fd71::b 500 77 10",
             "route fd0a:9::/64 bbbbbbbb fd71::b 500 77 10")  # fmt: skip
    for family in ("", "-6"):
        until(lambda: "X7Out_bbbbbbbb" in a.ip(f"{family} route show table 77"), 5, "table 77")
        assert "metric 10" in a.ip(f"{family} route show table 77")
        assert "500:\tnot from all iif X7main lookup 77" in a.ip(f"{family} rule")
        assert "lookup 77" not in town.b.ip(f"{family} rule")
    assert hand.status()["routes_fault"] == "File exists"
    assert "via 10.1.0.2" in a.ip("route show 10.9.0.0/16") and "X7" not in a.ip("route show 10.9.0.0/16")
    assert "via fd0a:1::2" in a.ip("-6 route show fd0a:9::/64")
    a.ip("route del 10.9.0.0/16 via 10.1.0.2")
    until(lambda: "X7Out" in a.ip("route show 10.9.0.0/16"), 5, "ours is there at last")
    hand.say(*(f"noroute {n} bbbbbbbb fd71::b {k}" for n in ("10.9.0.0/16", "fd0a:9::/64")
               for k in ("", "500 77 10")))  # fmt: skip
    until(lambda: hand.status()["routes"] == 2, 5, "they are gone")
    assert a.ip("-6 route show fd0a:9::/64").count("via fd0a:1::2") == 1
    assert not a.ip("route show 10.9.0.0/16") and not a.ip("route show table 77", check=False)
    a.ip("-6 route del fd0a:9::/64")


def test_what_a_former_daemon_left_gives_way(town):
    """A route of ours in the place, whatever it says, is replaced at once; no comparison is waited
    for (after a crash beside ip6_tunnel none is due for a minute)."""
    a, hand = town.a, town.hand["a"]
    for family, net in (("", "10.8.0.0/16"), ("-6", "fd0a:8::/64")):
        a.ip(f"{family} route add unreachable {net} metric 1024 proto 79")
        hand.say(f"route {net} bbbbbbbb fd71::b")
        until(lambda: "X7Out_bbbbbbbb" in a.ip(f"{family} route show {net}"), 0.5, "into the tunnel")
        hand.say("way fd70::b 0", f"noroute {net} bbbbbbbb fd71::b")
        until(lambda: net not in a.ip(f"{family} route show"), 5, "it is gone")
        a.ip(f"{family} route add {net} dev X7Out_bbbbbbbb metric 1024 proto 79")
        hand.say(f"route {net} bbbbbbbb fd71::b")
        until(lambda: "unreachable" in a.ip(f"{family} route show {net}"), 0.5, "no way: told so")
        hand.say("way fd70::b 1", f"noroute {net} bbbbbbbb fd71::b")
        until(lambda: net not in a.ip(f"{family} route show"), 5, "it is gone")


def test_own_cloud_in_a_table_before_main(town):
    """A default route there does not take what the main table has on the link."""
    a, hand = town.a, town.hand["a"]
    for family, own, near, far, rest in (("", "10.1.0.0/16", "10.1.0.77", "203.0.113.1", "0.0.0.0/0"),
                                         ("-6", "fd0a:1::/64", "fd0a:1::77", "2001:db8::1", "::/0")):  # fmt: skip
        hand.say(f"local {own} 500 77 10", f"route {rest} bbbbbbbb fd71::b 500 77 10")
        until(lambda: "X7Out" in a.ip(f"{family} route get {far}", check=False), 5, "the table is asked")
        until(lambda: "X7Out" not in a.ip(f"{family} route get {near}"), 5, "not for our cloud")
        hand.say(f"nolocal {own} 500 77 10", f"noroute {rest} bbbbbbbb fd71::b 500 77 10")
        until(lambda: not a.ip(f"{family} route show table 77", check=False), 5, "both are gone")


def test_lost_gateway_is_told_at_once(town):
    hand = town.hand["a"]
    hand.say("way fd70::b 0")
    until(lambda: "unreachable" in town.a.ip("route show 10.2.0.0/16"), 3, "unreachable")
    for address, word in (("10.2.0.2", "Unreachable"), ("fd0a:2::2", "unreachable")):
        begin = time.monotonic()
        out = town.ca.run(f"ping -n -c 1 -W 5 {address}", check=False)
        assert word in out and time.monotonic() - begin < 1
    assert not hand.status()["out"][0]["reachable"]
    hand.say("way fd70::b 1")
    until(lambda: town.ca.pings("10.2.0.2", 1), 3, "back again")
    assert town.ca.pings("fd0a:2::2", 3, "-6") == 3


def test_gateway_changes_and_goes(town):
    """The same prefix by another gateway, of the same name's beginning; then none."""
    a, hand = town.a, town.hand["a"]
    hand.say("out bbbbbbbbcc fd72::b fd70::b", "route 10.2.0.0/16 bbbbbbbbcc fd72::b")
    until(lambda: "X7Out_bbbbbbbbb" in a.ip("route show 10.2.0.0/16"), 5, "the other gateway")
    assert town.ca.pings("10.2.0.2", 1) == 0  # b has no such end
    assert {o["name"] for o in hand.status()["out"]} == {"X7Out_bbbbbbbb", "X7Out_bbbbbbbbb"}
    hand.say("route 10.2.0.0/16 bbbbbbbb fd71::b", "noout bbbbbbbbcc fd72::b fd70::b")
    until(lambda: "X7Out_bbbbbbbbb" not in a.links(), 5, "its interface goes")
    assert town.ca.pings("10.2.0.2", 2) == 2


def test_interface_that_somebody_deletes(town):
    town.a.ip("link del X7Out_bbbbbbbb")
    until(lambda: town.ca.pings("10.2.0.2", 1), 5, "it is made again")
    town.a.ip("link del X7main")
    until(lambda: town.ca.pings("fd0a:2::2", 1, "-6"), 5, "our end too")


def test_crash_and_stop_leave_nothing(town):
    a, hand = town.a, town.hand["a"]
    hand.say("route 10.7.0.0/16 bbbbbbbb fd71::b 500 77 10", "way fd70::b 0")
    until(lambda: "unreachable" in a.ip("route show table 77", check=False), 5, "unreachable")
    hand.kill()
    # Such routes have no interface to go with.
    assert "unreachable" in a.ip("route") and "lookup 77" in a.ip("rule")
    hand.start()
    hand.say(end_words("a"), *out_words("b"))
    until(lambda: town.ca.pings("10.2.0.2", 1), 5, "works again")
    if hand.kind == "tun":  # else it is left for a minute, with the interfaces that go on
        until(lambda: "lookup 77" not in a.ip("rule"), 5, "the former daemon's rule goes")
        assert "unreachable" not in a.ip("route show table all")
    hand.stop()
    for family in ("", "-6"):
        assert "proto 79" not in a.ip(f"{family} route show table all")
    assert "lookup 77" not in a.ip("rule")
    assert not a.run("tc filter show dev net0 ingress")
    assert not [name for name in a.links() if name.startswith("X7")]
    hand.start()
    hand.say(end_words("a"), *out_words("b"))
    until(lambda: town.ca.pings("10.2.0.2", 1), 5, "works again")


def test_the_kernel_carries(town):
    """With programs nothing reaches the daemon, which may die and come back meanwhile: not a packet
    is lost. One without them takes them away."""
    if town.hand["a"].kind != "bpf":
        pytest.skip("tun: with the daemon goes the tunnel")
    a, hand = town.a, town.hand["a"]
    assert hand.status()["kind"] == hand.status()["out"][0]["kind"] == "bpf"
    pings = [town.ca.spawn(["ping", "-n", "-q", "-i", "0.01", "-c", "500", "-W", "1", address],
                           text=True, stdout=subprocess.PIPE) for address in ("10.2.0.2", "fd0a:2::2")]  # fmt: skip
    for _ in range(3):
        time.sleep(0.3)  # packets pass
        hand.kill()
        transfer(town.ca, town.cb, "10.2.0.2", 1 << 20)
        transfer(town.cb, town.ca, "fd0a:1::2", 1 << 20)
        hand.start()
        hand.say(end_words("a"), *out_words("b"))
        until(lambda: hand.status()["out"][0]["mtu_bytes"] == 1460, 10, "the MTU inside")
    for ping in pings:
        out = ping.communicate(timeout=30)[0]
        assert "500 received" in out, out
    hand.kill()
    hand.kind = "tun"
    hand.start()
    hand.say(end_words("a"), *out_words("b"))
    until(lambda: not a.run("tc filter show dev net0 ingress"), 5, "the programs go")
    until(lambda: town.ca.pings("10.2.0.2", 1), 5, "works again")
    assert hand.status()["kind"] == "tun"
    assert len([name for name in a.links() if name.startswith("X7")]) == 2


def test_other_names_are_left_alone(spaces):
    """An X7main that is not ours."""
    space, client = spaces.add("a"), spaces.add("c")
    lan_make(spaces, space, client, 1)
    space.ip("tuntap add X7main mode tun")
    hand = Hand(space)
    hand.say(end_words("a"))
    until(lambda: hand.status()["end"]["up"], 5, "our end")
    assert hand.status()["end"]["name"] == "X7mainb"
    hand.stop()
    assert "X7main" in space.links()


@pytest.mark.parametrize("kind", ("tun", "bpf"))
@pytest.mark.parametrize("mtu", (1280, 1350, 1500))
def test_no_black_hole(spaces, mtu, kind):
    """A narrow link in mid-path, which the gateway's router knows of and we do not."""
    town = Town(spaces, (kind, kind), mtu=(1500, mtu))
    inner = max(mtu - 40, 1280)
    until(lambda: town.hand["a"].status()["out"][0]["path_mtu_bytes"] == mtu, 10, "the path's MTU")
    until(lambda: town.hand["a"].status()["out"][0]["mtu_bytes"] == inner, 10, "the MTU inside")
    for address in ("10.2.0.2", "fd0a:2::2"):
        until(lambda: df_ping(town.ca, address, inner, 1), 10, f"{inner} bytes to {address}")
        # Too big: the client is told, and how big it may be.
        if inner < 1460:
            out = town.ca.run(f"ping -n -c 1 -W 1 -M do -s 1410 {address}", check=False)
            assert f"mtu={inner}" in out.replace("mtu = ", "mtu="), out
        transfer(town.ca, town.cb, address, 1 << 20)
    counts = town.statuses()
    assert all(s["out"][0]["tx_refused"] == 0 for s in counts.values()), json.dumps(counts)
