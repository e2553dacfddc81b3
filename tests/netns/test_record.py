# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that what nuvold --record writes while a town lives (joins, a phone that walks, a cut, a
neighbour's death and return) is replayed by nuvol-sim with the same effects, to the bit; that no
private key is in it, and that it ends at its limit."""

import re

from lab_town import BUILD, NETWORK, RUN, Town, client, node, segment, sh, until

NUVOLD = BUILD / "src" / "nuvold" / "nuvold"
SIM = BUILD / "src" / "nuvol-sim" / "nuvol-sim"
NAMES = ["anna", "bru", "carla", "dario"]
TOWN = (
    segment("street", kind="radio", rate="54mbit", loss="2")
    + segment("bridge")
    + "".join(node(n, "street", more="\toption ssid 'north'\n") for n in NAMES[:2])
    + node("carla", "street", "bridge", more="\toption ssid 'north'\n")
    + node("dario", "bridge", more="\toption ssid 'south'\n")
    + client("phone", "anna", more="\toption address 'dhcp'\n")
    + client("laptop", "carla", more="\toption address 'dhcp'\n")
)


def town_of(folder, *more):
    """A town whose daemons record; none is up yet."""
    town = Town(folder)
    wrapper = folder / "recorded"
    wrapper.write_text(f'#!/bin/sh\nexec {NUVOLD} "$@" --record "$4/record" {" ".join(more)}\n')
    wrapper.chmod(0o755)
    town.write(TOWN, fixed=False, network=NETWORK)
    town.lab("up", town.file, "--nuvold", wrapper)
    return town


def folder_of(town, who):
    return RUN / town.name / who


def replay(record):
    done = sh(SIM, "replay", record, check=False)
    return done.returncode, done.stdout + done.stderr


def knows_all(town, who):
    said = town.inside(who, BUILD / "src" / "nuvol" / "nuvol", "routes", check=False).stdout
    return len(re.findall(r"fd70:", said)) >= len(NAMES) - 1


def address_of(town, name):
    return (town.client(name).get("ipv4") or "").split("/")[0]


def test_record_is_replayed(tmp_path):
    town = town_of(tmp_path)
    try:
        runs = {name: folder_of(town, name) for name in NAMES}
        until(lambda: address_of(town, "phone") and address_of(town, "laptop"), 20, "leases")
        until(lambda: knows_all(town, "anna"), 20, "routes to all nodes")
        town.lab("roam", "phone", "bru")
        town.lab("cut", "bridge")
        until(lambda: not knows_all(town, "anna"), 20, "the cut is noticed")
        town.lab("heal", "bridge")
        town.lab("kill", "carla")
        until(lambda: town.ping("phone", address_of(town, "laptop")) == 0, 10, "carla is dead")
        town.lab("start", "carla")
        until(lambda: knows_all(town, "anna"), 30, "all ways again")
        until(lambda: town.ping("phone", address_of(town, "laptop")) == 1, 20, "phone to laptop")
        town.lab("stop", "anna")
        records = {n: runs[n] / "record" for n in NAMES} | {"before": runs["carla"] / "record.old"}
        for name, record in records.items():
            status, said = replay(record)
            assert status == 0 and "the same effects" in said, f"{name}: {said}"
            stopped = "as its daemon was stopped" in said
            assert stopped == (name == "anna"), f"{name}: {said}"
            assert record.stat().st_mode & 0o77 == 0
        key = next(runs["anna"].rglob("rsa.der")).read_bytes()
        # Of PKCS#1's numbers, those behind the public ones.
        secret = key[len(key) // 2 :]
        told = (runs["anna"] / "record").read_bytes()
        assert all(secret[i : i + 16] not in told for i in range(0, len(secret) - 16, 8))
    finally:
        town.down()
    assert town.traces() == []


def test_record_has_a_limit(tmp_path):
    town = town_of(tmp_path, "--record-max", "1")
    try:
        log = folder_of(town, "anna") / "log"
        record = folder_of(town, "anna") / "record"
        until(lambda: address_of(town, "phone"), 20, "a lease")
        all_of_it = re.sub(r"\.\d+\.\d+$", ".255.255", address_of(town, "phone"))
        town.inside("phone", "ping", "-b", "-q", "-i", "0.002", "-s", "1300", "-c", "1200", "-w",
                    "5", all_of_it, check=False)
        until(lambda: "has its 1 MB and ends here" in log.read_text(), 20, "the limit")
        status, said = replay(record)
        assert status == 0 and "ends at its limit" in said, said
        assert record.stat().st_size <= (1 << 20) + 16
        until(lambda: knows_all(town, "anna"), 20, "the node goes on")
    finally:
        town.down()
    assert town.traces() == []
