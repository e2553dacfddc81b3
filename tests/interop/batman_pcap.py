"""Just enough of a pcap reader to count batman-adv packets in a capture."""

import struct
from collections import namedtuple

Packet = namedtuple("Packet", "time source type payload")


def packets(path):
    """Every batman-adv packet of a capture, under whatever VLAN tags."""
    data = path.read_bytes()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        sec, usec, length, _ = struct.unpack_from(order + "IIII", data, at)
        frame = data[at + 16 : at + 16 + length]
        at += 16 + length
        offset = 12
        while frame[offset : offset + 2] in (b"\x81\x00", b"\x88\xa8"):
            offset += 4
        if frame[offset : offset + 2] == b"\x43\x05" and len(frame) > offset + 4:
            payload = frame[offset + 2 :]
            yield Packet(sec + usec / 1e6, frame[6:12], payload[0], payload)


def is_tt_request(packet):
    """A UNICAST_TVLV packet whose first container is a TT request."""
    return (
        packet.type == 0x44
        and len(packet.payload) > 24
        and packet.payload[20] == 4
        and packet.payload[24] & 0x02 != 0
    )
