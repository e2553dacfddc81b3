# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that each node is the same gateway to its own clients, that nothing of it ever crosses
to other nodes, whatever clients shout and whoever takes its parts away, and that it leaves
nothing behind."""

import json
import re
import subprocess
import time

import pytest
from attacker import Puppet, Wire, bcast, mac_bytes, payload_frame
from gateway_town import (
    ANYCAST,
    GATEWAY4,
    GATEWAY6,
    Captures,
    GatewayTown,
    client_ip,
    client_mac,
    found,
    listen,
    network,
    on_terminal,
    shout,
    shouts,
)
from scapy.all import ARP, Ether, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
from spaces import BUILD, plain_conf, sh, until
from wire import untag

MENDED_S = 40  # chores are each 30 s
RED = r"\x1b\[(1;)?31m"


@pytest.fixture(scope="module", params=["veth", "macvlan"])
def town(request, module_spaces):
    made = GatewayTown(module_spaces, 3, f"\toption anygw_kind '{request.param}'\n")
    made.kind = request.param
    for node in made.nodes:
        until(lambda n=node: n.host()["filter"]["in_force"], 5, "the filter")
    yield made
    for node in made.nodes:
        assert node.stop() == 0
    module_spaces.close()


def answers(client, frame, enough):
    """All answers to a frame, until it is quiet."""
    wire = Wire(client, "eth0")
    wire.send(frame)
    frames = [Ether(f) for f in listen(wire, 0.2)]
    wire.close()
    return [f for f in frames if enough(f)]


def rules(space):
    out = space.ip("rule") + space.ip("-6 rule")
    return [line for line in out.splitlines() if "lookup 170" in line]


def has_table(space):
    return "table bridge nuvol" in space.run("nft list tables", check=False)


def both_answer(client):
    return all(client.pings(gateway, 1, "-W 1") for gateway in (GATEWAY4, GATEWAY6))


def in_order(node):
    host = node.host()
    return host["filter"]["in_force"] and not host["anygw"]["fault"] and host["anygw"]["up"]


# ---- it answers, and nobody else does ----


def test_status(town):
    for node in town.nodes:
        host = node.host()
        assert host["anygw"] == {"name": "anygw", "driver": town.kind, "up": True, "fault": ""}
        assert host["filter"]["in_force"] and host["filter"]["fault"] == ""
        words = node.space.run(f"{BUILD}/src/nuvol/nuvol --run-dir {node.run_dir} status")
        assert f"anygw ({town.kind}, up)" in words and "nftables, in force" in words


@pytest.mark.parametrize("gateway", [GATEWAY4, GATEWAY6])
def test_gateway_answers_its_clients(town, gateway):
    """50 pings from each client: none lost, and the neighbour is the anycast MAC."""
    for client in town.clients:
        assert client.pings(gateway, 50, interval=0.01) == 50
        neighbour = json.loads(client.ip(f"-j neigh show {gateway}"))
        assert [n["lladdr"] for n in neighbour] == [ANYCAST]


def test_one_answer_by_the_right_mac(town):
    """ARP and neighbour discovery for the gateway, and for the node: one answer each."""
    for i, client in enumerate(town.clients):
        own = town.nodes[max(0, i - 1)].ask("status")["identity"]
        lan = town.mac_of(max(0, i - 1))
        for address, mac in ((GATEWAY4, ANYCAST), (str(network(own["ipv4"])), lan)):
            ask = Ether(dst="ff:ff:ff:ff:ff:ff", src=client_mac(i))
            ask /= ARP(hwsrc=client_mac(i), psrc=client_ip(i), pdst=address)
            got = answers(client, bytes(ask), lambda f: ARP in f and f[ARP].op == 2)
            assert [f[ARP].hwsrc for f in got] == [mac], address
            assert [f.src for f in got] == [mac]
        for address, mac in ((GATEWAY6, ANYCAST), (str(network(own["ipv6"])), lan)):
            group = network(address).packed[-3:]
            ask = Ether(dst="33:33:ff:" + group.hex(":"), src=client_mac(i))
            ask /= IPv6(src=client_ip(i, 6), dst=f"ff02::1:ff{group[0]:02x}:{group[1:].hex()}")
            ask /= ICMPv6ND_NS(tgt=address) / ICMPv6NDOptSrcLLAddr(lladdr=client_mac(i))
            got = answers(client, bytes(ask), lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == address)
            assert [f.src for f in got] == [mac], address


def test_nodes_are_reached_by_their_own_addresses(town):
    """From each client and each node, also over the mesh."""
    for place in [*town.clients, *(n.space for n in town.nodes)]:
        for node in town.nodes:
            own = node.ask("status")["identity"]
            for family in ("ipv4", "ipv6"):
                got = place.pings(network(own[family]), 3, interval=0.02)
                assert got == 3, f"{place.name} to {node.space.name} by {family}"


def test_anycast_is_no_source_towards_others(town):
    """The kernel does not choose it, wherever a packet goes."""
    space = town.nodes[0].space
    space.ip("route add default dev mesh0")
    space.ip("-6 route add default dev mesh0")
    for target in ("10.13.200.3", "8.8.8.8", client_ip(2, 6), "fd11::1", "2001:db8::1"):
        route = json.loads(space.ip(f"-j route get {target}"))[0]
        assert route["dev"] != "anygw" and route["prefsrc"] not in (GATEWAY4, GATEWAY6), route
    space.ip("route del default dev mesh0")
    space.ip("-6 route del default dev mesh0")


# ---- nothing of it crosses ----


def test_nothing_of_the_gateway_crosses(town):
    """Clients shout all that belongs to it, and use it: 0 frames of that on the mesh, and on bat0,
    where the filter keeps them already. The fast path's programs do that behind bat0."""
    with Captures(town) as c:
        assert town.clients[0].pings(GATEWAY4, 5) == town.clients[2].pings(GATEWAY6, 5) == 5
        shout(town)
        shout(town, me=2, other=0)
    assert found(c.mesh) == []
    assert len(c.mesh) > 10 and len(c.bat0) > 10  # other things cross
    keeper = town.kept(0)
    if town.nodes[0].host()["datapath"]["driver"] == "portable":
        assert found(f for f in c.bat0 if len(untag(f)[0]) < 2) == []  # it sees under one tag
        keeper = town.nodes[0].host()["filter"]["dropped"]
    assert all(keeper[k] for k in ("mac", "address", "router", "dhcp", "alfred", "hello")), keeper


