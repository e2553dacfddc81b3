# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that a client keeps its gateway while it roams between nodes that use different ones, so
that its connections live; that it moves when it is idle or its gateway dies; and that people may
choose for it."""

import os
import time

import pytest

from exits_town import ExitsTown, until

LONG = os.environ.get("NUVOL_LONG")
DEAD_S, PREFER_S = 3, 1
STALL_S = 2  # of a download, at a roam


@pytest.fixture(scope="module", name="town")
def town_fixture(tmp_path_factory):
    town = ExitsTown(tmp_path_factory.mktemp("pins"))
    yield town
    town.close()
    assert town.traces() == []


def goes_by(town, gateway, node):
    """Without a wish any more, but as if the phone's flows had always gone there."""
    town.ask(node, "prefer", town.id[gateway], "--client", town.mac)
    until(lambda: town.by() == gateway, 30, f"the phone goes by {gateway}")
    town.ask(node, "prefer", "auto", "--client", town.mac)


def test_download_survives_roams(town):
    """anna uses gina, bru uses gus: the server sees one connection, by gina."""
    until(lambda: town.by() == "gina", 40, "the phone goes by anna's gateway")
    until(lambda: town.pinned("bru", "gina"), 5, "bru knows")
    before = len(town.came())
    download = town.download()
    town.grows(download, 20)
    until(lambda: town.pinned("bru", "gina"), 5, "all know: who is busy is seen each second")
    for node in ("bru", "anna", "bru"):
        town.roam(node)
        town.grows(download)
    fared = town.fared(download)
    print(f"three roams: {fared}")
    assert fared["broken"] == 0 and fared["stall_s"] < STALL_S
    assert town.came()[before:] == ["gina"]
    # another connection, while it is busy: the same exit, though bru uses another
    assert town.by() == "gina"
    assert town.exit("bru")["cause"] == "flows" and town.best("bru") == "gus"
    town.end(download)


def test_gateway_that_dies_is_left(town):
    """In the middle of a download: it breaks, and goes on by another within seconds."""
    goes_by(town, "gina", "bru")
    download = town.download()
    town.grows(download)
    before = len(town.came())
    town.lab("uplink", "gina", "dies")
    began = time.monotonic()
    until(lambda: town.pinned("bru", "gus"), 10, "bru leaves gina")
    took = time.monotonic() - began
    print(f"left after {took:.2f} s")
    assert took < DEAD_S
    assert town.by() == "gus" and len(town.came()) > before
    town.end(download)
    town.lab("uplink", "gina", "returns")
    # gus may do so later, and takes the phone's flows there all the same: the next test
    for node in ("anna", "bru"):
        until(lambda n=node: town.finds_good(n, "gina"), 60, f"{node} believes in gina again")


def test_client_of_a_gateway(town):
    """At a node with an uplink of its own: its flows stay there when it roams away, and it keeps
    another gateway when it comes."""
    town.roam("gus")
    goes_by(town, "gus", "bru")
    assert town.exit("gus")["own"]
    before = len(town.came())
    download = town.download()
    town.grows(download, 20)
    until(lambda: town.best("anna") == "gina", 30, "anna uses gina")
    town.roam("anna")
    town.grows(download)
    assert town.fared(download)["broken"] == 0
    assert town.came()[before:] == ["gus"]
    town.end(download)
    goes_by(town, "gina", "anna")
    town.roam("gus")
    assert town.by() == "gina"


def test_people_prefer_for_a_client(town):
    """On any node, and it holds on all."""
    town.roam("anna")
    goes_by(town, "gina", "anna")
    began = time.monotonic()
    answer = town.ask("bru", "prefer", town.id["gus"], "--client", town.mac)
    assert answer["preferred"] == town.id["gus"] and not answer["strict"]
    until(lambda: town.exit("anna")["cause"] == "people", 5, "anna knows", pause=0.01)
    took = time.monotonic() - began
    print(f"another node's word in force after {took:.2f} s")
    assert took < PREFER_S
    assert town.by() == "gus" and town.best("anna") == "gina"
    why = town.ask("anna", "why", "gateway", "--client", town.mac)
    assert why["client"]["exits"][0]["cause"] == "people" and "preferred for it" in why["text"]
    text = town.inside("anna", "nuvol", "prefer").stdout
    assert "phone" in text and "people" in text
    # by name, strictly; it holds over a restart
    town.ask("anna", "prefer", "--strict", town.id["gus"], "--client", "phone")
    for command in ("stop", "start"):
        for name in ("anna", "bru"):
            town.lab(command, name)
    until(lambda: town.exit("anna").get("cause") == "people", 30, "anna remembers")
    until(lambda: town.by() == "gus", 20, "the phone goes by gus")
    # what it prefers dies
    town.lab("uplink", "gus", "dies")
    until(lambda: town.exit("anna")["cause"] == "lost", 10, "strictly nothing")
    began = time.monotonic()
    ping = town.inside("phone", "ping", "-n", "-c", "1", "-W", "5", "8.8.8.8", check=False)
    assert "nreachable" in ping.stdout and time.monotonic() - began < 2
    town.ask("anna", "prefer", town.id["gus"], "--client", "phone")
    until(lambda: town.by() == "gina", 5, "a wish: the best takes over")
    town.lab("uplink", "gus", "returns")
    until(lambda: town.exit("anna")["cause"] == "people", 30, "it returns")
    assert town.by() == "gus"
    assert town.ask("anna", "prefer", "auto", "--client", "phone")["preferred"] is None


@pytest.mark.skipif(not LONG, reason="NUVOL_LONG: it waits until a client is idle")
def test_idle_client_takes_the_best(town):
    town.roam("bru")
    goes_by(town, "gina", "bru")
    began = time.monotonic()
    until(lambda: town.pinned("bru", "gus"), 90, "idle")
    print(f"idle after {time.monotonic() - began:.0f} s")
    until(lambda: town.by() == "gus", 10, "by gus")
    until(lambda: town.pinned("anna", "gus"), 2, "anna hears of it")
