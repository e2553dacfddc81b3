# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that a node is reached through whom it trusts only, as the files of its folder of
trusted nodes say, and that changes of the folder count at once."""

import pytest
from spaces import until
from test_network import CONVERGED_S, Net, conf, ping, primary, routes


class Wary(Net):
    """A line whose first node has a folder of trusted nodes."""

    def make(self, spaces, i):
        node = spaces.node(self.spaces[i], conf(f"cloud{i}"))
        if i == 0:
            self.folder = node.folder / "trusted"
            self.folder.mkdir()
            file = node.folder / "conf/node"
            file.write_text(file.read_text() + f"\toption trusted_nodes_dir '{self.folder}'\n")
        return node

    def wait(self, seconds=CONVERGED_S):
        until(lambda: all(map(primary, self.spaces)), seconds, "all have their addresses")
        self.addresses = list(map(primary, self.spaces))
        until(lambda: self.knows(1), seconds, "the middle reaches both ends")
        until(lambda: self.addresses[1] in routes(self.spaces[2]), seconds, "far end and middle")

    def id(self, i):
        return self.nodes[i].ask("network")["id"]

    def far_route(self):
        return self.addresses[0] in routes(self.spaces[2])


@pytest.fixture(name="line")
def line_fixture(spaces):
    return Wary(spaces, 3)


def test_trusted_nodes(line):
    told = line.nodes[0].host()["network"]["trusted"]
    assert told["nodes"] == 0 and told["fault"] == "" and told["folder"] == str(line.folder)
    # The middle hears it directly; whoever is behind needs a word for the middle.
    assert not line.far_route()
    (line.folder / line.id(1)).touch()
    until(line.far_route, CONVERGED_S, "a way through the trusted node")
    until(lambda: ping(line.spaces[2], line.addresses[0]), 5, "reachable")
    (line.folder / line.id(1)).rename(line.folder / (line.id(1) + ".trust=0"))
    until(lambda: not line.far_route(), CONVERGED_S, "trusted no more")
    assert ping(line.spaces[1], line.addresses[0], 2) == 2
    (line.folder / "rose").touch()
    until(lambda: line.nodes[0].host()["network"]["trusted"]["bad_files"] == 1, 5, "told in status")
    assert "rose names no trusted node" in line.nodes[0].log()
