# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that nodes joined by cables of their LANs just work: a cable, a switch with nodes and
clients, cables and radio together; who serves may die, and no frame goes round."""

import re
import signal
import socket
import time

import pytest
from attacker import BROADCAST, Wire, mac_bytes, payload_frame, raw_socket
from spaces import plain_conf, until

STEADY_S = 5
TAKEOVER_S = 3
INTERVAL_S = 0.02
PAYLOAD = b"\x88\xb6"  # the ethertype of payload_frame()


class Pings:
    """A ping that runs until it is asked how it went."""

    def __init__(self, spaces, space, target):
        self.path = spaces.folder / f"ping-{space.name}-{target}-{time.monotonic_ns()}"
        command = ["ping", "-n", "-D", "-i", str(INTERVAL_S), target]
        self.process = space.spawn(command, stdout=open(self.path, "w"))

    def end(self):
        """(lost, the longest time without an answer); the last may be on their way."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(5)
        text = self.path.read_text()
        sent = int(re.search(r"(\d+) packets transmitted", text).group(1))
        answers = {int(n) for n in re.findall(r"bytes from .* icmp_seq=(\d+)", text)}
        last = max(answers, default=0)
        lost = last - len(answers) + (sent - last if sent - last > 2 else 0)
        times = [float(t) for t in re.findall(r"\[([\d.]+)\] \d+ bytes from", text)]
        gap = max((b - a for a, b in zip(times, times[1:])), default=float("inf"))
        print(f"{self.path.name}: {sent} sent, {lost} lost, longest gap {gap * 1000:.0f} ms")
        return lost, gap


class Ears:
    """All that an interface receives from now on."""

    def __init__(self, space, interface):
        self.socket = raw_socket(space, interface)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        self.socket.setblocking(False)

    def end(self):
        frames = []
        while True:
            try:
                frame, (_, _, kind, *_) = self.socket.recvfrom(2048)
            except BlockingIOError:
                break
            if kind != socket.PACKET_OUTGOING:
                frames.append(frame)
        self.socket.close()
        return frames


def inner(frame):
    """What batman-adv carries in it, or itself. Tags are gone already."""
    if frame[12:14] != b"\x43\x05":
        return frame
    skip = {0x01: 14, 0x40: 10, 0x42: 18}.get(frame[14])
    return frame[14 + skip:] if skip else b""


def is_kept(frame, gateway_mac, gateway):
    """Must it never be on a cable between nodes: the gateway's, for it, or DHCP, RS, RA."""
    frame = inner(frame)
    kind, at = frame[12:14], 14
    if gateway_mac in frame[:12]:
        return True
    if kind == b"\x08\x06":
        return gateway_mac in frame or bytes(map(int, gateway.split("."))) in frame
    if kind == b"\x08\x00" and frame[at + 9] == 17:
        at += (frame[at] & 15) * 4
        return int.from_bytes(frame[at + 2 : at + 4]) in (67, 68)
    if kind == b"\x86\xdd" and frame[at + 6] == 17:
        return int.from_bytes(frame[at + 42 : at + 44]) in (546, 547)
    return kind == b"\x86\xdd" and frame[at + 6] == 58 and frame[at + 40] in (133, 134)


def asking(mac, gateway):
    """What a client says that looks for a gateway: ARP, DHCP, a router solicitation."""
    target = bytes(map(int, gateway.split(".")))
    yield (BROADCAST + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + mac + bytes(4)
           + bytes(6) + target).ljust(60, b"\0")
    udp = b"\x00\x44\x00\x43\x01\x00\x00\x00\x01\x01\x06\x00".ljust(256, b"\0")
    yield (BROADCAST + mac + b"\x08\x00\x45\x00" + (20 + len(udp)).to_bytes(2) + bytes(4)
           + b"\x40\x11\x00\x00" + bytes(4) + b"\xff" * 4 + udp)
    yield (b"\x33\x33\x00\x00\x00\x02" + mac + b"\x86\xdd\x60\x00\x00\x00\x00\x08\x3a\xff"
           + b"\xfe\x80" + bytes(13) + b"\x01" + b"\xff\x02" + bytes(13) + b"\x02"
           + b"\x85\x00\x7d\x38" + bytes(4)).ljust(62, b"\0")


