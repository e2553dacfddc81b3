# SPDX-License-Identifier: GPL-2.0-or-later
"""Nodes of one cloud with clients, and all that belongs to a gateway: as a client shouts it, and
as it is recognized in a capture, by other means than the program's own."""

import ipaddress
import os
import pty
import signal
import socket
import subprocess

from attacker import Wire, mac_bytes, payload_frame
from scapy.all import (
    ARP,
    BOOTP,
    DHCP,
    DHCP6_Advertise,
    DHCP6_Solicit,
    ICMP,
    IP,
    UDP,
    Dot1AD,
    Dot1Q,
    Ether,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    IPv6,
    IPv6ExtHdrDestOpt,
    Raw,
)
from spaces import plain_conf, until
from wire import BATADV, UNICAST, UNICAST_4ADDR, pcap_frames, untag

ANYCAST, GATEWAY4, GATEWAY6 = "aa:aa:aa:0d:fe:aa", "10.13.0.1", "fd0d:fe46:8ce8::1"
LOCAL6 = "fe80::a8aa:aaff:fe0d:feaa"
BCAST, ALFRED, HELLO = 1, 16962, 0x88B5


def client_mac(i):
    return f"02:c1:00:00:00:{i + 1:02x}"


def client_ip(i, family=4):
    return f"10.13.200.{i + 1}" if family == 4 else f"fd0d:fe46:8ce8::c:{i + 1}"


class GatewayTown:
    """count nodes on one street; the first has two clients, the others one each."""

    def __init__(self, spaces, count, more="", ssid="LibreMesh.org", edit=lambda text: text):
        self.spaces, self.clients, self.nodes = spaces, [], []
        self.street = spaces.add("street")
        self.street.ip("link add seg type bridge mcast_snooping 0 forward_delay 0")
        self.street.ip("link set seg up")
        for i in range(count):
            space = spaces.add(f"n{i}")
            spaces.veth(self.street, f"to{i}", space, "mesh0", 1560, None, f"02:a0:00:00:{i:02x}:77")
            self.street.ip(f"link set to{i} master seg")
            ports = [self.client(space, f"lan{k}") for k in range(2 if i == 0 else 1)]
            text = plain_conf(ssid, lan_ports=ports) + more
            self.nodes.append(spaces.node(space, edit(text)))
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            until(lambda n=node: len([o for o in n.ask("nodes")["nodes"] if o["next_hop"]]) ==
                  count - 1, 30, f"routes of {node.space.name}")

    def client(self, space, port):
        i = len(self.clients)
        client = self.spaces.add(f"c{i}")
        self.spaces.veth(space, port, client, "eth0", 1500, None, client_mac(i))
        client.ip(f"addr add {client_ip(i)}/16 dev eth0")
        client.ip(f"-6 addr add {client_ip(i, 6)}/64 dev eth0 nodad")
        client.run("sysctl -qw net.ipv6.conf.eth0.accept_ra=0")
        self.clients.append(client)
        return port

    def mac_of(self, i):
        """The MAC of a node on its LAN."""
        return self.nodes[i].space.run("cat /sys/class/net/br-lan/address").strip()

    def kept(self, i=0):
        """What the engine of a node kept back: counters by their names."""
        counters = self.nodes[i].ask("counters")["counters"]
        return {k[5:]: v for k, v in counters.items() if k.startswith("kept_")}


# ---- what is shouted ----


