#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How soon a record that changed is on every node, and what sharing costs when none does.

    bench_share.py [--json FILE] [--nodes N] [--changes N] [--seconds N]

N nodes on one segment: a cable, and a radio that loses 10 % of all frames for each receiver;
against as many of Debian's alfred, all primaries, on a bridge, at its default of 10 s. Each node
has a record of its own. A program gives a node a change; programs that wait for events at all others say
when it has come. All use the same unix socket's protocol.
"""

import argparse
import json
import select
import shutil
import socket
import statistics
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from lab_town import LAB, RUN, Town, node, segment, until  # noqa: E402
from probe import Control, ask_all  # noqa: E402
from spaces import Spaces  # noqa: E402

ALFRED = shutil.which("alfred") or "/usr/sbin/alfred"
TYPE = 100
PATIENCE_S = 40


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def connect(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(10)
    s.connect(str(path))
    return s


def give(path, kind, text):
    record = bytes(6) + struct.pack(">BBH", kind, 0, len(text)) + text
    with connect(path) as s:
        s.sendall(struct.pack(">BBHHH", 0, 0, 4 + len(record), 1, 0) + record)


class Listener:
    """Waits for events at a node."""

    def __init__(self, path):
        self.socket = connect(path)
        self.socket.sendall(b"\x09\0\0\0")
        self.bytes = b""

    def fileno(self):
        return self.socket.fileno()

    def read(self):
        """The types of records that changed."""
        self.bytes += self.socket.recv(65536)
        kinds = []
        while len(self.bytes) >= 11:
            kinds.append(self.bytes[4])
            self.bytes = self.bytes[11:]
        return kinds


class Watch:
    """When has each node heard of a type?"""

    def __init__(self, paths):
        self.listeners = [Listener(path) for path in paths]

    def seconds(self, starts):
        """starts: {type: when it was given}. For each, how long until all had it."""
        missing = {kind: set(range(len(self.listeners))) for kind in starts}
        took = {}
        end = time.monotonic() + PATIENCE_S
        while missing:
            ready, _, _ = select.select(self.listeners, [], [], max(0, end - time.monotonic()))
            now = time.monotonic()
            assert ready, f"not everywhere in {PATIENCE_S} s: {missing}"
            for one in ready:
                for kind in one.read():
                    missing.get(kind, set()).discard(self.listeners.index(one))
                    if kind in missing and not missing[kind]:
                        del missing[kind]
                        took[kind] = now - starts[kind]
        return list(took.values())

    def close(self):
        for one in self.listeners:
            one.socket.close()


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def row(name, took, packets, kib):
    return {"who": name, "changes": len(took), "p50_ms": round(1000 * statistics.median(took)),
            "p99_ms": round(1000 * percentile(took, 0.99)), "last_ms": round(1000 * max(took)),
            "packets_node_min": round(packets, 1), "kib_node_min": round(kib, 2)}


def ours(folder, name, count, changes, seconds, **air):
    names = [f"n{i}" for i in range(count)]
    town = Town(folder)
    try:
        town.up(segment("air1", **air) + "".join(node(n, "air1") for n in names), timeout=300)
        controls = [Control(town, n) for n in names]
        paths = [RUN / town.name / n / "alfred.sock" for n in names]

        def shares():
            return [a["shared"] for a in ask_all(controls, "status").values()]

        until(lambda: all(s["peers_ours"] == count - 1 for s in shares()), 90,
              "every node knows all others", pause=0.5)
        for path in paths:
            give(path, TYPE - 1, b"x" * 200)
        time.sleep(15)  # the links are warmed up, and all is told
        watch = Watch(paths)
        took = []
        for i in range(changes):
            began = time.monotonic()
            give(paths[i % count], TYPE + i % 100, b"%d" % i + b"x" * 200)
            took += watch.seconds({TYPE + i % 100: began})
            time.sleep(0.1)
        watch.close()
        time.sleep(10)
        before = shares()
        time.sleep(seconds)  # a measurement, not a wait
        after = shares()
        each = [(b["counters"]["tx"] - a["counters"]["tx"],
                 b["counters"]["tx_bytes"] - a["counters"]["tx_bytes"])
                for a, b in zip(before, after)]
        for control in controls:
            control.close()
    finally:
        town.down(timeout=300)
    minutes = seconds / 60 * count
    return row(name, took, sum(e[0] for e in each) / minutes,
               sum(e[1] for e in each) / 1024 / minutes)


def alfreds(count, seconds):
    spaces = Spaces()
    try:
        air = spaces.add("air")
        air.ip("link add seg type bridge mcast_snooping 0 forward_delay 0")
        air.ip("link set seg up")
        nodes, paths = [], []
        for i in range(count):
            nodes.append(space := spaces.add(f"n{i}"))
            spaces.veth(air, f"to{i}", space, "eth0")
            air.ip(f"link set to{i} master seg")
            paths.append(spaces.folder / f"{i}.sock")
        time.sleep(2)  # their link-local addresses
        for space, path in zip(nodes, paths):
            space.spawn([ALFRED, "-m", "-i", "eth0", "-b", "none", "-u", str(path)])
        until(lambda: all(path.exists() for path in paths), 10, "all sockets")
        time.sleep(1)
        for path in paths:
            give(path, TYPE - 1, b"x" * 200)
        time.sleep(25)
        watch = Watch(paths)
        starts = {}
        for i, path in enumerate(paths):
            starts[TYPE + i] = time.monotonic()
            give(path, TYPE + i, b"%d" % i + b"x" * 200)
        took = watch.seconds(starts)
        watch.close()

        def sent():
            text = air.run("cat " + " ".join(
                f"/sys/class/net/to{i}/statistics/rx_{what}"
                for what in ("packets", "bytes") for i in range(count)))
            numbers = [int(n) for n in text.split()]
            return sum(numbers[:count]), sum(numbers[count:])

        before = sent()
        time.sleep(seconds)  # a measurement, not a wait
        after = sent()
    finally:
        spaces.close()
    minutes = seconds / 60 * count
    return row("alfred", took, (after[0] - before[0]) / minutes,
               (after[1] - before[1]) / 1024 / minutes)


def summary(rows):
    targets = {"ours, cable": ("< 200", "< 1000"), "ours, 10 % lost": ("", "< 3000")}
    found = []
    for r in rows:
        p50, p99 = targets.get(r["who"], ("", ""))
        found += [{"figure": f"{r['who']}: everywhere, p50", "value": r["p50_ms"], "unit": "ms",
                   "target": p50},
                  {"figure": f"{r['who']}: everywhere, p99", "value": r["p99_ms"], "unit": "ms",
                   "target": p99},
                  {"figure": f"{r['who']}: at rest", "value": r["packets_node_min"],
                   "unit": "packets a node and minute", "target": ""}]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    a = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, air in (("ours, cable", {}), ("ours, 10 % lost", {"kind": "radio", "loss": 10})):
            rows.append(ours(Path(folder), name, a.nodes, a.changes, a.seconds, **air))
            progress(rows[-1])
    rows.append(alfreds(a.nodes, a.seconds))
    progress(rows[-1])
    if a.json:
        result = {"lab": str(LAB), "rows": rows, "summary": summary(rows)}
        Path(a.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
