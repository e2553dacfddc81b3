# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that with datapath bpf the kernel forwards the cloud's frames without nuvold, over
every kind of mesh port and with clients' own VLAN tags, and that nothing of it is left."""

import os
import signal
import subprocess

import pytest
from spaces import Spaces, plain_conf, until
import wire
from test_datapath import Capture, Line, tcp, udp

# With the lines of this file.
from test_datapath import test_inner_vlan_tags, test_wire_frames_fit_and_are_right  # noqa: F401

SIZE = 20_000_000
KILLS = 50 if os.environ.get("NUVOL_LONG") else 2


def has_bpf():
    """Of this machine's kernel, and of the build."""
    spaces = Spaces()
    try:
        a, b = spaces.add("a"), spaces.add("b")
        spaces.veth(a, "mesh0", b, "mesh0")
        node = spaces.node(a, plain_conf(datapath="bpf")).start(wait=False)
        until(lambda: not node.running() or node.answers(), 20, "an answer")
        return node.running() and node.host()["datapath"]["driver"] == "bpf"
    finally:
        spaces.close()


@pytest.fixture(scope="module")
def bpf():
    if not has_bpf():
        pytest.skip("no fast path: the kernel refuses bpf(), or built without it")


@pytest.fixture(scope="module", params=["8021ad", "untagged"])
def line(request, bpf, module_spaces):
    yield Line(
        module_spaces, f"f{request.param[-2:]}", request.param, (1560, 1560), datapath="bpf"
    ).wait()


def counts(node):
    return node.host()["datapath"]["bpf"]


def settled(line):
    """Everybody knows everybody for longer than clients introduce themselves."""
    for a, b in ((0, 1), (1, 0)):
        assert line.client[a].pings(f"10.99.0.{b + 1}", 3)
        assert line.client[a].pings(f"fd99::{b + 1}", 3)


@pytest.mark.parametrize("address", ["10.99.0.2", "fd99::2"])
def test_bulk_never_meets_the_daemon(line, address):
    settled(line)
    before = [counts(node) for node in line.node]
    cpu = [node.cpu_s() for node in line.node]
    tcp(line.client[0], line.client[1], address, SIZE)

    def grown(i, what):
        return counts(line.node[i])[what] - before[i][what]

    frames = SIZE // 1500
    for i, what in ((0, "tx"), (1, "forward"), (2, "rx")):
        until(lambda: grown(i, what) > frames, 5, f"node {i} counted {what}")
    for i in range(3):
        assert grown(i, "failed") == 0 and grown(i, "writes_refused") == 0
        assert grown(i, "up_lan") < 50
    assert [node.cpu_s() - c < 0.5 for node, c in zip(line.node, cpu)] == [True] * 3


def test_engine_knows_what_was_carried(line):
    def forwarded():
        return line.node[1].ask("counters")["counters"]["forward_bytes"]

    before = forwarded()
    tcp(line.client[0], line.client[1], "10.99.0.2", SIZE)
    until(lambda: forwarded() > before + SIZE, 5, "the engine's counter")


def test_datagrams_of_all_sizes(line):
    for size in (1, 5, 100, 1471, 1472):
        udp(line.client[0], line.client[1], "10.99.0.2", size, 20)
    udp(line.client[0], line.client[1], "10.99.0.2", 14000, 20, segment=1400)


def frame_lengths(path):
    return [len(frame) for frame in wire.pcap_frames(path)]


@pytest.mark.parametrize("driver", ["bpf", "portable"])
@pytest.mark.parametrize("address", ["10.99.0.2", "fd99::2"])
def test_super_frames_cross_a_veth_whole(bpf, spaces, address, driver):
    """From node to node nothing is cut, and the far end gets each byte, by whatever path."""
    line = Line(spaces, "w", "8021ad", (1560, 1560), plain=False, datapath="bpf").wait()
    settled(line)
    if driver == "portable":
        assert line.node[2].stop() == 0
        line.node[2].start(NUVOL_DATAPATH="portable")
        line.wait()
        settled(line)
    before, cpu = counts(line.node[1]), line.node[1].cpu_s()
    capture = Capture(line, line.space[1], "mesh1")
    tcp(line.client[0], line.client[1], address, SIZE)
    capture.stop()
    assert max(frame_lengths(capture.path)) > 10000
    until(lambda: counts(line.node[1])["forward"] > before["forward"] + 100, 5, "it is counted")
    assert counts(line.node[1])["up_mesh"] - before["up_mesh"] < 200
    assert line.node[1].cpu_s() - cpu < 0.5
    for node in line.node:
        assert node.host()["interfaces"][0]["rx_truncated"] == 0


