# SPDX-License-Identifier: GPL-2.0-or-later
"""Two routers a and b with a LAN client each and a router m between them; tunnels by tunnel_hand.

     ca ---- a ==== m ==== b ---- cb        ==== IPv6 of the network, ---- LANs
"""

import json
import socket
import struct
import subprocess
from pathlib import Path

from spaces import BUILD, until

HAND = (BUILD / "tests/netns/tunnel_hand").resolve()
TRANSFER = str(Path(__file__).resolve().parent / "transfer.py")
NETS = {"a": 1, "b": 2}


class Hand:
    """A driver in a namespace, and the network's port net0; the words are tunnel_hand's."""

    def __init__(self, space, kind="tun"):
        self.space, self.kind = space, kind
        self.start()

    def start(self):
        self.process = self.space.spawn([str(HAND), self.kind], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        self.say("port net0")

    def say(self, *lines):
        for line in lines:
            self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def status(self):
        self.say("status")
        return json.loads(self.process.stdout.readline())["tunnels"]

    def stop(self):
        self.say("quit")
        assert self.process.wait(10) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()


def node(name):
    return NETS[name], f"fd70::{name}", f"fd71::{name}", f"{name}" * 8


def end_words(name):
    n, primary, dummy, _ = node(name)
    return f"end {primary} {dummy} 10.{n}.0.1 fd0a:{n}::1"


def out_words(other):
    """All that leads to another's LAN."""
    n, primary, dummy, name = node(other)
    return (f"out {name} {dummy} {primary}", f"route 10.{n}.0.0/16 {name} {dummy}",
            f"route fd0a:{n}::/64 {name} {dummy}")


def lan_make(spaces, router, client, n):
    """A router with its primary address, and a client behind it."""
    router.run("sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1")
    spaces.veth(router, "br-lan", client, "eth0")
    router.ip(f"addr add 10.{n}.0.1/16 dev br-lan")
    router.ip(f"addr add fd0a:{n}::1/64 dev br-lan nodad")
    client.ip(f"addr add 10.{n}.0.2/16 dev eth0")
    client.ip(f"addr add fd0a:{n}::2/64 dev eth0 nodad")
    client.ip(f"route add default via 10.{n}.0.1")
    client.ip(f"-6 route add default via fd0a:{n}::1")


SEND = """
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, int(sys.argv[1]))
s.setsockopt(socket.IPPROTO_IPV6, 75, 1)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, int(sys.argv[5]))
s.bind((sys.argv[2], 0))
s.sendto(bytes.fromhex(sys.argv[4]), (sys.argv[3], 0))
"""


def send(space, to, source, data, protocol=4, tclass=0):
    """A stranger's packet into a tunnel's end."""
    space.run(f"/usr/bin/python3 -c '{SEND}' {protocol} {source} {to} {data.hex() or '00'} {tclass}")


def icmp_echo(tos=0, length=28, source="10.2.0.2", to="10.1.0.2"):
    """An IPv4 echo request from cb, or another, to ca."""
    ends = socket.inet_aton(source), socket.inet_aton(to)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, tos, length, 1, 0, 64, 1, 0, *ends)
    total = sum(struct.unpack(">10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    return ip[:10] + struct.pack(">H", 0xFFFF - total) + ip[12:] + b"\x08\0\xf7\xfd\0\1\0\1"


def ipv6_nothing(source, to):
    """A header that nothing follows."""
    ends = b"".join(socket.inet_pton(socket.AF_INET6, a) for a in (source, to))
    return struct.pack(">IHBB", 6 << 28, 0, 59, 64) + ends


class Town:
    def __init__(self, spaces, kinds=("tun", "tun"), mtu=(1500, 1500)):
        self.spaces = spaces
        self.a, self.m, self.b, self.ca, self.cb = map(spaces.add, ("a", "m", "b", "ca", "cb"))
        self.m.run("sysctl -qw net.ipv6.conf.all.forwarding=1")
        for router, client, side in ((self.a, self.ca, "a"), (self.b, self.cb, "b")):
            n, primary, _, _ = node(side)
            lan_make(spaces, router, client, n)
            spaces.veth(router, "net0", self.m, f"to{side}", mtu[n - 1])
            router.ip(f"addr add {primary}/128 dev lo nodad")
            router.ip(f"addr add fd99:{n}::1/64 dev net0 nodad")
            self.m.ip(f"addr add fd99:{n}::2/64 dev to{side} nodad")
            self.m.ip(f"-6 route add {primary}/128 via fd99:{n}::1")
            router.ip(f"-6 route add fd70::/16 via fd99:{n}::2")
        self.hand = {"a": Hand(self.a, kinds[0]), "b": Hand(self.b, kinds[1])}
        self.hand["a"].say(end_words("a"), *out_words("b"))
        self.hand["b"].say(end_words("b"), *out_words("a"))
        until(lambda: self.ca.pings("10.2.0.2", 1), 10, "IPv4 through the tunnel")

    def statuses(self):
        return {name: hand.status() for name, hand in self.hand.items()}


def transfer(source, to, address, size, seed=7):
    """TCP; asserts that what arrives is what was sent."""
    server = to.spawn(["/usr/bin/python3", TRANSFER, "tcp-serve", "5001"], text=True, stdout=subprocess.PIPE)
    assert server.stdout.readline() == "ready\n"
    sent = source.run(f"/usr/bin/python3 {TRANSFER} tcp-send {address} 5001 {size} {seed}")
    assert sent == server.stdout.read()
