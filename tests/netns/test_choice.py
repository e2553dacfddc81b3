# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that a node sends to the Internet by the best gateway that carries what it promises, leaves
a liar and a dead one within seconds and tells who sends when there is none; and that people may
prefer one."""

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from internet import Internet
from spaces import BUILD, until
from test_uplink import conf

NUVOL = BUILD / "src/nuvol/nuvol"
LIAR_S, DEAD_S, PREFER_S, KILLED_S = 5, 3, 1, 3
TARGET = "8.8.8.8"


class Town:
    """Two gateways of other clouds, good and better, and a node between them."""

    def __init__(self, spaces):
        self.internet = Internet(spaces)
        self.far_space = spaces.add("far")
        self.space, self.here, self.node = {}, {}, {}
        self.id, self.tunnel = {}, {}
        text = conf("far") + "config net 'other'\n\toption linux_name 'mesh1'\n"
        text += "\tlist protocols 'batadv:%N1'\n\tlist protocols 'bmx7:18'\n"
        for i, (name, mbit) in enumerate((("good", 20), ("better", 80))):
            space = self.space[name] = spaces.add(name)
            spaces.veth(space, "mesh0", self.far_space, f"mesh{i}", 1532)
            self.here[name] = self.internet.uplink(space)
        until(self.internet.ready.exists, 10, "the Internet is there")
        for i, (name, mbit) in enumerate((("good", 20), ("better", 80))):
            more = f"bandwidth '{mbit}000000'"
            self.node[name] = spaces.node(self.space[name], conf(name, more, "ipv6 'nat66'")).start()
        self.far = spaces.node(self.far_space, text).start()
        for name, node in self.node.items():
            until(lambda n=node: n.ask("network").get("id"), 10, "an id")
            self.id[name] = node.ask("network")["id"]
            self.tunnel[name] = "X7Out_" + self.id[name][:8]

    def way(self):
        return self.far_space.ip(f"route get {TARGET}", check=False)

    def by(self):
        """Whose tunnel packets take; None: nobody's."""
        way = self.way()
        return next((n for n, tunnel in self.tunnel.items() if tunnel in way), None)

    def time_until(self, name, seconds):
        began = time.monotonic()
        until(lambda: self.by() == name, seconds, f"by {name}, not {self.way()}", pause=0.05)
        return time.monotonic() - began

    def lies(self, name):
        """It goes on to offer, as its own checks are well, and carries nothing of others."""
        rules = 'table inet liar { chain c { type filter hook forward priority -300; drop; }; }'
        self.space[name].run(f"nft '{rules}'")

    def honest(self, name):
        self.space[name].run("nft delete table inet liar")


@pytest.fixture(scope="module", name="town")
def town_fixture(module_spaces):
    town = Town(module_spaces)
    town.time_until("better", 60)
    until(lambda: town.far_space.pings(TARGET, 1, "-W 1"), 20, "there is a way back, too")
    yield town
    module_spaces.close()


def nuvol(node, *arguments):
    return json.loads(node.space.run(f"{NUVOL} --json -r {node.run_dir} {' '.join(arguments)}"))


