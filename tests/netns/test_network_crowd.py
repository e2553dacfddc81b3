# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that 30 nodes on one segment, all started together, find all routes within 15 s."""

import os
import re
import time

import pytest
from spaces import until

NODES = 30
CONVERGED_S = 15
CONF = (
    "config lime 'wifi'\n\toption ap_ssid 'cloud{0}'\n"
    "config lime 'network'\n\tlist protocols 'batadv:%N1'\n\tlist protocols 'bmx7:18'\n"
    # The nodes of this machine share its cores: a key of RSA-1024 is made in a moment.
    "config nuvol 'bmx7'\n\toption node_rsa_key '4'\n"
)


def routes(space):
    out = space.ip("-6 route show table 70", check=False)
    return len(re.findall(r"^fd70:\S+ via fe80:", out, re.M))


@pytest.mark.skipif("NUVOL_LONG" not in os.environ, reason="for a quiet machine; NUVOL_LONG=1")
def test_a_crowd_converges(spaces):
    wire = spaces.add("wire")
    wire.ip("link add br0 type bridge mcast_snooping 0")
    wire.ip("link set br0 up")
    nodes = []
    for i in range(NODES):
        space = spaces.add(f"n{i}")
        spaces.veth(space, "mesh0", wire, f"p{i}", 1532)
        wire.ip(f"link set p{i} master br0")
        nodes.append(spaces.node(space, CONF.format(i)))
    for node in nodes:
        node.start(wait=False)
    began = time.monotonic()
    left = set(range(NODES))

    def all_known():
        left.difference_update({i for i in left if routes(nodes[i].space) == NODES - 1})
        return not left

    until(all_known, CONVERGED_S, "all routes", pause=0.1)
    print(f"{NODES} nodes: {time.monotonic() - began:.1f} s")