class Wires:
    """Namespaces of nodes and clients, and switches between them in one of their own."""

    def __init__(self, spaces):
        self.spaces = spaces
        self.air = spaces.add("air")
        self.space, self.node = {}, {}
        self.quiet(self.air)

    def quiet(self, space):
        for which in ("all", "default"):  # no noise of its own
            space.run(f"sysctl -qw net.ipv6.conf.{which}.disable_ipv6=1")

    def switch(self, name):
        self.air.ip(f"link add {name} type bridge mcast_snooping 0 forward_delay 0")
        self.air.ip(f"link set {name} up")

    def plug(self, who, port, switch, mac=None):
        """A cable from a port of a space to a switch."""
        outer = f"{who}-{port}"
        self.spaces.veth(self.air, outer, self.space[who], port, 1500, None, mac)
        self.air.ip(f"link set {outer} master {switch}")

    def cable(self, one, port, other, other_port):
        self.spaces.veth(self.space[one], port, self.space[other], other_port)

    def add(self, name, lan, ssid="cables", mesh=("mesh0",)):
        """A node that is not started yet."""
        self.space[name] = space = self.spaces.add(name)
        number = len(self.space)
        text = plain_conf(ssid, mesh, "batadv", 500, lan_ports=lan)
        text += f"\toption primary_mac '02:00:5e:00:11:{number:02x}'\n"
        self.node[name] = self.spaces.node(space, text)

    def start(self, *names):
        for name in names:
            self.node[name].start(wait=False)
        for name in names:
            until(self.node[name].answers, 10, f"{name} answers")

    def client(self, name, number):
        """A client that is not plugged yet."""
        self.space[name] = self.spaces.add(name)
        self.quiet(self.space[name])

    def address(self, client, number, node):
        """Of the cloud's prefix."""
        a, b = self.space[node].address().split(".")[:2]
        self.space[client].ip(f"addr add {a}.{b}.222.{number}/16 dev eth0")
        return f"{a}.{b}.222.{number}"

    def cables(self, name):
        return {c["name"]: c for c in self.node[name].host()["cables"]["ports"]}

    def role(self, name, port="lan1"):
        return self.cables(name)[port]["role"]

    def serving(self, names, port="lan1"):
        """The one node that serves a segment, or None while they do not agree."""
        roles = {n: self.role(n, port) for n in names}
        one = [n for n, r in roles.items() if r in ("designated", "alone")]
        agreed = len(one) == 1 and all(r == "standby" for n, r in roles.items() if n != one[0])
        return one[0] if agreed else None

    def settled(self, names, seconds=3, port="lan1"):
        return until(lambda: self.serving(names, port), seconds, "one serves, the others stand by")

    def gateway(self, node):
        return self.node[node].ask("status")["identity"]["anycast_gateway"]["ipv4"].split("/")[0]

    def reach(self, who, target, seconds=15):
        until(lambda: self.space[who].pings(target, 1) == 1, seconds, f"{who} reaches {target}")

    def steady(self, pairs, seconds=STEADY_S):
        """No answer is lost, and nothing goes round."""
        running = [Pings(self.spaces, self.space[who], target) for who, target in pairs]
        before = self.frames()
        time.sleep(seconds)
        more = {k: v - before[k] for k, v in self.frames().items()}
        ends = [p.end() for p in running]
        assert [lost for lost, _ in ends] == [0] * len(ends)
        busy = len(pairs) / INTERVAL_S * 2 * 3 + 100  # each ping, its answer, in pieces perhaps
        assert all(v < busy * seconds for v in more.values()), f"it goes round: {more}"

    def frames(self):
        """Received by each LAN port so far."""
        found = {}
        for name, node in self.node.items():
            for port in self.space[name].links():
                if port.startswith("lan") and not port.endswith("_18"):
                    path = f"/sys/class/net/{port}/statistics/rx_packets"
                    found[name, port] = int(self.space[name].run(f"cat {path}"))
        return found

    def broadcasts(self, sender, receivers, count=50):
        """Each broadcast of a client is seen once by each of the others, and no more often."""
        src = mac_bytes(self.space[sender].run("cat /sys/class/net/eth0/address").strip())
        ears = {r: Ears(self.space[r], "eth0") for r in receivers}
        out = Wire(self.space[sender], "eth0")
        texts = [f"{sender} {i} {time.monotonic_ns()}".encode() for i in range(count)]
        for text in texts:
            out.send(payload_frame(src, BROADCAST, text))
            time.sleep(0.005)
        time.sleep(0.5)  # copies would come now
        out.close()
        for r, ear in ears.items():
            frames = ear.end()
            times = [sum(f[12:14] == PAYLOAD and t in f for f in frames) for t in texts]
            assert times == [1] * count, f"{sender} to {r}: {times}"


