# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves, in towns of nuvol-lab, what clients see of gateways: the answer from the Internet may enter
their cloud by another node than the request left it; a gateway beyond a radio is worth less."""

import json
import re
import subprocess

import pytest

from lab_town import BUILD, EXAMPLES, LAB, SLOW, Town, until

NUVOL = BUILD / "src" / "nuvol" / "nuvol"
WAYS_PY = EXAMPLES / "demo" / "ways.py"
# What is other than in examples/demo/clouds.town: frida, beside carla, has the Internet, and the
# way to her is better through the other cloud.
OTHER = {"config node 'frida'\n": "config node 'frida'\n\toption uplink '20mbit'\n",
         "list link 'anna bru'": "list link 'anna bru 20'"}
# '=' is a hop in a tunnel, '-' one inside of a cloud.
WAYS = ("anna = dario = emma = frida", "frida = carla - bru - anna")


@pytest.fixture(name="town")
def town_fixture(tmp_path):
    town = Town(tmp_path)
    text = (EXAMPLES / "demo" / "clouds.town").read_text()
    for old, new in OTHER.items():
        assert old in text
        text = text.replace(old, new)
    town.up(text, fixed=False, network="")
    yield town
    subprocess.run([str(LAB), "down", "--name", town.name], timeout=60 * SLOW, check=False)
    assert town.traces() == []


def ask(town, who, *words):
    return json.loads(town.inside(who, NUVOL, *words, "--json").stdout)


def reaches(town):
    ping = town.inside("phone", "ping", "-n", "-c", "1", "-W", "1", "8.8.8.8", check=False)
    return ping.returncode == 0


def ways(town):
    """Out and back, as ways.py tells them of a ping; None: none was seen from end to end."""
    done = town.inside("phone", "/usr/bin/python3", WAYS_PY, "8.8.8.8", check=False)
    found = re.search(r"out (.+); back (.+)", done.stdout)
    return found and found.groups()


def test_answers_enter_the_cloud_elsewhere(town):
    """Out: a tunnel from the phone's node to the gateway. Back: one from there to the nearest node of
    the cloud, and on inside of it. Captured on all mesh interfaces."""
    until(lambda: reaches(town), 30, "the phone has the Internet")
    until(lambda: ways(town) == WAYS, 30, "request and answer take the ways drawn above")

    rates = {n["name"]: n["rate_bps"] for n in ask(town, "anna", "neighbours")["network"]}
    assert rates["bru"] < rates["dario"]
