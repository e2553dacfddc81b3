# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves, with daemons, dnsmasq and real DHCP clients: a crowd that joins at once gets one
address each, known and resolved on all nodes; a client keeps its address when its node dies;
two halves that merge end with no address twice; nothing of this is seen on the mesh.
"""

import json

import pytest
from crowd import Crowd, crowd_text
from lab_town import Town, until

CROWD, NODES = 60, 5
HALVES = 40  # clients of the town that is split
POOL = 160  # addresses there: few, so that both halves hand out the same ones


@pytest.fixture(scope="module", name="crowd")
def crowd_fixture(tmp_path_factory):
    made = Town(tmp_path_factory.mktemp("crowd"))
    crowd = None
    try:
        crowd = Crowd(made, crowd_text(NODES, CROWD), ready=False)
        yield crowd
    finally:
        if crowd:
            crowd.close()
        else:
            made.down()


def test_a_crowd_gets_one_address_each(crowd):
    settled(crowd)
    crowd.judge_addresses()
    assert set(crowd.conflicts().values()) == {0}


def settled(crowd):
    """All have addresses, and all nodes know them; a test that runs alone waits for it too."""
    crowd.await_addresses(30)
    crowd.await_known(10)


def resolved(crowd, who, whom):
    said = crowd.town.inside(who, "getent", "ahostsv4", whom, check=False).stdout.split()
    return said[:1] == [crowd.address(whom)]


def test_clients_resolve_each_other_on_their_own_node(crowd):
    """A DNS server whose pool has just grown starts anew, and refuses for a moment."""
    settled(crowd)
    for who, whom in (("c0", "c59"), ("c59", "c0"), ("c2", "c33")):
        until(lambda who=who, whom=whom: resolved(crowd, who, whom), 3, f"{who} finds {whom}")
    names = json.loads(crowd.town.inside("n4", "nuvol", "names", "--json").stdout)["names"]
    found = {n["name"]: n["ipv4"] for n in names}
    assert {n: found.get(n) for n in crowd.clients} == crowd.addresses()
    assert set(crowd.nodes) <= set(found)


def test_the_gateway_is_each_clients_own_node(crowd):
    """The gateway answers at every node, with one MAC and no hop through the mesh."""
    seen = set()
    for name in ("c0", "c1", "c2", "c3", "c4"):
        gateway = crowd.lease(name)["router"]
        assert crowd.town.ping(name, gateway, 3) == 3
        entries = json.loads(crowd.town.inside(name, "ip", "-j", "neigh", "show", gateway).stdout)
        seen.add((gateway, entries[0]["lladdr"]))
    assert len(seen) == 1


def test_release_and_renewal_are_known_everywhere(crowd):
    crowd.town.lab("release", "c7")
    crowd.await_known(5)
    crowd.town.lab("renew", "c7")
    crowd.await_known(5)
    crowd.judge_addresses()
    before = crowd.address("c7")
    crowd.town.lab("renew", "c7")
    assert crowd.address("c7") == before


def test_a_client_of_a_dead_node_keeps_its_address(crowd):
    before = crowd.address("c0")
    crowd.controls.pop("n0").close()
    crowd.town.lab("kill", "n0")
    crowd.town.lab("roam", "c0", "n3")
    crowd.town.lab("renew", "c0")
    assert crowd.address("c0") == before
    crowd.await_known(5)
    assert crowd.town.ping("c0", crowd.address("c1")) == 1
    # There it can be given back, too; who comes anew may get another one.
    crowd.town.lab("release", "c0")
    crowd.await_known(5)
    crowd.town.lab("renew", "c0")
    crowd.await_known(5)
    crowd.judge_addresses()


def test_nothing_of_it_was_on_the_mesh(crowd):
    assert crowd.leaked() == {}


def losers_renewed(crowd):
    """As time would do it; a renewal may come before a DHCP server was told of the conflict."""
    crowd.each("renew", crowd.losers())
    return not crowd.duplicates()


def test_two_halves_that_merge(tmp_path):
    """Each half gives addresses of the same small pool; after the merge nobody shares one."""
    town = Town(tmp_path)
    crowd = None
    try:
        crowd = Crowd(town, crowd_text(4, HALVES, [f"network.anygw_dhcp_limit={POOL}"]),
                      ready=False)
        town.lab("cut", "w1")
        crowd.each("release", crowd.clients)
        until(lambda: not any(crowd.known().values()), 30, "the pool is empty in both halves")
        crowd.each("renew", crowd.clients)
        crowd.await_addresses(30)
        twice = crowd.duplicates()
        print(f"before the merge {len(twice)} addresses are given twice")
        town.lab("heal", "w1")
        until(crowd.all_nodes_known, 20, "the halves have merged")
        until(lambda: set(crowd.conflicts().values()) == {len(twice)}, 20,
              f"all nodes see {len(twice)} conflicts: {crowd.conflicts()}", pause=0.2)
        until(lambda: losers_renewed(crowd), 40, "no address is given twice", pause=0.5)
        crowd.await_addresses(30)
        crowd.judge_addresses()
        crowd.await_known(20)
        assert set(crowd.conflicts().values()) == {0}
        assert crowd.leaked() == {}
    finally:
        if crowd:
            crowd.close()
        else:
            town.down()
