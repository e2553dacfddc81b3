#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnels that nuvold carries (TUN) against plain IPv6 routing over the same three routers.

    bench_tunnel.py [--json FILE] [--rounds N] [--seconds S]

A TCP stream from a client of the first router to one of the last. Packets between the routers
have 1500 bytes at most (segmentation and GRO are off there). Shots are short and alternate;
figures are medians, and the ratio is that of the medians.
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


def shot(town, address, seconds):
    out = json.loads(town.ca.run(f"iperf3 -J -c {address} -t {seconds}", timeout=60))
    return out["end"]["sum_received"]["bits_per_second"] / 1e9


def measure(town, rounds, seconds):
    found = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name in random.sample(list(WAYS), len(WAYS)):
            found[name].append(shot(town, WAYS[name], seconds))
    return {name: statistics.median(values) for name, values in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1)
    arguments = parser.parse_args()
    spaces = Spaces()
    try:
        town = Town(spaces)
        plain_routes(town)
        wire_make(town)
        town.cb.spawn(["iperf3", "-s"], stdout=-3, stderr=-3)
        for address in WAYS.values():
            until(lambda: town.ca.pings(address, 1), 10, f"{address} answers")
        until(lambda: town.hand["a"].status()["out"][0]["mtu_bytes"] == 1460, 10, "the MTU inside")
        median = measure(town, arguments.rounds, arguments.seconds)
        refused = town.hand["a"].status()["out"][0]["tx_refused"]
    finally:
        spaces.close()
    summary = []
    for name, value in median.items():
        summary.append({"figure": f"TCP, {name}", "value": round(value, 2), "unit": "Gbit/s",
                        "target": "-"})  # fmt: skip
        if name != "routing":
            summary.append({"figure": f"TCP, {name}, of routing",
                            "value": round(value / median["routing"], 2), "unit": "ratio",
                            "target": "-"})  # fmt: skip
    for row in summary:
        print(f"{row['figure']:32} {row['value']:6} {row['unit']}")
    result = {"load": os.getloadavg(), "refused": refused, "summary": summary}
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
