# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that the portable data path carries every kind of frame unharmed, over every
kind of mesh port, and that nuvold starts, stops and mends as it says."""

import itertools
import random
import select
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
import wire
from spaces import NUVOLD, Spaces, plain_conf, sh, until

TRANSFER = str(Path(__file__).resolve().parent / "transfer.py")
PROTOCOLS = {
    "8021ad": ("batadv:29:8021ad", (0x88A8, 29)),
    "8021q": ("batadv:29:8021q", (0x8100, 29)),
    "untagged": ("batadv:0", None),
}
ports = itertools.count(20000)


class Line:
    """Nodes in a line with a client at each end. mtus: of the wires between them; plain: they do
    nothing for the kernel, as a radio; else they are veths as the kernel makes them."""

    def __init__(self, spaces, name, protocol="8021ad", mtus=(1500,), plain=True, **conf):
        self.spaces, self.mtus = spaces, mtus
        self.protocol, self.tag = PROTOCOLS[protocol]
        self.space = [spaces.add(f"{name}{i}") for i in range(len(mtus) + 1)]
        self.client = [spaces.add(f"{name}c{i}") for i in range(2)]
        for i, mtu in enumerate(mtus):
            a, b = self.space[i], self.space[i + 1]
            macs = [f"02:da:00:00:{i:02x}:{side:02x}" for side in (0x11, 0x12)]
            spaces.veth(a, self.right(i), b, "mesh0", mtu, *macs)
            for space, port in ((a, self.right(i)), (b, "mesh0")):
                if plain:
                    space.run(f"ethtool -K {port} tx off tso off gso off gro off")
        for i, client in enumerate(self.client):
            space = self.space[-1 if i else 0]
            spaces.veth(space, "lan0", client, "eth0", 1500, None, f"02:c1:00:00:00:0{i + 1}")
            client.ip(f"addr add 10.99.0.{i + 1}/24 dev eth0")
            client.ip(f"addr add fd99::{i + 1}/64 dev eth0 nodad")
        self.node = []
        for i, space in enumerate(self.space):
            lan = ["lan0"] if i in (0, len(mtus)) else []
            text = plain_conf("datapath", self.mesh(i), self.protocol, 200, lan_ports=lan, **conf)
            self.node.append(spaces.node(space, text))
        for node in self.node:
            node.start()

    def right(self, i):
        return "mesh1" if i else "mesh0"

    def mesh(self, i):
        return ["mesh0"] if i in (0, len(self.mtus)) else ["mesh0", "mesh1"]

    def wait(self, seconds=20):
        until(lambda: self.client[0].pings("10.99.0.2", 1), seconds, "the clients hear each other")
        return self


LINES = [(protocol, 2) for protocol in PROTOCOLS] + [("8021ad", 3)]


@pytest.fixture(scope="module", params=LINES, ids=lambda p: f"{p[0]}-{p[1]}-nodes")
def line(request, module_spaces):
    protocol, count = request.param
    made = Line(module_spaces, f"{protocol[-2:]}{count}", protocol, (1500,) * (count - 1))
    yield made.wait()
    for node in made.node:
        node.alive()


def offloads(space, on, port="eth0"):
    word = "on" if on else "off"
    space.run(f"ethtool -K {port} tx {word} sg {word} tso {word} gso {word} gro {word}", False)


def finish(process, what):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, f"{what}: {err}"
    return out.split("\n")


def serve(space, *arguments):
    server = space.spawn(
        ["/usr/bin/python3", TRANSFER, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout.readline() == "ready\n", server.stderr.read()
    return server


def tcp(sender, receiver, address, size):
    """Sends size bytes; asserts that they arrive; gives the seconds that it took."""
    port = next(ports)
    server = serve(receiver, "tcp-serve", port)
    start = time.monotonic()
    sent = sender.run(f"/usr/bin/python3 {TRANSFER} tcp-send {address} {port} {size} {port}")
    assert finish(server, "tcp-serve")[0] == sent.strip()
    return time.monotonic() - start


def udp(sender, receiver, address, size, count, segment=0):
    """Sends count times size bytes; asserts that every datagram arrives as it was sent."""
    port = next(ports)
    expected = count * ((size + segment - 1) // segment if segment else 1)
    server = serve(receiver, "udp-serve", port, expected)
    command = f"udp-send {address} {port} {size} {count} {segment} {port}"
    sent = sender.run(f"/usr/bin/python3 {TRANSFER} {command}").split()
    assert sorted(l for l in finish(server, "udp-serve") if l) == sorted(sent)


class Capture:
    """tcpdump on a wire while the block runs; the check follows."""

    def __init__(self, line, space, interface="mesh0"):
        self.path = line.spaces.folder / f"wire{next(ports)}.pcap"
        self.process = space.spawn(
            ["tcpdump", "-i", interface, "-s", "0", "-B", "16384", "-U", "-w", str(self.path)],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "listening" in self.process.stderr.readline()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


# ---- what is carried ----


def test_ping_and_full_size_frames(line):
    a, b = line.client
    assert a.pings("10.99.0.2", 5) == 5
    assert b.pings("fd99::1", 5) == 5
    assert a.pings("10.99.0.2", 5, "-s 1472 -M do") == 5
    assert b.pings("fd99::1", 5, "-s 1452 -M do") == 5


@pytest.mark.parametrize("offload", (True, False), ids=("offloads", "no-offloads"))
def test_tcp_both_ways(line, offload):
    a, b = line.client
    for client in line.client:
        offloads(client, offload)
    tcp(a, b, "10.99.0.2", 8 << 20)
    tcp(b, a, "10.99.0.1", 8 << 20)
    tcp(a, b, "fd99::2", 8 << 20)
    tcp(b, a, "fd99::1", 8 << 20)
    offloads(a, True)
    offloads(b, True)


def test_node_itself_talks_tcp(line):
    address = line.space[-1].address()
    tcp(line.space[0], line.space[-1], address, 4 << 20)


def test_udp_of_all_sizes(line):
    a, b = line.client
    for size in (1, 64, 1472, 1473, 9000, 65507):
        udp(a, b, "10.99.0.2", size, 4)
        udp(b, a, "fd99::1", min(size, 65487), 4)


def test_udp_segmentation_offload(line):
    a, b = line.client
    udp(a, b, "10.99.0.2", 40000, 4, segment=1400)
    udp(b, a, "fd99::1", 40001, 4, segment=1000)


def test_wire_frames_fit_and_are_right(line):
    """Checked at the far end, over plain sums: nothing there is left to the hardware."""
    a, b = line.client
    capture = Capture(line, line.space[1])
    tcp(a, b, "10.99.0.2", 2 << 20)
    tcp(b, a, "fd99::1", 2 << 20)
    udp(a, b, "10.99.0.2", 1400, 10)
    capture.stop()
    counts = wire.check(capture.path, line.mtus[0], line.tag)
    assert counts["tcp"] > 2800, counts
    datapath = line.node[0].host()["datapath"]
    if datapath["driver"] == "portable":  # the fast path leaves us only what does not fit
        assert datapath["super_frames_cut"] > 0
        assert datapath["super_frames_joined"] > 0
    for node in line.node:
        for port in node.host()["interfaces"]:
            assert port["tx_dropped_too_big"] == 0 and port["rx_truncated"] == 0, port


# ---- inner VLAN tags: raw sockets, for the kernel may lack 8021q ----


def raw_socket(space, interface):
    """An AF_PACKET socket in another namespace: made there, used here."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as here, open(f"/run/netns/{space.full}") as there:
        assert libc.setns(there.fileno(), 0) == 0
        try:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            s.bind((interface, 3))
            s.setsockopt(263, 8, 1)  # PACKET_AUXDATA: a tag that the kernel took away
        finally:
            assert libc.setns(here.fileno(), 0) == 0
    return s


