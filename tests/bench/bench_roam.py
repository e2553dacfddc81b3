#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long it is felt that a client walks, comes, or that a node dies. Probes each 10 ms.

    bench_roam.py [--json FILE] [--walks N] [--deaths N]

Milliseconds, with real daemons in towns of nuvol-lab: a line of five nodes, by wire and by
radio without loss, and towns with two ways. OGM interval 1 s.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from lab_town import CABLE, LAB, Town, client  # noqa: E402
from repair import SHAPES, Detour, Street  # noqa: E402
from walk import (  # noqa: E402
    PINGS, WALK, Cloud, Walker, first_contact, line_text, new_clients, silence, walk)

NEW = 6
TARGET_MS = {"carrier": 300, "silence": 2500, "crash": 2500}


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def ms(values):
    """Of seconds: the median and the ends, in milliseconds."""
    values = [v * 1000 for v in values]
    return {"median": round(statistics.median(values)), "least": round(min(values)),
            "most": round(max(values)), "count": len(values)}


class Bench:
    def __init__(self, folder):
        self.folder, self.rows, self.roams = folder, [], {}

    def row(self, figure, values, target, unit="ms"):
        found = ms(values) if unit == "ms" else \
            {"median": statistics.median(values), "least": min(values), "most": max(values),
             "count": len(values)}
        self.rows.append({"figure": figure, "unit": unit, "target": target, **found})

    def line(self, kind, walks):
        mute = {name: f"{name}x" for name in PINGS}
        more = "".join(client(f"new{i}", None) for i in range(NEW))
        more += "".join(client(name, None, CABLE) for name in mute.values())
        town = Town(self.folder)
        try:
            cloud = Cloud(town, line_text(kind, more))
            for name in ["pc", *mute.values()]:
                silence(town, name)
            walkers = [Walker(cloud, "phone", True), Walker(cloud, "tablet", False),
                       Walker(cloud, "pc", False)]
            for n in range(walks):
                walk(walkers, WALK)
                progress(f"{kind}: walk {n + 1} of {walks}")
            self.line_rows(kind, *(w.roams for w in walkers))
            for hops, took in sorted(new_clients(cloud, [f"new{i}" for i in range(NEW)]).items()):
                self.row(f"{kind}: new client known, {hops} hops away", took,
                         f"< {100 * max(hops, 1)}")
            lost = first_contact(cloud, mute)
            self.row(f"{kind}: first contact with a mute client", list(lost.values()), "<= 1",
                     "lost of 5")
        finally:
            town.down()

    def line_rows(self, kind, active, silent, cable):
        self.row(f"{kind}: active client, lost a roam", [r.lost for r in active], "0", "probes")
        self.row(f"{kind}: active client, detour ends", [r.detour_s for r in active], "< 200")
        self.row(f"{kind}: active client, gap", [r.gap_s for r in active], "")
        for what, roams in (("silent client", silent), ("mute client by cable", cable)):
            self.row(f"{kind}: {what}, gap", [r.gap_s for r in roams], "median < 300")
            self.row(f"{kind}: {what}, gap, old node nearer",
                     [r.gap_s for r in roams if r.is_back], "median < 300")
            self.row(f"{kind}: {what}, gap, three hops",
                     [r.gap_s for r in roams if r.hops == 3], "median < 300")

    def deaths(self, shape, times):
        """The next hop of the phone at a dies, in several towns at once. The far side, d, has
        lost a link behind its next hop, and learns of it by missing OGMs only."""
        towns = [Town(self.folder) for _ in range(times)]
        try:
            with ThreadPoolExecutor(times) as pool:
                detours = list(pool.map(lambda town: Detour(town, shape), towns))
                for how, target in TARGET_MS.items():
                    gaps = list(pool.map(lambda d, how=how: d.gaps_s(how), detours))
                    self.row(f"{shape}: next hop dies, {how}", [g[0] for g in gaps],
                             f"<= {target}")
                    self.row(f"{shape}: the same, felt at the far side", [g[1] for g in gaps], "")
                    progress(f"{shape}: {how}")
        finally:
            for town in towns:
                town.down()

    def street(self):
        town = Town(self.folder)
        try:
            rates = [round(r, 2) for r in Street(town).rates().values()]
        finally:
            town.down()
        self.row("12 nodes on one segment", rates, "<= 3", "OGM frames/s")


def show(rows):
    columns = ["figure", "median", "least", "most", "count", "unit", "target"]
    widths = {c: max(len(c), *(len(str(r[c])) for r in rows)) for c in columns}
    print("  ".join(c.ljust(widths[c]) for c in columns))
    for row in rows:
        print("  ".join(str(row[c]).ljust(widths[c]) for c in columns).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--walks", type=int, default=1, help="of 20 roams each")
    parser.add_argument("--deaths", type=int, default=5, help="of each kind")
    arguments = parser.parse_args()
    os.nice(-10)  # what else runs here is not to be measured
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for kind in ("wire", "radio"):
            bench.line(kind, arguments.walks)
        bench.street()
        for shape in SHAPES:
            bench.deaths(shape, arguments.deaths)
    progress(f"took {time.monotonic() - begin:.0f} s")
    show(bench.rows)
    if arguments.json:
        summary = [{"figure": r["figure"], "value": f"{r['median']} (most {r['most']})",
                    "unit": r["unit"], "target": r["target"]} for r in bench.rows]
        result = {"lab": str(LAB), "rows": bench.rows, "summary": summary}
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
