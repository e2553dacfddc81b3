#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which way do pings go from here to a host, and which way do the answers come back?

ways.py ADDRESS [near]  pings it, captures meanwhile what each node of the town sends on its mesh
                        interfaces, and tells the nodes that the last complete ping went by: "=" a
                        hop inside of a tunnel, "-" a hop inside of a cloud. near: exit status 1
                        unless each way has one tunnel of one hop, and not the same one.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from watch import Capture, carried, ethertype, packets, town_places

PINGS, INTERVAL_S, READY_S = 5, 0.2, 5
LAB = Path("/run/nuvol-lab")
IPV4, IPV6 = 0x0800, 0x86DD
TUNNELS = {4: IPV4, 41: IPV6}  # next headers
ECHO = {(1, 8): "request", (1, 0): "answer", (58, 128): "request", (58, 129): "answer"}
IPV6_HEADER = 40


def echo(kind, ip, host):
    """(request or answer, its number) of a ping to or from host, or None."""
    if kind == IPV4 and len(ip) >= 28:
        ends, protocol, payload = (ip[12:16], ip[16:20]), ip[9], ip[(ip[0] & 15) * 4:]
    elif kind == IPV6 and len(ip) >= IPV6_HEADER + 8:
        ends, protocol, payload = (ip[8:24], ip[24:40]), ip[6], ip[IPV6_HEADER:]
    else:
        return None
    what = ECHO.get((protocol, payload[0])) if len(payload) >= 8 and host in ends else None
    return (what, struct.unpack_from(">HH", payload, 4)) if what else None


def step(frame, host):
    """(how, what, number) of a ping on its way, or None."""
    inner = carried(frame)
    if inner:
        kind, at = ethertype(inner)
        found = echo(kind, inner[at:], host)
        return ("-", *found) if found else None
    kind, at = ethertype(frame)
    ip = frame[at:]
    if kind != IPV6 or len(ip) < IPV6_HEADER or ip[6] not in TUNNELS:
        return None
    found = echo(TUNNELS[ip[6]], ip[IPV6_HEADER:], host)
    return ("=", *found) if found else None


def node_of(place):
    return place.rpartition("-")[2]


def read(captures, host):
    """[(seconds, sender, MAC of the receiver, how, what, number)]"""
    return sorted((seconds, node_of(place), frame[0:6], *found)
                  for path, place in captures.items() for seconds, frame in packets(path)
                  if (found := step(frame, host)))


def asked(*command):
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def macs_of(places):
    """{MAC: its node}: of interfaces, and what the cloud's engine sends with."""
    macs = {}
    for place in places:
        town, node = place.removeprefix("nv-").rpartition("-")[::2]
        run_dir = LAB / town / node
        if run_dir.joinpath("nuvold.sock").exists():
            ports = asked("nuvol", "--run-dir", str(run_dir), "status", "--json")["ports"]
            links = asked("ip", "-n", place, "-j", "link")
            for text in [p["mac"] for p in ports] + [k["address"] for k in links if "address" in k]:
                macs[bytes.fromhex(text.replace(":", ""))] = node
    return macs


def way(macs, steps, what, number):
    """[(how, sender, receiver)] of one ping's request or answer."""
    return [(how, sender, macs.get(receiver, "?")) for _, sender, receiver, how, w, n in steps
            if (w, n) == (what, number)]


def whole(hops):
    """Does each hop begin where the one before ended?"""
    return bool(hops) and all(a[2] == b[1] for a, b in zip(hops, hops[1:]))


def text(hops):
    return hops[0][1] + "".join(f" {how} {receiver}" for how, _, receiver in hops)


def tunnelled(hops):
    return [frozenset(hop[1:]) for hop in hops if hop[0] == "="]


def are_near(out, back):
    one, other = tunnelled(out), tunnelled(back)
    return len(one) == len(other) == 1 and one != other


def ping(host):
    done = subprocess.run(
        ["ping", "-n", "-q", "-c", str(PINGS), "-i", str(INTERVAL_S), "-W", "1", host],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"no answer from {host}: {done.stdout[-200:]}")


def capture(host):
    """(MACs as macs_of, steps as read)"""
    places = town_places()
    with tempfile.TemporaryDirectory() as folder:
        captured = Capture(places, folder, "-Q", "out", "--immediate-mode")
        try:
            end = time.monotonic() + READY_S
            while not all(map(os.path.exists, captured.paths)) and time.monotonic() < end:
                time.sleep(0.02)
            ping(host)
        finally:
            captures = captured.stop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return macs_of(places), read(captures, socket.inet_pton(family, host))


def main():
    host, near = sys.argv[1], sys.argv[2:] == ["near"]
    macs, steps = capture(host)
    for number in sorted({s[5] for s in steps}, reverse=True):
        out, back = (way(macs, steps, what, number) for what in ("request", "answer"))
        if whole(out) and whole(back):
            break
    else:
        sys.exit(f"no ping was seen from end to end, but {[s[1:5:2] for s in steps[-9:]]}")
    print(f"out {text(out)}; back {text(back)}")
    return 1 if near and not are_near(out, back) else 0


if __name__ == "__main__":
    sys.exit(main())
