#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the network (BMX7) costs at rest, and how fast it finds and repairs routes.

    bench_network.py [--json FILE] [--runs N] [--shapes line:10,...] [--daemons line:10,...]

shapes: engines in virtual time, l3_figures, each with N seeds. daemons: nuvold in network
namespaces with veth cables, each a cloud of its own, RSA-1024 node keys; all
share the cores of this machine, so their times are those of the machine too. Until the
last change of a kernel's route counts as repair.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from spaces import BUILD, Spaces, until  # noqa: E402

FIGURES = BUILD / "tests/sim/l3_figures"
SHAPES = "line:10,grid:5,grid:10,random:10,random:30,random:100,random:200,segment:30"
EVENTS = {"cold": "cold start", "cut": "silent cut", "carrier": "carrier loss",
          "death": "silent death"}
LIMITS_S = {"cut": 3, "carrier": 0.3, "death": 3}
CALM_S = 70  # before something breaks
REST_S = 60
WATCH_S = 6

def conf(i):
    return (f"config lime 'wifi'\n\toption ap_ssid 'cloud{i}'\n"
            "config lime 'network'\n\tlist protocols 'batadv:%N1'\n\tlist protocols 'bmx7:18'\n"
            "config nuvol 'bmx7'\n\toption node_rsa_key '4'\n")



def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def limit_s(event, nodes, shape):
    if event == "cold":
        return 15 if shape.startswith("segment") else 6 if nodes <= 30 else 9
    return LIMITS_S[event]


# ---- virtual time ----


def figures(shape, seed):
    more = ["cores=2"] if shape.startswith("segment") else []
    done = subprocess.run([FIGURES, shape, str(seed), *more], check=True, capture_output=True,
                          text=True)
    return json.loads(done.stdout)


def virtual(shape, runs):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda seed: figures(shape, seed), range(1, runs + 1)))
    row = {"shape": shape, "nodes": found[0]["nodes"],
           "rest_bytes_s": round(statistics.median(f["rest"]["bytes"] for f in found)),
           "engine_bytes": max(f["memory"] for f in found),
           "circles": sum(f["circles"] for f in found)}
    for event in EVENTS:
        hit = [f[event] for f in found if f[event]["pairs"] > 0]
        row[event] = {"of": len(hit)}
        for key in ("p50", "p90", "worst") if hit else ():
            row[event][key] = statistics.median(h[key] for h in hit) / 1000
        row[event]["max"] = max((h["worst"] for h in hit), default=0) / 1000
        row[event]["unrepaired"] = sum(h["all"] < 0 for h in hit)
        row[event]["tail"] = max((h["worst"] / h["p90"] for h in hit), default=0)
    progress(f"{shape}: {json.dumps(row)}")
    return row


# ---- daemons ----


def cables(shape):
    kind, n = shape.split(":")
    n = int(n)
    if kind == "line":
        return n, [(i, i + 1) for i in range(n - 1)]
    beside = [(i, i + 1) for i in range(n * n) if i % n < n - 1]
    return n * n, beside + [(i, i + n) for i in range(n * n - n)]