def test_what_another_node_lets_in_goes_no_further(town):
    """A neighbour without any filter floods its clients' shouts: no LAN gets them."""
    before = town.kept(1)["mesh"]
    wire, ear = Wire(town.street, "seg", (0x88A8, 29)), Wire(town.clients[2], "eth0")
    puppet = Puppet(wire, mac_bytes("02:bb:00:00:00:01"))
    until(lambda: len(town.nodes[1].ask("nodes")["nodes"]) == 3, 5, "the puppet is a node")
    said = shouts(9, 0, town.mac_of(1))
    last = payload_frame(mac_bytes(client_mac(9)), text=b"the last word")
    for i, frame in enumerate([frame for _, frame in said] + [last]):
        wire.packet(b"\xff" * 6, puppet.mac, bcast(puppet.mac, 1000 + i, frame))
    frames = listen(ear, 3, lambda f: f == last)
    puppet.stop()
    wire.close()
    ear.close()
    assert frames[-1] == last
    from_there = [f for f in frames if f[6:12] == mac_bytes(client_mac(9))]
    # Who is a node, the part that has the shared records knows.
    assert set(found(from_there)) <= {"alfred of a client"}
    alfred = sum(what.startswith("alfred") for what, _ in said)
    assert town.kept(1)["mesh"] - before == len(said) - alfred


def steal(town):
    """A client speaks with the gateway's MAC, all the time: its neighbour on the same node
    loses nothing."""
    thief, victim = Wire(town.clients[1], "eth0"), town.clients[0]
    frames = [payload_frame(mac_bytes(ANYCAST), dst) for dst in
              (b"\xff" * 6, mac_bytes(client_mac(0)), mac_bytes(client_mac(2)), mac_bytes(ANYCAST))]
    for gateway in (GATEWAY4, GATEWAY6):
        ping = victim.spawn(["ping", "-n", "-q", "-c", "50", "-i", "0.01", "-W", "1", gateway],
                            stdout=subprocess.PIPE, text=True)
        while ping.poll() is None:
            for frame in frames:
                thief.send(frame)
        assert " 50 received" in ping.stdout.read(), gateway
    thief.close()


