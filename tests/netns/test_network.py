# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that nodes of different clouds form one routed network of real kernel routes: each
reaches the primary address of each, ways are repaired when a link goes, a restart keeps the
identity, other people's routes stay, and a clean stop leaves nothing behind."""

import json
import re

import pytest
from spaces import BUILD, until

NUVOL = BUILD / "src/nuvol/nuvol"
TABLE = "table 70"
CONVERGED_S = 20  # first start: keys are made


def conf(ssid):
    return (
        f"config lime 'wifi'\n\toption ap_ssid '{ssid}'\n"
        "config lime 'network'\n\tlist protocols 'lan'\n\tlist protocols 'batadv:%N1'\n"
        "\tlist protocols 'bmx7:18'\n"
        # Small keys: what they prove is the same, and they are made in a moment.
        "config nuvol 'bmx7'\n\toption node_rsa_key '4'\n"
    )


def primary(space):
    """The node's own address of the network."""
    found = re.search(r"inet6 (fd70:[0-9a-f:]+)/16", space.ip("-6 addr show scope global"))
    return found and found.group(1)


def routes(space):
    out = space.ip(f"-6 route show {TABLE}", check=False)
    return dict(re.findall(r"^(fd70:\S+) via (fe80:\S+)", out, re.M))


def straight(net, here, there):
    """The next hop from a node to its neighbour, once it is the neighbour itself."""
    out = net.spaces[there].ip(f"-6 addr show dev to{here}_18 scope link")
    via = re.search(r"inet6 (fe80:[0-9a-f:]+)/", out).group(1)
    until(lambda: routes(net.spaces[here])[net.addresses[there]] == via, 20, "the straight way")
    return via


def ping(space, address, count=1):
    return space.pings(address, count, "-6 -W 1")


class Net:
    """A line of nodes, each in a cloud of its own, joined by cables mesh<i>-mesh<i+1>."""

    def __init__(self, spaces, count, ring=False):
        self.spaces = [spaces.add(f"n{i}") for i in range(count)]
        links = [(i, i + 1) for i in range(count - 1)] + ([(count - 1, 0)] if ring else [])
        for a, b in links:
            spaces.veth(self.spaces[a], f"to{b}", self.spaces[b], f"to{a}", 1532)
        self.nodes = [self.make(spaces, i) for i in range(count)]
        for node in self.nodes:
            node.start()
        self.wait()

    def make(self, spaces, i):
        return spaces.node(self.spaces[i], conf(f"cloud{i}"))

    def wait(self, seconds=CONVERGED_S):
        until(lambda: all(map(primary, self.spaces)), seconds, "all have their addresses")
        self.addresses = list(map(primary, self.spaces))
        until(lambda: all(self.knows(i) for i in range(len(self.nodes))), seconds, "all routes")

    def knows(self, i):
        return set(routes(self.spaces[i])) >= set(self.addresses) - {self.addresses[i]}


@pytest.fixture(scope="module", name="line")
def line_fixture(module_spaces):
    yield Net(module_spaces, 3)
    module_spaces.close()


@pytest.fixture(name="ring")
def ring_fixture(spaces):
    return Net(spaces, 4, ring=True)


def test_each_reaches_each(line):
    for here in line.spaces:
        for there in line.addresses:
            assert ping(here, there, 3) == 3


def test_clouds_reach_each_other(line):
    """Each node's address in its cloud, from those of the other clouds: by a tunnel there and
    by another one back. No node is told anything of the other clouds."""
    inner = re.compile(r"inet6? ((?:10\.|fd)[0-9a-f.:]+)/(?:16|64) ")
    for there in line.spaces:
        both = inner.findall(there.ip("addr show dev br-lan"))
        assert len(both) == 2
        for here in line.spaces:
            for address in both * (here != there):
                until(lambda: here.pings(address, 1, "-W 1"), 10, f"{here.full} reaches {address}")


def drivers(node):
    return {i["driver"] for i in node.host()["network"]["interfaces"]}


