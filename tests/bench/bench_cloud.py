#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The cloud's data path against a Linux bridge, and the kernel's batman-adv, over the same veths.

    bench_cloud.py [--json FILE] [--rounds N] [--seconds S] [--only tcp,udp,idle]
                   [--lines NAME,...] [--whole-cpu]

NUVOL_DATAPATH=bpf|portable chooses the path. The lines "batman" need the module, so Debian's
kernel: tests/vm/machine.py runs this under it. --whole-cpu counts what the whole machine was
busy, which is the truth where nothing else runs: so in such a machine, not on a shared one.

Two nodes, and three in a line, each beside a line of bridges. Frames on the mesh's
wire have 1500 bytes of IP at most (segmentation and GRO are off there), except in
the rows named "gso". Shots are short and alternate, so that what else the machine
does hits all alike; figures are medians, and the ratio is that of the medians.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from spaces import NUVOLD, Spaces, plain_conf, sh, until  # noqa: E402

MESH_MTU = 1560  # a client's 1500 bytes and our headers fit without fragments
PORT = 5201


class Line:
    """Nodes in a line; traffic runs from the first node's LAN to the last's."""

    def __init__(self, spaces, name, count, mtu=MESH_MTU, wire=True):
        self.spaces, self.name, self.count = spaces, name, count
        self.space = [spaces.add(f"{name}{i}") for i in range(count)]
        for i in range(count - 1):
            a, b = self.space[i], self.space[i + 1]
            macs = [f"02:be:{count:02x}:00:{i:02x}:{side:02x}" for side in (1, 2)]
            spaces.veth(a, f"mesh{1 if i else 0}", b, "mesh0", mtu, *macs)
            for space, port in ((a, f"mesh{1 if i else 0}"), (b, "mesh0")):
                space.run("sysctl -qw net.core.netdev_max_backlog=5000", check=False)
                if wire:
                    space.run(f"ethtool -K {port} tso off gso off gro off")

    def ports(self, i):
        return ["mesh0"] if i in (0, self.count - 1) else ["mesh0", "mesh1"]

    def nodes(self):
        return []

    def serve(self):
        self.target = self.space[-1].address()
        self.server = self.space[-1].spawn(["iperf3", "-s", "-p", str(PORT)], stdout=-3, stderr=-3)
        until(lambda: self.space[0].pings(self.target, 1), 30, f"{self.name} answers")

    def iperf(self, seconds, options=""):
        out = self.space[0].run(
            f"iperf3 -J -c {self.target} -p {PORT} -t {seconds} {options}", False, 60
        )
        return json.loads(out)

    def tcp_gbit(self, seconds):
        """Gbit/s, and how many CPU seconds the two iperf3 took."""
        end = self.iperf(seconds)["end"]
        used = end["cpu_utilization_percent"]
        taken = end["sum_received"]
        percent = used["host_total"] + used["remote_total"]
        return taken["bits_per_second"] / 1e9, percent / 100 * taken["seconds"]

    def udp_kpps(self, seconds):
        """64-byte datagrams that arrived per second, thousands."""
        end = self.iperf(seconds, "-u -b 0 -l 64")["end"]
        used, taken = end["cpu_utilization_percent"], end["sum"]
        percent = used["host_total"] + used["remote_total"]
        arrived = taken["packets"] - taken["lost_packets"]
        return arrived / taken["seconds"] / 1e3, percent / 100 * taken["seconds"]


class BridgeLine(Line):
    def start(self):
        for i, space in enumerate(self.space):
            space.ip("link add br-lan type bridge forward_delay 0 mcast_snooping 0")
            space.ip("link set br-lan up")
            space.run("sysctl -qw net.bridge.bridge-nf-call-iptables=0", check=False)
            space.run("sysctl -qw net.bridge.bridge-nf-call-ip6tables=0", check=False)
            space.run("sysctl -qw net.bridge.bridge-nf-call-arptables=0", check=False)
            for port in self.ports(i):
                space.ip(f"link set {port} master br-lan")
            space.ip("link set br-lan mtu 1500")
            space.ip(f"addr add 10.77.0.{i + 1}/24 dev br-lan")


