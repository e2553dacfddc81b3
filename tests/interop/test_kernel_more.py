"""Our nodes and kernel nodes where it is narrow, looped or uneven: small wires, shared LANs,
roaming under load, other people's tools, other tags, other paces."""

import concurrent.futures
import itertools
import json
import os
import re
import subprocess
import time

import pytest

from town import HERE, NUVOL, Town, sh, until

LONG = bool(os.environ.get("NUVOL_LONG"))
TRANSFER = f"/usr/bin/python3 {HERE.parent}/netns/transfer.py"
REST_S = 60
ports = itertools.count(21000)

TOWNS = {
    "k-o-k": lambda: Town("k-o-k", [("kernel", [0]), ("ours", [0, 1]), ("kernel", [1])], 29,
                          mtus={1: 1000}),
    "o-k-o": lambda: Town("o-k-o", [("ours", [0]), ("kernel", [0, 1]), ("ours", [1])], 29,
                          mtus={0: 1000}),
    "o-o-k": lambda: Town("o-o-k", [("ours", [0]), ("ours", [0, 1]), ("kernel", [1])], 29,
                          mtus={0: 1000, 1: 700}),
    "loop": lambda: Town("loop", [("kernel", [0]), ("ours", [0]), ("ours", [0])], 29, bla=True,
                         lans={2: 1}),
    "8021q": lambda: Town("8021q", [("kernel", [0]), ("ours", [0])], 29, tag="802.1Q"),
    "slow": lambda: Town("slow", [("kernel", [0]), ("ours", [0]), ("ours", [0])], 29,
                         intervals_ms={1: 2000}),
}


class Watch:
    """What the nodes of ours tell from now on."""

    def __init__(self, town):
        self.start, self.watchers = time.monotonic(), []
        for node in (n for n in town.nodes if n.kind == "ours"):
            path = node.folder / "watch"
            self.watchers.append((path, subprocess.Popen(
                [NUVOL, "--run-dir", node.folder, "--json", "watch"], stdout=open(path, "w"),
                stderr=subprocess.STDOUT)))

    def events(self):
        lines = [line for path, _ in self.watchers for line in path.read_text().splitlines()]
        return [event for event in map(json.loads, lines) if "event" in event]

    def stop(self):
        for _, process in self.watchers:
            process.terminate()
            process.wait()


class More:
    """The towns that the chosen tests want, side by side."""

    def __init__(self, names):
        self.town, self.watch = {}, None
        for name in names:
            self.town[name] = TOWNS[name]()

    def start(self):
        for town in self.town.values():
            town.create()
        with concurrent.futures.ThreadPoolExecutor(len(self.town)) as pool:
            list(pool.map(lambda t: t.configure(), self.town.values()))

    def __getitem__(self, name):
        town = self.town[name]
        until(town.everybody_routes, 60, f"routes in {name}")
        return town

    def stop(self):
        if self.watch:
            self.watch.stop()
        for town in self.town.values():
            town.destroy()


@pytest.fixture(scope="module")
def more():
    made = More(os.environ.get("NUVOL_TOWNS", " ".join(TOWNS)).split())
    try:
        made.start()
        if "slow" in made.town:
            slow = made["slow"]
            time.sleep(3)  # what the start itself brings is no rest
            made.watch = Watch(slow)
        yield made
    finally:
        made.stop()


def reach(a, b, seconds=20):
    until(lambda: a.ping(b.address, 1) == 1, seconds, f"{a.address} reaches {b.address}")


def transfer(a, b, size):
    """size bytes from client a to client b; what arrives is what was sent."""
    port = next(ports)
    serve = subprocess.Popen(
        f"ip netns exec {b.namespace} {TRANSFER} tcp-serve {port}", shell=True, text=True,
        stdout=subprocess.PIPE)
    assert serve.stdout.readline() == "ready\n"
    sent = a.run(f"{TRANSFER} tcp-send {b.address} {port} {size} {port}")
    assert serve.communicate(timeout=60)[0].strip() == sent.strip()