def test_transit_outlives_the_daemon(line):
    """The kernel carries the VLAN: while the node between has no daemon no packet is lost, to it or
    through it. The next one takes over, one with the portable path takes the programs away."""
    middle, space = line.nodes[1], line.spaces[1]
    assert middle.stop() == 0
    middle.start(NUVOL_DATAPATH="bpf")
    line.wait()
    if drivers(middle) == {"tap"}:
        pytest.skip("tap: with the daemon goes the interface")
    for _ in range(3):
        middle.kill()
        assert {"to0_18", "to2_18"} <= set(space.links())
        for address in line.addresses[1:]:
            assert line.spaces[0].pings(address, 60, "-6 -i 0.01 -W 1") == 60
        middle.start(NUVOL_DATAPATH="bpf")
        line.wait()
        until(lambda: all(ping(line.spaces[0], a) for a in line.addresses[1:]), 10, "as before")
    assert space.run("tc filter show dev to0 ingress").count("handle 0x1 vlan_in") == 1
    middle.kill()
    middle.start(NUVOL_DATAPATH="portable")
    line.wait()
    assert drivers(middle) <= {"tap", "8021q"}
    assert not space.run("tc filter show dev to0 ingress") and "clsact" not in space.run("tc qdisc show dev to0")
    assert middle.stop() == 0 and not {"to0_18", "to2_18"} & set(space.links())
    middle.start()
    line.wait()


def test_interfaces_go_up_once(line):
    for node in line.nodes:
        assert " is down" not in node.log()


def test_status_names_driver_and_interfaces(line):
    network = line.nodes[1].host()["network"]
    assert network["running"] and network["fault"] == ""
    assert {i["on"] for i in network["interfaces"]} == {"to0", "to2"}
    for interface in network["interfaces"]:
        assert interface["up"] and interface["driver"] in ("bpf", "tap", "8021q")
        assert interface["name"] == interface["on"] + "_18"


def test_cli_tells_what_the_kernel_has(line):
    def ask(*command):
        asked = f"{NUVOL} -r {line.nodes[0].run_dir} --json {' '.join(command)}"
        return json.loads(line.spaces[0].run(asked))

    far = line.addresses[2]
    told = {r["network"].removesuffix("/128"): r["via"] for r in ask("routes")["routes"]}
    assert told == routes(line.spaces[0]) and far in told
    node = ask("node", far)["node"]
    assert node["primary"] == far and node["hops"] == 2 and node["port"] == "to1_18"
    why = ask("why", "route", node["id"][:8])
    assert why["id"] == node["id"] and [c["chosen"] for c in why["candidates"]] == [True]
    assert ask("network")["primary"] == line.addresses[0]
    graph = ask("topology")
    assert len(graph["nodes"]) == 3 and graph["router_id"] == ask("network")["id"]
    netjson = ask("topology", "--routes")["routes"]
    assert {r["destination"].removesuffix("/128"): r["next"] for r in netjson} == told
    assert {n["primary"] for n in ask("nodes", "network")["network"]} == set(line.addresses[1:])


def test_key_is_kept_and_secret(line):
    node, space = line.nodes[2], line.spaces[2]
    key = node.run_dir / "state/rsa.der"
    assert key.stat().st_mode & 0o777 == 0o600
    before, bytes_before = primary(space), key.read_bytes()
    assert node.stop() == 0
    node.start()
    until(lambda: primary(space) == before, CONVERGED_S, "the same address")
    assert key.read_bytes() == bytes_before
    until(lambda: ping(line.spaces[0], before), CONVERGED_S, "reachable again")


def test_foreign_routes_stay(line):
    space = line.spaces[1]
    space.ip(f"-6 route add 2001:db8:1::/48 dev to0 {TABLE}")
    assert line.nodes[1].stop() == 0
    assert "2001:db8:1::/48" in space.ip(f"-6 route show {TABLE}")
    assert not routes(space)
    assert "lookup 70" not in space.ip("-6 rule")
    assert not [name for name in space.links() if name.endswith("_18")]
    line.nodes[1].start()
    line.wait()