@pytest.fixture
def wires(spaces):
    return Wires(spaces)


def test_a_cable_between_two_lans(wires):
    """Two nodes, each with a client, and nothing but a cable between their LAN ports."""
    for name in "ab":
        wires.add(name, ["lan1", "lan2"])
    wires.cable("a", "lan1", "b", "lan1")
    for i, name in enumerate("ab"):
        wires.client(f"c{name}", i + 1)
        wires.cable(name, "lan2", f"c{name}", "eth0")
    wires.start("a", "b")
    wires.settled("ab")
    there = wires.address("ca", 1, "a"), wires.address("cb", 2, "a")
    gateway = wires.gateway("a")
    wires.reach("ca", there[1])
    wires.reach("cb", gateway)
    nodes = [wires.space[n].address() for n in "ab"]
    ears = [Ears(wires.space[n], "lan1") for n in "ab"]
    wires.steady([("ca", gateway), ("cb", gateway), ("ca", there[1]), ("ca", nodes[1]),
                  ("cb", nodes[0])])
    wires.broadcasts("ca", ["cb"])
    wires.broadcasts("cb", ["ca"])
    mac = mac_bytes(wires.node["a"].ask("status")["identity"]["anycast_gateway"]["mac"])
    for name in ("ca", "cb"):
        own = mac_bytes(wires.space[name].run("cat /sys/class/net/eth0/address").strip())
        out = Wire(wires.space[name], "eth0")
        for frame in asking(own, gateway):
            assert is_kept(frame, mac, gateway)
            out.send(frame)
        out.close()
    time.sleep(1)
    heard = [frame for ear in ears for frame in ear.end()]
    assert len(heard) > 1000
    assert not [f.hex() for f in heard if is_kept(f, mac, gateway)]


@pytest.fixture
def switch(wires):
    """Three nodes and two clients on a switch, and a client of each node's own."""
    wires.switch("sw")
    for name in "abc":
        wires.add(name, ["lan1", "lan2"])
        wires.plug(name, "lan1", "sw")
    for i in (1, 2):
        wires.client(f"s{i}", i)
        wires.plug(f"s{i}", "eth0", "sw")
    for i, name in enumerate("abc"):
        wires.client(f"c{name}", 10 + i)
        wires.cable(name, "lan2", f"c{name}", "eth0")
    wires.start("a", "b", "c")
    wires.served = wires.settled("abc")
    wires.at = {who: wires.address(who, i + 1, "a")
                for i, who in enumerate(("s1", "s2", "ca", "cb", "cc"))}
    wires.gate = wires.gateway("a")
    for who in wires.at:
        wires.reach(who, wires.gate)
    for who in ("ca", "cb", "cc"):
        wires.reach("s1", wires.at[who])
    return wires


