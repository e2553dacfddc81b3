# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that Debian's alfred and nuvold share records in both directions, that alfred's programs
work with nuvold's socket, and that a client which pretends to be a node is refused."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest
from attacker import mac_bytes, raw_socket
from spaces import plain_conf, until

ALFRED = shutil.which("alfred") or "/usr/sbin/alfred"
PORT = 16962
ANNOUNCE = b"\x01\x00\x00\x00"
B_MAC = "02:b7:00:11:22:33"


def share_conf(on=True, lan=(), announce_ms=1000, socket_path=None):
    text = plain_conf("share", protocol="batadv:29:8021ad", lan_ports=lan)
    if socket_path is not None:
        text += f"\toption alfred_socket '{socket_path}'\n"
    text += f"config nuvol 'share'\n\toption enabled '{int(on)}'\n"
    return text + f"\toption announce '{announce_ms}'\n"


class Program:
    """alfred as a program, on the socket of a daemon: nuvold's or alfred's own."""

    def __init__(self, space, path):
        self.space, self.path = space, path

    def run(self, *args, text=None, timeout=20):
        command = ["ip", "netns", "exec", self.space.full, ALFRED, "-u", str(self.path), *args]
        return subprocess.run(command, input=text, text=True, capture_output=True,
                              timeout=timeout, check=False)

    def set(self, kind, text):
        assert self.run("-s", str(kind), text=text).returncode == 0

    def get(self, kind):
        """source MAC -> text"""
        out = self.run("-r", str(kind)).stdout
        return dict(re.findall(r'\{ "([0-9a-f:]+)", "(.*)" \},', out))

    def sees(self, kind, text):
        return text in self.get(kind).values()


class Cloud:
    """Nodes a and b share by nuvold. On c and d nuvold only carries frames: there an alfred
    daemon shares, a primary on c and a secondary on d. A client is on a's LAN."""

    def __init__(self, spaces):
        self.spaces = spaces
        self.air = spaces.add("air")
        self.air.ip("link add seg type bridge mcast_snooping 0 forward_delay 0")
        self.air.ip("link set seg up")
        self.space, self.node, self.program = {}, {}, {}
        for i, name in enumerate("abcd"):
            self.space[name] = space = spaces.add(name)
            mac = f"02:a1:f0:00:00:0{i + 1}"
            spaces.veth(self.air, f"to-{name}", space, "mesh0", 1600, None, mac)
            self.air.ip(f"link set to-{name} master seg")
        self.client = spaces.add("client")
        spaces.veth(self.space["a"], "lan0", self.client, "eth0", 1500, None, "02:c1:00:00:00:01")
        for name, space in self.space.items():
            if name == "b":  # a bridge that was there before
                space.ip(f"link add br-lan address {B_MAC} type bridge")
                space.ip("link set br-lan up")
            conf = share_conf(name in "ab", ["lan0"] if name == "a" else [])
            self.node[name] = node = spaces.node(space, conf).start()
            path = node.run_dir / "alfred.sock" if name in "ab" else spaces.folder / f"{name}.sock"
            self.program[name] = Program(space, path)
        self.daemon = {"c": self.alfred("c", "-m"), "d": self.alfred("d")}
        for name in "ab":
            until(lambda: self.share(name)["peers"] == 2, 30, f"{name} knows the primaries")

    def alfred(self, name, *more):
        command = [ALFRED, "-i", "br-lan", "-b", "none", "-p", "2", "-u",
                   str(self.program[name].path), *more]
        log = open(self.spaces.folder / f"alfred-{name}.log", "w")
        return self.space[name].spawn(command, stdout=log, stderr=log)

    def share(self, name):
        status = self.node[name].ask("status")
        return {**status["host"]["share"], **status["shared"]}

    def counter(self, name, which):
        return self.share(name)["counters"][which]


@pytest.fixture(scope="module")
def cloud(module_spaces):
    return Cloud(module_spaces)


def test_ours_is_read_everywhere(cloud):
    """What a program gives one of ours is soon at the other and at alfred's primary, and its
    secondary gets it for the asking."""
    began = time.monotonic()
    cloud.program["a"].set(70, "from a")
    until(lambda: cloud.program["b"].sees(70, "from a"), 2, "a's record at b")
    until(lambda: cloud.program["c"].sees(70, "from a"), 2, "a's record at alfred's primary")
    print(f"at b and at alfred's primary after {time.monotonic() - began:.2f} s")
    until(lambda: cloud.program["d"].sees(70, "from a"), 10, "a's record at alfred's secondary")
    cloud.program["a"].set(70, "from a, again")
    until(lambda: cloud.program["c"].sees(70, "from a, again"), 2, "the change at alfred's primary")


