"""Towns of kernel nodes (user-mode Linux) and our nodes on shared wires.

    One namespace, the air, holds a bridge for each segment and for each node's LAN.
    A kernel node is a guest with TAPs in these bridges; one of ours is a namespace
    with veths into them and nuvold inside. A client is a namespace whose veth is a
    port of some node's LAN bridge, and roams by moving that port.
"""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from uml import HERE, Guest

BUILD = Path(os.environ.get("NUVOL_BUILD", HERE.parent.parent / "build/release"))
NUVOLD = BUILD / "src/nuvold/nuvold"
NUVOL = BUILD / "src/nuvol/nuvol"
SSID = "LibreMesh.org"  # its cloud VLAN is 29
numbers = itertools.count(1)


def sh(command, check=True, timeout=60):
    done = subprocess.run(command, shell=True, text=True, capture_output=True, timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def until(condition, seconds, what):
    """Waits for condition() to be true; gives how long it took."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - start


class Client:
    def __init__(self, town, number):
        self.town = town
        self.number = number
        self.namespace = f"{town.prefix}c{number}"
        self.port = f"c{number}"
        self.mac = f"02:ba:cc:00:00:{number:02x}"
        self.address = f"10.99.0.{100 + number}"

    def create(self, node):
        sh(f"ip netns add {self.namespace}")
        quiet(self.namespace)
        sh(
            f"ip -n {self.town.air} link add {self.port} type veth"
            f" peer name eth0 netns {self.namespace}"
        )
        sh(f"ip netns exec {self.namespace} ethtool -K eth0 tx off tso off gso off gro off", False)
        sh(f"ip -n {self.namespace} link set eth0 address {self.mac} up")
        sh(f"ip -n {self.namespace} addr add {self.address}/24 dev eth0")
        self.move(node)

    def move(self, node):
        """To the LAN of another node, without a word: the client says nothing by itself."""
        sh(f"ip -n {self.town.air} link set {self.port} master lan{node.lan} up")

    def run(self, command, check=True, timeout=60):
        return sh(f"ip netns exec {self.namespace} {command}", check, timeout)

    def ping(self, target, count=3, options=""):
        """How many of count pings were answered."""
        out = self.run(f"ping -n -q -c {count} -i 0.1 -W 1 {options} {target}", check=False)
        return int(out.split(" received")[0].split(",")[-1]) if " received" in out else 0


class KernelNode:
    kind = "kernel"

    def __init__(self, town, number, segments):
        self.town, self.number, self.segments = town, number, segments
        self.lan = town.lans.get(number, number)
        self.mac = f"02:ba:00:00:{number:02x}:01"
        self.segments_macs = [f"02:ba:00:{i:02x}:{number:02x}:01" for i in range(len(segments))]

    def create(self):
        air, taps = self.town.air, []
        for i, segment in enumerate(self.segments):
            tap = f"k{self.number}m{i}"
            sh(f"ip -n {air} tuntap add {tap} mode tap")
            sh(f"ip -n {air} link set {tap} mtu 1600 master seg{segment} up")
            taps.append((tap, self.segments_macs[i], self.town.mtu_of(segment)))
        tap = f"k{self.number}l"
        sh(f"ip -n {air} tuntap add {tap} mode tap")
        sh(f"ip -n {air} link set {tap} master lan{self.lan} up")
        taps.append((tap, f"02:ba:00:00:{self.number:02x}:fe", 1500))
        self.guest = Guest(f"k{self.number}", air, str(self.town.folder), taps)

    def configure(self):
        ports = " ".join(f"vec{i}" for i in range(len(self.segments)))
        self.guest.run(
            f"TAG={self.town.tag} BLA={int(self.town.bla)}"
            f" sh {HERE}/guest-node {self.number} vec{len(self.segments)}"
            f" {self.town.vlan or 'none'} {self.town.interval_of(self)} {ports}"
        )

    def restart(self):
        self.guest.run("ip link del bat0; ip link del br-lan; ip link del vec0.v 2>/dev/null; true")
        self.configure()

    def originators(self):
        """MAC -> TQ of every node with a route."""
        rows = json.loads(self.guest.run("batctl meshif bat0 oj"))
        return {row["orig_address"]: row["tq"] for row in rows if row.get("best")}

    def clients(self):
        """MACs (vid 0) that the node knows elsewhere."""
        rows = json.loads(self.guest.run("batctl meshif bat0 tgj"))
        return {row["tt_address"] for row in rows if row["tt_vid"] <= 0}

    def homes(self):
        """MAC (vid 0) -> the nodes that announce it, as this node knows them."""
        found = {}
        for row in json.loads(self.guest.run("batctl meshif bat0 tgj")):
            if row["tt_vid"] <= 0:
                found.setdefault(row["tt_address"], set()).add(row["orig_address"])
        return found

    def destroy(self):
        if hasattr(self, "guest"):
            self.guest.halt()


class OurNode:
    kind = "ours"

    def __init__(self, town, number, segments):
        self.town, self.number, self.segments = town, number, segments
        self.lan = town.lans.get(number, number)
        self.namespace = f"{town.prefix}n{number}"
        self.folder = town.folder / f"n{number}"
        self.process = None

    def create(self):
        air, ns = self.town.air, self.namespace
        sh(f"ip netns add {ns}")
        quiet(ns)
        nets = ""
        for i, segment in enumerate(self.segments):
            port = f"o{self.number}m{i}"
            mac = f"02:0a:00:{i:02x}:{self.number:02x}:01"
            sh(f"ip -n {air} link add {port} type veth peer name mesh{i} netns {ns}")
            sh(f"ip -n {ns} link set mesh{i} address {mac} mtu {self.town.mtu_of(segment)} up")
            sh(f"ip -n {air} link set {port} master seg{segment} mtu 1600 up")
            tag = self.town.tag.lower().replace(".", "")
            protocol = f"batadv:%N1:{tag}" if self.town.vlan else "batadv:0"
            nets += (
                f"config net 'mesh{i}'\n\toption linux_name 'mesh{i}'\n"
                f"\tlist protocols '{protocol}'\n"
            )
        sh(f"ip -n {air} link add o{self.number}l type veth peer name lan0 netns {ns}")
        sh(f"ip -n {air} link set o{self.number}l master lan{self.lan} up")
        sh(f"ip -n {ns} link set lan0 up")
        self.folder.mkdir()
        (self.folder / "node").write_text(
            f"config lime 'system'\n\toption hostname 'ours{self.number}'\n"
            f"config lime 'wifi'\n\toption ap_ssid '{SSID}'\n"
            "config lime 'network'\n\toption primary_interface 'mesh0'\n"
            f"\toption batadv_orig_interval '{self.town.interval_of(self)}'\n"
            "config net 'lan'\n\toption linux_name 'lan0'\n\tlist protocols 'lan'\n" + nets
        )

    def configure(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, str(NUVOLD), "--config", str(self.folder),
             "--run-dir", str(self.folder)],
            stdout=self.log, stderr=self.log, start_new_session=True,
        )
        until((self.folder / "nuvold.sock").exists, 10, f"control socket of {self.namespace}")
        sh(f"ip -n {self.namespace} addr replace 10.99.0.{self.number}/24 dev br-lan")
        self.mac = self.ask("nodes --json") and self.status()["cloud"]["mac"]

    def ask(self, words):
        return json.loads(sh(f"{NUVOL} --run-dir {self.folder} {words}"))

    def status(self):
        return self.ask("status --json")

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=10)

    def restart(self):
        self.stop(signal.SIGKILL)
        (self.folder / "nuvold.sock").unlink(missing_ok=True)
        self.configure()

    def originators(self):
        return {n["mac"]: n["tq"] for n in self.ask("nodes --json")["nodes"] if n.get("next_hop")}

    def clients(self):
        return {
            c["mac"]
            for c in self.ask("clients --json")["clients"]
            if not c["here"] and c["vlan"] is None and not c["temporary"]
        }

    def homes(self):
        found = {}
        for c in self.ask("clients --json")["clients"]:
            if not c["here"] and c["vlan"] is None:
                found.setdefault(c["mac"], set()).add(c["node"])
        return found

    def destroy(self):
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        sh(f"ip netns del {self.namespace}", check=False)


def quiet(namespace):
    """No IPv6 chatter, no bridge firewall, loopback up."""
    sh(
        f"ip netns exec {namespace} sysctl -qw net.ipv6.conf.all.disable_ipv6=1"
        " net.ipv6.conf.default.disable_ipv6=1"
    )
    sh(f"ip netns exec {namespace} sysctl -qw net.bridge.bridge-nf-call-iptables=0", check=False)
    sh(f"ip -n {namespace} link set lo up")


class Town:
    """nodes: a list of (kind, segments); numbers count from 1. vlan 0: no tag.
    more: tag of the VLAN; bla: the kernels' bridge loop avoidance is on; and what differs
    from the rest: mtus of segments, intervals_ms of nodes, lans (a node shares that of
    another) of nodes."""

    def __init__(self, name, nodes, vlan, interval_ms=1000, wire_mtu=1500, **more):
        self.name, self.vlan, self.interval_ms, self.wire_mtu = name, vlan, interval_ms, wire_mtu
        self.tag, self.bla = more.get("tag", "802.1ad"), more.get("bla", False)
        self.mtus, self.lans = more.get("mtus", {}), more.get("lans", {})
        self.intervals_ms = more.get("intervals_ms", {})
        self.prefix = f"ni{os.getpid() % 10000}{next(numbers)}"
        self.air = f"{self.prefix}air"
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.prefix}-"))
        kinds = {"kernel": KernelNode, "ours": OurNode}
        self.nodes = [kinds[kind](self, i + 1, segs) for i, (kind, segs) in enumerate(nodes)]
        self.segments = sorted({s for _, segs in nodes for s in segs})
        self.clients = [Client(self, n.number) for n in self.nodes]
        self.tcpdumps = []

    def mtu_of(self, segment):
        return self.mtus.get(segment, self.wire_mtu)

    def interval_of(self, node):
        return self.intervals_ms.get(node.number, self.interval_ms)

    def create(self):
        sh(f"ip netns add {self.air}")
        quiet(self.air)
        lans = sorted({n.lan for n in self.nodes})
        for bridge in [f"seg{s}" for s in self.segments] + [f"lan{n}" for n in lans]:
            sh(
                f"ip -n {self.air} link add {bridge} type bridge mcast_snooping 0 forward_delay 0"
                f" && ip -n {self.air} link set {bridge} mtu 1600 up"
            )
        for segment in self.segments:
            self.tcpdumps.append(self.capture(f"seg{segment}"))
        for node in self.nodes:
            node.create()
        for node, client in zip(self.nodes, self.clients):
            client.create(node)

    def configure(self):
        deadline = time.monotonic() + 90
        for node in self.nodes:
            if node.kind == "kernel":
                node.guest.wait_ready(deadline)
        for node in self.nodes:
            node.configure()
        for node in self.nodes:
            if node.kind == "kernel":
                node.mac = node.guest.run(
                    "cat /sys/class/net/vec0%s/address" % (".v" if self.vlan else "")
                ).strip()

    def capture(self, interface):
        path = self.folder / f"{interface}.pcap"
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.air, "tcpdump", "-U", "-B", "4096", "-s", "0", "-Z",
             "root", "-i", interface, "-w", str(path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        until(path.exists, 10, f"capture on {interface}")
        return process

    def pcaps(self):
        return [self.folder / f"seg{s}.pcap" for s in self.segments]

    def everybody_routes(self):
        macs = {n.mac for n in self.nodes}
        return all(macs - {n.mac} <= set(n.originators()) for n in self.nodes)

    def destroy(self, keep=False):
        for process in self.tcpdumps:
            process.send_signal(signal.SIGINT)
            process.wait()
        for node in self.nodes:
            node.destroy()
        for client in self.clients:
            sh(f"ip netns del {client.namespace}", check=False)
        sh(f"ip netns del {self.air}", check=False)
        if keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