def test_a_switch_with_nodes_and_clients(switch):
    nodes = [switch.space[n].address() for n in "abc"]
    switch.steady([(w, switch.gate) for w in switch.at] + [("s1", n) for n in nodes]
                  + [("s2", switch.at["cb"]), ("ca", switch.at["cc"])])
    others = {w: [o for o in switch.at if o != w] for w in switch.at}
    for who in ("s1", "ca", "cb"):
        switch.broadcasts(who, others[who])


@pytest.mark.parametrize("how", ["killed", "stopped", "unplugged"])
def test_the_designated_goes_and_returns(switch, how):
    """Another takes over; when it is back, it stands by, and nothing is lost."""
    first, names = switch.served, set("abc")
    rest = sorted(names - {first})
    pings = [Pings(switch.spaces, switch.space["s1"], switch.gate),
             Pings(switch.spaces, switch.space["s2"], switch.at[f"c{rest[0]}"])]
    time.sleep(0.5)
    node = switch.node[first]
    if how == "killed":
        node.kill()
    elif how == "stopped":
        assert node.stop() == 0
    else:
        switch.air.ip(f"link set {first}-lan1 down")
    began = time.monotonic()
    second = switch.settled(rest, TAKEOVER_S)
    print(f"{how}: {second} took over after {time.monotonic() - began:.2f} s")
    switch.reach("s1", switch.gate, TAKEOVER_S)
    switch.reach("s2", switch.at[f"c{rest[0]}"], TAKEOVER_S)
    for p in pings:
        _, gap = p.end()
        assert gap < TAKEOVER_S + 0.5
    if how == "unplugged":
        switch.air.ip(f"link set {first}-lan1 up")
    else:
        switch.start(first)
    assert switch.settled("abc") == second
    switch.reach("s1", switch.at[f"c{first}"])
    switch.reach("ca", switch.at["s2"])
    switch.steady([("s1", switch.gate), ("s2", switch.at[f"c{first}"]),
                   ("s1", switch.at[f"c{rest[0]}"])], 2)
    switch.broadcasts("s1", [w for w in switch.at if w != "s1"])


def test_a_cable_and_a_radio(wires):
    """Two nodes that hear each other by radio too; the cable is plugged later, and pulled."""
    wires.switch("radio")
    for name in "ab":
        wires.add(name, ["lan1", "lan2"])
        wires.plug(name, "mesh0", "radio")
        wires.client(f"c{name}", 1)
        wires.cable(name, "lan2", f"c{name}", "eth0")
    wires.start("a", "b")
    there = wires.address("ca", 1, "a"), wires.address("cb", 2, "a")
    wires.reach("ca", there[1])
    wires.reach("cb", wires.gateway("b"))
    ping = Pings(wires.spaces, wires.space["ca"], there[1])
    wires.cable("a", "lan1", "b", "lan1")
    wires.settled("ab")
    time.sleep(2)
    assert ping.end()[0] == 0
    wires.steady([("ca", wires.gateway("a")), ("cb", wires.gateway("a")), ("ca", there[1])])
    wires.broadcasts("ca", ["cb"])
    ping = Pings(wires.spaces, wires.space["ca"], there[1])
    time.sleep(0.3)
    wires.space["a"].ip("link del lan1")
    time.sleep(2)
    assert ping.end()[1] < 0.5
    wires.broadcasts("cb", ["ca"])