def test_nobody_takes_the_gateway_from_others(town):
    steal(town)


# ---- somebody takes it away ----


@pytest.mark.parametrize("what", ["link del anygw", "link set anygw down", "link set br-lan down"])
def test_somebody_takes_the_interface_away(town, what):
    node, client = town.nodes[0], town.clients[0]
    node.space.ip(what)
    if "br-lan" in what:
        node.space.ip("link set br-lan up")
    until(lambda: both_answer(client), 5, what)
    assert in_order(node)


def test_somebody_takes_the_rest_away(town):
    """The filter, everywhere: still 0 frames on the mesh, and nobody takes the gateway.
    Addresses and rules: with the filter, they soon come again."""
    before = town.kept()
    for node in town.nodes:
        node.space.run("nft delete table bridge nuvol")
    with Captures(town) as c:
        shout(town)
        shout(town, me=2, other=0)
        steal(town)
    assert found(c.mesh) == [] and len(c.mesh) > 10
    after = town.kept()
    assert all(after[k] > before[k] for k in ("mac", "address", "router", "dhcp", "alfred", "hello"))
    node, client = town.nodes[0], town.clients[0]
    node.space.ip("addr flush dev anygw")
    for family in ("-4", "-6"):
        node.space.ip(f"{family} rule del priority 170")
    until(lambda: both_answer(client), MENDED_S, "addresses")
    until(lambda: len(rules(node.space)) == 2, MENDED_S, "rules")
    for node in town.nodes:
        until(lambda n=node: has_table(n.space), MENDED_S, "the filter again")
        until(lambda n=node: in_order(n), 5, "all in order")


# ---- coming and going ----


@pytest.fixture
def lone(spaces):
    """A node on a bridge that was there before, with settings of its own, and a client."""
    space, client, other = spaces.add("lone"), spaces.add("client"), spaces.add("other")
    spaces.veth(space, "mesh0", other, "mesh0", 1560, "02:a0:00:00:00:77")
    spaces.veth(space, "lan0", client, "eth0", 1500, None, client_mac(0))
    client.ip(f"addr add {client_ip(0)}/16 dev eth0")
    space.ip("link add br-lan type bridge mcast_snooping 0 forward_delay 0")
    space.ip("link set br-lan up")
    space.run("sysctl -qw net.ipv4.conf.br-lan.rp_filter=1 net.ipv4.conf.br-lan.arp_announce=1")
    return space, client


def settings(space):
    return space.run("sysctl net.ipv4.conf.br-lan.rp_filter net.ipv4.conf.br-lan.arp_ignore"
                     " net.ipv4.conf.br-lan.arp_announce net.ipv6.conf.br-lan.accept_ra")


def test_a_clean_stop_leaves_nothing(spaces, lone):
    space, _ = lone
    links, before = space.links(), settings(space)
    node = spaces.node(space, plain_conf("LibreMesh.org", lan_ports=["lan0"])).start()
    until(lambda: in_order(node), 5, "all is there")
    assert settings(space) != before
    assert node.stop() == 0
    assert sorted(space.links()) == sorted(links) and settings(space) == before
    assert rules(space) == [] and not has_table(space)
    assert space.ip("route show table 170", check=False) == ""


