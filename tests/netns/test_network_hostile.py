# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves, on the wire, that replayed packets, packets with a forged MAC, a stolen identity and a
second daemon with our key are refused, counted and told, and that the network goes on."""

import shutil
import struct
import time

import pytest
from attacker import raw_socket
from spaces import until
from test_network import CONVERGED_S, NUVOL, Net, conf, ping

ETHERNET, IPV6, UDP, BMX7 = 14, 40, 8, 30
MANY = 20


def checksum_right(frame):
    """The frame with its UDP checksum as it must be."""
    udp = bytearray(frame[ETHERNET + IPV6 :])
    udp[6:8] = b"\0\0"
    data = frame[ETHERNET + 8 : ETHERNET + IPV6] + struct.pack("!II", len(udp), 17) + udp
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    udp[6:8] = struct.pack("!H", 0xFFFF - (total + (total >> 16) & 0xFFFF) or 0xFFFF)
    return frame[: ETHERNET + IPV6] + bytes(udp)


def changed(frame, at, value):
    return checksum_right(frame[:at] + value + frame[at + len(value) :])


class Wire:
    """Node 0's packets as node 1 hears them, and a way to say anything in its place."""

    def __init__(self, net):
        self.net = net
        self.heard = raw_socket(net.spaces[1], "to0_18")
        self.heard.settimeout(5)
        self.said = raw_socket(net.spaces[0], "to1_18")

    def packet(self):
        """A signed packet of node 0 that node 1 has just heard."""
        own = bytes.fromhex(self.net.nodes[0].ask("network")["id"])
        while True:
            frame = self.heard.recv(2048)
            body = frame[ETHERNET + IPV6 + UDP :]
            # SIGNATURE_ADV, type 8, with one MAC of 14 bytes
            if body[2:BMX7] == own and body[BMX7 : BMX7 + 2] == b"\x40\x1a":
                return frame

    def count(self, name):
        return self.net.nodes[1].ask("network")["counters"][name]

    def say(self, frame, counter):
        """Many times; until node 1 has counted them all."""
        before = self.count(counter)
        for _ in range(MANY):
            self.said.send(frame)
        until(lambda: self.count(counter) >= before + MANY, 5, f"{counter} counts them")


@pytest.fixture(scope="module", name="line")
def line_fixture(module_spaces):
    yield Net(module_spaces, 3)
    module_spaces.close()


def test_forged_packets(line):
    wire = Wire(line)
    old = wire.packet()
    time.sleep(0.5)
    wire.heard.setblocking(True)
    new = wire.packet()
    while new[ETHERNET + IPV6 + UDP + BMX7 + 6 :][:4] <= old[ETHERNET + IPV6 + UDP + BMX7 + 6 :][:4]:
        new = wire.packet()
    wire.say(old, "forged")  # replayed
    mac = ETHERNET + IPV6 + UDP + BMX7 + 12
    wire.say(changed(new, mac, bytes([new[mac] ^ 1])), "rx_unverified")
    # Another's packet, said from another address than the other has.
    wire.say(changed(new, ETHERNET + 8 + 15, bytes([new[ETHERNET + 8 + 15] ^ 1])), "forged")
    assert "forged or replayed" in line.spaces[1].run(f"{NUVOL} -r {line.nodes[1].run_dir} status")
    assert ping(line.spaces[2], line.addresses[0], 3) == 3
    assert "link-gone" not in line.nodes[1].log()


def test_two_daemons_with_one_key(line, module_spaces):
    spaces, own = module_spaces, line.nodes[0]
    thief = spaces.add("thief")
    spaces.veth(line.spaces[2], "to3", thief, "to2", 1532)
    node = spaces.node(thief, conf("cloud3"))
    (node.run_dir / "state").mkdir(parents=True)
    shutil.copy(own.run_dir / "state/rsa.der", node.run_dir / "state/rsa.der")
    node.start()

    def attacked():
        return own.ask("network")["counters"]["attacks"]

    until(attacked, CONVERGED_S, "the owner hears of it")
    assert "network: attack" in own.log()
    told = line.spaces[0].run(f"{NUVOL} -r {own.run_dir} status")
    assert "is its key on another machine?" in told
    # The two argue, but not for long and not at others' cost.
    time.sleep(3)
    first = [n.ask("network")["counters"]["jobs"] for n in line.nodes[1:]]
    assert ping(line.spaces[1], line.addresses[2], 20) == 20
    assert ping(line.spaces[2], line.addresses[1], 20) == 20
    after = [n.ask("network")["counters"]["jobs"] for n in line.nodes[1:]]
    assert all(b - a <= 10 for a, b in zip(first, after)), (first, after)
    assert node.stop() == 0
    until(lambda: ping(line.spaces[2], line.addresses[0]), CONVERGED_S, "the owner is back")