def test_two_cables(wires):
    """Each of two cables is bridged at one end at most, whenever they are plugged."""
    for name in "ab":
        wires.add(name, ["lan1", "lan2", "lan3"])
        wires.client(f"c{name}", 1)
        wires.cable(name, "lan3", f"c{name}", "eth0")
    wires.cable("a", "lan1", "b", "lan1")
    wires.start("a", "b")
    there = wires.address("ca", 1, "a"), wires.address("cb", 2, "a")
    wires.settled("ab")
    wires.reach("ca", there[1])
    ping = Pings(wires.spaces, wires.space["ca"], there[1])
    before = wires.frames()
    wires.cable("a", "lan2", "b", "lan2")
    wires.settled("ab", port="lan2")
    time.sleep(1)
    after = wires.frames()
    assert ping.end()[0] == 0
    assert all(v - before.get(k, 0) < 2000 for k, v in after.items()), f"a storm: {after}"
    wires.steady([("ca", wires.gateway("a")), ("ca", there[1]), ("cb", there[0])], 3)
    wires.broadcasts("ca", ["cb"])

    # One whose daemon has died bridges on: both cables are one segment to the other.
    wires.node["a"].kill()
    served = until(lambda: {wires.role("b", p) for p in ("lan1", "lan2")} - {"standby"}, TAKEOVER_S,
                   "b takes over")
    before = wires.frames()
    time.sleep(1)
    after = wires.frames()
    roles = [wires.role("b", p) for p in ("lan1", "lan2")]
    assert len(served) == 1 and roles.count("standby") == 1
    assert all(after[k] - before[k] < 500 for k in after), f"a storm: {before} {after}"
    wires.node["a"].start()
    for port in ("lan1", "lan2"):
        wires.settled("ab", port=port)
    wires.reach("ca", there[1])
    wires.steady([("ca", there[1])], 2)


def test_two_cables_to_one_switch(wires):
    """Of two ports of one node on one switch, one stands by."""
    wires.switch("sw")
    wires.add("a", ["lan1", "lan2"])
    wires.plug("a", "lan1", "sw")
    wires.plug("a", "lan2", "sw")
    wires.client("s1", 1)
    wires.plug("s1", "eth0", "sw")
    wires.start("a")
    wires.address("s1", 1, "a")
    until(lambda: {wires.role("a", p) for p in ("lan1", "lan2")} == {"alone", "standby"}, 3,
          "one stands by")
    wires.reach("s1", wires.gateway("a"))
    wires.steady([("s1", wires.gateway("a"))], 2)
    wires.air.ip("link set a-lan1 down")
    until(lambda: wires.role("a", "lan2") == "alone", 1, "the other serves")
    wires.reach("s1", wires.gateway("a"), 2)


def test_nodes_of_different_clouds(wires):
    """One serves the clients of the switch, the other stands by; they are no peers."""
    wires.switch("sw")
    for name, ssid in (("a", "one"), ("b", "two")):
        wires.add(name, ["lan1"], ssid)
        wires.plug(name, "lan1", "sw")
    wires.client("s1", 1)
    wires.plug("s1", "eth0", "sw")
    wires.start("a", "b")
    one = wires.settled("ab")
    other = "b" if one == "a" else "a"
    assert not any(wires.cables(n)["lan1"]["mesh"] for n in "ab")
    wires.address("s1", 1, one)
    wires.reach("s1", wires.gateway(one))
    wires.steady([("s1", wires.gateway(one))], 3)
    assert all(not wires.node[n].ask("nodes")["nodes"] for n in "ab")
    wires.node[one].stop()
    until(lambda: wires.role(other) in ("designated", "alone"), TAKEOVER_S, "the other serves")
    wires.address("s1", 2, other)
    wires.reach("s1", wires.gateway(other))


