# SPDX-License-Identifier: GPL-2.0-or-later
"""A line of five nodes, clients that walk along it, and how long each roam is felt."""

import re
import subprocess
import time

from lab_town import CABLE, LAB, SLOW, client, node, segment, until
from probe import Control, Echo, FirstFrame, Prober, Stream, ask_all

NODES = ["n1", "n2", "n3", "n4", "n5"]
# 20 roams, of one and of three hops; from n5, where the server is, often the old node is the
# nearer one.
WALK = ["n4", "n1", "n2", "n3", "n4", "n1", "n4", "n3", "n2", "n1"] * 2
LIMIT_S = 5  # after this a roam counts as failed
PACE_S = 0.75  # between two roams: a node may send an extra OGM a second, and five at once


def line_text(kind, more_clients=""):
    """The town: wires of their own between neighbours, or one radio channel."""
    pairs = list(zip(NODES, NODES[1:]))
    if kind == "wire":
        text = "".join(segment(f"w{i}") for i in range(len(pairs)))
        text += "".join(node(n, *[f"w{k}" for k, p in enumerate(pairs) if n in p]) for n in NODES)
    else:
        text = segment("air1", kind="radio", link=[f"{a} {b}" for a, b in pairs])
        text += "".join(node(n, "air1") for n in NODES)
    text += client("server", NODES[-1])
    text += client("phone", NODES[0]) + client("tablet", NODES[0])
    text += client("pc", NODES[0], CABLE)
    return text + more_clients


class Cloud:
    """A town that is up, seen through the control sockets of its nodes."""

    def __init__(self, town, text):
        self.town = town
        town.up(text)
        state = town.status()
        self.address = {c["name"]: c["ipv4"].split("/")[0] for c in state["clients"]}
        self.client_mac = {c["name"]: c["mac"] for c in state["clients"]}
        self.at = {c["name"]: c["at"] for c in state["clients"]}
        self.controls = {n["name"]: Control(town, n["name"]) for n in state["nodes"]}
        others = len(self.controls) - 1
        until(lambda: all(len([n for n in a["nodes"] if n["table"]]) == others
                          for a in self.ask("nodes").values()), 30, "every node knows all others")
        self.node_mac = {n: a["cloud"]["mac"] for n, a in self.ask("status").items()}

    def ask(self, method):
        return ask_all(self.controls.values(), method)

    def close(self):
        for control in self.controls.values():
            control.close()
        self.town.down()

    def is_right(self, name, place, answer):
        """Does this answer have the client at its node, announced and for good?"""
        home, mac = self.node_mac[self.at[name]], self.client_mac[name]
        rows = [c for c in answer["clients"] if c["mac"] == mac and c["vlan"] is None]
        return (len(rows) == 1 and rows[0]["node"] == home and rows[0]["announced"]
                and not rows[0]["temporary"] and not rows[0]["roaming"]
                and rows[0]["here"] == (place == self.at[name]))

    def knowing(self, name):
        """The nodes that have the client right, and when they said so."""
        for control in self.controls.values():
            control.send("clients")
        said = {n: (c.answer(), time.monotonic()) for n, c in self.controls.items()}
        return {n: at for n, (answer, at) in said.items() if self.is_right(name, n, answer)}

    def wait_known(self, name, begin):
        """node -> how many seconds after begin it had the client right, for good."""
        known = {}
        while len(known) < len(self.controls):
            right = self.knowing(name)
            known = {n: known.get(n, at - begin) for n, at in right.items()}
            if time.monotonic() - begin > LIMIT_S * SLOW:
                return {n: known.get(n, time.monotonic() - begin) for n in self.controls}
            time.sleep(0.004)
        return known

    def attach(self, name, to):
        """Roams. When the client was there (by Wi-Fi: its first frame; by cable: when the
        lab had done it), and how long it was nowhere, in seconds."""
        frame = FirstFrame(self.town, to, "ap0", self.client_mac[name])
        said = self.town.lab("roam", name, to).stdout
        done = time.monotonic()
        self.at[name] = to
        at = frame.at()
        frame.close()
        return at or done, float(re.search(r"took ([\d.]+) ms", said).group(1)) / 1000