def received(s):
    """One frame with its tag back in place, unless we sent it; None: nothing came."""
    if not select.select([s], [], [], 1)[0]:
        return None
    data, extra, _, address = s.recvmsg(70000, 256)
    if address[2] == socket.PACKET_OUTGOING:
        return b""
    for level, kind, value in extra:
        status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", value[:20])
        if (level, kind) == (263, 8) and status & 0x10:
            data = data[:12] + struct.pack(">HH", tpid if status & 0x40 else 0x8100, tci) + data[12:]
    return data


def tagged_tcp(src, dst, seq, payload, vlan):
    """A TCP segment over IPv4 under an 802.1Q tag."""
    addresses = socket.inet_aton("10.5.0.1") + socket.inet_aton("10.5.0.2")
    head = struct.pack(">HHIIBBHHH", 5000, 5001, seq, 1, 0x50, 0x10, 1000, 0, 0)
    pseudo = addresses + struct.pack(">HH", 6, len(head) + len(payload))
    total = wire.checksum(pseudo + head + payload) ^ 0xFFFF
    head = head[:16] + struct.pack(">H", total) + head[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0) + addresses
    ip = ip[:10] + struct.pack(">H", wire.checksum(ip) ^ 0xFFFF) + ip[12:]
    return dst + src + struct.pack(">HHH", 0x8100, vlan, 0x0800) + ip + head + payload


