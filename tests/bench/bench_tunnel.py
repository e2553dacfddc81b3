#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels against plain IPv6 routing over the same three routers.

    bench_tunnel.py [--json FILE] [--rounds N] [--seconds S] [--kinds bpf,tun]

A TCP stream from a client of the first router to one of the last. Packets between the routers
have 1500 bytes at most (segmentation and GRO are off there). Shots are short, and all kinds and
routing take turns; each town has routing of its own, its kinds' peer. Figures are medians, ratios
are those of the medians. CPU: what iperf3's two ends say of themselves, the kernel's work for them
included, and what the daemons used.
"""

import argparse
import json
import os
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from spaces import Spaces, until  # noqa: E402
from tunnel_town import Town  # noqa: E402

WAYS = {"routing": "fd98:2::2", "ipv4 in ipv6": "10.2.0.2", "ipv6 in ipv6": "fd0a:2::2"}
TARGETS = {"bpf": ">= 0.9", "tun": "-"}


def plain_routes(town):
    """The clients' LANs, under other prefixes, by the routers alone."""
    for router, client, n in ((town.a, town.ca, 1), (town.b, town.cb, 2)):
        router.ip(f"addr add fd98:{n}::1/64 dev br-lan nodad")
        client.ip(f"addr add fd98:{n}::2/64 dev eth0 nodad")
        client.ip(f"-6 route add fd98:{3 - n}::/64 via fd98:{n}::1")
        router.ip(f"-6 route add fd98:{3 - n}::/64 via fd99:{n}::2")
        town.m.ip(f"-6 route add fd98:{n}::/64 via fd99:{n}::1")


def wire_make(town):
    for space, port in ((town.a, "net0"), (town.m, "toa"), (town.m, "tob"), (town.b, "net0")):
        space.run(f"ethtool -K {port} tso off gso off gro off")
        space.run("sysctl -qw net.core.netdev_max_backlog=5000", check=False)


def town_make(spaces, kind):
    town = Town(spaces, (kind, kind))
    plain_routes(town)
    wire_make(town)
    town.cb.spawn(["iperf3", "-s"], stdout=-3, stderr=-3)
    for address in WAYS.values():
        until(lambda: town.ca.pings(address, 1), 10, f"{address} answers")
    until(lambda: town.hand["a"].status()["out"][0]["mtu_bytes"] == 1460, 10, "the MTU inside")
    assert town.hand["a"].status()["kind"] == kind
    return town


def daemons_cpu_s(town):
    return sum(int(Path(f"/proc/{hand.process.pid}/schedstat").read_text().split()[0]) / 1e9
               for hand in town.hand.values())  # fmt: skip


def shot(town, address, seconds):
    """Gbit/s, CPU seconds for a Gbit."""
    before = daemons_cpu_s(town)
    end = json.loads(town.ca.run(f"iperf3 -J -c {address} -t {seconds}", timeout=60))["end"]
    used, taken = end["cpu_utilization_percent"], end["sum_received"]
    busy = (used["host_total"] + used["remote_total"]) / 100 * taken["seconds"]
    gbits = taken["bytes"] * 8 / 1e9
    return taken["bits_per_second"] / 1e9, (busy + daemons_cpu_s(town) - before) / gbits


def measure(towns, rounds, seconds):
    lines = [(kind, way) for kind in towns for way in WAYS]
    found = {line: [] for line in lines}
    for _ in range(rounds):
        for kind, way in random.sample(lines, len(lines)):
            found[kind, way].append(shot(towns[kind], WAYS[way], seconds))
    return found


def summary(found):
    rate = {line: statistics.median(r for r, _ in shots) for line, shots in found.items()}
    cost = {line: statistics.median(c for _, c in shots) for line, shots in found.items()}
    rows = []
    for kind, way in found:
        name = f"TCP, {way}" if way == "routing" else f"TCP, {way}, {kind}"
        rows.append({"figure": f"{name} ({kind}'s)" if way == "routing" else name,
                     "value": round(rate[kind, way], 2), "unit": "Gbit/s", "target": "-"})  # fmt: skip
        if way != "routing":
            peer = kind, "routing"
            rows.append({"figure": f"{name}, of routing", "value": round(rate[kind, way] / rate[peer], 2),
                         "unit": "ratio", "target": TARGETS.get(kind, "-")})  # fmt: skip
            rows.append({"figure": f"{name}, CPU for the same", "value": round(cost[kind, way] / cost[peer], 2),
                         "unit": "of routing", "target": "-"})  # fmt: skip
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--kinds", default="bpf,tun")
    arguments = parser.parse_args()
    spaces = {kind: Spaces() for kind in arguments.kinds.split(",")}
    try:
        towns = {kind: town_make(spaces[kind], kind) for kind in spaces}
        found = measure(towns, arguments.rounds, arguments.seconds)
        refused = {kind: town.hand["a"].status()["out"][0]["tx_refused"] for kind, town in towns.items()}
    finally:
        for each in spaces.values():
            each.close()
    rows = summary(found)
    for row in rows:
        print(f"{row['figure']:46} {row['value']:6} {row['unit']:10} {row['target']}")
    result = {"load": os.getloadavg(), "refused": refused, "summary": rows,
              "shots": {f"{kind}, {way}": shots for (kind, way), shots in found.items()}}  # fmt: skip
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
