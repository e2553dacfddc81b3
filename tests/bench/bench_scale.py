#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a node costs in clouds of many: CPU, memory, control traffic.

    bench_scale.py [--json FILE] [--nodes 10,50] [--shapes street,grid] [--seconds S]

street: one segment where all hear each other, a cable, because the lab's radio is a program
that has to copy each frame for each of them. grid: rows of five radios, each hears those
beside, before and behind it. Each town is measured at rest, then with CLIENTS clients
at each node that say little. OGM interval 1 s.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from lab_town import LAB, Town, client, node, segment, until  # noqa: E402
from probe import Control, ask_all  # noqa: E402

CLIENTS = 2
WIDTH = 5  # of the grid
WARM_S = 20  # the links of new neighbours are warmed up meanwhile
SETTLE_S = 5  # after the clients came


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def town_text(shape, names):
    text = segment("air1") if shape == "street" else \
        segment("air1", kind="radio", link=links(names))
    text += "".join(node(n, "air1") for n in names)
    return text + "".join(client(f"{n}c{i}", None) for n in names for i in range(CLIENTS))


def links(names):
    beside = [(i, i + 1) for i in range(len(names) - 1) if i % WIDTH != WIDTH - 1]
    behind = [(i, i + WIDTH) for i in range(len(names) - WIDTH)]
    return [f"{names[a]} {names[b]}" for a, b in beside + behind]


class Usage:
    """What all nodes used until now."""

    def __init__(self, pids, controls):
        self.at = time.monotonic()
        self.cpu_s = {}
        for name, pid in pids.items():
            self.cpu_s[name] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
        self.counters = {n: a["counters"] for n, a in ask_all(controls, "counters").items()}


def memory_mib(pid):
    """Resident, and of that what no other process shares."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        key, value = line.split()[:2]
        found[key] = int(value) / 1024
    return found["Rss:"], found["Private_Clean:"] + found["Private_Dirty:"]


def measure(seconds, pids, controls):
    before = Usage(pids, controls)
    time.sleep(seconds)  # a measurement, not a wait
    after = Usage(pids, controls)
    span = after.at - before.at

    def each(counter):
        return [(after.counters[n][counter] - before.counters[n][counter]) / span for n in pids]

    cpu = [(after.cpu_s[n] - before.cpu_s[n]) / span * 60 for n in pids]
    memory = [memory_mib(pid) for pid in pids.values()]
    return {"cpu_s_per_min": round(statistics.mean(cpu), 3), "cpu_most": round(max(cpu), 3),
            "rss_mib": round(statistics.median(m[0] for m in memory), 2),
            "own_mib": round(statistics.median(m[1] for m in memory), 2),
            "ogm_frames_s": round(statistics.mean(each("mgmt_tx")), 2),
            "ogm_bytes_s": round(statistics.mean(each("mgmt_tx_bytes"))),
            "tt_requests": round(sum(each("tt_request_tx")) * span)}


def tables(controls):
    """Of each node: the tables of others that it has, and the clients in them."""
    found = []
    for answer in ask_all(controls, "nodes").values():
        rows = [n for n in answer["nodes"] if n["table"]]
        found.append((len(rows), sum(n["clients"] for n in rows)))
    return found


def bench(folder, shape, count, seconds):
    names = [f"n{i}" for i in range(count)]
    town = Town(folder)
    try:
        begin = time.monotonic()
        town.up(town_text(shape, names), timeout=300)
        pids = {n["name"]: n["pid"] for n in town.status()["nodes"]}
        controls = [Control(town, n) for n in names]
        up = time.monotonic()
        until(lambda: all(nodes == count - 1 for nodes, _ in tables(controls)), 120,
              "every node knows all others", pause=0.5)
        progress(f"{shape} of {count}: up in {up - begin:.1f} s, all known after "
                 f"{time.monotonic() - up:.1f} s more")
        time.sleep(WARM_S)  # a measurement of what comes after it
        rows = [{"shape": shape, "nodes": count, "clients": 0,
                 **measure(seconds, pids, controls)}]
        before = tables(controls)[0][1]  # what the nodes themselves are
        for name in names:
            for i in range(CLIENTS):
                town.lab("roam", f"{name}c{i}", name)
        all_clients = before + CLIENTS * (count - 1)
        until(lambda: all(clients == all_clients for _, clients in tables(controls)), 60,
              "all clients are known", pause=0.5)
        progress(f"{shape} of {count}: {CLIENTS * count} clients are known everywhere")
        time.sleep(SETTLE_S)
        rows.append({"shape": shape, "nodes": count, "clients": CLIENTS * count,
                     **measure(seconds, pids, controls)})
        for control in controls:
            control.close()
    finally:
        town.down(timeout=300)
    return rows


UNITS = {"cpu_s_per_min": "CPU s a minute", "rss_mib": "MiB RSS", "ogm_frames_s": "OGM frames/s",
         "ogm_bytes_s": "OGM bytes/s"}


def summary(rows):
    """For the table of all benchmarks; each figure is that of one node."""
    return [{"figure": f"{row['shape']} of {row['nodes']}, {row['clients']} clients",
             "value": row[key], "unit": unit, "target": ""}
            for row in rows for key, unit in UNITS.items()]


def show(rows):
    widths = {k: max(len(k), *(len(str(r[k])) for r in rows)) for k in rows[0]}
    print("  ".join(k.ljust(w) for k, w in widths.items()))
    for row in rows:
        print("  ".join(str(row[k]).ljust(w) for k, w in widths.items()).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--nodes", default="10,50")
    parser.add_argument("--shapes", default="street,grid")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for shape in arguments.shapes.split(","):
            for count in map(int, arguments.nodes.split(",")):
                rows += bench(Path(folder), shape, count, arguments.seconds)
    show(rows)
    if arguments.json:
        result = {"lab": str(LAB), "rows": rows, "summary": summary(rows)}
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
