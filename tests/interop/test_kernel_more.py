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

SLOW = [("kernel", [0]), ("ours", [0]), ("ours", [0])]  # the kernel at half the pace
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
    "slow": lambda: Town("slow", SLOW, 29, intervals_ms={1: 2000}),
    "quick": lambda: Town("quick", SLOW, 29, interval_ms=300, intervals_ms={1: 600}),
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

    def age(self):
        return time.monotonic() - self.start

    def events(self):
        lines = [line for path, _ in self.watchers for line in path.read_text().splitlines()]
        return [event for event in map(json.loads, lines) if "event" in event]

    def stop(self):
        for _, process in self.watchers:
            process.terminate()
            process.wait()


class More(dict):
    """name -> a town; made when asked for. Where nobody else shares the work, all are made
    at once, because they mostly wait."""

    def __init__(self):
        super().__init__()
        self.made, self.watch = [], {}

    def stand(self, *names):
        towns = {name: TOWNS[name]() for name in names if name not in self}
        self.made += towns.values()
        for town in towns.values():
            town.create()
        with concurrent.futures.ThreadPoolExecutor(len(TOWNS)) as pool:
            list(pool.map(lambda t: t.configure(), towns.values()))
        self.update(towns)
        for name in {"slow", "quick"} & set(towns):
            self.watch[name] = Watch(self.ready(name))

    def __missing__(self, name):
        self.stand(name)
        return self[name]

    def ready(self, name):
        until(self[name].everybody_routes, 60, f"routes in {name}")
        return self[name]

    def stop(self):
        for watch in self.watch.values():
            watch.stop()
        for town in self.made:
            town.destroy()


@pytest.fixture(scope="module")
def more():
    made = More()
    try:
        if "PYTEST_XDIST_WORKER" not in os.environ:
            made.stand(*os.environ.get("NUVOL_TOWNS", " ".join(TOWNS)).split())
        yield made
    finally:
        made.stop()


narrow = pytest.mark.xdist_group("narrow")
loop = pytest.mark.xdist_group("loop")
paces = pytest.mark.xdist_group("paces")


def reach(a, b, seconds=20):
    until(lambda: a.ping(b.address, 1) == 1, seconds, f"{a.address} reaches {b.address}")


def announced(node, client):
    """Does node know where client is?"""
    return client.mac in node.homes()


def transfer(a, b, size):
    """size bytes from client a to client b; what arrives is what was sent."""
    port = next(ports)
    serve = subprocess.Popen(
        f"ip netns exec {b.namespace} {TRANSFER} tcp-serve {port}", shell=True, text=True,
        stdout=subprocess.PIPE)
    assert serve.stdout.readline() == "ready\n"
    sent = a.run(f"{TRANSFER} tcp-send {b.address} {port} {size} {port}")
    assert serve.communicate(timeout=60)[0].strip() == sent.strip()


@narrow
@pytest.mark.parametrize("name", ["k-o-k", "o-k-o", "o-o-k"])
def test_small_wires(more, name):
    """1500-byte packets and TCP cross wires of different small MTUs, both ways: what was cut
    for one is cut anew for the next."""
    town = more.ready(name)
    first, last = town.clients[0], town.clients[-1]
    reach(first, last)
    # Before all are announced, frames are floods, which cannot be cut.
    until(lambda: announced(town.nodes[0], last) and announced(town.nodes[-1], first),
          10, "the clients are announced")
    ours = [n for n in town.nodes if n.kind == "ours"]
    before = [n.status()["dropped"]["too-big"] for n in ours]
    for a, b in ((first, last), (last, first)):
        assert a.ping(b.address, 3, "-s 1472 -M do") == 3, f"{a.number} -> {b.number}"
        for size in (650, 668, 672, 930, 950, 972, 1200):
            assert a.ping(b.address, 1, f"-s {size} -M do") == 1, f"{size} bytes"
        transfer(a, b, 500_000)
    assert [n.status()["dropped"]["too-big"] for n in ours] == before


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


@narrow
def test_walk(more):
    """A client that pings every 10 ms walks ours, kernel, ours and back: it loses little more
    than what is under way."""
    town = more.ready("o-k-o")
    one, two, three = town.nodes
    walker, peer = town.clients[0], town.clients[1]
    reach(walker, peer)
    gaps, lost = walk(walker, [two, three, two, one, three, one], 1.5, peer)
    print(f"6 moves, {lost} of 1050 pings lost, gaps of {gaps}")
    assert lost <= 60 and max(gaps, default=0) <= 30