@pytest.mark.parametrize("tso", (True, False), ids=("joined", "cut-again"))
def test_inner_vlan_tags(line, tso):
    """Tagged TCP arrives with its tag, each byte once and in order, whether the last hop
    takes super-frames or wants them cut again."""
    a, b = (bytes.fromhex(f"02c10000000{i}") for i in (1, 2))
    offloads(line.space[-1], tso, "lan0")
    offloads(line.client[1], tso)
    send, receive = raw_socket(line.client[0], "eth0"), raw_socket(line.client[1], "eth0")
    vlan, bytes_sent = 7, random.Random(1).randbytes(20000)
    receive.send(tagged_tcp(b, a, 1, b"I am here", vlan))  # the cloud learns where b is
    until(
        lambda: any(
            c["mac"] == "02:c1:00:00:00:02" and c["vlan"] == vlan
            for c in line.node[0].ask("clients")["clients"]
        ),
        10,
        "the client in its VLAN is known",
    )
    for at in range(0, len(bytes_sent), 1000):
        send.send(tagged_tcp(a, b, 100 + at, bytes_sent[at : at + 1000], vlan))
    got, biggest = {}, 0
    while sum(map(len, got.values())) < len(bytes_sent):
        frame = received(receive)
        assert frame is not None, f"only {sum(map(len, got.values()))} bytes"
        if frame[:12] != b + a:
            continue
        assert frame[12:18] == struct.pack(">HHH", 0x8100, vlan, 0x0800)
        payload = frame[58 : 18 + struct.unpack(">H", frame[20:22])[0]]
        biggest = max(biggest, len(payload))
        if len(payload) <= 1000:
            assert tso or wire.ip_fault(frame) == (None, "tcp")
        got[struct.unpack(">I", frame[42:46])[0]] = payload
    assert b"".join(got[seq] for seq in sorted(got)) == bytes_sent
    if not tso:
        assert biggest == 1000
    offloads(line.space[-1], True, "lan0")
    offloads(line.client[1], True)


# ---- what a mesh port hears ----

BROADCAST, SOMEBODY = b"\xff" * 6, bytes.fromhex("02ee00000001")
OGM = bytes.fromhex("000f3201") + bytes(4) + SOMEBODY + SOMEBODY + b"\0\xff\0\0"


def batman_frame(dst, *tags):
    head = dst + SOMEBODY
    for tpid, vid in tags:
        head += struct.pack(">HH", tpid, vid)
    return head + struct.pack(">H", 0x4305) + OGM.ljust(60, b"\0")


