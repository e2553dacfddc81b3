#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the towns of this folder anew: make.py

They are SYNTHETIC. Only how many nodes they have is published: L. Maccari and R. Lo Cigno, "A week
in the life of three large Wireless Community Networks", Ad Hoc Networks 2015, examines three that
range from 131 to 226 nodes. Who has a link to whom is made here: a few roofs see far, most houses
have one or two links to a roof that is near or has many already. The share of links beside a tree
(LINKS_MORE) and all places are our choice, not those of a network that exists.
"""

import json
import math
import random
from pathlib import Path

SIZES = (131, 226)
LINKS_MORE = 0.35  # beside those of a tree, for each node
SIDE_M = 9000
LINKS_MOST = 16  # of one node: nuvold's interfaces, so that --media wire is possible too
REACH_M = 1200  # at which a link of two dishes begins to lose


def distance(a, b):
    return math.hypot(a[0] - b[0], a[1] - b[1])


def etx(metres):
    return round(1 + 0.35 * (metres / (4 * REACH_M)) ** 2, 2)


def town(size):
    rng = random.Random(size)
    place = [(rng.gauss(0.5, 0.2) * SIDE_M, rng.gauss(0.5, 0.2) * SIDE_M) for _ in range(size)]
    degree = [0] * size
    links = set()

    def join(a, b):
        if a != b and (min(a, b), max(a, b)) not in links:
            links.add((min(a, b), max(a, b)))
            degree[a] += 1
            degree[b] += 1

    def attracts(of, i):
        if degree[i] >= LINKS_MOST:
            return 0
        return (1 + degree[i]) / (1 + distance(place[of], place[i]) / REACH_M) ** 3

    for i in range(1, size):
        join(i, rng.choices(range(i), [attracts(i, k) for k in range(i)])[0])
    while len(links) < size - 1 + LINKS_MORE * size:
        i = rng.choice([k for k in range(size) if degree[k] < LINKS_MOST])
        join(i, rng.choices(range(size), [0 if k == i else attracts(i, k) for k in range(size)])[0])
    nodes = [{"id": f"n{i}", "properties": {"x_m": round(x), "y_m": round(y)}}
             for i, (x, y) in enumerate(place)]
    edges = [{"source": f"n{a}", "target": f"n{b}", "cost": etx(distance(place[a], place[b]))}
             for a, b in sorted(links)]
    return {
        "type": "NetworkGraph",
        "protocol": "static",
        "version": None,
        "metric": "ETX",
        "label": f"SYNTHETIC town of {size} nodes; see make.py beside this file",
        "nodes": nodes,
        "links": edges,
    }


def written(graph):
    """One node or link a line."""
    head = {k: v for k, v in graph.items() if k not in ("nodes", "links")}
    text = json.dumps(head, indent=1)[:-2]
    for name in ("nodes", "links"):
        rows = ",\n".join("  " + json.dumps(row) for row in graph[name])
        text += f',\n "{name}": [\n{rows}\n ]'
    return text + "\n}\n"


def main():
    for size in SIZES:
        path = Path(__file__).parent / f"synthetic-{size}.json"
        path.write_text(written(town(size)))


if __name__ == "__main__":
    main()
