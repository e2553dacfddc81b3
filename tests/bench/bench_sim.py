#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What simulated towns cost: CPU and memory, and how both grow with the town.

    bench_sim.py [--json FILE] [--svg FILE] [--stack 100,200,400] [--network 100,200,400]
                 [--start 100,200,400] [--time 2m] [--memory GIB] [--limit SECONDS]

stack: grids with a cloud for each 100 nodes and two clients for each node, everything on.
network: grids of the network of all clouds alone (--network-only). start: the same from the
first packet until all nodes have a way to all others, no longer. One seed, no faults. CPU
counts, not the clock: others may use the machine. growth is the exponent of a power law
between the smallest and the largest town: 1, a node costs what it cost; 2, it costs more
by each node there is. A town that needs more than --memory, or longer than --limit, is
said to do so. The goal that is set for one core: --stack 1000 --time 10m in 300 s.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("NUVOL_BUILD", ROOT / "build" / "release"))
PROGRAM = BUILD / "src/nuvol-sim/nuvol-sim"
COLUMNS = ["cpu_s", "peak_mb", "memory_kb", "bytes_s", "events"]
COLOURS = {"stack": "#1f6fb4", "network": "#c4551a",
           "start": "#3d8b37"}
GIB = 1 << 30


def sides(nodes):
    """The grid nearest to a square with exactly so many nodes."""
    high = next(h for h in range(math.isqrt(nodes), 0, -1) if nodes % h == 0)
    return f"{nodes // high}x{high}"


def arguments_of(kind, nodes):
    if kind == "network":
        return ["--network-only"]
    if kind == "start":
        return ["--network-only", "--until", "converged"]
    return ["--clouds", str(max(1, nodes // 100)), "--clients", str(2 * nodes)]


def town(kind, nodes, options):
    """One run. {"failed": why} when it had no end."""
    args = [PROGRAM, "run", "--grid", sides(nodes), *arguments_of(kind, nodes),
            "--time", options.time, "--json", "--quiet"]
    most = int(options.memory * GIB)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    row = {"kind": kind, "nodes": nodes}
    try:
        done = subprocess.run(args, capture_output=True, text=True, check=False,
                              timeout=options.limit, preexec_fn=lambda: resource.setrlimit(
                                  resource.RLIMIT_AS, (most, most)))
    except subprocess.TimeoutExpired:
        return {**row, "failed": f"not over after {options.limit:.0f} s"}
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):  # 1: a check did not hold; the cost is what it was
        return {**row, "failed": (done.stderr.strip() or f"exit {done.returncode}")[:100]}
    report = json.loads(done.stdout)
    figures = report["figures"]
    return {**row,
            "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
            "wall_s": round(report["wall_s"], 1),
            "peak_mb": report["peak_kb"] // 1024,
            "memory_kb": figures["memory"] // 1024,
            "bytes_s": figures["calm_bytes_s"],
            "events": figures["events"],
            "converged_s": figures["converged_s"],
            "violated": report["violated"],
            "digest": report["digest"]}


def growth(rows, column):
    """The exponent between the smallest and the largest town; None: not to be told."""
    done = [r for r in rows if "failed" not in r and r[column] > 0]
    if len(done) < 2:
        return None
    return round(math.log(done[-1][column] / done[0][column]) /
                 math.log(done[-1]["nodes"] / done[0]["nodes"]), 2)


def show(kind, rows):
    print(f"{kind}: {'nodes':>7} {'CPU s':>9} {'peak MB':>8} {'kB/node':>8} {'B/s/node':>9} "
          f"{'events':>10} {'converged':>10} {'violated':>9}")
    for r in rows:
        if "failed" in r:
            print(f"{'':<{len(kind) + 1}} {r['nodes']:>7} {r['failed']}")
            continue
        print(f"{'':<{len(kind) + 1}} {r['nodes']:>7} {r['cpu_s']:>9} {r['peak_mb']:>8} "
              f"{r['memory_kb']:>8} {r['bytes_s']:>9} {r['events']:>10} {r['converged_s']:>8} s "
              f"{r['violated']:>9}")
    print(f"{'':<{len(kind) + 1}}  growth " +
          ", ".join(f"{c} {growth(rows, c)}" for c in COLUMNS))


def line(rows, column, colour, place):
    """A curve on two logarithmic scales."""
    points = " ".join("{:.1f},{:.1f}".format(*place(r["nodes"], r[column]))
                      for r in rows if "failed" not in r and r[column] > 0)
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'


def plot(all_rows, column, x0):
    rows = [r for rows in all_rows.values() for r in rows if "failed" not in r and r[column] > 0]
    if not rows:
        return ""
    low, high = min(r[column] for r in rows), max(r[column] for r in rows)
    first, last = min(r["nodes"] for r in rows), max(r["nodes"] for r in rows)

    def scale(value, least, most, length):
        return length * math.log(value / least) / math.log(most / least) if most > least else 0

    def place(nodes, value):
        return x0 + scale(nodes, first, last, 280), 240 - scale(value, low, high, 190)

    text = f'<text x="{x0}" y="28">{column}: {low} to {high}</text>' \
           f'<text x="{x0}" y="268">{first} to {last} nodes, both scales logarithmic</text>' \
           f'<path d="M{x0} 45V245H{x0 + 290}" fill="none" stroke="#888"/>'
    return text + "".join(line(r, column, COLOURS[k], place) for k, r in all_rows.items())


def svg(all_rows):
    names = "".join(f'<text x="{20 + 120 * i}" y="300" fill="{c}">{k}</text>'
                    for i, (k, c) in enumerate(COLOURS.items()))
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="680" height="310" '
            'font-family="sans-serif" font-size="12">' +
            plot(all_rows, "cpu_s", 20) + plot(all_rows, "peak_mb", 360) + names + "</svg>\n")


def summary(all_rows):
    out = []
    for kind, rows in all_rows.items():
        done = [r for r in rows if "failed" not in r]
        if done:
            largest = done[-1]
            out.append({"figure": f"{kind}, {largest['nodes']} nodes: CPU",
                        "value": largest["cpu_s"], "unit": "s", "target": ""})
            out.append({"figure": f"{kind}, {largest['nodes']} nodes: memory",
                        "value": largest["peak_mb"], "unit": "MB", "target": ""})
        for column in ("cpu_s", "peak_mb"):
            out.append({"figure": f"{kind}: growth of {column}", "value": growth(rows, column),
                        "unit": "exponent", "target": ""})
    return out


def numbers(text):
    return sorted(int(n) for n in text.split(",") if n)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("--svg", default=str(ROOT / "build/results/sim.svg"))
    parser.add_argument("--stack", type=numbers, default=[100, 200, 400])
    parser.add_argument("--network", type=numbers, default=[100, 200, 400])
    parser.add_argument("--start", type=numbers, default=[100, 200, 400])
    parser.add_argument("--time", default="2m")
    parser.add_argument("--memory", type=float, default=20)
    parser.add_argument("--limit", type=float, default=1800)
    options = parser.parse_args()
    all_rows = {}
    for kind, sizes in (("stack", options.stack), ("network", options.network),
                        ("start", options.start)):
        all_rows[kind] = []
        for nodes in sizes:
            print(f"  {kind}: {nodes} nodes", file=sys.stderr, flush=True)
            all_rows[kind].append(town(kind, nodes, options))
        show(kind, all_rows[kind])
    Path(options.svg).parent.mkdir(parents=True, exist_ok=True)
    Path(options.svg).write_text(svg(all_rows))
    if options.json:
        result = {"time": options.time, "rows": all_rows, "summary": summary(all_rows)}
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