@contextlib.contextmanager
def watched(node):
    """What happens there, event by event."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(node.run_dir / "nuvold.sock"))
        s.sendall(b'{"id": 1, "method": "watch"}\n')
        lines = s.makefile()
        assert json.loads(lines.readline())["result"]["watching"]
        yield (json.loads(line) for line in lines)


def gateways(town):
    return nuvol(town.far, "why", "gateway")["gateways"]


def test_all_means_prove_both_families(town):
    """Pings, connections and questions are answered, else a third or more would be lost."""
    until(lambda: len(gateways(town)) == 4, 30, "both offer both families")
    until(lambda: all(g["verdict"] == "good" for g in gateways(town)), 30, "all are good")
    before = {(g["id"], g["family"]): g for g in gateways(town)}
    used = [g for g in before.values() if g["chosen"]]
    assert {g["family"] for g in used} == {"ipv4", "ipv6"}

    def more(g):
        return g["probes"] - before[g["id"], g["family"]]["probes"]

    until(lambda: all(more(g) >= 8 for g in gateways(town) if g["chosen"]), 30, "probes")
    for g in gateways(town):
        if g["chosen"]:
            was = before[g["id"], g["family"]]
            assert g["answers"] - was["answers"] >= more(g) - 1


def test_people_prefer_one(town):
    town.time_until("better", 60)
    began = time.monotonic()
    assert nuvol(town.far, "prefer", town.id["good"])["strict"] is False
    town.time_until("good", PREFER_S)
    print(f"preferred one used after {time.monotonic() - began:.2f} s")
    # a wish: while it lies the best is used, and it returns
    town.lies("good")
    assert town.time_until("better", 20) <= LIAR_S
    why = nuvol(town.far, "why", "gateway")
    verdicts = {g["id"]: g["verdict"] for g in why["gateways"] if g["family"] == "ipv4"}
    assert verdicts == {town.id["good"]: "bad", town.id["better"]: "good"}
    assert why["preferred"] == town.id["good"]
    town.honest("good")
    town.time_until("good", 60)
    # it holds over a restart
    town.far.stop()
    town.far.start()
    town.time_until("good", 30)
    assert nuvol(town.far, "prefer", "auto")["preferred"] is None
    town.time_until("better", 20)
    text = town.far.space.run(f"{NUVOL} -r {town.far.run_dir} why gateway")
    assert "the Internet is reached by" in text and "GATEWAY" in text


def test_liar_is_left(town):
    """... and people are told so, with its name."""
    town.time_until("better", 60)
    with watched(town.far) as events:
        town.lies("better")
        seconds = town.time_until("good", 20)
        told = next(e for e in events if e["event"].startswith("gateway") and e["family"] == "ipv4")
    print(f"liar left after {seconds:.1f} s")
    assert seconds <= LIAR_S
    assert town.far_space.pings(TARGET, 1, "-W 1")
    assert (told["event"], told["why"]) == ("gateway-changed", "silent")
    assert (told["from"], told["to"]) == (town.id["better"], town.id["good"])
    assert told["to_name"] and f"goes by {told['to_name']} now: {told['from_name']} " in told["text"]
    assert told["text"] in town.far.log()
    town.honest("better")


def test_when_none_works_who_sends_is_told(town):
    began = time.monotonic()
    for name in town.space:
        town.lies(name)
    until(lambda: town.by() is None, 20, "no gateway")
    seconds = time.monotonic() - began
    print(f"told that none works after {seconds:.1f} s")
    assert seconds <= LIAR_S
    until(lambda: "unreachable" in town.far_space.ip("route show table 72"), 5, "told")
    began = time.monotonic()
    assert not town.far_space.pings(TARGET, 1, "-W 5")
    assert time.monotonic() - began < 2
    for name in town.space:
        town.honest(name)
    until(lambda: town.by() is not None, 10, "a gateway again")


def test_dead_internet_is_left(town):
    town.time_until("better", 60)
    town.internet.dies(town.here["better"])
    seconds = town.time_until("good", 20)
    print(f"dead one left after {seconds:.1f} s")
    town.internet.returns(town.here["better"])
    assert seconds <= DEAD_S


def test_who_stops_in_order_is_left_before(town):
    """It withdraws its offer first, and goes on to carry until others know."""
    nuvol(town.far, "prefer", town.id["better"])
    town.time_until("better", 60)
    with ThreadPoolExecutor(1) as pool:
        pings = pool.submit(town.far_space.pings, TARGET, 80, "", 0.05)
        time.sleep(1)  # of the four that the pings take
        town.node["better"].stop()
        answered = pings.result()
    assert town.by() == "good"
    print(f"{80 - answered} of 80 pings lost")
    assert 80 - answered <= 10
    town.node["better"].start()


def test_killed_gateway_is_left(town):
    town.time_until("better", 60)
    until(lambda: town.far_space.pings(TARGET, 1, "-W 1"), 20, "it works")
    began = time.monotonic()
    town.node["better"].kill()
    town.time_until("good", 20)
    until(lambda: town.far_space.pings(TARGET, 1, "-W 1"), 5, "another carries")
    seconds = time.monotonic() - began
    print(f"another than the killed one carries after {seconds:.2f} s")
    assert seconds <= KILLED_S
    town.node["better"].start()
    nuvol(town.far, "prefer", "auto")