def test_a_new_daemon_adopts_it(spaces, lone):
    """Killed: the gateway answers still. The next daemon takes the same interface; with
    another SSID, it makes one of its own. Afterwards nothing is left."""
    space, client = lone
    before = settings(space)
    text = plain_conf("LibreMesh.org", lan_ports=["lan0"])
    node = spaces.node(space, text).start()
    until(lambda: in_order(node) and client.pings(GATEWAY4, 1, "-W 1"), 5, "all is there")
    index = space.run("cat /sys/class/net/anygw/ifindex")
    until(lambda: client.pings(GATEWAY4, 1) == 1, 5, "its cable was listened to")
    node.kill()
    assert client.pings(GATEWAY4, 20, interval=0.01) == 20
    node.start()
    assert client.pings(GATEWAY4, 20, interval=0.01) == 20  # nobody is interrupted
    until(lambda: in_order(node), 5, "all is there")
    assert space.run("cat /sys/class/net/anygw/ifindex") == index
    assert client.pings(GATEWAY4, 20, interval=0.01) == 20
    assert len(rules(space)) == 2
    node.kill()

    (node.folder / "conf/node").write_text(text.replace("LibreMesh.org", "Calafou"))
    node.start()
    until(lambda: in_order(node), 5, "all is there")
    assert space.run("cat /sys/class/net/anygw/address").strip() == "aa:aa:aa:ae:0a:aa"
    assert space.address("anygw") == "10.174.0.1"
    assert len(rules(space)) == 2 and GATEWAY4 not in space.ip("rule")
    assert node.stop() == 0
    assert "anygw" not in space.links() and rules(space) == [] and settings(space) == before


def group_reports(space):
    return int(space.run("awk '/^Icmp6OutMLDv2Reports/ {print $2}' /proc/net/snmp6"))


def test_a_node_at_rest_reports_no_groups(spaces):
    """Each report of multicast groups is flooded through the whole cloud."""
    space, other = spaces.add("lone"), spaces.add("other")
    spaces.veth(space, "mesh0", other, "mesh0", 1560, "02:a0:00:00:00:77")
    node = spaces.node(space, plain_conf("LibreMesh.org")).start()
    until(lambda: in_order(node), 5, "all is there")

    def rests():
        before = group_reports(space)
        time.sleep(3)
        return group_reports(space) == before

    until(rests, 20, "no reports for 3 s")


def test_an_interface_of_somebody_else(spaces, lone):
    """It is not touched, and the status says so; when it goes, ours is made."""
    space, client = lone
    space.ip("link add anygw type bridge")
    node = spaces.node(space, plain_conf("LibreMesh.org", lan_ports=["lan0"])).start()
    assert "not ours" in node.host()["anygw"]["fault"] and not node.host()["anygw"]["up"]
    space.ip("link del anygw")
    until(lambda: client.pings(GATEWAY4, 1, "-W 1"), 5, "ours is made")
    assert node.host()["anygw"]["fault"] == ""


def test_a_missing_filter_is_shown(spaces, lone):
    """A library that refuses, and an option: in red, with the reason."""
    space, _ = lone
    stub = spaces.folder / "stub"
    stub.with_suffix(".c").write_text(
        "int nft_run_cmd_from_buffer(void *n, const char *b) { (void)n; (void)b; return -1; }\n"
        'const char *nft_ctx_get_error_buffer(void *n) { (void)n; return "no such thing\\n"; }\n')
    sh(f"gcc -shared -fPIC -o {stub}.so {stub}.c")
    text = plain_conf("LibreMesh.org", lan_ports=["lan0"])
    for environment, option, why in (
        ({"LD_PRELOAD": f"{stub}.so"}, "", "no such thing"),
        ({}, "\toption filter '0'\n", "option filter switches it off"),
    ):
        node = spaces.node(space, text + option)
        node.start(**environment)
        until(lambda n=node, w=why: n.host()["filter"]["fault"] == w, 5, why)
        words = on_terminal(f"{BUILD}/src/nuvol/nuvol --run-dir {node.run_dir} status")
        assert re.search(rf"{RED}MISSING\x1b\[0?m: {why}", words), words
        assert node.stop() == 0


def test_without_anygw_all_may_cross(spaces):
    """A cloud with one DHCP server and one router: what clients say goes to all of them. Also
    proves that what the tests above look for would be seen."""
    edit = "\tlist protocols 'lan'\n\tlist protocols 'batadv:%N1'\n"
    town = GatewayTown(spaces, 2, edit=lambda text: text.replace(
        "config lime 'network'\n", "config lime 'network'\n" + edit))
    assert all("anygw" not in n.space.links() and "anygw" not in n.host() for n in town.nodes)
    with Captures(town) as c:
        shout(town)
    assert found(c.mesh) == ["ARP", "DHCP", "anycast IPv4", "anycast IPv6", "anycast MAC",
                             "neighbour discovery", "router message"]