def test_joined_switches(wires):
    """A cable between two switches that are served by two nodes: no carrier tells of it."""
    for name, switch in (("a", "one"), ("b", "two")):
        wires.switch(switch)
        wires.add(name, ["lan1"])
        wires.plug(name, "lan1", switch)
        wires.client(f"s{name}", 1)
        wires.plug(f"s{name}", "eth0", switch)
    wires.start("a", "b")
    for name in "ab":
        until(lambda: wires.role(name) == "alone", 2, "each serves its own")
    there = wires.address("sa", 1, "a"), wires.address("sb", 2, "a")
    for name in "ab":
        wires.reach(f"s{name}", wires.gateway(name))
    before = wires.frames()
    wires.air.ip("link add j1 type veth peer name j2")
    for port, switch in (("j1", "one"), ("j2", "two")):
        wires.air.ip(f"link set {port} master {switch} up")
    wires.settled("ab")
    for who, target in (("sa", there[1]), ("sa", wires.gateway("a")), ("sb", wires.gateway("a"))):
        wires.reach(who, target)
    after = wires.frames()
    print("frames until all was well:", {k: after[k] - before[k] for k in after})
    assert all(after[k] - before[k] < 2000 for k in after), f"a storm: {before} {after}"
    wires.steady([("sa", wires.gateway("a")), ("sb", wires.gateway("a")), ("sa", there[1])], 3)
    wires.broadcasts("sa", ["sb"])


def test_a_client_need_not_wait(wires):
    """A client that is plugged in is served within half a second; a new daemon interrupts nobody."""
    wires.add("a", ["lan1"])
    wires.client("c", 1)
    wires.cable("a", "lan1", "c", "eth0")
    wires.start("a")
    wires.address("c", 1, "a")
    target = wires.space["a"].address()
    wires.reach("c", target)
    for _ in range(3):
        wires.space["c"].ip("link set eth0 down")
        until(lambda: wires.role("a") == "listening", 2, "the carrier's loss is seen")
        began = time.monotonic()
        wires.space["c"].ip("link set eth0 up")
        until(lambda: wires.role("a") == "alone", 1, "it is in the bridge", 0.01)
        waited = time.monotonic() - began
        wires.reach("c", target, 2)
        print(f"in the bridge after {waited * 1000:.0f} ms")
        assert waited < 0.5
    ping = Pings(wires.spaces, wires.space["c"], target)
    time.sleep(0.3)
    wires.node["a"].kill()
    wires.start("a")
    time.sleep(1)
    assert ping.end()[0] == 0


def test_a_port_that_was_in_the_bridge(wires):
    """What an operator has put there is watched too, and is there again when we are gone; but
    not when another node serves the segment."""
    for name in "ab":
        wires.add(name, [])
    wires.cable("a", "lan1", "b", "lan1")
    for name in "ab":
        space = wires.space[name]
        space.ip("link add br-lan type bridge")
        space.ip("link set br-lan up")
        space.ip("link set lan1 master br-lan")
    wires.start("a", "b")
    one = wires.settled("ab")
    other = "b" if one == "a" else "a"
    assert "br-lan" not in wires.space[other].ip("link show lan1")
    wires.node[other].kill()
    wires.start(other)
    wires.settled("ab")
    assert wires.node[other].stop() == 0
    assert "br-lan" not in wires.space[other].ip("link show lan1")
    assert wires.node[one].stop() == 0
    assert "br-lan" in wires.space[one].ip("link show lan1")


def test_settings_of_a_port(wires):
    """What we change of a LAN port is as it was after a clean stop, though a daemon before that one
    was killed."""
    wires.add("a", ["lan1"])
    space = wires.space["a"]
    wires.spaces.veth(space, "lan1", wires.air, "end")

    def settings():
        keys = "net.ipv6.conf.lan1.disable_ipv6 net.ipv4.conf.lan1.arp_ignore"
        return space.run(f"sysctl -n {keys}").split()

    assert settings() == ["0", "0"]
    wires.start("a")
    until(lambda: settings() == ["1", "8"], 5, "it is mute")
    wires.node["a"].kill()
    wires.start("a")
    until(lambda: "lan1" in wires.cables("a"), 5, "it is watched")
    assert settings() == ["1", "8"]
    assert wires.node["a"].stop() == 0
    assert settings() == ["0", "0"]