def test_killed_daemon_leaves_its_routes_to_the_next(line):
    space, node = line.spaces[1], line.nodes[1]
    space.ip("-6 route add fd70:dead::/32 via fe80::1 dev to0 proto 78 metric 1024 " + TABLE)
    node.kill()
    node.start()
    line.wait()
    # Nobody wishes it: it was of a former daemon.
    until(lambda: "fd70:dead" not in space.ip(f"-6 route show {TABLE}"), 5, "old route gone")
    assert ping(line.spaces[0], line.addresses[2], 2) == 2


def test_damaged_key_is_not_replaced(spaces):
    space = spaces.add("lone")
    node = spaces.node(space, conf("lone"))
    state = node.run_dir / "state"
    state.mkdir(parents=True)
    (state / "rsa.der").write_bytes(b"no key")
    node.start()
    until(lambda: node.host()["network"]["fault"], 5, "a fault is shown")
    assert not node.host()["network"]["running"]
    assert (state / "rsa.der").read_bytes() == b"no key"
    assert "bring back a copy" in node.log()


def test_carrier_loss_is_repaired_at_once(ring):
    """In a ring the other way round is used before the next ping."""
    here, there = ring.spaces[0], ring.addresses[1]
    via = straight(ring, 0, 1)
    assert ping(here, there, 3) == 3
    ring.spaces[1].ip("link set to0 down")
    until(lambda: routes(here).get(there, via) != via, 3, "another way")
    until(lambda: ping(here, there), 3, "reachable")
    assert ping(here, there, 5) == 5


def test_silent_cut_is_repaired(ring):
    """No carrier tells: frames just vanish."""
    here, there = ring.spaces[0], ring.addresses[1]
    via = straight(ring, 0, 1)
    for a, b in ((0, 1), (1, 0)):
        ring.spaces[a].run(
            f"nft 'table netdev cut {{ chain out {{ type filter hook egress"
            f" devices = {{ to{b}, to{b}_18 }} priority 0; policy drop; }}; }}'"
        )
    until(lambda: routes(here).get(there, via) != via, 8, "another way")
    until(lambda: ping(here, there), 5, "reachable")


def test_interface_that_goes_and_returns(ring):
    space = ring.spaces[3]
    space.ip("link set to0 down")
    until(lambda: ping(ring.spaces[0], ring.addresses[3]), 8, "by the other side")
    space.ip("link set to0 up")
    until(lambda: json.dumps(ring.nodes[3].host()["network"]["interfaces"]).count('"up": true') == 2,
          5, "both up")
    ring.wait()


def test_by_default(spaces):
    """Two nodes of two clouds whose files name the cloud and nothing else: the network and its
    tunnels are there by themselves, and are explained."""
    a, b = spaces.add("a"), spaces.add("b")
    spaces.veth(a, "eth0", b, "eth0", 1532)
    nodes = [spaces.node(s, f"config lime 'wifi'\n\toption ap_ssid 'cloud-{s.name}'\n").start()
             for s in (a, b)]
    until(lambda: nodes[0].ask("tunnels")["state"] == "on", CONVERGED_S, "the key is made")
    until(lambda: len(nodes[0].ask("routes").get("tunnels", [])) == 2, CONVERGED_S, "both families")
    identity = nodes[1].ask("status")["identity"]
    for family in ("ipv4", "ipv6"):
        address = identity[family].split("/")[0]
        until(lambda: a.pings(address, 1) == 1, 15, f"{address} answers")
        why = nodes[0].ask("why", what="route", to=address)
        assert why["name"] == identity["hostname"] and why["tunnel"]["gateways"][0]["chosen"]
    out = a.run(f"{NUVOL} -r {nodes[0].run_dir} tunnels")
    assert "X7Out_" in out and "Own end" in out and "clouds6" in out
    assert nodes[0].stop() == 0
    assert not [link for link in a.links() if link.startswith("X7") or "_18" in link]