def test_what_a_bridge_lies_between_is_cut_and_summed(bpf, spaces):
    """A bridge knows nothing of our super-frames; what comes to it is as on any wire."""
    a, b, hub = (spaces.add(f"h{name}") for name in "abm")
    hub.ip("link add seg type bridge forward_delay 0 mcast_snooping 0")
    hub.ip("link set seg up")
    node = []
    for i, space in enumerate((a, b)):
        spaces.veth(space, "mesh0", hub, f"p{i}", 1560)
        hub.ip(f"link set p{i} master seg")
        node.append(spaces.node(space, plain_conf(protocol="batadv:0", datapath="bpf")).start())
    until(lambda: a.pings(b.address(), 1), 20, "they hear each other")
    assert a.pings(b.address(), 3)
    line = type("Hub", (), {"spaces": spaces})
    capture = Capture(line, hub, "p0")
    tcp(a, b, b.address(), SIZE // 10)
    capture.stop()
    assert wire.check(capture.path, 1560, None)["tcp"] > SIZE / 10 / 1500

    def sums(space):
        return "tx-checksumming: on" in space.run("ethtool -k mesh0")

    assert not sums(a) and not sums(b)
    hub.ip("link set p0 nomaster")
    until(lambda: sums(a), 10, "its other end is an end for itself")
    assert node[1].stop() == 0 and sums(b)


def filters(space, port):
    return space.run(f"tc filter show dev {port} ingress") + space.run(f"tc qdisc show dev {port}")


def test_transit_goes_on_when_the_daemon_is_killed(bpf, spaces):
    """The node in the middle is killed and started again, again and again: its programs pass on
    what they know, the next daemon takes their tables over, and nothing is lost."""
    line = Line(spaces, "k", "8021ad", (1560, 1560), datapath="bpf").wait()
    middle = line.node[1]
    assert line.client[0].pings("10.99.0.2", 10)
    ping = line.client[0].spawn(
        ["ping", "-q", "-i", "0.01", "10.99.0.2"], stdout=subprocess.PIPE, text=True
    )
    for i in range(KILLS):
        before = counts(middle)["forward"]
        until(lambda: counts(middle)["forward"] > before + 50, 10, "frames pass")
        middle.kill()
        middle.start()
        assert middle.log().count("as it did") == i + 1
    until(lambda: not counts(middle)["settling"], 20, "tables are compared")
    assert line.client[0].pings("10.99.0.2", 10)
    ping.send_signal(signal.SIGINT)
    words = ping.communicate(timeout=10)[0].split()
    sent, received = int(words[words.index("packets") - 1]), int(words[words.index("received,") - 1])
    assert sent > 300 and sent - received <= 1, f"{sent} sent, {received} received"


def test_portable_daemon_takes_the_programs_away(bpf, spaces):
    line = Line(spaces, "p", "8021ad", (1560,), datapath="bpf").wait()
    space, node = line.space[0], line.node[0]
    node.kill()
    assert "fast_mesh" in filters(space, "mesh0")
    node.start(NUVOL_DATAPATH="portable")
    until(lambda: "fast_mesh" not in filters(space, "mesh0"), 10, "the filter goes")
    line.wait()


def test_clean_stop_leaves_nothing(bpf, spaces):
    line = Line(spaces, "s", "8021ad", (1560,), datapath="bpf").wait()
    space, node = line.space[0], line.node[0]
    space.run("tc qdisc add dev lo clsact")
    assert "fast_mesh" in filters(space, "mesh0")
    assert node.stop() == 0
    assert "fast_mesh" not in filters(space, "mesh0") and "clsact" not in filters(space, "mesh0")
    assert "clsact" in filters(space, "lo")


def test_others_filters_stay(bpf, spaces):
    line = Line(spaces, "o", "untagged", (1560,), datapath="bpf").wait()
    space, node = line.space[0], line.node[0]
    space.run("tc filter add dev mesh0 egress pref 7 bpf bytecode '1,6 0 0 0'")
    assert node.stop() == 0
    assert "pref 7" in space.run("tc filter show dev mesh0 egress")
