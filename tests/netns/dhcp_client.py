#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A client's words to DHCP, DNS and routers, one by one, for use inside a namespace.

    dhcp_client.py INTERFACE MAC            reads one JSON command a line, answers with one

Commands: {"do": "discover"|"request"|"renew"|"release"|"decline"|"dns"|"solicit", ...}.
Frames are made and read here, so that MACs need no interface of their own.
"""

import json
import os
import select
import socket
import struct
import sys
import time

COOKIE = 0x63825363
TYPES = {"discover": 1, "offer": 2, "request": 3, "decline": 4, "ack": 5, "nak": 6, "release": 7}
NAMES = {number: name for name, number in TYPES.items()}
ANYBODY = b"\xff" * 6


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


class Client:
    def __init__(self, interface):
        self.own = {}  # addresses that we say are ours, and their MACs
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self.socket.bind((interface, 0))
        index = struct.pack("iHH8s", socket.if_nametoindex(interface), 1, 0, b"")
        self.socket.setsockopt(263, 1, index)  # SOL_PACKET, PACKET_ADD_MEMBERSHIP: promiscuous

    def frames(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                frame, address = self.socket.recvfrom(2048)
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                if frame[12:14] == b"\x08\x06" and frame[38:42] in self.own:
                    self.arp_answer(frame)
                else:
                    yield frame

    def arp_answer(self, frame):
        mac = self.own[frame[38:42]]
        arp = frame[14:20] + b"\0\x02" + mac + frame[38:42] + frame[22:32]
        self.socket.send(frame[6:12] + mac + b"\x08\x06" + arp)

    # ---- DHCP ----

    def message(self, kind, mac, xid, ciaddr="0.0.0.0", options=(), chaddr=None, giaddr="0.0.0.0"):
        text = struct.pack(
            ">BBBBIHH4s4s4s4s", 1, 1, 6, 0, xid, 0, 0x8000 if ciaddr == "0.0.0.0" else 0,
            socket.inet_aton(ciaddr), bytes(4), bytes(4), socket.inet_aton(giaddr),
        )  # fmt: skip
        text += mac_bytes(chaddr or mac) + bytes(10) + bytes(192) + struct.pack(">I", COOKIE)
        text += bytes([53, 1, TYPES[kind]])
        for code, value in options:
            text += bytes([code, len(value)]) + value
        return (text + b"\xff").ljust(300, b"\0")

    def send(self, mac, to_mac, source, to, message):
        udp = struct.pack(">HHHH", 68, 67, 8 + len(message), 0) + message
        ip = struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source),
            socket.inet_aton(to),
        )  # fmt: skip
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        self.socket.send(to_mac + mac_bytes(mac) + b"\x08\x00" + ip + udp)

    def answer(self, xid, seconds):
        for frame in self.frames(seconds):
            if frame[12:14] != b"\x08\x00" or frame[23] != 17:
                continue
            udp = frame[14 + (frame[14] & 15) * 4 :]
            message = udp[8:]
            if udp[2:4] != b"\0\x44" or len(message) < 240 or message[4:8] != struct.pack(">I", xid):
                continue
            options, rest = {}, message[240:]
            while rest and rest[0] != 255:
                if rest[0] == 0:
                    rest = rest[1:]
                    continue
                options[rest[0]] = options.get(rest[0], b"") + rest[2 : 2 + rest[1]]
                rest = rest[2 + rest[1] :]
            return {
                "type": NAMES[options[53][0]],
                "ip": socket.inet_ntoa(message[16:20]),
                "server_mac": frame[6:12].hex(":"),
                "options": {str(code): value.hex() for code, value in options.items()},
            }
        return None

    def ask(self, kind, c):
        """c: mac, and ip, server, name, ciaddr, wait as the message needs them."""
        if "ciaddr" in c:
            self.own = {socket.inet_aton(c["ciaddr"]): mac_bytes(c["mac"])}
        mac, xid = c["mac"], struct.unpack(">I", os.urandom(4))[0]
        options = [(55, bytes([1, 3, 6, 15, 26, 28, 51, 119]))]
        if "name" in c:
            options.append((12, c["name"].encode()))
        if "ip" in c:
            options.append((50, socket.inet_aton(c["ip"])))
        if "server" in c:
            options.append((54, socket.inet_aton(c["server"])))
        if "client_id" in c:
            options.append((61, bytes.fromhex(c["client_id"])))
        message = self.message(kind, mac, xid, c.get("ciaddr", "0.0.0.0"), options,
                               c.get("chaddr"), c.get("giaddr", "0.0.0.0"))  # fmt: skip
        self.send(mac, mac_bytes(c.get("to_mac", "ff:ff:ff:ff:ff:ff")), c.get("ciaddr", "0.0.0.0"),
                  c.get("to", "255.255.255.255"), message)  # fmt: skip
        return self.answer(xid, c.get("wait", 1)) if kind in ("discover", "request") else None

    def lease(self, c):
        """DISCOVER to ACK, each tried `tries` times; how long it took."""
        began = time.monotonic()
        for _ in range(c.get("tries", 3)):
            offer = self.ask("discover", c)
            if not offer:
                continue
            server = socket.inet_ntoa(bytes.fromhex(offer["options"]["54"]))
            got = self.ask("request", c | {"ip": offer["ip"], "server": server})
            if got:
                return got | {"took": time.monotonic() - began}
        return None

    # ---- DNS ----

    def dns(self, c):
        """All answers of one type, by UDP from this namespace; rcode."""
        kinds = {"A": 1, "PTR": 12, "AAAA": 28}
        labels = b"".join(bytes([len(p)]) + p.encode() for p in c["name"].split("."))
        query = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0"
        query += struct.pack(">HH", kinds[c["kind"]], 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(c.get("wait", 2))
            s.sendto(query, (c["server"], 53))
            try:
                reply = s.recv(4096)
            except OSError as e:
                return {"error": str(e)}
        answers, at = [], len(query)
        for _ in range(struct.unpack(">H", reply[6:8])[0]):
            at = name_end(reply, at)
            kind, _, _, length = struct.unpack(">HHIH", reply[at : at + 10])
            value = reply[at + 10 : at + 10 + length]
            if kind == 1:
                answers.append(socket.inet_ntoa(value))
            elif kind == 28:
                answers.append(socket.inet_ntop(socket.AF_INET6, value))
            elif kind == 12:
                answers.append(name_read(reply, at + 10))
            at += 10 + length
        return {"rcode": reply[3] & 15, "answers": answers}

    # ---- routers ----

    def solicit(self, c):
        """What a router advertises."""
        mac, source = mac_bytes(c["mac"]), socket.inet_pton(socket.AF_INET6, "fe80::99")
        to = socket.inet_pton(socket.AF_INET6, "ff02::2")
        body = struct.pack(">BBHI", 133, 0, 0, 0) + b"\x01\x01" + mac
        pseudo = source + to + struct.pack(">II", len(body), 58)
        body = body[:2] + struct.pack(">H", checksum(pseudo + body)) + body[4:]
        ip = struct.pack(">IHBB", 0x60000000, len(body), 58, 255) + source + to
        self.socket.send(b"\x33\x33\0\0\0\x02" + mac + b"\x86\xdd" + ip + body)
        for frame in self.frames(c.get("wait", 3)):
            if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 134:
                return advert_read(frame)
        return None


def advert_read(frame):
    icmp = frame[54:]
    found = {
        "source": socket.inet_ntop(socket.AF_INET6, frame[22:38]),
        "mac": frame[6:12].hex(":"),
        "lifetime": struct.unpack(">H", icmp[6:8])[0],
        "prefixes": [],
    }
    at = 16
    while at + 8 <= len(icmp) and icmp[at + 1]:
        option = icmp[at : at + 8 * icmp[at + 1]]
        if option[0] == 3:
            prefix = socket.inet_ntop(socket.AF_INET6, option[16:32])
            found["prefixes"].append(f"{prefix}/{option[2]}")
        elif option[0] == 5:
            found["mtu"] = struct.unpack(">I", option[4:8])[0]
        elif option[0] == 25:
            found["dns"] = socket.inet_ntop(socket.AF_INET6, option[8:24])
        elif option[0] == 31:
            found["search"] = name_read(option, 8)
        at += len(option)
    return found


def name_end(data, at):
    while data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += data[at] + 1
    return at + 1


def name_read(data, at):
    labels = []
    while data[at]:
        if data[at] >= 0xC0:
            at = (data[at] & 0x3F) << 8 | data[at + 1]
            continue
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += data[at] + 1
    return ".".join(labels)


def main():
    client = Client(sys.argv[1])
    for line in sys.stdin:
        c = json.loads(line)
        do = c.pop("do")
        answer = client.ask(do, c) if do in TYPES else getattr(client, do)(c)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
