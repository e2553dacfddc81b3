#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who watches while the demo's phone walks.

gateway SECONDS  pings the own gateway, IPv4 and IPv6, every 20 ms; how many were lost, and
                 what the ARP and neighbour entries said meanwhile
mesh SECONDS     captures all mesh interfaces of the town, and counts what must stay in each
                 node's own LAN: anycast MACs, router advertisements and solicitations, DHCP
mesh FILE ...    the same of captures that are there
"""
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BATADV = 0x4305
VLAN_TAGS = (0x8100, 0x88A8)
# Of a batman-adv packet, by its kind: where the frame begins that it carries.
CARRIES = {0x01: 14, 0x40: 10, 0x42: 18}
FRAGMENT, FRAGMENT_HEADER = 0x41, 20
ANYCAST = bytes.fromhex("aaaaaa")
INTERVAL_S = 0.02
NETNS = Path("/run/netns")


# ---- the gateway ----


def gateways():
    """Its IPv4 address, which DHCP told, and its IPv6 address, which DNS tells."""
    routes = json.loads(subprocess.run(["ip", "-j", "route", "show", "default"],
                                       capture_output=True, check=True).stdout)
    found = [routes[0]["gateway"]]
    try:
        found.append(socket.getaddrinfo("anygw", None, socket.AF_INET6)[0][4][0])
    except OSError:
        pass  # no IPv6 here
    return found


def ping_start(address, seconds):
    return subprocess.Popen(
        ["ping", "-n", "-D", "-i", str(INTERVAL_S), "-w", str(seconds), address],
        stdout=subprocess.PIPE, text=True)


def ping_end(process):
    """(sent, lost, longest gap in ms)"""
    text = process.communicate()[0]
    times = [float(t) for t in re.findall(r"^\[([0-9.]+)\] .*icmp_seq", text, re.M)]
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", text)
    if not counts or len(times) < 2:
        sys.exit(f"no ping came back: {text[-200:]}")
    sent, received = map(int, counts.groups())
    gap = max(later - earlier for earlier, later in zip(times, times[1:]))
    return sent, sent - received, gap * 1000


def neighbours(addresses):
    """What the kernel believes of these addresses: {address: MAC}."""
    entries = json.loads(subprocess.run(["ip", "-j", "neigh"], capture_output=True,
                                        check=True).stdout)
    return {e["dst"]: e["lladdr"] for e in entries if e["dst"] in addresses and "lladdr" in e}


def gateway(seconds):
    addresses = gateways()
    pings = [ping_start(a, seconds) for a in addresses]
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
        now = neighbours(addresses)
        if not seen or now != seen[-1]:
            seen.append(now)
    sent, lost, gaps = zip(*map(ping_end, pings))
    believed = [s for s in seen if s]  # before the first answer there is nothing
    if len(believed) != 1:
        sys.exit(f"the neighbour entries changed: {seen}")
    macs = ", ".join(sorted(set(believed[0].values())))
    print(f"{sum(lost)} of {sum(sent)} lost, longest gap {max(gaps):.0f} ms; "
          f"{len(believed[0])} neighbour entries unchanged ({macs})")
    return 0


# ---- the mesh ----


def packets(path):
    """(seconds, frame) of a capture, as far as it kept them."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, micros, kept = struct.unpack_from(order + "III", data, at)
        yield seconds + micros / 1e6, data[at + 16:at + 16 + kept]
        at += 16 + kept


def ethertype(frame):
    """The ethertype behind VLAN tags, and where the payload begins; (None, 0): too short."""
    at = 12
    while at + 2 <= len(frame):
        kind = struct.unpack_from(">H", frame, at)[0]
        if kind not in VLAN_TAGS:
            return kind, at + 2
        at += 4
    return None, 0


def carried(frame):
    """The client's frame in a frame of the mesh, or None."""
    kind, at = ethertype(frame)
    if kind != BATADV or at >= len(frame):
        return None
    if frame[at] == FRAGMENT:
        at += FRAGMENT_HEADER
    inner = CARRIES.get(frame[at]) if at < len(frame) else None
    return frame[at + inner:] if inner else None


def is_local(frame):
    """Must it stay in the LAN of its node? Why, or None."""
    if ANYCAST in (frame[0:3], frame[6:9]):
        return "anycast"
    kind, at = ethertype(frame)
    ip = frame[at:]
    if kind == 0x0800 and len(ip) >= 20 and ip[9] == 17:
        ports = ip[(ip[0] & 15) * 4:][:4]
        return "DHCP" if {67, 68} & set(struct.unpack(">HH", ports)) else None
    if kind == 0x86DD and len(ip) >= 44 and ip[6] == 17:
        return "DHCP" if {546, 547} & set(struct.unpack_from(">HH", ip, 40)) else None
    if kind == 0x86DD and len(ip) >= 41 and ip[6] == 58:
        return {133: "RS", 134: "RA"}.get(ip[40])
    return None


def town_places():
    """The namespaces of the town that we are in."""
    ours = os.stat("/proc/self/ns/net").st_ino
    names = {p.name: p.stat().st_ino for p in NETNS.glob("nv-*")}
    here = next(n for n, inode in names.items() if inode == ours)
    return sorted(n for n in names if n.startswith(here.rpartition("-")[0] + "-"))


def meshes(place):
    links = subprocess.run(["ip", "-n", place, "-j", "link"], capture_output=True, check=True)
    return [k["ifname"] for k in json.loads(links.stdout) if re.fullmatch(r"mesh\d+", k["ifname"])]


class Capture:
    """Of each mesh interface of these namespaces, into a file of its own."""

    def __init__(self, places, folder, *options):
        self.paths, self.running = {}, []
        for place in places:
            for name in meshes(place):
                path = f"{folder}/{place}-{name}.pcap"
                command = ["tcpdump", "-Z", "root", "-Un", "-i", name, "-s", "192", "-w", path,
                           *options]
                self.paths[path] = place
                self.running.append(subprocess.Popen(["ip", "netns", "exec", place, *command],
                                                     stderr=subprocess.DEVNULL))

    def stop(self):
        """The files, and the namespace of each."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()
        return self.paths


def mesh(words):
    if not words[0].isdigit():
        return report(words)
    with tempfile.TemporaryDirectory() as folder:
        capture = Capture(town_places(), folder)
        time.sleep(int(words[0]))
        return report(capture.stop())


def count(paths):
    """(frames of clients, what among them should not be there)"""
    clients, found = 0, []
    for path in paths:
        for _, frame in packets(path):
            inner = carried(frame)
            clients += inner is not None
            why = is_local(inner) if inner else None
            if why:
                found.append(why)
    return clients, found


def report(paths):
    clients, found = count(paths)
    if clients == 0:
        sys.exit("the captures hold no frame of a client")
    print(f"{len(found)} among {clients} frames of clients, on {len(paths)} mesh interfaces "
          f"{sorted(set(found)) or ''}".rstrip())
    return 1 if found else 0


def main():
    verb, *words = sys.argv[1:]
    return gateway(int(words[0])) if verb == "gateway" else mesh(words)


if __name__ == "__main__":
    sys.exit(main())