@narrow
def test_tools_through_ours(more):
    """batctl's ping -R, traceroute and throughput meter work through a node of ours."""
    first, ours, last = more.ready("k-o-k").nodes
    out = first.guest.run(f"batctl meshif bat0 ping -R -c 2 {last.mac}")
    assert "2 received" in out and ours.mac in out, out
    hops = first.guest.run(f"batctl meshif bat0 traceroute {last.mac}").splitlines()[1:]
    assert [mac in hop for mac, hop in zip([ours.mac, last.mac], hops)] == [True, True], hops
    out = first.guest.run(f"batctl meshif bat0 tp -t 2000 {last.mac}")
    assert float(re.search(r"Throughput: ([0-9.]+)", out).group(1)) > 0, out


@narrow
def test_throughput_meter_of_ours(more):
    """A throughput test towards a node of ours ends, and does no harm."""
    town = more.ready("k-o-k")
    kernel, ours, _ = town.nodes
    start = time.monotonic()
    out = kernel.guest.run(f"batctl meshif bat0 tp -t 2000 {ours.mac}", check=False)
    print(out)
    assert time.monotonic() - start < 15
    assert ours.ask(f"ping --json -c 3 -i 0.1 {kernel.mac}")["received"] == 3
    reach(town.clients[0], town.clients[2], 3)


@narrow
def test_tools_through_kernels(more):
    """nuvol traceroute and ping go through a kernel node."""
    one, kernel, three = more.ready("o-k-o").nodes
    answer = one.ask(f"traceroute --json {three.mac}")
    hops = [{probe["from"] for probe in hop["probes"]} for hop in answer["hops"]]
    assert answer["reached"] and hops == [{kernel.mac}, {three.mac}], answer
    assert one.ask(f"ping --json -c 3 -i 0.1 {three.mac}")["received"] == 3


@paces
def test_8021q(more):
    """The cloud under an 802.1Q tag."""
    town = more.ready("8021q")
    a, b = town.clients
    for x, y in ((a, b), (b, a)):
        reach(x, y)
        assert x.ping(y.address, 3, "-s 1472 -M do") == 3
    interface = town.nodes[1].status()["host"]["interfaces"][0]
    assert (interface["vlan"], interface["tag"]) == (29, "802.1q"), interface


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


@loop
def test_loop_with_a_kernel(more):
    """A node of ours that shares its LAN with a kernel's loop avoidance stands back and says
    so; nothing goes round, and the clients are reached through the kernel node."""
    town = more.ready("loop")
    kernel, ours, behind = town.nodes
    near, far = town.clients[0], town.clients[2]
    near.ping(far.address, 1)  # the kernel claims with the first frame
    until(lambda: ours.status()["cloud"]["lan_blocked"], 30, "the LAN is blocked")
    assert 1 <= ours.status()["counters"]["claim_rx"] <= 5, "with the first that are seen"
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
    until(lambda: behind.homes().get(near.mac) == {kernel.mac}, 10, "the kernel announces it")
    mesh, lan = flood(town, near, 20)
    print(f"later: {mesh} frames more on the mesh, {lan} on the LAN")
    assert mesh <= 20 * 8 and lan <= 20 * 6


LOST = ("neighbour-doubted", "neighbour-gone", "route-lost", "node-gone")


@paces
def test_rest_beside_a_slow_kernel(more):
    """A kernel that announces itself every 2 s is not doubted by nodes with 1 s in 60 s of
    rest; nor one with 600 ms by nodes with 300 ms, where the links are settled after 40 s and
    no route changes from then on."""
    more.stand("slow", "quick")
    until(lambda: more.watch["slow"].age() > 5 + REST_S and more.watch["quick"].age() > REST_S,
          REST_S + 6, "rest")
    for name in ("slow", "quick"):
        told = [e for e in more.watch[name].events() if e["event"] in LOST]
        assert not told, f"{name}: {told}"
    late = [e for e in more.watch["quick"].events()
            if e["event"] == "route-changed" and e["uptime_ms"] > 45000]
    assert not late, late


@paces
@pytest.mark.skipif(not LONG, reason="a link of a slow kernel is settled after 128 s")
def test_no_flap_beside_a_slow_kernel(more):
    """The same with 2 s and 1 s."""
    slow = more["slow"]
    until(lambda: more.watch["slow"].age() > 140, 140, "settled")
    start = slow.nodes[1].status()["uptime_ms"]
    time.sleep(REST_S)
    late = [e for e in more.watch["slow"].events()
            if e["event"] in (*LOST, "route-changed") and e["uptime_ms"] > start]
    assert not late, late


@loop
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