@pytest.mark.parametrize("in_bridge", (False, True), ids=("alone", "in-bridge"))
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_port_hears_only_what_is_for_it(spaces, protocol, in_bridge):
    """Exactly its tag, its MAC or many, batman-adv; also on a port of a bridge."""
    space, peer = spaces.add("a"), spaces.add("b")
    spaces.veth(space, "mesh0", peer, "peer0", 1500)
    word, tag = PROTOCOLS[protocol]
    if in_bridge:
        space.ip("link add other type bridge")
        space.ip("link set other up")
        space.ip("link set mesh0 master other")
    node = spaces.node(space, plain_conf(protocol=word)).start()

    def port():
        return node.host()["interfaces"][0]

    until(lambda: port()["up"], 5, "the port is up")
    mac = bytes.fromhex(port()["mac"].replace(":", ""))
    ours = [tag] if tag else []
    wrong = [[(0x88A8, 30)], [(0x8100, 30)], ours + [(0x8100, 5)]]
    wrong += [t for t in ([(0x88A8, 29)], [(0x8100, 29)], []) if t != ours]
    foreign = bytes.fromhex("02ee00000099")
    raw = raw_socket(peer, "peer0")
    for dst in (BROADCAST, mac):
        for tags in wrong:
            raw.send(batman_frame(dst, *tags))
    raw.send(batman_frame(foreign, *ours))
    raw.send(batman_frame(BROADCAST, *ours).replace(b"\x43\x05", b"\x43\x06"))
    before = port()["rx"]
    raw.send(batman_frame(BROADCAST, *ours))
    raw.send(batman_frame(mac, *ours))
    until(lambda: port()["rx"] == before + 2, 5, "ours are heard")
    assert before == 0


# ---- small wires ----


def test_small_wires(spaces):
    """Wires of 1000 and 1500 bytes in a row: full-size frames pass in pieces, TCP from our
    own TAP in smaller segments and hence without pieces."""
    line = Line(spaces, "s", mtus=(1500, 1000)).wait()
    a, b = line.client
    assert a.pings("10.99.0.2", 5, "-s 1472 -M do") == 5
    assert b.pings("10.99.0.1", 5, "-s 1472 -M do") == 5
    tcp(a, b, "10.99.0.2", 4 << 20)
    capture = Capture(line, line.space[1], "mesh1")
    before = line.node[2].host()["datapath"]
    tcp(b, a, "fd99::1", 4 << 20)
    capture.stop()
    after = line.node[2].host()["datapath"]
    assert after["segments_made_smaller"] > before["segments_made_smaller"]
    counts = wire.check(capture.path, 1000, line.tag)
    assert counts["tcp"] > 4000, counts
    udp(a, b, "10.99.0.2", 65507, 4)
    udp(b, a, "10.99.0.1", 65507, 4)


def test_mtu_follows_the_interface(spaces):
    line = Line(spaces, "m", mtus=(1500,)).wait()

    def mesh_mtu():
        return [n.host()["interfaces"][0]["mesh_mtu_bytes"] for n in line.node]

    assert mesh_mtu() == [1496, 1496]
    for space in line.space:
        space.ip("link set mesh0 mtu 900")
    until(lambda: mesh_mtu() == [896, 896], 5, "the new MTU is known")
    assert line.client[0].pings("10.99.0.2", 5, "-s 1472 -M do") == 5


# ---- coming and going ----


def test_node_restarts(spaces):
    line = Line(spaces, "r").wait()
    assert line.node[1].stop() == 0
    line.node[1].start()
    line.wait()


def test_interface_vanishes_and_returns(spaces):
    line = Line(spaces, "v").wait()
    line.space[0].ip("link del mesh0")
    until(lambda: not line.node[0].host()["interfaces"][0]["present"], 5, "it is away")
    until(lambda: not line.node[1].ask("neighbours")["neighbours"], 5, "no neighbour is left")
    line.spaces.veth(line.space[0], "mesh0", line.space[1], "mesh0", 1500)
    line.wait()
    for node in line.node:
        assert [i["index"] for i in node.host()["interfaces"]] == [0]
        node.alive()


