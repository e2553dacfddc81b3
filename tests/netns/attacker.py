# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw frames from inside a namespace, batman-adv packets by hand, and a puppet: a neighbour
good enough to be trusted, in whose name everything can be said."""

import ctypes
import os
import random
import socket
import struct
import threading
import time

CLONE_NEWNET = 0x40000000
BROADCAST = b"\xff" * 6
BATADV = 0x4305
SOL_PACKET, PACKET_VNET_HDR = 263, 15
OGM, BCAST, CODED, ELP, OGM2, MCAST = range(6)
UNICAST, FRAG, FOUR_ADDR, ICMP, TVLV = range(0x40, 0x45)
DIRECTLINK, DIFF, REQUEST, RESPONSE, FULL = 0x04, 0x01, 0x02, 0x04, 0x10


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def random_mac(rng):
    return b"\x02" + rng.randbytes(5)


def raw_socket(space, interface, vnet=False):
    """A packet socket on an interface of a namespace; this process stays where it is."""
    made = []

    def enter():
        fd = os.open(f"/run/netns/{space.full}", os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        if vnet:
            s.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
        s.bind((interface, 0))
        made.append(s)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]


# ---- packets ----


def ogm(orig, seqno, sender=None, ttl=50, tq=255, flags=0, tvlv=b"", length=None):
    """length: what the header says of the containers, when that is to be a lie."""
    head = struct.pack(">BBBBI", OGM, 15, ttl, flags, seqno & 0xFFFFFFFF) + orig + (sender or orig)
    return head + struct.pack(">BBH", 0, tq, len(tvlv) if length is None else length) + tvlv


def bcast(orig, seqno, frame, ttl=50):
    return struct.pack(">BBBBI", BCAST, 15, ttl, 0, seqno & 0xFFFFFFFF) + orig + frame


def unicast(dest, frame, ttl=50, ttvn=0):
    return struct.pack(">BBBB", UNICAST, 15, ttl, ttvn) + dest + frame


def four_addr(dest, src, frame, subtype=1, ttl=50, ttvn=0):
    return struct.pack(">BBBB", FOUR_ADDR, 15, ttl, ttvn) + dest + src + bytes([subtype, 0]) + frame


def fragment(dest, orig, seqno, no, total, piece, ttl=50):
    head = struct.pack(">BBBB", FRAG, 15, ttl, no << 4) + dest + orig
    return head + struct.pack(">HH", seqno & 0xFFFF, total) + piece


def icmp(dst, orig, kind=8, seqno=0, ttl=50, rr_cur=None, record=b"\0" * 96):
    head = struct.pack(">BBBB", ICMP, 15, ttl, kind) + dst + orig
    return head + struct.pack(">BBH", 7, rr_cur or 0, seqno) + (b"" if rr_cur is None else record)


def utvlv(dst, src, tvlv, ttl=50):
    head = struct.pack(">BBBB", TVLV, 15, ttl, 0) + dst + src
    return head + struct.pack(">HH", len(tvlv) & 0xFFFF, 0) + tvlv


def container(kind, value, version=1, length=None):
    return struct.pack(">BBH", kind, version, (len(value) if length is None else length)) + value


def tt(flags, ttvn, vlans=(), changes=(), vlan_count=None):
    """A TT container: vlans of (crc, vid), changes of (flags, mac, vid)."""
    count = len(vlans) if vlan_count is None else vlan_count
    value = struct.pack(">BBH", flags, ttvn & 0xFF, count)
    value += b"".join(struct.pack(">IHH", crc, vid, 0) for crc, vid in vlans)
    value += b"".join(bytes([f, 0, 0, 0]) + m + struct.pack(">H", vid) for f, m, vid in changes)
    return container(4, value)


def ethernet(dst, src, kind, payload, tags=()):
    """tags: (ethertype, id) from the outermost in."""
    tagged = b"".join(struct.pack(">HH", t, vid) for t, vid in tags)
    return dst + src + tagged + struct.pack(">H", kind) + payload


def payload_frame(src, dst=BROADCAST, text=b"", size=60):
    """A client's frame of an ethertype that nobody answers."""
    return (dst + src + b"\x88\xb6" + text).ljust(size, b"\0")


class Wire:
    """Where an attacker speaks: an interface, and the tag of the cloud there."""

    BATCH, PAUSE_S = 100, 0.002

    def __init__(self, space, interface, tag=None, vnet=False):
        self.socket, self.tag = raw_socket(space, interface, vnet), tag
        self.sent = self.sent_bytes = 0

    def send(self, frame):
        try:
            self.socket.send(frame)
        except OSError:
            return  # the interface itself refuses it
        self.sent += 1
        self.sent_bytes += len(frame)

    def packet(self, dst, src, payload):
        self.send(ethernet(dst, src, BATADV, payload, [self.tag] if self.tag else []))

    def flood(self, packets, pause_s=PAUSE_S):
        """(dst, src, payload)s, at a pace that lets nuvold see them all."""
        for i, p in enumerate(packets):
            self.packet(*p)
            if i % self.BATCH == self.BATCH - 1:
                time.sleep(pause_s)

    def close(self):
        self.socket.close()


class Puppet:
    """A neighbour: announces itself, and echoes whom it hears, so that links to it count."""

    INTERVAL_S = 0.1

    def __init__(self, wire, mac, seed=1):
        self.wire, self.mac = wire, mac
        self.seqno = random.Random(seed).randrange(1 << 31)
        self.tvlv = b""
        self.lock = threading.Lock()
        self.stopping = False
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def announce(self, tvlv=None):
        """An OGM of its own; tvlv: what this one and those that follow hold."""
        with self.lock:
            if tvlv is not None:
                self.tvlv = tvlv
            self.seqno += 1
            self.wire.packet(BROADCAST, self.mac, ogm(self.mac, self.seqno, tvlv=self.tvlv))

    def echo(self, frame):
        at = 16 if frame[12:14] in (b"\x88\xa8", b"\x81\x00") else 12
        source, packet = frame[6:12], frame[at + 2 :]
        if frame[at : at + 2] != b"\x43\x05" or len(packet) < 24 or packet[0] != OGM:
            return
        if packet[8:14] != source or source == self.mac or packet[2] < 2:
            return
        seqno = struct.unpack_from(">I", packet, 4)[0]
        echo = ogm(source, seqno, source, packet[2] - 1, 225, DIRECTLINK)
        self.wire.packet(BROADCAST, self.mac, echo)

    def work(self):
        self.wire.socket.settimeout(0.02)
        due = 0
        while not self.stopping:
            if time.monotonic() > due:
                self.announce()
                due = time.monotonic() + self.INTERVAL_S
            try:
                frame, address = self.wire.socket.recvfrom(2048)
            except OSError:
                continue
            if address[2] != socket.PACKET_OUTGOING and frame[6:12] != self.mac:
                self.echo(frame)

    def stop(self):
        self.stopping = True
        self.thread.join()