def shouts(me, other, node):
    """(what, frame) of all that must not leave a LAN, said by client number me; other: a client
    elsewhere, node: the LAN MAC of another node."""
    src, all_nodes = client_mac(me), "33:33:00:00:00:01"
    to_other, ip4, ip6 = client_mac(other), client_ip(me), client_ip(me, 6)
    other4, other6 = client_ip(other), client_ip(other, 6)

    def to(dst, *layers, mac=src):
        frame = Ether(dst=dst, src=mac)
        for layer in layers:
            frame = frame / layer
        return bytes(frame).ljust(60, b"\0")

    asks = BOOTP(chaddr=mac_bytes(src)) / DHCP(options=[("message-type", "discover"), "end"])
    offers = BOOTP(op=2, yiaddr="10.13.7.7") / DHCP(options=[("message-type", "offer"), "end"])
    client_udp, server_udp = UDP(sport=68, dport=67), UDP(sport=67, dport=68)
    everybody = IP(src="0.0.0.0", dst="255.255.255.255")
    link6 = IPv6(src=f"fe80::c1ff:fe00:{me + 1}", dst="ff02::1")
    router = ICMPv6ND_RA(routerlifetime=1800)
    alfred = UDP(sport=ALFRED, dport=ALFRED) / Raw(b"\x02\0\0\x08push")
    return [
        ("DHCP discover", to("ff:ff:ff:ff:ff:ff", everybody, client_udp, asks)),
        ("DHCP discover in VLAN 5", to("ff:ff:ff:ff:ff:ff", Dot1Q(vlan=5), everybody, client_udp, asks)),
        ("DHCP to a node", to(node, IP(src=ip4, dst="10.13.3.3"), client_udp, asks)),
        ("DHCP offer", to("ff:ff:ff:ff:ff:ff", IP(src=ip4, dst="255.255.255.255"), server_udp, offers)),
        ("DHCP offer to a client", to(to_other, IP(src=ip4, dst=other4), server_udp, offers)),
        ("DHCPv6 solicit", to("33:33:00:01:00:02", IPv6(src=ip6, dst="ff02::1:2"),
                              UDP(sport=546, dport=547), DHCP6_Solicit(trid=1))),
        ("DHCPv6 advertise", to(to_other, IPv6(src=ip6, dst=other6), UDP(sport=547, dport=546),
                                DHCP6_Advertise(trid=1))),
        ("router solicitation", to("33:33:00:00:00:02", IPv6(src=ip6, dst="ff02::2"), ICMPv6ND_RS())),
        ("router advertisement", to(all_nodes, link6, router)),
        ("router advertisement to a client", to(to_other, IPv6(src=link6.src, dst=other6), router)),
        ("router advertisement behind options", to(all_nodes, link6, IPv6ExtHdrDestOpt(), router)),
        ("router advertisement in two tags", to(all_nodes, Dot1AD(vlan=7), Dot1Q(vlan=5), link6, router)),
        ("ARP for the gateway", to("ff:ff:ff:ff:ff:ff", ARP(hwsrc=src, psrc=ip4, pdst=GATEWAY4))),
        ("ARP as the gateway", to("ff:ff:ff:ff:ff:ff", ARP(op=2, hwsrc=src, psrc=GATEWAY4, pdst=GATEWAY4))),
        ("ARP as the gateway, to a client", to(to_other, ARP(op=2, hwsrc=src, psrc=GATEWAY4,
                                                            hwdst=to_other, pdst=other4))),
        ("solicitation for the gateway", to("33:33:ff:00:00:01", IPv6(src=ip6, dst="ff02::1:ff00:1"),
                                            ICMPv6ND_NS(tgt=GATEWAY6))),
        ("advertisement as the gateway", to(all_nodes, IPv6(src=ip6, dst="ff02::1"),
                                            ICMPv6ND_NA(tgt=GATEWAY6, R=1, O=1))),
        ("advertisement as its link-local", to(to_other, IPv6(src=ip6, dst=other6),
                                               ICMPv6ND_NA(tgt=LOCAL6, R=1, O=1))),
        ("IPv4 from the gateway", to(to_other, IP(src=GATEWAY4, dst=other4), ICMP())),
        ("IPv4 to the gateway", to(to_other, IP(src=ip4, dst=GATEWAY4), ICMP())),
        ("IPv6 from the gateway", to(to_other, IPv6(src=LOCAL6, dst=other6), UDP(dport=9))),
        ("the gateway's MAC, broadcast", to("ff:ff:ff:ff:ff:ff", everybody, UDP(dport=9), mac=ANYCAST)),
        ("the gateway's MAC, to a client", to(to_other, IP(src=ip4, dst=other4), ICMP(), mac=ANYCAST)),
        ("another cloud's gateway", to("aa:aa:aa:ee:3e:aa", IP(src=ip4, dst="8.8.8.8"), ICMP())),
        ("alfred", to(all_nodes, link6, alfred)),
        ("alfred to a node", to(node, IPv6(src=link6.src, dst="fe80::1"), alfred)),
        ("hello", (b"\xff" * 6 + mac_bytes(src) + HELLO.to_bytes(2, "big") + b"NVLH").ljust(60, b"\0")),
    ]


# ---- what is recognized ----