def test_carrier_and_switching_off(spaces):
    line = Line(spaces, "d").wait()
    line.space[1].ip("link set mesh0 down")
    until(lambda: not line.node[0].host()["interfaces"][0]["up"], 2, "the carrier loss is seen")
    assert line.node[0].ask("neighbours")["neighbours"] == []
    line.space[1].ip("link set mesh0 up")
    line.wait()


def test_clean_stop_leaves_nothing(spaces):
    line = Line(spaces, "c").wait()
    assert line.node[0].stop() == 0
    assert sorted(line.space[0].links()) == ["lan0", "lo", "mesh0"]
    assert '"master"' not in line.space[0].ip("-j link")
    # The state is in there, and who the node is in the network of all clouds must stay.
    kept = {p.name for p in line.node[0].run_dir.rglob("*") if p.is_file()}
    assert kept <= {"rsa.der", "desc_sqn"}, kept


def test_adopts_a_bridge_and_leaves_it(spaces):
    """A bridge that was there keeps its MAC, and stays, without our address."""
    space = spaces.add("a")
    other = spaces.add("b")
    spaces.veth(space, "mesh0", other, "mesh0")
    space.ip("link add br-lan type bridge")
    space.ip("link set br-lan address 02:00:5e:00:00:77")
    space.ip("addr add 192.0.2.1/24 dev br-lan")
    node = spaces.node(space, plain_conf()).start()
    until(lambda: "bat0" in node.host()["bridge"]["ports"], 5, "bat0 is in the bridge")
    assert "02:00:5e:00:00:77" in space.ip("link show br-lan")
    assert len(space.ip("-4 -o addr show br-lan").splitlines()) == 2
    assert node.stop() == 0
    assert "192.0.2.1" in space.ip("-4 -o addr show br-lan")
    assert len(space.ip("-4 -o addr show br-lan").splitlines()) == 1
    assert sorted(space.links()) == ["br-lan", "lo", "mesh0"]


def test_killed_and_started_again(spaces):
    line = Line(spaces, "k").wait()
    line.node[0].kill()
    assert "br-lan" in line.space[0].links()
    line.node[0].start()
    line.wait()
    assert line.node[0].host()["bridge"]["ours"]
    assert line.node[0].stop() == 0
    assert sorted(line.space[0].links()) == ["lan0", "lo", "mesh0"]


def test_bridge_and_tap_taken_away(spaces):
    """What somebody else removes comes back."""
    line = Line(spaces, "t").wait()
    line.space[0].ip("link del br-lan")
    until(lambda: "br-lan" in line.space[0].links(), 10, "the bridge is back")
    line.wait()
    line.space[0].ip("link del bat0")
    until(lambda: "bat0" in line.space[0].links(), 10, "bat0 is back")
    line.wait()


def start_again(node, run_dir):
    """A second nuvold in the same namespace; what it says and its status."""
    command = f"ip netns exec {node.space.full} {NUVOLD} --config {node.folder}/conf"
    done = subprocess.run(
        f"{command} --run-dir {run_dir}", shell=True, capture_output=True, text=True, timeout=20
    )
    return done.returncode, done.stderr


def test_second_daemon_refuses(spaces):
    space, other = spaces.add("a"), spaces.add("b")
    spaces.veth(space, "mesh0", other, "mesh0")
    node = spaces.node(space, plain_conf()).start()
    status, said = start_again(node, node.run_dir)
    assert status == 1 and "another nuvold" in said and str(node.process.pid) in said
    status, said = start_again(node, f"{node.run_dir}2")
    assert status == 1 and "bat0 belongs to another program" in said
    assert node.answers(), "the first one goes on"


def test_wrong_configuration_is_refused(spaces):
    space = spaces.add("a")
    node = spaces.node(space, "config lime 'network'\n\toption main_ipv4_address 'nonsense'\n")
    status, said = start_again(node, node.run_dir)
    assert status == 2 and "node:2" in said
    assert space.links() == ["lo"]