class Roam:
    """What a roam did. switch_s: the client was at no node; what was sent in that time is
    not in `lost`. known: node -> when it had the client right, after the client was there.
    gap_s: the longest time without a probe that arrived. is_back: the old node is nearer to
    the server, at the last node, than the new one."""

    def __init__(self, frm, to, switch_s, known, lost, gap_s):
        self.frm, self.to, self.switch_s = frm, to, switch_s
        self.hops = hops(frm, to)
        self.is_back = hops(frm, NODES[-1]) < hops(to, NODES[-1])
        self.known, self.lost, self.gap_s = known, lost, gap_s
        self.detour_s = max(known.values())

    def __repr__(self):
        known = ", ".join(f"{n} {s * 1000:.0f}" for n, s in self.known.items())
        return (f"{self.frm}->{self.to} in {self.switch_s * 1000:.0f} ms: lost {self.lost}, "
                f"gap {self.gap_s * 1000:.0f} ms, known after ms: {known}")


class Walker:
    """A client and its probes, one each 10 ms. Active: it speaks and is spoken to, each way
    by itself. Else it only answers."""

    def __init__(self, cloud, name, active):
        self.cloud, self.name, self.active, self.roams = cloud, name, active, []

    def start(self):
        town, address = self.cloud.town, self.cloud.address
        if self.active:
            self.probes = [Stream(town, self.name, "server", address["server"]),
                           Stream(town, "server", self.name, address[self.name])]
        else:
            self.probes = [Echo(town, "server", address[self.name])]
        return self.probes

    def is_reached(self, since):
        return all(p.arrived_since(since) >= 5 for p in self.probes)

    def go(self, to):
        """Until every node knows it and it is reached again, or the time is over."""
        cloud, begin = self.cloud, time.monotonic()
        until(lambda: self.is_reached(begin), LIMIT_S, f"{self.name} at {cloud.at[self.name]}")
        frm, begin = cloud.at[self.name], time.monotonic()
        there, switch_s = cloud.attach(self.name, to)
        known = cloud.wait_known(self.name, there)
        settled = time.monotonic()
        while time.monotonic() < begin + LIMIT_S * SLOW and not self.is_reached(settled):
            time.sleep(0.01)
        end = time.monotonic()
        time.sleep(0.05)  # what was sent until then is there now, or lost
        lost = [p.lost(begin, there - switch_s) + p.lost(there, end) for p in self.probes]
        gap_s = max(p.gap_s(begin, end) for p in self.probes)
        self.roams.append(Roam(frm, to, switch_s, known, max(lost), gap_s))


def walk(walkers, stations):
    """All go to one node after the other, in turn, one of them each PACE_S or slower."""
    with Prober(*(probe for walker in walkers for probe in walker.start())):
        for to in stations:
            for walker in walkers:
                begin = time.monotonic()
                walker.go(to)
                time.sleep(max(0, begin + PACE_S - time.monotonic()))


def hops(a, b):
    return abs(NODES.index(a) - NODES.index(b))


def new_clients(cloud, names):
    """They come to the two ends by turns. Distance in hops -> when each was known there."""
    took = {}
    for i, name in enumerate(names):
        at = NODES[-(i % 2)]
        there, _ = cloud.attach(name, at)
        for n, s in cloud.wait_known(name, there).items():
            took.setdefault(hops(at, n), []).append(s)
    return took


# How the server asks a mute client 5 times: interval in s; by ARP first, or is its MAC known?
PINGS = {"each200ms": (0.2, True), "each1s": (1, True), "mac200ms": (0.2, False),
         "mac1s": (1, False)}


def silence(town, name):
    """Else its kernel says something in IPv6 as soon as it has a carrier."""
    town.inside(name, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")


def first_contact(cloud, mutes):
    """mutes: one for each of PINGS, that never spoke, and is plugged in now. How many of 5
    pings each lost."""
    town, jobs = cloud.town, {}
    for name, (interval, by_arp) in PINGS.items():
        mute = mutes[name]
        cloud.attach(mute, NODES[0])
        if not by_arp:
            town.inside("server", "ip", "neigh", "replace", cloud.address[mute], "lladdr",
                        cloud.client_mac[mute], "dev", "eth0", "nud", "permanent")
        assert cloud.knowing(mute) == {}
        jobs[name] = subprocess.Popen(
            [LAB, "exec", "server", "--name", town.name, "--", "ping", "-n", "-q", "-c", "5",
             "-i", str(interval), "-W", "1", cloud.address[mute]],
            stdout=subprocess.PIPE, text=True)
    said = {name: job.communicate()[0] for name, job in jobs.items()}
    return {name: 5 - int(re.search(r"(\d+) received", text).group(1))
            for name, text in said.items()}