class BatmanLine(Line):
    """The kernel's batman-adv on the VLAN of a cloud."""

    def start(self):
        for i, space in enumerate(self.space):
            space.ip("link add br-lan type bridge forward_delay 0 mcast_snooping 0")
            space.ip("link add bat0 type batadv")
            space.ip("link set bat0 mtu 1500 up master br-lan")
            for option in ("orig_interval 1000", "distributed_arp_table 0", "multicast_mode 0"):
                space.run(f"batctl meshif bat0 {option}")
            for port in self.ports(i):
                space.ip(f"link add link {port} name {port}.b type vlan proto 802.1ad id 114")
                space.ip(f"link set {port}.b mtu {MESH_MTU - 4} up master bat0")
            space.ip(f"addr add 10.77.0.{i + 1}/24 dev br-lan")
            space.ip("link set br-lan up")


class CloudLine(Line):
    def start(self):
        self.running = []
        for i, space in enumerate(self.space):
            conf = plain_conf(ssid=self.name, interfaces=self.ports(i))
            self.running.append(self.spaces.node(space, conf).start())

    def nodes(self):
        return self.running


# What there is on this machine: the module is there, or its file is.
BATMAN = not subprocess.run(["modprobe", "-q", "batman-adv"], check=False).returncode

LINES = {
    # name: (class, nodes, mesh MTU, wire frames)
    "bridge 2": (BridgeLine, 2, MESH_MTU, True),
    "cloud 2": (CloudLine, 2, MESH_MTU, True),
    "cloud 2 mtu1500": (CloudLine, 2, 1500, True),
    "bridge 3": (BridgeLine, 3, MESH_MTU, True),
    "cloud 3": (CloudLine, 3, MESH_MTU, True),
    "bridge 2 gso": (BridgeLine, 2, MESH_MTU, False),
    "cloud 2 gso": (CloudLine, 2, MESH_MTU, False),
    **({
        "batman 2": (BatmanLine, 2, MESH_MTU, True),
        "batman 3": (BatmanLine, 3, MESH_MTU, True),
        "batman 2 gso": (BatmanLine, 2, MESH_MTU, False),
    } if BATMAN else {}),
}  # fmt: skip


class Shot:
    """rate; CPU seconds of each node; CPU of ends and nodes for one unit of work."""

    def __init__(self, rate, node_cpu, cost):
        self.rate, self.node_cpu, self.cost = rate, node_cpu, cost


def median(values):
    return statistics.median(list(values))


def peer(name):
    words = name.split()
    return " ".join(["bridge", words[1]] + [w for w in words[2:] if w == "gso"])


def machine_busy_s():
    """CPU seconds that all cores of this machine have worked."""
    fields = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def shots(lines, measure, rounds, seconds, progress, whole_cpu=False):
    """name -> list of figures, in random order each round."""
    found = {name: [] for name in lines}
    for n in range(rounds):
        order = list(lines)
        random.shuffle(order)
        for name in order:
            before = [node.cpu_s() for node in lines[name].nodes()]
            busy = machine_busy_s()
            rate, ends = measure(lines[name], seconds)
            busy = machine_busy_s() - busy
            cpu = [node.cpu_s() - b for node, b in zip(lines[name].nodes(), before)]
            work = busy if whole_cpu else ends + sum(cpu)
            found[name].append(Shot(rate, cpu, work / (rate * seconds)))
        progress(f"round {n + 1} of {rounds}")
    return found


def cost(taken):
    return median(s.cost for s in taken)


def ratios(found, name):
    """Against a bridge, and the same work's CPU against the kernel's module, as far as these were
    measured too. cpu_ratio: what the peer needs of CPU for the same work, as a part of what we
    need; unlike the ratio of rates it hardly depends on what else the machine does."""
    taken, bridge = found[name], found.get(peer(name))
    module = found.get(name.replace("cloud", "batman").removesuffix(" mtu1500"))
    row = {}
    if bridge:
        row["ratio"] = round(median(s.rate for s in taken) / median(s.rate for s in bridge), 3)
        row["cpu_ratio"] = round(cost(bridge) / cost(taken), 3)
    if module and name.startswith("cloud"):
        row["of_batman_per_cpu"] = round(cost(module) / cost(taken), 3)
    return row


def table(found, unit):
    rows = []
    for name, taken in found.items():
        rates = [s.rate for s in taken]
        rows.append(
            {
                "line": name,
                unit: round(median(rates), 3),
                "min": round(min(rates), 3),
                "max": round(max(rates), 3),
                **ratios(found, name),
                "node_cpu_s": [round(median(c), 2) for c in zip(*[s.node_cpu for s in taken])],
            }
        )
    return rows


TARGETS = {"cloud 2": ">= 0.45", "cloud 3": ">= 0.4"}


