#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Leases a second and loss: perfdhcp against one node, and against a plain dnsmasq.

    bench_dhcp.py [--json FILE] [--clients N] [--rounds N] [--seconds N]

One node as it runs everywhere (nuvold, its dnsmasq, its bridge), against dnsmasq alone with the
same addresses and without its ping check, its file of leases on disk or in memory. All have
given nearly each client an address before; in turns they get the same load. What counts is the best
rate of complete exchanges (DISCOVER to ACK) over the loads, the median of the rounds.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from spaces import BUILD, Spaces, plain_conf, until  # noqa: E402

GATEWAY, CLIENT = "10.66.0.1", "10.66.0.250"
FIRST_HOST = 1024  # of the pool: our own client's address is not in it
LOADS = (200, 400, 800, 1600)
CALM = 50
TARGET = 0.8


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


class Server:
    """Something that serves DHCP in a namespace, and the other end of its cable."""

    def __init__(self, spaces, name):
        self.name, self.space, self.at = name, spaces.add(name), spaces.add(f"{name}c")
        self.best, self.loss = [], None

    def client(self):
        self.at.ip(f"addr add {CLIENT}/16 dev eth0")
        until(lambda: self.at.pings(GATEWAY, 1), 10, f"{self.name} is there")

    def load(self, rate, clients, seconds):
        """Complete exchanges a second, and what part of the requests of both kinds was lost."""
        text = self.at.run(f"perfdhcp -4 -l eth0 -r {rate} -R {clients} -p {seconds} -W 300000"
                           f" {GATEWAY}", check=False, timeout=seconds + 30)  # fmt: skip
        done = float(re.search(r"Rate: ([\d.e+]+) 4-way", text).group(1))
        sent = [int(n) for n in re.findall(r"sent packets: (\d+)", text)]
        got = [int(n) for n in re.findall(r"received packets: (\d+)", text)]
        return done, 1 - (got[1] / sent[0] if sent[0] else 0)

    def warm(self, clients):
        """Until nearly all have an address; perfdhcp lets them ask in turn."""
        for _ in range(10):
            self.load(100, clients, clients // 100 + 2)
            if self.known() >= 0.95 * clients:
                return
        raise AssertionError(f"{self.name} does not get along with {clients} clients")


class Plain(Server):
    def __init__(self, spaces, name, folder):
        super().__init__(spaces, name)
        self.leases = Path(folder) / "leases"
        spaces.veth(self.space, "lan0", self.at, "eth0")
        self.space.ip(f"addr add {GATEWAY}/16 dev lan0")
        self.space.spawn([
            "dnsmasq", "-k", "-C", "/dev/null", f"--pid-file={folder}/pid", "--interface=lan0",
            "--bind-dynamic", "--no-ping", "--dhcp-authoritative", "--quiet-dhcp", "--no-resolv",
            "--dhcp-range=10.66.4.0,10.66.255.254,255.255.0.0,1h", "--dhcp-lease-max=16384",
            f"--dhcp-leasefile={self.leases}", "--log-facility=/dev/null",
        ])  # fmt: skip
        self.client()

    def known(self):
        return len(self.leases.read_text().splitlines())


class Node(Server):
    def __init__(self, spaces, name):
        super().__init__(spaces, name)
        spaces.veth(self.space, "lan0", self.at, "eth0")
        conf = plain_conf(ssid="bench", interfaces=("mesh0",), primary="lan0", lan_ports=("lan0",))
        conf += "config lime network\n\toption main_ipv4_address '10.66.0.0/16'\n"
        conf += f"\toption anygw_dhcp_start '{FIRST_HOST}'\n"
        self.node = spaces.node(self.space, conf, log="warn").start()
        self.client()
        until(lambda: self.dhcp()["ranges"] and self.dhcp()["state"] == "up", 30, "ranges")

    def known(self):
        return self.dhcp()["leases_here"]

    def dhcp(self):
        return self.node.host()["dhcp"]


def measure(servers, clients, rounds, seconds):
    for server in servers:
        began = time.monotonic()
        server.warm(clients)
        progress(f"{server.name}: {clients} clients have addresses,"
                 f" {time.monotonic() - began:.0f} s")
    for server in servers:
        server.loss = server.load(CALM, clients, 2 * seconds)[1]
    for number in range(rounds):
        best = dict.fromkeys(servers, 0.0)
        for rate in LOADS:
            for server in servers:
                best[server] = max(best[server], server.load(rate, clients, seconds)[0])
        for server in servers:
            server.best.append(best[server])
        progress(f"round {number + 1}: "
                 + ", ".join(f"{s.name} {s.best[-1]:.0f}/s" for s in servers))


def rows(servers):
    found = {s.name: statistics.median(s.best) for s in servers}
    for server in servers:
        yield {"figure": f"leases, {server.name}", "value": round(found[server.name]),
               "unit": "/s", "target": ""}  # fmt: skip
        yield {"figure": f"lost at {CALM}/s, {server.name}", "value": f"{100 * server.loss:.1f}",
               "unit": "%", "target": ""}  # fmt: skip
    node = servers[-1]
    for server in servers[:-1]:
        yield {"figure": f"leases, node / {server.name}",
               "value": round(found[node.name] / found[server.name], 2), "unit": "",
               "target": f">= {TARGET}" if server is servers[0] else ""}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of each load")
    arguments = parser.parse_args()
    if not shutil.which("perfdhcp"):
        sys.exit("perfdhcp is missing: install kea-admin")
    os.nice(-10)  # what else runs here is not to be measured
    spaces = Spaces()
    with tempfile.TemporaryDirectory(dir=BUILD) as disk, tempfile.TemporaryDirectory(
        dir="/dev/shm"
    ) as memory:
        for folder in (disk, memory):
            os.chmod(folder, 0o777)  # dnsmasq has a user of its own
        try:
            servers = [Plain(spaces, "dnsmasq", disk), Plain(spaces, "dnsmasq-memory", memory),
                       Node(spaces, "node")]
            measure(servers, arguments.clients, arguments.rounds, arguments.seconds)
            dhcp = servers[-1].dhcp()
            assert dhcp["events_malformed"] == 0 and dhcp["crashes"] == 0, dhcp
            assert servers[-1].node.stop() == 0
        finally:
            spaces.close()
    summary = list(rows(servers))
    for row in summary:
        print(f"{row['figure']:32} {row['value']:>8} {row['unit']:3} {row['target']}".rstrip())
    if arguments.json:
        result = {"clients": arguments.clients, "best": {s.name: s.best for s in servers},
                  "dhcp": dhcp, "summary": summary}
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
