#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""From a client's DHCP ACK until its lease is usable on every node: known, and in the DNS.

    bench_leases.py [--json FILE] [--nodes N] [--samples N] [--shapes street,grid] [--loss 0,10]

street: one segment where all hear each other; what is lost is lost. grid: rows of five
radios, each hears those beside, before and behind it; a unicast frame that its receiver lost is
sent again, four times at most, as Wi-Fi does it. loss: percent, each receiver by itself.
One client at a time gives its address back, all nodes forget it, and it asks anew.
"""

import argparse
import json
import math
import os
import signal
import socket
import statistics
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from bench_scale import links  # noqa: E402
from crowd import Crowd  # noqa: E402
from lab_town import DHCP, LAB, RUN, Town, client, node, segment, until  # noqa: E402
from probe import ETH_P_ALL, inside, stamp, stamped  # noqa: E402

CLIENTS = 10
GIVE_UP_S = 20
TARGET_MS = {0: (200, 1000), 10: (None, 3000)}  # loss: of the median, of p99
ACK = b"\x35\x01\x05"


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def town_text(shape, count, loss):
    names = [f"n{i}" for i in range(count)]
    if shape == "street":
        text = segment("air1", loss=loss)
    else:
        text = segment("air1", kind="radio", loss=loss, retries=4, link=links(names))
    text += "".join(node(n, "air1") for n in names)
    return text + "".join(client(f"c{i}", names[i * count // CLIENTS], DHCP)
                          for i in range(CLIENTS))


class Listener:
    """Hears when a client gets its ACK."""

    def __init__(self, town, name):
        with inside(town, name):
            self.socket = stamped(socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                                socket.htons(ETH_P_ALL)))
        self.socket.bind(("eth0", 0))

    def take(self):
        """When an ACK came, or None."""
        while True:
            try:
                frame, extra, _, _ = self.socket.recvmsg(2048, 64)
            except OSError:
                return None
            if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[36:38] == b"\0\x44" \
                    and ACK in frame[282:]:
                return stamp(extra)


class Resolver:
    """Asks the name server of a node."""

    def __init__(self, town, node_name, address):
        with inside(town, node_name):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.5)
        self.socket.connect((address, 53))
        self.number = 0

    def address(self, name):
        """As text, or None."""
        self.number = (self.number + 1) & 0xFFFF
        label = bytes([len(name)]) + name.encode()
        question = struct.pack(">HHHHHH", self.number, 0x0100, 1, 0, 0, 0) + label + b"\0\0\1\0\1"
        try:
            self.socket.send(question)
            answer = self.socket.recv(1500)
        except OSError:
            return None
        number, _, _, answers = struct.unpack_from(">HHHH", answer)
        return socket.inet_ntoa(answer[-4:]) if number == self.number and answers == 1 else None


class Cloud(Crowd):
    def __init__(self, town, text):
        super().__init__(town, text)
        self.await_addresses(60)
        gateway = self.lease("c0")["router"]
        self.resolvers = {n: Resolver(town, n, gateway) for n in self.nodes}
        self.listeners = {n: Listener(town, n) for n in self.clients}

    def tell(self, name, number):
        pid = int((RUN / self.town.name / name / "udhcpc.pid").read_text())
        os.kill(pid, number)

    def knows(self, node_name, mac):
        control = self.controls[node_name]
        control.send("why", what="lease", client=mac)
        return "result" in json.loads(control.file.readline())

    def sample(self, name):
        """({node: s until it knew}, {node: s until its name server did}) after the ACK."""
        mac = self.clients[name]
        self.tell(name, signal.SIGUSR2)
        until(lambda: not any(self.knows(n, mac) for n in self.nodes), GIVE_UP_S,
              f"all forgot {name}")
        self.listeners[name].take()
        self.tell(name, signal.SIGUSR1)
        return self.watch(name, mac)

    def watch(self, name, mac):
        ack, known, named = None, {}, {}
        end = time.monotonic() + GIVE_UP_S
        while time.monotonic() < end and (ack is None or len(named) < len(self.nodes)):
            ack = ack or self.listeners[name].take()
            for n in self.nodes:
                if n not in known and self.knows(n, mac):
                    known[n] = time.monotonic()
                if n in known and n not in named and self.resolvers[n].address(name):
                    named[n] = time.monotonic()
        assert ack, f"{name} got no ACK"
        missing = set(self.nodes) - set(named)
        assert not missing, f"{sorted(missing)} did not learn of {name}"
        return tuple({n: max(0, at - ack) for n, at in found.items()} for found in (known, named))


def percentile(values, part):
    """The smallest value that at least so many (of one) do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(part * len(ordered)) - 1]


def bench(folder, shape, count, loss, samples):
    town = Town(folder)
    cloud = None
    last = {"known": [], "in the DNS": []}
    try:
        cloud = Cloud(town, town_text(shape, count, loss))
        time.sleep(5)  # links warm up; what comes after it is measured
        names = list(cloud.clients)
        for i in range(samples):
            for what, found in zip(last, cloud.sample(names[i % len(names)])):
                last[what].append(max(found.values()) * 1000)
    finally:
        if cloud:
            cloud.close()
        else:
            town.down()
    median, most = TARGET_MS[loss]
    rows = []
    for what, values in last.items():
        found = {"median": round(statistics.median(values)), "p99": round(percentile(values, 0.99)),
                 "most": round(max(values)), "count": len(values)}
        targets = [f"p50 < {median}"] if median else []
        rows.append({"figure": f"{shape} of {count}, {loss} % loss: {what} on every node",
                     "unit": "ms", "target": ", ".join(targets + [f"p99 < {most}"]), **found})
    progress(f"{shape}, {loss} % loss: {samples} leases")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--samples", type=int, default=100, help="leases in each town")
    parser.add_argument("--shapes", default="street,grid")
    parser.add_argument("--loss", default="0,10")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for shape in arguments.shapes.split(","):
            for loss in map(int, arguments.loss.split(",")):
                rows += bench(Path(folder), shape, arguments.nodes, loss, arguments.samples)
    for row in rows:
        print(f"{row['figure']:<48}  median {row['median']} ms, p99 {row['p99']} ms, most "
              f"{row['most']} ms of {row['count']}  ({row['target']})")
    if arguments.json:
        summary = [{"figure": r["figure"], "value": f"{r['median']}, p99 {r['p99']}",
                    "unit": "ms", "target": r["target"]} for r in rows]
        result = {"lab": str(LAB), "rows": rows, "summary": summary}
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