def summary(result):
    """The ratios, for the table of all benchmarks."""
    return [
        {
            "figure": f"{kind}, {row['line']}",
            "value": row.get("ratio"),
            "unit": "of a bridge",
            "target": TARGETS.get(row["line"], ""),
        }
        for kind in ("tcp", "udp")
        for row in result.get(kind, [])
        if row["line"].startswith("cloud")
    ]


def idle(spaces, counts, seconds, progress):
    """CPU and memory of nodes that all hear each other on one segment."""
    rows = []
    for count in counts:
        hub = spaces.add(f"hub{count}")
        hub.ip("link add seg type bridge forward_delay 0 mcast_snooping 0")
        hub.ip("link set seg up")
        nodes = []
        for i in range(count):
            space = spaces.add(f"i{count}n{i}")
            mac = f"02:bf:{count:02x}:00:00:{i:02x}"
            spaces.veth(space, "mesh0", hub, f"p{i}", MESH_MTU, mac)
            hub.ip(f"link set p{i} master seg")
            conf = plain_conf(ssid=f"idle{count}")
            nodes.append(spaces.node(space, conf, log="warn").start(wait=False))
        progress(f"{count} nodes started")
        until(
            lambda: all(n.answers() and len(n.ask("nodes")["nodes"]) >= count - 1 for n in nodes),
            120,
            f"{count} nodes know each other",
            pause=1,
        )
        progress(f"{count} nodes know each other")
        time.sleep(15)  # the warm-up of new neighbours is over; a measurement, not a wait
        before, start = [n.cpu_s() for n in nodes], time.monotonic()
        time.sleep(seconds)
        span = time.monotonic() - start
        cpu = [(n.cpu_s() - b) / span * 100 for n, b in zip(nodes, before)]
        rows.append(
            {
                "nodes": count,
                "cpu_percent": round(statistics.mean(cpu), 3),
                "rss_mib": round(statistics.median(n.rss_bytes() for n in nodes) / 2**20, 2),
            }
        )
        for node in nodes:
            node.kill()
    return rows


def show(title, rows):
    print(f"\n{title}")
    heads = dict.fromkeys(k for row in rows for k in row)
    text = [{k: str(row.get(k, "-")) for k in heads} for row in rows]
    widths = {k: max([len(k), *(len(row[k]) for row in text)]) for k in heads}
    print("  ".join(k.ljust(w) for k, w in widths.items()))
    for row in text:
        print("  ".join(row[k].ljust(w) for k, w in widths.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--only", default="tcp,udp,idle", help="tcp, udp, idle")
    parser.add_argument("--lines", default=",".join(LINES), help="which, by name")
    parser.add_argument("--whole-cpu", action="store_true", help="count what the machine was busy")
    parser.add_argument("--idle", default="10,50", help="how many nodes stand idle")
    arguments = parser.parse_args()
    only = arguments.only.split(",")
    spaces = Spaces()
    result = {"nuvold": str(NUVOLD), "kernel": sh("uname -r").strip()}

    def progress(text):
        print(f"  {text}", file=sys.stderr, flush=True)

    try:
        lines = {}
        for i, name in enumerate(arguments.lines.split(",") if set(only) - {"idle"} else []):
            cls, count, mtu, wire = LINES[name]
            lines[name] = cls(spaces, f"l{i}", count, mtu, wire)
            lines[name].start()
        for name, line in lines.items():
            line.serve()
            progress(f"{name} is up")
        seconds = arguments.seconds
        if "tcp" in only:
            found = shots(lines, Line.tcp_gbit, arguments.rounds, seconds, progress,
                          arguments.whole_cpu)
            result["tcp"] = table(found, "gbit")
            show("TCP, one stream", result["tcp"])
        if "udp" in only:
            small = {n: line for n, line in lines.items() if n[-1] in "23"}
            found = shots(small, Line.udp_kpps, arguments.rounds, seconds, progress,
                          arguments.whole_cpu)
            result["udp"] = table(found, "kpps")
            show("64-byte datagrams received", result["udp"])
        for node in spaces.nodes:
            node.alive()
        if "idle" in only:
            for node in spaces.nodes:
                node.kill()
            counts = [int(n) for n in arguments.idle.split(",")]
            result["idle"] = idle(spaces, counts, 10, progress)
            show("Nodes on one segment, at rest", result["idle"])
    finally:
        spaces.close()
    result["summary"] = summary(result)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
