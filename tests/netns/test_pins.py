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
ROAMS = 4


@pytest.fixture(scope="module", name="town")
def town_fixture(tmp_path_factory):
    town = ExitsTown(tmp_path_factory.mktemp("pins"))
    yield town
    town.close()
    assert town.traces() == []


def test_download_survives_roams(town):
    """anna uses gina, bru uses gus: the server sees one connection, by gina."""
    town.lab("roam", "phone", "anna")
    until(lambda: town.by() == "gina", 40, "the phone goes by anna's gateway")
    before = len(town.came())
    download = town.download()
    town.grows(download, 20)
    for turn in range(ROAMS):
        town.lab("roam", "phone", ("bru", "anna")[turn % 2])
        town.grows(download)
    fared = town.fared(download)
    print(f"{ROAMS} roams: {fared}")
    assert fared["broken"] == 0 and fared["stall_s"] < STALL_S
    assert town.came()[before:] == ["gina"]
    # another connection, while it is busy: the same exit, though bru uses another
    town.lab("roam", "phone", "bru")
    town.grows(download)
    assert town.by() == "gina"
    assert town.best("bru") == "gus"
    town.end(download)
