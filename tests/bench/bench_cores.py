#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the cores cost without a kernel, and how that grows with the cloud.

    bench_cores.py [--json FILE] [--nodes 10,100,1000] [--repeat N]

Nanoseconds of CPU (median of --repeat processes) and allocations for one OGM, one change of a
table of clients, one decision on a frame. growth: the largest cloud against the smallest; 1 is
flat. The first row depends on the machine alone: divide by it to compare two machines.
"""

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("NUVOL_BUILD", ROOT / "build" / "release"))


def measured(nodes):
    """{what: (ns, allocations)} of one process."""
    done = subprocess.run([BUILD / "tests/bench/cores", str(nodes)], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["what"]: (row["ns"], row["allocations"]) for row in rows}


def medians(nodes, repeat):
    runs = [measured(nodes) for _ in range(repeat)]
    return {what: (statistics.median(r[what][0] for r in runs), runs[0][what][1]) for what in runs[0]}


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--nodes", default="10,100,1000")
    parser.add_argument("--repeat", default=5, type=int)
    return parser.parse_args()


def main():
    want = options()
    sizes = [int(n) for n in want.nodes.split(",")]
    found = {n: medians(n, want.repeat) for n in sizes}
    summary = []

    print(f"{'':<24}" + "".join(f"{f'{n} nodes':>24}" for n in sizes) + f"{'growth':>10}")
    for what in found[sizes[0]]:
        cells = "".join("{:>24}".format("{:.0f} ns, {:.2f} alloc".format(*found[n][what])) for n in sizes)
        growth = found[sizes[-1]][what][0] / found[sizes[0]][what][0]
        print(f"{what:<24}{cells}{growth:>10.2f}")
        summary.append({"figure": f"{what}, {sizes[-1]} nodes", "value": round(found[sizes[-1]][what][0]),
                        "unit": "ns", "target": ""})
        summary.append({"figure": f"{what}, growth", "value": round(growth, 2), "unit": "", "target": ""})
    if want.json:
        rows = [{"what": w, "nodes": n, "ns": v[0], "allocations": v[1]} for n in sizes for w, v in found[n].items()]
        want.json.write_text(json.dumps({"rows": rows, "summary": summary}, indent=1) + "\n")


if __name__ == "__main__":
    main()