def test_automatic_interfaces(spaces):
    """Without `config net`, cables carry the mesh; LAN ports only where another node is, and
    bridges never. One that comes later joins too."""
    a, b = spaces.add("a"), spaces.add("b")
    spaces.veth(a, "cable0", b, "cable0")
    spaces.veth(a, "lan0", spaces.add("c"), "eth0")
    spaces.veth(a, "lan1", b, "lan1")
    conf = "config nuvol 'host'\n\tlist lan_ports 'lan0'\n\tlist lan_ports 'lan1'\n"
    nodes = [spaces.node(s, conf).start() for s in (a, b)]

    def names(node):
        return sorted(i["name"] for i in node.host()["interfaces"] if i["up"])

    until(lambda: all(names(n) == ["cable0", "lan1"] for n in nodes), 5, "the cable is used")
    spaces.veth(a, "cable1", b, "cable1")
    until(lambda: all(names(n) == ["cable0", "cable1", "lan1"] for n in nodes), 5, "and the new one")
    until(lambda: len(nodes[0].ask("neighbours")["neighbours"]) == 3, 10, "three links are heard")


# ---- clients, from the bridge ----


def clients_at(node):
    return {c["mac"] for c in node.ask("clients")["clients"]}


def test_bridge_tells_of_clients(spaces):
    """A client is known far away before it sends anything into the cloud, and its port's
    carrier loss takes it away at once."""
    line = Line(spaces, "f").wait()
    sh(
        f"bridge -n {line.space[0].full} fdb add 02:c1:00:00:00:99 dev lan0 master dynamic",
    )
    until(lambda: "02:c1:00:00:00:99" in clients_at(line.node[1]), 5, "the client is announced")
    line.client[0].ip("link set eth0 down")
    until(lambda: "02:c1:00:00:00:99" not in clients_at(line.node[1]), 5, "it is withdrawn")
    assert "02:c1:00:00:00:01" not in clients_at(line.node[1])


def test_a_false_roam_loses_no_silent_client(spaces):
    """Another node took a client for its own that never left, and dropped it again: its own
    node's bridge looks for it on the LAN, not in the mesh, before it says a word."""
    line = Line(spaces, "w").wait()
    mac, bridge = "02:c1:00:00:00:02", f"bridge -n {line.space[0].full} fdb"

    def known():
        return [(c["here"], c["announced"] and not c["roaming"])
                for c in line.node[1].ask("clients")["clients"]
                if c["mac"] == mac]

    until(lambda: known() == [(True, True)], 5, "its node has announced it")
    sh(f"{bridge} replace {mac} dev lan0 master dynamic")
    until(lambda: known() == [(False, True)], 5, "the other node has")
    sh(f"{bridge} del {mac} dev lan0 master")
    until(lambda: known() == [], 5, "nobody has it")
    assert line.client[0].pings("10.99.0.2", 3) == 3
    assert known()[0][0]


def test_our_own_address_is_announced(spaces):
    line = Line(spaces, "o").wait()
    mac = line.space[0].ip("-j link show br-lan").split('"address":"')[1][:17]
    until(lambda: mac in clients_at(line.node[1]), 5, "the bridge's MAC is announced")


def test_lost_messages_of_the_kernel(spaces):
    """A daemon that slept through more news than the kernel keeps catches up."""
    line = Line(spaces, "n").wait()
    node, space = line.node[0], line.space[0]
    space.ip("link add gone0 type bridge")
    node.process.send_signal(signal.SIGSTOP)
    batch = line.spaces.folder / "batch"
    macs = [f"02:c2:00:00:{i >> 8:02x}:{i & 255:02x}" for i in range(500)]
    # Each client moves to and fro: news without a table of the kernel's that grows.
    moves = [f"fdb replace {mac} dev {port} master dynamic" for port in ("bat0", "lan0") for mac in macs]
    batch.write_text("\n".join(moves * 20) + "\n")
    sh(f"bridge -n {space.full} -batch {batch}")
    space.ip("link set mesh0 mtu 1400")
    space.ip("link del gone0")
    node.process.send_signal(signal.SIGCONT)
    until(lambda: set(macs) <= clients_at(node), 20, "all clients are known")
    until(lambda: node.host()["interfaces"][0]["mtu_bytes"] == 1400, 5, "and the new MTU")
    assert node.host()["kernel_resyncs"] > 0