def belongs_to_gateway(frame):
    """What in this Ethernet frame is of a gateway; None: nothing."""
    _, kind, _ = untag(frame)
    if frame[:3] == b"\xaa\xaa\xaa" or frame[6:9] == b"\xaa\xaa\xaa":
        return "anycast MAC"
    if kind == HELLO:
        return "hello"
    p = Ether(frame)
    if ARP in p:
        return "ARP" if GATEWAY4 in (p[ARP].psrc, p[ARP].pdst) else None
    if ICMPv6ND_RS in p or ICMPv6ND_RA in p:
        return "router message"
    for kind in (ICMPv6ND_NS, ICMPv6ND_NA):
        if kind in p and p[kind].tgt in (GATEWAY6, LOCAL6):
            return "neighbour discovery"
    if IP in p and GATEWAY4 in (p[IP].src, p[IP].dst):
        return "anycast IPv4"
    if IPv6 in p and {p[IPv6].src, p[IPv6].dst} & {GATEWAY6, LOCAL6}:
        return "anycast IPv6"
    if UDP in p and {p[UDP].sport, p[UDP].dport} & {67, 68, 546, 547}:
        return "DHCP"
    if UDP in p and p[UDP].dport == ALFRED and p.src.startswith("02:c1"):
        return "alfred of a client"
    return None


def carried(frame):
    """The client's frame in a frame of the mesh, or None."""
    _, kind, at = untag(frame)
    headers = {BCAST: 14, UNICAST: 10, UNICAST_4ADDR: 18}
    return frame[at + headers[frame[at]] :] if kind == BATADV and frame[at] in headers else None


class Captures:
    """tcpdump on the mesh wire of each node, and on its bat0, while the block runs."""

    def __init__(self, town):
        self.town, self.wires, self.ports = town, [], []
        for i, node in enumerate(town.nodes):
            self.wires.append(self.begin(town.street, f"to{i}"))
            self.ports.append(self.begin(node.space, "bat0"))

    def begin(self, space, interface):
        path = self.town.spaces.folder / f"{space.name}-{interface}.pcap"
        command = ["tcpdump", "-i", interface, "-s", "0", "-B", "8192", "--immediate-mode", "-U", "-w", str(path)]
        process = space.spawn(command, stderr=subprocess.PIPE, text=True)
        assert "listening" in process.stderr.readline()
        return path, process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _, process in self.wires + self.ports:
            process.send_signal(signal.SIGINT)
            process.wait(10)
        inner = [carried(f) for path, _ in self.wires for f in pcap_frames(path)]
        self.mesh = [f for f in inner if f]
        self.bat0 = [f for path, _ in self.ports for f in pcap_frames(path)]


def found(frames):
    return sorted({what for f in frames if (what := belongs_to_gateway(f))})


def shout(town, me=0, other=2, rounds=3):
    """All of shouts(), several times; at last an ordinary broadcast, which a client elsewhere
    hears: what was said before it has arrived, too."""
    wire, ear = Wire(town.clients[me], "eth0"), Wire(town.clients[other], "eth0")
    said = shouts(me, other, town.mac_of(1))
    for _ in range(rounds):
        for _, frame in said:
            wire.send(frame)
    last = payload_frame(mac_bytes(client_mac(me)), text=b"the last word")
    until(lambda: heard(wire, ear, last), 10, "an ordinary broadcast crosses", pause=0)
    wire.close()
    ear.close()
    return len(said) * rounds


def heard(wire, ear, frame):
    """Says a frame and listens for half a second."""
    wire.send(frame)
    return any(f == frame for f in listen(ear, 0.5, lambda f: f == frame))


def listen(wire, seconds, enough=lambda frame: False):
    """Frames that come in for so long, or until enough."""
    wire.socket.settimeout(seconds)
    frames = []
    while True:
        try:
            data, address = wire.socket.recvfrom(2048)
        except socket.timeout:
            return frames
        if address[2] != socket.PACKET_OUTGOING:
            frames.append(data)
            if enough(data):
                return frames


def network(address):
    return ipaddress.ip_interface(address).ip


def on_terminal(command):
    """What a program prints to a terminal, with its colours."""
    ours, its = pty.openpty()
    environment = {"TERM": "xterm", "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(command.split(), stdout=its, stderr=its, env=environment)
    os.close(its)
    text = b""
    try:
        while piece := os.read(ours, 4096):
            text += piece
    except OSError:
        pass  # the other side has closed it
    os.close(ours)
    process.wait()
    return text.decode()