@pytest.mark.parametrize("name", ["c", "d"])
def test_alfreds_is_read_everywhere(cloud, name):
    """What a program gives alfred's primary or secondary is at ours, and at all others, after
    its intervals; also when it is longer than a packet."""
    for text in (f"from {name}", f"long from {name} " * 200):
        cloud.program[name].set(71, text)
        for other in "abcd":
            until(lambda: cloud.program[other].sees(71, text), 15, f"{name}'s record at {other}")


def test_all_at_once(cloud):
    """Each has the records of all, of the same type."""
    for name in "abcd":
        cloud.program[name].set(72, f"own of {name}")
    wanted = {f"own of {name}" for name in "abcd"}
    for name in "abcd":
        until(lambda: set(cloud.program[name].get(72).values()) == wanted, 20, f"all four at {name}")


def test_programs_of_alfred(cloud):
    """Its other requests: status; another mode is refused and harms nothing; events."""
    program = cloud.program["a"]
    status = program.run("-S").stdout
    assert "primary" in status and "br-lan" in status and "bat0" in status
    program.run("-M", "secondary")
    assert "primary" in program.run("-S").stdout
    assert program.run("-M", "primary").returncode == 0
    seen = cloud.spaces.folder / "events"
    with open(seen, "w") as out:
        watcher = cloud.space["a"].spawn(["stdbuf", "-oL", ALFRED, "-u", str(program.path), "-E"],
                                         stdout=out)
    until(lambda: cloud.node["a"].host()["alfred"]["programs"] >= 1, 5, "it is registered")
    cloud.program["b"].set(73, "an event")
    until(lambda: "73" in seen.read_text(), 5, "the event")
    print(seen.read_text())
    watcher.kill()
    until(lambda: cloud.node["a"].host()["alfred"]["programs"] == 0, 5, "it is gone")


def test_only_root_sets(cloud):
    """Who may connect may read; what others than root give is refused."""
    path = cloud.program["a"].path
    for folder in (cloud.spaces.folder, *path.relative_to(cloud.spaces.folder).parents):
        os.chmod(cloud.spaces.folder / folder, 0o755)
    os.chmod(path, 0o666)
    before = cloud.node["a"].host()["alfred"]
    cloud.program["a"].set(79, "by root")
    for command in (["-s", "79"], ["-r", "79"]):
        done = subprocess.run([ALFRED, "-u", str(path), *command], input=b"by nobody", user=65534,
                              capture_output=True, timeout=10)
    assert b"by root" in done.stdout
    assert cloud.program["a"].sees(79, "by root")
    assert cloud.node["a"].host()["alfred"]["refused"] == before["refused"] + 1
    os.chmod(path, 0o660)


def test_slow_and_hostile_programs(cloud):
    """Programs that say half a request, or nothing, or nonsense, or do not read: the next one is
    served at once, and they are cut off."""
    path = str(cloud.program["a"].path)
    cloud.program["a"].set(74, "x" * 60000)
    before = cloud.node["a"].host()["alfred"]
    held = []
    for i in range(40):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(path)
        s.sendall((b"\x02", b"", b"\x00\x00\xff\xff" + b"y" * 100, b"\x02\0\0\x03\x4a\0\1")[i % 4])
        held.append(s)
    for nonsense in (b"\xff" * 70000, b"\x07\0\0\0", b"\0\0\0\4\0\1\0\0"):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(path)
        try:
            s.sendall(nonsense)
            assert s.recv(1) == b""
        except (ConnectionResetError, BrokenPipeError):
            pass
    began = time.monotonic()
    assert cloud.program["a"].sees(70, "from a, again")
    assert time.monotonic() - began < 1
    until(lambda: cloud.node["a"].host()["alfred"]["programs"] == 0, 10, "all are cut off")
    after = cloud.node["a"].host()["alfred"]
    assert after["cut_off"] - before["cut_off"] >= 30 and after["refused"] - before["refused"] >= 3
    for s in held:
        s.close()


# ---- who is no node ----


def push(source, kind, text):
    record = source + struct.pack(">BBH", kind, 0, len(text)) + text
    return struct.pack(">BBHHH", 0, 0, 4 + len(record), 1, 0) + record


