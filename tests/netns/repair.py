# SPDX-License-Identifier: GPL-2.0-or-later
"""Towns with two ways, where the next hop dies; and a dense street, where all hear each other."""

import socket
import time
from collections import Counter

from lab_town import client, node, segment, until
from probe import ETH_P_ALL, Control, Prober, Stream, inside
from walk import Cloud

INTERVAL_S = 1  # of OGMs
GOOD = 0.9  # a way is ready when its TQ is at least this part of the best one's
GIVE_UP_S = 8
STREET = [f"n{i}" for i in range(1, 13)]
WARM_S = 20  # 64 OGMs, five a second, after the last neighbour was found; and some
COUNT_S = 20
# Wires, by the letters of their ends; traffic goes from a to d and back.
SHAPES = {"diamond": ["ab", "ac", "bd", "cd"], "ring": ["ab", "bc", "cd", "de", "ef", "fa"]}


class Detour:
    """A town with two ways from phone at a to server at d."""

    def __init__(self, town, shape):
        self.wires = SHAPES[shape]
        names = sorted(set("".join(self.wires)))
        text = "".join(segment(w) for w in self.wires)
        text += "".join(node(n, *[w for w in self.wires if n in w]) for n in names)
        text += client("phone", "a") + client("server", "d")
        self.town, self.cloud = town, Cloud(town, text)
        self.name_of_mac = {port["mac"]: n for n, answer in self.cloud.ask("status").items()
                            for port in answer["ports"]}

    def ways(self):
        answer = self.cloud.controls["a"].ask("why", what="node", mac=self.cloud.node_mac["d"])
        return answer["candidates"]

    def is_ready(self):
        """Both ways have been there for a while, as far as TQ tells."""
        best = max([w["tq"] for w in self.ways()], default=0)
        ready = [w for w in self.ways() if w["tq"] >= GOOD * best and not w["doubted"]]
        return len(ready) == 2 and any(w["chosen"] for w in ready)

    def next_hop(self):
        return next(self.name_of_mac[w["next_hop"]] for w in self.ways() if w["chosen"])

    def die(self, how, middle):
        """carrier: all its cables are pulled. silence: they stay, but nothing passes.
        crash: its nuvold is killed."""
        if how == "crash":
            self.town.lab("kill", middle)
            self.cloud.controls.pop(middle).close()
        for wire in self.wires if how != "crash" else []:
            if middle in wire:
                self.town.lab("cut", wire, *([middle, "--silent"] if how == "silence" else []))

    def revive(self, how, middle):
        if how == "crash":
            self.town.lab("start", middle)
            self.cloud.controls[middle] = Control(self.town, middle)
        for wire in self.wires if how != "crash" else []:
            if middle in wire:
                self.town.lab("heal", wire)

    def gaps_s(self, how):
        """For how long nothing arrives when phone's next hop in use dies: at the server, and
        back at the phone."""
        until(self.is_ready, 60, "both ways can be used", pause=0.2)
        address = self.cloud.address
        streams = [Stream(self.town, "phone", "server", address["server"]),
                   Stream(self.town, "server", "phone", address["phone"])]
        with Prober(*streams):
            begin = time.monotonic()
            until(lambda: all(s.arrived_since(begin) >= 20 for s in streams), 10, "streams flow")
            middle, begin = self.next_hop(), time.monotonic()
            self.die(how, middle)
            dead = time.monotonic()
            while time.monotonic() < begin + GIVE_UP_S and not (
                    self.next_hop() != middle
                    and all(s.arrived_since(dead + 0.1) >= 20 for s in streams)):
                time.sleep(0.02)
            time.sleep(0.1)
            gaps = [s.gap_s(begin, time.monotonic()) for s in streams]
            self.revive(how, middle)
        return gaps


class Street:
    """Twelve radios that all hear each other, without loss."""

    def __init__(self, town):
        self.town = town
        text = segment("street", kind="radio") + "".join(node(n, "street") for n in STREET)
        self.cloud = Cloud(town, text)
        self.warm_at = time.monotonic() + WARM_S

    def rates(self):
        """OGM frames a second by node, as the last one hears them (itself left out)."""
        time.sleep(max(0, self.warm_at - time.monotonic()))
        count = Counter()
        with inside(self.town, STREET[-1]):
            ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            ear.bind(("mesh0", ETH_P_ALL))
        ear.settimeout(1)
        end = time.monotonic() + COUNT_S
        with ear:
            while time.monotonic() < end:
                try:
                    frame, _, _, where = ear.recvmsg(256)
                except TimeoutError:
                    continue
                # Behind the cloud's VLAN tag, when that was not taken off: 0x4305, type 0.
                kind = frame[16:19] if frame[12:14] == b"\x88\xa8" else frame[12:15]
                if kind == b"\x43\x05\x00" and where[2] != socket.PACKET_OUTGOING:
                    count[frame[6:12]] += 1
        return {mac.hex(":"): n / COUNT_S for mac, n in count.items()}
