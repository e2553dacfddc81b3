# SPDX-License-Identifier: GPL-2.0-or-later
"""A crowd of clients that get their addresses by DHCP from the nodes of a town."""

import ipaddress
import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from lab_town import DHCP, NETNS, ROOT, RUN, client, node, segment, until
from probe import Control, ask_all

sys.path.insert(0, str(ROOT / "examples" / "demo"))

from watch import Capture, count  # noqa: E402

HANDS = 8  # commands of the lab at one time


def crowd_text(nodes, clients, sets=(), **wire):
    """A line of nodes, on wires of their own; client ci begins at node i mod nodes."""
    names = [f"n{i}" for i in range(nodes)]
    text = "config town\n" + "".join(f"\tlist set '{s}'\n" for s in sets)
    text += "".join(segment(f"w{i}", **wire) for i in range(nodes - 1))
    text += "".join(node(n, *[f"w{k}" for k in (i - 1, i) if 0 <= k < nodes - 1])
                    for i, n in enumerate(names))
    return text + "".join(client(f"c{i}", names[i % nodes], DHCP) for i in range(clients))


class Crowd:
    """A town of crowd_text that is up, with all its mesh interfaces captured."""

    def __init__(self, town, text, ready=True):
        self.town = town
        town.up(text, fixed=False, timeout=120)
        state = town.status()
        self.nodes = [n["name"] for n in state["nodes"]]
        self.clients = {c["name"]: c["mac"] for c in state["clients"]}
        self.controls = {n: Control(town, n) for n in self.nodes}
        self.capture = Capture([p.name for p in NETNS.glob(f"nv-{town.name}-n*")], town.folder)
        if ready:
            until(lambda: self.all_nodes_known(), 30, "every node knows all others")

    def all_nodes_known(self):
        found = ask_all(self.controls.values(), "status")
        return all(s["cloud"]["nodes"] == len(self.nodes) - 1 for s in found.values())

    # ---- what clients have ----

    def lease(self, name):
        """What its DHCP client was told; None: nothing."""
        try:
            return json.loads((RUN / self.town.name / name / "lease.json").read_text())
        except OSError:
            return None

    def address(self, name):
        lease = self.lease(name)
        return lease and lease["ipv4"].split("/")[0]

    def addresses(self, names=None):
        """{client: address}, of those that have one."""
        found = {n: self.address(n) for n in names or self.clients}
        return {n: a for n, a in found.items() if a}

    def await_addresses(self, seconds, names=None):
        names = list(names or self.clients)
        until(lambda: len(self.addresses(names)) == len(names), seconds,
              f"all {len(names)} have an address; without: "
              f"{sorted(set(names) - set(self.addresses(names)))}")

    def duplicates(self):
        """{address: how often}, of those that more than one client has."""
        return {a: n for a, n in Counter(self.addresses().values()).items() if n > 1}

    def each(self, verb, names):
        """A command of the lab for each client, some at a time."""
        with ThreadPoolExecutor(HANDS) as pool:
            return list(pool.map(lambda n: self.town.lab(verb, n, check=False), names))

    # ---- what nodes know ----

    def known(self):
        """{node: {MAC: address}}"""
        return {n: {x["mac"]: x["ipv4"] for x in answer["leases"]}
                for n, answer in ask_all(self.controls.values(), "leases").items()}

    def await_known(self, seconds):
        """Every node knows what the clients have, and nothing else."""
        def right():
            has = {self.clients[n]: a for n, a in self.addresses().items()}
            return all(leases == has for leases in self.known().values())
        until(right, seconds, "all nodes know all leases", pause=0.1)

    def conflicts(self):
        """{node: how many}"""
        return {n: a["pool"]["conflicts"]
                for n, a in ask_all(self.controls.values(), "leases").items()}

    def losers(self):
        """Clients whose address is another's, as any node sees it."""
        found = {x["mac"] for answer in ask_all(self.controls.values(), "leases").values()
                 for x in answer["leases"] if x["conflict"]}
        return [n for n, mac in self.clients.items() if mac in found]

    def forbidden(self):
        """Addresses that no client may have: of the nodes and of the gateway."""
        found = set()
        for answer in ask_all(self.controls.values(), "status").values():
            identity = answer["identity"]
            found |= {identity["ipv4"].split("/")[0],
                      identity["anycast_gateway"]["ipv4"].split("/")[0]}
        return found

    def judge_addresses(self):
        has = self.addresses()
        cloud = ipaddress.ip_interface(self.lease(next(iter(has)))["ipv4"]).network
        assert self.duplicates() == {}
        assert not self.forbidden() & set(has.values())
        for address in map(ipaddress.ip_address, has.values()):
            assert address in cloud
            assert address not in (cloud.network_address, cloud.broadcast_address)

    def leaked(self):
        """Ends the captures; what should not have been on the mesh, and how much was."""
        clients, found = count(self.capture.stop())
        assert clients > 0, "nothing was captured"
        return Counter(found)

    def close(self):
        self.capture.stop()
        for control in self.controls.values():
            control.close()
        self.town.down(timeout=120)
        assert self.town.traces() == []