# ---- the process ----


@pytest.mark.parametrize("kind", ["tun", "auto"])
def test_gives_privileges_away(spaces, kind):
    space, other = spaces.add("a"), spaces.add("b")
    spaces.veth(space, "mesh0", other, "mesh0")
    host = f"config nuvol 'host'\n\toption tunnel_kind '{kind}'\n"
    node = spaces.node(space, plain_conf() + host).start()
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    # Besides NET_ADMIN and NET_RAW what dnsmasq needs: NET_BIND_SERVICE, SETUID, SETGID, KILL.
    kept = sum(1 << bit for bit in (12, 13, 10, 7, 6, 5))
    # BPF: before Linux 5.19 writing a table needs it, the cloud's or that of tunnels.
    bpf = 1 << 39
    programs = node.host()["datapath"]["driver"] == "bpf"
    for name in ("CapPrm", "CapEff"):
        has = int(fields[name], 16)
        assert has & ~bpf == kept, f"{name} {fields[name]}"
        assert kind == "auto" or bool(has & bpf) == programs, f"{name} {fields[name]}"
    assert fields["NoNewPrivs"] == "1"


def connect(node):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(10)
    s.connect(str(node.run_dir / "nuvold.sock"))
    return s


def test_control_socket_is_bounded(spaces):
    """Endless lines, readers that do not read, too many connections: cut off, no more."""
    node = spaces.node(spaces.add("a"), plain_conf()).start()
    with connect(node) as s:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(200):
                s.sendall(b"x" * 4096)
                time.sleep(0.001)
    with connect(node) as s:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100000):
                s.sendall(b'{"id": 1, "method": "status", "params": {}}\n')
    many = []
    for _ in range(64):
        many.append(connect(node))
        time.sleep(0.002)  # the queue of those that wait to be accepted is short
    with connect(node) as s:
        try:
            s.sendall(b'{"id": 1, "method": "version"}\n')
            assert s.recv(1) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
    for s in many:
        s.close()
    until(node.answers, 5, "it still answers")
    assert node.rss_bytes() < 200 << 20
    mode = (node.run_dir / "nuvold.sock").stat().st_mode
    assert mode & 0o777 == 0o660


def test_command_line(spaces):
    """Settings win over files; wrong arguments are explained, status 2."""
    node = spaces.node(spaces.add("a"), plain_conf(ssid="file"))

    def run(*arguments):
        done = subprocess.run(
            ["ip", "netns", "exec", node.space.full, str(NUVOLD), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.returncode, done.stdout, done.stderr

    assert run("--version")[0] == 0
    assert "--run-dir" in run("--help")[1]
    for wrong in (["--nonsense"], ["more"], ["--log", "loud"], ["--set", "wifi.ap_ssid"]):
        assert run(*wrong)[0] == 2, wrong
    assert "no such option" in run("--set", "wifi.colour=red")[2]
    node.start(more=["--set", "wifi.ap_ssid=valley", "--set", "network.protocols=lan batadv:40"])
    identity = node.ask("status")["identity"]
    assert identity["ssid"] == "valley" and identity["cloud_vlan"]["id"] == 40
    node.process.send_signal(signal.SIGHUP)
    until(lambda: "configuration is good" in node.log(), 5, "SIGHUP checks the files")


# ---- at rest ----


def test_idle_costs_little(spaces):
    line = Line(spaces, "i").wait()
    before = [n.cpu_s() for n in line.node]
    time.sleep(4)  # a measurement, not a wait
    used = [n.cpu_s() - b for n, b in zip(line.node, before)]
    assert max(used) <= 0.1, used


def test_many_towns_do_not_disturb_each_other():
    """Two towns side by side have names of their own."""
    towns = [Spaces(), Spaces()]
    try:
        assert towns[0].prefix != towns[1].prefix
        assert towns[0].add("n").full != towns[1].add("n").full
    finally:
        for town in towns:
            town.close()
