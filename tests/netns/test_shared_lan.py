# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that two nodes which share a LAN and a mesh do not multiply what is said there, though
both bridge it: their hellos (test_cables.py) do not come through."""

import random
import time

import pytest
from attacker import BROADCAST, Wire, mac_bytes, payload_frame, random_mac
from spaces import plain_conf, until


class SharedLan:
    """Nodes a and b: their LAN ports are in one bridge, with a client; their mesh ports in
    another, with node d behind, which has a client of its own."""

    def __init__(self, spaces):
        self.air = spaces.add("air")
        self.space = {n: spaces.add(n) for n in "abd"}
        self.client = {n: spaces.add(f"c{n}") for n in "ad"}
        for space in (self.air, *self.space.values(), *self.client.values()):
            for which in ("all", "default"):  # no noise of its own
                space.run(f"sysctl -qw net.ipv6.conf.{which}.disable_ipv6=1")
        for bridge in ("seg", "lan", "far"):
            self.air.ip(f"link add {bridge} type bridge mcast_snooping 0 forward_delay 0")
            self.air.ip(f"link set {bridge} up")
        for name, space in self.space.items():
            spaces.veth(self.air, f"mesh-{name}", space, "mesh0", 1500)
            spaces.veth(self.air, f"lan-{name}", space, "lan0", 1500)
            self.air.ip(f"link set mesh-{name} master seg")
            self.air.ip(f"link set lan-{name} master {'far' if name == 'd' else 'lan'}")
        rule = "type filter hook prerouting priority 0; ether type 0x88b5 drop;"
        self.air.run(f"nft 'table bridge deaf {{ chain hellos {{ {rule} }}; }}'")
        for i, (name, space) in enumerate(self.client.items()):
            spaces.veth(self.air, f"client-{name}", space, "eth0", 1500, None, f"02:c1:00:00:00:0{i + 1}")
            self.air.ip(f"link set client-{name} master {'far' if name == 'd' else 'lan'}")
            space.ip(f"addr add 10.99.0.{i + 1}/24 dev eth0")
        self.lan = Wire(self.client["a"], "eth0")
        self.node = {}
        for name, space in self.space.items():
            text = plain_conf("shared", protocol="batadv:29:8021ad", lan_ports=["lan0"])
            self.node[name] = spaces.node(space, text).start()
        for node in self.node.values():
            until(lambda: len([n for n in node.ask("nodes")["nodes"] if n["next_hop"]]) == 2, 30,
                  f"routes of {node.space.name}")

    def frames(self):
        """Frames that came out of the nodes so far: to the shared LAN, to the mesh, and to
        the LAN behind."""
        def count(*ports):
            return sum(int(self.air.run(f"cat /sys/class/net/{p}/statistics/rx_packets"))
                       for p in ports)
        return count("lan-a", "lan-b"), count("mesh-a", "mesh-b", "mesh-d"), count("lan-d")

    def more(self, action, seconds=1):
        """How many more frames than in as long a rest; afterwards it is quiet again."""
        counts = []
        for what in (None, action, None):
            before = self.frames()
            if what:
                what()
            time.sleep(seconds)
            counts.append([b - a for a, b in zip(before, self.frames())])
        assert all(c < 100 * seconds for c in counts[2]), f"it goes round: {counts[2]}"
        return [b - a for a, b in zip(counts[0], counts[1])]


@pytest.fixture(scope="module")
def shared(module_spaces):
    made = SharedLan(module_spaces)
    yield made
    made.lan.close()


@pytest.mark.parametrize("count", [1, 50, 500], ids=lambda n: f"{n}-at-once")
def test_broadcasts_are_not_multiplied(shared, count):
    """Different broadcasts of a client on the shared LAN, many at once: each leaves a node at
    most the three times that a payload may, and nothing goes round."""
    src, rng = mac_bytes("02:c1:00:00:00:01"), random.Random(count)
    frames = [payload_frame(src, text=rng.randbytes(20)) for _ in range(count)]
    lan, mesh, far = shared.more(lambda: [shared.lan.send(f) for f in frames])
    print(f"{count}: {lan} to the shared LAN, {mesh} to the mesh, {far} to the one behind")
    assert lan <= 4 * count + 10
    assert mesh <= 12 * count + 20
    assert count <= far <= 4 * count + 10


def test_strangers_are_not_multiplied(shared):
    """Nor are frames for clients that nobody knows, or from clients never heard before."""
    rng = random.Random(9)
    frames = [payload_frame(random_mac(rng), random_mac(rng), rng.randbytes(20))
              for _ in range(200)]
    lan, mesh, far = shared.more(lambda: [shared.lan.send(f) for f in frames])
    print(f"{lan} to the shared LAN, {mesh} to the mesh, {far} to the one behind")
    assert lan <= 800 and mesh <= 2400 and far <= 800


def test_what_the_mesh_brings_is_not_multiplied(shared):
    """Nor what comes from behind; and when the second cable is pulled, people can talk."""
    near, far = shared.client["a"], shared.client["d"]
    wire = Wire(far, "eth0")
    src, rng = mac_bytes("02:c1:00:00:00:02"), random.Random(11)
    frames = [payload_frame(src, BROADCAST, rng.randbytes(20)) for _ in range(500)]
    lan, mesh, back = shared.more(lambda: [wire.send(f) for f in frames])
    wire.close()
    print(f"{lan} to the shared LAN, {mesh} to the mesh, {back} back")
    assert 500 <= lan <= 2000 and mesh <= 4500 and back <= 500
    shared.air.ip("link set lan-b down")
    until(lambda: near.pings("10.99.0.2", 1) == 1, 10, "an answer")
    assert near.pings("10.99.0.2", 10) == 10
    for node in shared.node.values():
        node.alive()
