# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads captures of the mesh's wire and checks every frame in them, by plain means."""

import struct

BATADV, UNICAST, UNICAST_4ADDR = 0x4305, 0x40, 0x42
TAGS = (0x8100, 0x88A8)


def pcap_frames(path):
    """The frames of a pcap file; a last frame that is cut off is left out."""
    data = open(path, "rb").read()
    if len(data) < 24:
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        _, _, kept, length = struct.unpack(order + "IIII", data[at : at + 16])
        if at + 16 + kept > len(data):
            return
        assert kept == length, "the capture cut a frame"
        yield data[at + 16 : at + 16 + kept]
        at += 16 + kept


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def untag(frame):
    """(tags, ethertype, where the payload begins)."""
    at, tags = 12, []
    kind = struct.unpack_from(">H", frame, at)[0]
    while kind in TAGS:
        tags.append((kind, struct.unpack_from(">H", frame, at + 2)[0] & 0xFFF))
        at += 4
        kind = struct.unpack_from(">H", frame, at)[0]
    return tags, kind, at + 2


def ip_fault(frame):
    """What is wrong with an IP packet in an Ethernet frame, or None; and its kind."""
    _, kind, at = untag(frame)
    ip = frame[at:]
    if kind == 0x0800:
        header, total = (ip[0] & 15) * 4, struct.unpack_from(">H", ip, 2)[0]
        fragment = struct.unpack_from(">H", ip, 6)[0] & 0x3FFF
        if total > len(ip) or checksum(ip[:header]) != 0xFFFF:
            return "IPv4 header", None
        protocol, rest, addresses = ip[9], ip[header:total], ip[12:20]
    elif kind == 0x86DD:
        total, fragment = 40 + struct.unpack_from(">H", ip, 4)[0], 0
        if total > len(ip):
            return "IPv6 length", None
        protocol, rest, addresses = ip[6], ip[40:total], ip[8:40]
    else:
        return None, None
    if fragment or protocol not in (6, 17):
        return None, None
    if protocol == 17 and rest[6:8] == b"\0\0" and kind == 0x0800:
        return None, "udp"
    pseudo = addresses + struct.pack(">IHBB", len(rest), 0, 0, protocol)
    if checksum(pseudo + rest) != 0xFFFF:
        return f"checksum of protocol {protocol}", None
    return None, "tcp" if protocol == 6 else "udp"


def check(path, mtu, tag=None):
    """Asserts that every batman-adv frame fits and carries right packets; counts kinds."""
    counts = {"frames": 0, "tcp": 0, "udp": 0, "fragments": 0}
    for frame in pcap_frames(path):
        tags, kind, at = untag(frame)
        if kind != BATADV:
            continue
        counts["frames"] += 1
        assert tags == ([tag] if tag else []), f"tags {tags}"
        assert len(frame) <= mtu + 14, f"{len(frame)} bytes on a wire of MTU {mtu}"
        counts["fragments"] += frame[at] == 0x41
        if frame[at] in (UNICAST, UNICAST_4ADDR):
            inner = frame[at + (10 if frame[at] == UNICAST else 18) :]
            fault, carried = ip_fault(inner)
            assert not fault, fault
            if carried:
                counts[carried] += 1
    return counts
