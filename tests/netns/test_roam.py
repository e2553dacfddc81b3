# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves, with daemons in a line of five nodes, by wire and by radio: a client that walks is
reached everywhere at once, whether it speaks, only answers, or is plugged over without a word;
a new client is known everywhere at once; a client that never spoke is found by the first ping.

The figures are those that the project promises. Other load on the machine may spoil a
measurement; then the whole of it is done again, at most TRIES times in all.
"""

import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab_town import CABLE, Town, client
from walk import PINGS, WALK, Cloud, Walker, first_contact, line_text, new_clients, silence, walk

TRIES = 3
KINDS = ["wire", "radio"]
IN_THE_AIR = 1  # probes, of one each 10 ms, that may be under way when a client leaves its node
DETOUR_S = 0.2  # of an active client: until every node has it at its new one
SILENT_S = 0.3  # median: until one that says nothing by itself is reachable again
NEW_S = 0.1  # for each hop: until a node has a new client
NEW = 4  # new clients in a measurement
PINGS_LOST = 1  # of 5


def mutes(name):
    return [f"{name}x{i}" for i in range(TRIES)]


class Line:
    """A cloud, and clients that walk in it; new and mute ones wait outside."""

    def __init__(self, town, kind):
        more = "".join(client(f"new{i}", None) for i in range(NEW * TRIES))
        mute = sum(map(mutes, PINGS), [])
        more += "".join(client(name, None, CABLE) for name in mute)
        self.cloud = Cloud(town, line_text(kind, more))
        for name in ["pc", *mute]:
            silence(town, name)
        self.measure()

    def measure(self):
        walkers = [Walker(self.cloud, "phone", True), Walker(self.cloud, "tablet", False),
                   Walker(self.cloud, "pc", False)]
        walk(walkers, WALK)
        self.roams = {w.name: w.roams for w in walkers}


@pytest.fixture(scope="module", name="lines")
def lines_fixture():
    """Both towns, walked through at the same time; kind -> Line."""
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    with tempfile.TemporaryDirectory() as folder:
        towns = {kind: Town(Path(folder)) for kind in KINDS}
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -10)
            with ThreadPoolExecutor() as pool:
                yield dict(zip(KINDS, pool.map(Line, towns.values(), towns)))
        finally:
            os.setpriority(os.PRIO_PROCESS, 0, priority)
            for town in towns.values():
                town.down()
                assert town.traces() == []


def holds(judge, again):
    """judge gives what is wrong, or nothing; again(attempt) measures anew."""
    faults = judge()
    for attempt in range(1, TRIES):
        if not faults:
            return
        print(f"attempt {attempt}: {faults}")
        again(attempt)
        faults = judge()
    assert not faults


def median_gap(roams):
    return statistics.median(r.gap_s for r in roams)


@pytest.mark.parametrize("kind", KINDS)
def test_active_client_loses_nothing(lines, kind):
    line = lines[kind]

    def judge():
        roams = line.roams["phone"]
        assert len(roams) == 20 and {r.hops for r in roams} == {1, 3}
        assert sum(r.is_back for r in roams) == 10
        return [r for r in roams if r.lost > IN_THE_AIR or r.detour_s >= DETOUR_S]

    holds(judge, lambda _: line.measure())


@pytest.mark.parametrize("name", ["tablet", "pc"])
@pytest.mark.parametrize("kind", KINDS)
def test_silent_client_is_reachable_again(lines, kind, name):
    """The tablet's access point tells of it; of the pc, on a cable, nobody tells."""
    line = lines[kind]

    def judge():
        roams = line.roams[name]
        assert len(roams) == 20
        return [f"median gap {median_gap(some) * 1000:.0f} ms: {some}"
                for some in (roams, [r for r in roams if r.is_back])
                if median_gap(some) >= SILENT_S]

    holds(judge, lambda _: line.measure())


@pytest.mark.parametrize("kind", KINDS)
def test_new_client_is_known_everywhere(lines, kind):
    """At each distance from its node: the median of the clients that come."""
    cloud = lines[kind].cloud
    took = {}

    def measure(attempt):
        took.clear()
        took.update(new_clients(cloud, [f"new{attempt * NEW + i}" for i in range(NEW)]))

    measure(0)
    assert sorted(took) == [0, 1, 2, 3, 4]
    holds(lambda: {h: s for h, s in took.items() if statistics.median(s) >= NEW_S * max(h, 1)},
          measure)


@pytest.mark.parametrize("kind", KINDS)
def test_first_contact_with_a_mute_client(lines, kind):
    """It was plugged in and said nothing; it is asked for by ARP, or its MAC is known."""
    cloud = lines[kind].cloud
    lost = {}

    def measure(attempt):
        lost.update(first_contact(cloud, {name: mutes(name)[attempt] for name in PINGS}))

    measure(0)
    holds(lambda: {n: count for n, count in lost.items() if count > PINGS_LOST}, measure)