class Net:
    def __init__(self, shape):
        self.spaces = Spaces()
        count, self.cables = cables(shape)
        self.space = [self.spaces.add(f"n{i}") for i in range(count)]
        for a, b in self.cables:
            self.spaces.veth(self.space[a], f"to{b}", self.space[b], f"to{a}", 1532)
        self.nodes = [self.spaces.node(s, conf(i)) for i, s in enumerate(self.space)]
        begin = time.monotonic()
        for node in self.nodes:
            node.start(wait=False)
        self.started_s = time.monotonic() - begin
        self.left = set(range(count))
        until(self.all_known, 300, "all routes", pause=0.1)
        self.cold_s = time.monotonic() - begin

    def routes(self, i):
        out = self.space[i].ip("-6 route show table 70", check=False)
        return set(re.findall(r"^(fd70:\S+) via fe80:", out, re.M))

    def all_known(self):
        self.left = {i for i in self.left if len(self.routes(i)) < len(self.nodes) - 1}
        return not self.left

    def pids(self):
        return [n.process.pid for n in self.nodes if n.running()]

    def sent(self):
        """By the counters of the network's interfaces: with Ethernet's headers, no tag."""
        total = 0
        for space in self.space:
            for link in json.loads(space.ip("-s -j link")):
                if re.fullmatch(r"to\d+_18", link["ifname"]):
                    total += link["stats64"]["tx"]["bytes"]
        return total

    def cpu_s(self):
        return sum(int((task / "schedstat").read_text().split()[0]) / 1e9
                   for pid in self.pids() for task in Path(f"/proc/{pid}/task").iterdir())

    def rest(self):
        time.sleep(CALM_S)  # a measurement of what comes after it
        before, cpu, at = self.sent(), self.cpu_s(), time.monotonic()
        time.sleep(REST_S)
        span = (time.monotonic() - at) * len(self.nodes)
        rss = [int(re.search(r"Rss: +(\d+)", Path(f"/proc/{p}/smaps_rollup").read_text())[1])
               for p in self.pids()]
        return {"rest_bytes_s": round((self.sent() - before) / span),
                "cpu_s_per_min": round((self.cpu_s() - cpu) / span * 60, 4),
                "rss_mib": round(statistics.median(rss) / 1024, 2)}

    def changes_after(self, do):
        """do() breaks something; s until the last change of a route within WATCH_S."""
        listeners = []
        for space in self.space:
            log = open(self.spaces.folder / f"{space.name}.monitor", "w+")
            listeners.append((log, space.spawn(
                ["ip", "-6", "-ts", "monitor", "route"], stdout=log)))
        time.sleep(1)  # they listen
        begin = time.time()
        do()
        time.sleep(WATCH_S)
        last = 0.0
        for log, process in listeners:
            process.send_signal(signal.SIGTERM)
            process.wait()
            log.seek(0)
            for stamp in re.findall(r"^\[([^\]]+)\].*fd70:.*table 70", log.read(), re.M):
                last = max(last, datetime.fromisoformat(stamp).timestamp() - begin)
            log.close()
        return round(last, 2)

    def cut(self, a, b):
        for here, there in ((a, b), (b, a)):
            self.space[here].run(
                f"nft 'table netdev cut {{ chain out {{ type filter hook egress device to{there}"
                " priority 0; policy drop; }; }'")

    def heal(self, a, b):
        for here in (a, b):
            self.space[here].run("nft delete table netdev cut")


def daemons(shape):
    net = None
    try:
        net = Net(shape)
        row = {"shape": shape, "nodes": len(net.nodes), "cold_s": round(net.cold_s, 1),
               "started_s": round(net.started_s, 1), **net.rest()}
        progress(f"daemons {shape}: {json.dumps(row)}")
        a, b = net.cables[len(net.cables) // 2]
        row["cut_s"] = net.changes_after(lambda: net.cut(a, b))
        net.heal(a, b)
        time.sleep(20)
        row["carrier_s"] = net.changes_after(lambda: net.space[a].ip(f"link set to{b} down"))
        net.space[a].ip(f"link set to{b} up")
        time.sleep(20)
        row["death_s"] = net.changes_after(net.nodes[len(net.nodes) // 2].kill)
        progress(f"daemons {shape}: {json.dumps(row)}")
        return row
    finally:
        if net:
            net.spaces.close()


# ---- tables ----


def summary(rows, real):
    out = []
    for row in rows:
        name = row["shape"]
        for event, text in EVENTS.items():
            if row[event]["of"]:
                out.append({"figure": f"{name}: {text}, all pairs", "value": row[event]["worst"],
                            "unit": "s", "target": f"<= {limit_s(event, row['nodes'], name)}"})
        out.append({"figure": f"{name}: at rest", "value": row["rest_bytes_s"], "unit": "B/s",
                    "target": "<= 500" if name == "grid:10" else ""})
    for row in real:
        name = f"daemons {row['shape']}"
        for key, unit, target in (("cold_s", "s", "<= 6" if row["nodes"] <= 30 else "<= 9"),
                                  ("cut_s", "s", "<= 3"), ("carrier_s", "s", "<= 0.3"),
                                  ("death_s", "s", "<= 3"), ("rest_bytes_s", "B/s", ""),
                                  ("cpu_s_per_min", "s a minute", "<= 0.03"),
                                  ("rss_mib", "MiB", "<= 6")):
            out.append({"figure": f"{name}: {key}", "value": row[key], "unit": unit,
                        "target": target})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--shapes", default=SHAPES)
    parser.add_argument("--daemons", default="line:10,grid:5")
    arguments = parser.parse_args()
    rows = [virtual(s, arguments.runs) for s in filter(None, arguments.shapes.split(","))]
    real = [daemons(s) for s in filter(None, arguments.daemons.split(","))]
    found = summary(rows, real)
    for row in found:
        print(f"{row['figure']:45} {row['value']:>8} {row['unit']:10} {row['target']}")
    if arguments.json:
        result = {"virtual": rows, "daemons": real, "summary": found}
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
