# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves, with daemons and probes each 10 ms: when the next hop dies and there is another way,
traffic takes it, at once on carrier loss, soon when there is only silence; and twelve nodes on
one segment say little.

Other load on the machine may spoil a measurement; then the whole of it is done again, at most
TRIES times in all.
"""

import os
import socket
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab_town import Town, client, node, segment, until
from probe import ETH_P_ALL, Control, Prober, Stream, inside
from walk import Cloud

TRIES = 3
TOWNS = 5  # of each shape, all at the same time; each next hop dies once in each way
GOOD = 0.9  # a way is ready when its TQ is at least this part of the best one's
INTERVAL_S = 1  # of OGMs
LIMIT_S = {"carrier": 0.3, "silence": 2.5 * INTERVAL_S, "crash": 2.5 * INTERVAL_S}
GIVE_UP_S = 8
STREET = [f"n{i}" for i in range(1, 13)]
WARM_S = 20  # 64 OGMs, five a second, after the last neighbour was found; and some
COUNT_S = 20
OGM_FRAMES_S = 3  # of each node
# Wires, by the letters of their ends; traffic goes from a to d.
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

    def gap_s(self, how):
        """For how long nothing arrives when the next hop in use dies."""
        until(self.is_ready, 60, "both ways can be used", pause=0.2)
        stream = Stream(self.town, "phone", "server", self.cloud.address["server"])
        with Prober(stream):
            begin = time.monotonic()
            until(lambda: stream.arrived_since(begin) >= 20, 10, "the stream flows")
            middle, begin = self.next_hop(), time.monotonic()
            self.die(how, middle)
            dead = time.monotonic()
            while time.monotonic() < begin + GIVE_UP_S and not (
                    self.next_hop() != middle and stream.arrived_since(dead + 0.1) >= 20):
                time.sleep(0.02)
            time.sleep(0.1)
            gap = stream.gap_s(begin, time.monotonic())
            self.revive(how, middle)
        return gap



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


class Results:
    """All is measured at the same time, as it mostly waits."""

    def __init__(self, folder):
        self.towns = {(shape, i): Town(folder) for shape in SHAPES for i in range(TOWNS)}
        self.street_town = Town(folder)
        self.pool = ThreadPoolExecutor(len(self.towns) + 1)

    def measure(self):
        rates = self.pool.submit(self.quiet)
        made = self.pool.map(lambda key: Detour(self.towns[key], key[0]), self.towns)
        self.detours = dict(zip(self.towns, made))
        gaps = list(self.pool.map(lambda d: {how: d.gap_s(how) for how in LIMIT_S},
                                  self.detours.values()))
        self.gaps = {(shape, how): [g[how] for (s, _), g in zip(self.detours, gaps) if s == shape]
                     for shape in SHAPES for how in LIMIT_S}
        self.rates = rates.result()
        return self

    def quiet(self):
        self.street = Street(self.street_town)
        return self.street.rates()

    def again(self, shape, how):
        some = [d for (s, _), d in self.detours.items() if s == shape]
        return list(self.pool.map(lambda d: d.gap_s(how), some))

    def close(self):
        self.pool.shutdown()
        for town in [*self.towns.values(), self.street_town]:
            town.down()
            assert town.traces() == []


@pytest.fixture(scope="module", name="results")
def results_fixture():
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    with tempfile.TemporaryDirectory() as folder:
        results = Results(Path(folder))
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -10)
            yield results.measure()
        finally:
            os.setpriority(os.PRIO_PROCESS, 0, priority)
            results.close()


@pytest.mark.parametrize("how", LIMIT_S)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_next_hop_dies(results, shape, how):
    gaps = results.gaps[shape, how]
    for _ in range(TRIES):
        print(f"gaps in ms: {[round(g * 1000) for g in gaps]}")
        if max(gaps) <= LIMIT_S[how]:
            break
        gaps = results.again(shape, how)
    assert len(gaps) == TOWNS and max(gaps) <= LIMIT_S[how]


def test_a_dense_segment_is_quiet(results):
    rates = results.rates
    for _ in range(TRIES):
        print(f"frames a second: {sorted(rates.values())}")
        if max(rates.values()) <= OGM_FRAMES_S:
            break
        rates = results.street.rates()
    assert len(rates) == len(STREET) - 1
    assert all(1 / (2 * INTERVAL_S) < rate <= OGM_FRAMES_S for rate in rates.values()), rates