@pytest.mark.parametrize("shape", ["k-o-k", "o-k-o", "o-o-k"])
def test_small_wires(more, shape):
    """1500-byte packets and TCP cross wires of different small MTUs, both ways: what was cut
    for one is cut anew for the next."""
    town = more[shape]
    first, last = town.clients[0], town.clients[-1]
    for a, b in ((first, last), (last, first)):
        reach(a, b)
        assert a.ping(b.address, 3, "-s 1472 -M do") == 3, f"{a.number} -> {b.number}"
        for size in (650, 668, 672, 930, 950, 972, 1200):
            assert a.ping(b.address, 1, f"-s {size} -M do") == 1, f"{size} bytes"
        transfer(a, b, 500_000)
    for node in (n for n in town.nodes if n.kind == "ours"):
        assert node.status()["dropped"]["too-big"] == 0


def walk(walker, nodes, stay_s, peer):
    """Moves from node to node while it pings every 10 ms. Gives for each move how many pings
    in a row got no answer, the most."""
    count = int((len(nodes) + 1) * stay_s * 100)
    ping = subprocess.Popen(
        ["ip", "netns", "exec", walker.namespace, "ping", "-n", "-D", "-i", "0.01", "-W", "1",
         "-c", str(count), peer.address], stdout=subprocess.PIPE, text=True)
    time.sleep(stay_s)
    for node in nodes:
        walker.move(node)
        time.sleep(stay_s)
    out, _ = ping.communicate(timeout=60)
    heard = {int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", out)}
    gaps, lost = [], 0
    for seqno in range(1, count + 1):
        lost = lost + 1 if seqno not in heard else 0
        if lost == 1:
            gaps.append(0)
        if lost:
            gaps[-1] = lost
    return gaps, count - len(heard)


def test_walk(more):
    """A client that pings every 10 ms walks ours, kernel, ours and back: it loses little more
    than what is under way."""
    town = more["o-k-o"]
    one, two, three = town.nodes
    walker, peer = town.clients[0], town.clients[1]
    reach(walker, peer)
    gaps, lost = walk(walker, [two, three, two, one, three, one], 1.5, peer)
    print(f"6 moves, {lost} of 1050 pings lost, gaps of {gaps}")
    assert lost <= 60 and max(gaps, default=0) <= 30


def test_tools_through_ours(more):
    """batctl's ping -R, traceroute and throughput meter work through a node of ours."""
    first, ours, last = more["k-o-k"].nodes
    out = first.guest.run(f"batctl meshif bat0 ping -R -c 2 {last.mac}")
    assert "2 received" in out and ours.mac in out, out
    hops = first.guest.run(f"batctl meshif bat0 traceroute {last.mac}").splitlines()[1:]
    assert [mac in hop for mac, hop in zip([ours.mac, last.mac], hops)] == [True, True], hops
    out = first.guest.run(f"batctl meshif bat0 tp -t 2000 {last.mac}")
    assert float(re.search(r"Throughput: ([0-9.]+)", out).group(1)) > 0, out


def test_throughput_meter_of_ours(more):
    """A throughput test towards a node of ours ends, and does no harm."""
    town = more["k-o-k"]
    kernel, ours, _ = town.nodes
    start = time.monotonic()
    out = kernel.guest.run(f"batctl meshif bat0 tp -t 2000 {ours.mac}", check=False)
    print(out)
    assert time.monotonic() - start < 15
    assert ours.ask(f"ping --json -c 3 -i 0.1 {kernel.mac}")["received"] == 3
    reach(town.clients[0], town.clients[2], 3)


def test_tools_through_kernels(more):
    """nuvol traceroute and ping go through a kernel node."""
    one, kernel, three = more["o-k-o"].nodes
    answer = one.ask(f"traceroute --json {three.mac}")
    assert [hop["node"] for hop in answer["hops"]] == [kernel.mac, three.mac], answer
    assert one.ask(f"ping --json -c 3 -i 0.1 {three.mac}")["received"] == 3


def test_8021q(more):
    """The cloud under an 802.1Q tag."""
    town = more["8021q"]
    a, b = town.clients
    for x, y in ((a, b), (b, a)):
        reach(x, y)
        assert x.ping(y.address, 3, "-s 1472 -M do") == 3
    assert "802.1Q" in sh(f"{NUVOL} --run-dir {town.nodes[1].folder} status")


def frames(town, interface):
    """Frames that went through a bridge of the air so far: all that its ports brought."""
    links = json.loads(sh(f"ip -n {town.air} -s -j link show master {interface}"))
    return sum(link["stats64"]["rx"]["packets"] for link in links)


def flood(town, client, count):
    """Broadcasts of a client, and how many frames more than in rest that makes."""
    bridges = [f"seg{s}" for s in town.segments] + ["lan1"]
    counts = []
    for n in (0, count):
        before = [frames(town, b) for b in bridges]
        if n:
            client.run(f"ping -b -n -q -c {n} -i 0.02 -W 1 10.99.0.255", check=False)
        time.sleep(3)
        counts.append([frames(town, b) - x for b, x in zip(bridges, before)])
    return [b - a for a, b in zip(*counts)]


def test_loop_with_a_kernel(more):
    """A node of ours that shares its LAN with a kernel's loop avoidance stands back and says
    so; nothing goes round, and the clients are reached through the kernel node."""
    town = more["loop"]
    kernel, ours, behind = town.nodes
    near, far = town.clients[0], town.clients[2]
    near.ping(far.address, 1)  # the kernel claims with the first frame
    until(lambda: ours.status()["cloud"]["lan_blocked"], 30, "the LAN is blocked")
    assert ours.status()["cloud"]["lan_blocked"]["gateway"] == kernel.mac
    words = sh(f"{NUVOL} --run-dir {ours.folder} status")
    assert "blocked" in words and kernel.mac in words, words
    mesh, lan = flood(town, near, 20)
    print(f"20 broadcasts: {mesh} frames more on the mesh, {lan} on the LAN")
    assert mesh <= 20 * 8 and lan <= 20 * 6
    reach(far, near, 60)  # the kernel lets no broadcast through in its first 30 s
    reach(near, far, 10)
    assert far.ping(near.address, 10) == 10
    assert near.mac not in [
        c["mac"] for c in ours.ask("clients --json")["clients"] if c["here"]]
    assert behind.homes()[near.mac] == {kernel.mac}
    mesh, lan = flood(town, near, 20)
    print(f"later: {mesh} frames more on the mesh, {lan} on the LAN")
    assert mesh <= 20 * 8 and lan <= 20 * 6


def test_rest_beside_a_slow_kernel(more):
    """A kernel that announces itself every 2 s is neither doubted by nodes with 1 s, nor do
    routes flap, in 60 s of rest."""
    until(lambda: time.monotonic() - more.watch.start > REST_S, REST_S + 1, "rest")
    told = [e for e in more.watch.events() if e["event"] in
            ("neighbour-doubted", "neighbour-gone", "route-changed", "route-lost", "node-gone")]
    assert not told, told


@pytest.mark.skipif(not LONG, reason="takes a minute of silence")
def test_loop_opens(more):
    """When the kernel node leaves, ours takes the LAN over after a minute."""
    town = more["loop"]
    kernel, ours, _ = town.nodes
    near, far = town.clients[0], town.clients[2]
    kernel.guest.run("ip link del bat0")
    took = until(lambda: not ours.status()["cloud"]["lan_blocked"], 75, "the LAN opens")
    print(f"open after {took:.0f} s")
    assert took > 45
    reach(near, far, 10)
    reach(far, near, 10)