def eui64(mac):
    return b"\xfe\x80" + bytes(6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def frame(ether, mac, payload):
    """A datagram to all nodes, as if of the node with this MAC."""
    src, dst = eui64(mac), b"\xff\x02" + bytes(13) + b"\x01"
    length = 8 + len(payload)
    udp = struct.pack(">HHHH", PORT, PORT, length, 0) + payload
    pseudo = src + dst + struct.pack(">IHBB", length, 0, 0, 17) + udp + b"\0" * (length % 2)
    udp = udp[:6] + struct.pack(">H", checksum(pseudo)) + payload
    ip = struct.pack(">IHBB", 0x60000000, length, 17, 1) + src + dst
    return b"\x33\x33\0\0\0\1" + ether + b"\x86\xdd" + ip + udp


def test_a_client_that_pretends(cloud):
    """A client with an alfred of its own, or that sends records in its own name or in another
    node's, on its own node's LAN: nobody has them, and it is counted."""
    mine, b = mac_bytes("02:c1:00:00:00:01"), mac_bytes(B_MAC)
    before = cloud.share("a")
    peers = {name: cloud.share(name)["peers"] for name in "ab"}
    wire = raw_socket(cloud.client, "eth0")
    for _ in range(20):
        wire.send(frame(mine, mine, ANNOUNCE))
        wire.send(frame(mine, mine, push(mine, 75, b"pretended")))
        wire.send(frame(mine, mine, push(b, 75, b"pretended for b")))
        wire.send(frame(mine, b, push(b, 75, b"pretended to be b")))
        wire.send(frame(mine, b, ANNOUNCE))
    wire.close()
    until(lambda: cloud.counter("a", "stranger") >= before["counters"]["stranger"] + 60, 5,
          "strangers are counted")
    until(lambda: cloud.share("a")["dropped"] >= before["dropped"] + 40, 5,
          "borrowed addresses are dropped")
    cloud.program["a"].set(76, "after it")
    for name in "abc":
        until(lambda: cloud.program[name].sees(76, "after it"), 5, f"a later record at {name}")
        assert not cloud.program[name].get(75)
    assert peers == {name: cloud.share(name)["peers"] for name in "ab"}


# ---- trouble ----


def test_the_address_goes_and_comes_back(cloud):
    """Somebody takes all link-local addresses of the bridge, or switches it off and on: a second
    or two later records go on."""
    for i, command in enumerate(("addr flush dev br-lan scope link", "link set br-lan down")):
        cloud.space["b"].ip(command)
        if "down" in command:
            cloud.space["b"].ip("link set br-lan up")
        cloud.program["b"].set(77, f"b is back {i}")
        until(lambda: cloud.program["a"].sees(77, f"b is back {i}"), 10, f"after {command}")
        cloud.program["a"].set(77, f"a too {i}")
        until(lambda: cloud.program["b"].sees(77, f"a too {i}"), 10, f"after {command}")


def test_a_node_that_starts_anew_has_all(cloud):
    cloud.node["b"].kill()
    cloud.node["b"].start()
    for kind, text in ((70, "from a, again"), (71, "long from c " * 200)):
        until(lambda: cloud.program["b"].sees(kind, text), 15, f"{text[:10]} after a restart")


def test_a_death_is_noticed(cloud):
    """alfred's primary dies: it is no peer any more after six of our intervals, its records stay;
    its secondary goes on with one of ours."""
    cloud.daemon["c"].send_signal(signal.SIGKILL)
    cloud.daemon["c"].wait()
    for name in "ab":
        until(lambda: cloud.share(name)["peers"] == 1, 15, f"{name} misses c")
        assert cloud.share(name)["peers_ours"] == 1
        assert cloud.program[name].sees(72, "own of c")
    cloud.program["d"].set(78, "d lives")
    until(lambda: cloud.program["a"].sees(78, "d lives"), 90, "the secondary's record at a")


def test_a_daemon_has_the_socket(spaces):
    """The path belongs to an alfred daemon: nuvold leaves it to that one, says so, and takes it
    when it is free. What nuvold made it takes away."""
    space = spaces.add("n")
    spaces.veth(space, "mesh0", spaces.add("far"), "mesh0", 1600)
    space.ip("link add other type bridge")
    space.ip("link set other up")
    path = spaces.folder / "a.sock"
    daemon = space.spawn([ALFRED, "-m", "-i", "other", "-b", "none", "-u", str(path)])
    until(lambda: "primary" in Program(space, path).run("-S").stdout, 5, "alfred serves")
    node = spaces.node(space, share_conf(socket_path=path)).start()
    assert "belongs to another program" in node.log()
    assert not node.host()["alfred"]["listening"]
    Program(space, path).set(70, "alfred's")
    daemon.kill()
    daemon.wait()
    until(lambda: node.host()["alfred"]["listening"], 15, "it is ours")
    assert Program(space, path).get(70) == {}
    assert node.stop() == 0
    assert not path.exists()


def test_switched_off(spaces):
    space = spaces.add("n")
    spaces.veth(space, "mesh0", spaces.add("far"), "mesh0", 1600)
    node = spaces.node(space, share_conf(socket_path="")).start()
    assert not node.host()["alfred"]["listening"]
    assert not (node.run_dir / "alfred.sock").exists()
