# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that a client keeps its address and its name wherever it is in a cloud of whole nodes,
and whatever dies: two nodes, a mesh cable, clients on each one's LAN."""

import hashlib
import os
import signal
import time
from pathlib import Path

import pytest
from spaces import plain_conf, until
from test_dhcp import Asker, mac

pytestmark = pytest.mark.skipif(not Path("/usr/sbin/dnsmasq").exists(), reason="no dnsmasq")


class Place(Asker):
    """A node and the clients on its LAN."""

    def __init__(self, spaces, name, number, more=""):
        self.name, self.number, self.space = name, number, spaces.add(name)
        self.at = spaces.add(f"{name}c")
        spaces.veth(self.space, "lan0", self.at, "eth0")
        conf = plain_conf(ssid="leases", interfaces=("mesh0",), lan_ports=("lan0",))
        conf += f"\toption primary_mac '02:00:00:00:00:{number:02x}'\n"
        conf += f"config lime system\n\toption hostname '{name}'\n"
        self.node = spaces.node(self.space, conf + more)

    def start(self):
        self.node.start()
        gateway = self.node.ask("status")["identity"]["anycast_gateway"]
        self.gateway = gateway["ipv4"].split("/")[0], gateway["mac"]
        prefix = self.gateway[0].rsplit(".", 1)[0]
        self.at.ip(f"addr replace {prefix}.{240 + self.number}/16 dev eth0")
        self.clients_start()

    def dhcp(self):
        return self.node.host()["dhcp"]

    def until_serves(self):
        until(lambda: self.dhcp()["ranges"] and self.dhcp()["state"] == "up", 20,
              f"{self.name} gives addresses")  # fmt: skip

    def leases(self):
        return self.node.ask("leases")["leases"]

    def find(self, number):
        return next((x for x in self.leases() if x["mac"] == mac(number)), None)

    def knows(self, number, ip):
        """The cloud's word and dnsmasq's file."""
        found = self.find(number)
        return found and found["ipv4"] == ip and self.dhcp()["reservations"] > 2


@pytest.fixture
def places(spaces):
    anna, bru = Place(spaces, "anna", 1), Place(spaces, "bru", 2)
    spaces.veth(anna.space, "mesh0", bru.space, "mesh0")
    for place in (anna, bru):
        place.start()
    for place in (anna, bru):
        place.until_serves()
    until(lambda: anna.node.ask("status")["shared"]["peers"] == 1, 20, "they share")
    return anna, bru


def offered(place, number, ip):
    until(lambda: (place.ask("discover", mac=mac(number)) or {}).get("ip") == ip, 3,
          f"{place.name} offers {ip}", pause=0.01)  # fmt: skip


def test_walks(places):
    """The same address at the other node, asked for anew or renewed, within a second of ACK."""
    anna, bru = places
    got = anna.lease(1, name="phone")
    assert got["type"] == "ack" and got["took"] < 1
    began = time.monotonic()
    offered(bru, 1, got["ip"])
    assert time.monotonic() - began < 1
    assert bru.lease(1, name="phone")["ip"] == got["ip"]
    assert bru.renew(1, got["ip"])["type"] == "ack"
    # Another one there does not get it.
    assert bru.renew(2, got["ip"])["type"] == "nak"
    assert bru.lease(2)["ip"] != got["ip"]


def test_names(places):
    """Clients and nodes resolve at both nodes; of two with one name the older has it."""
    anna, bru = places
    first = anna.lease(1, name="phone")["ip"]
    until(lambda: bru.dns("phone")["answers"] == [first], 3, "the phone's name at the other")
    second = bru.lease(2, name="Phone")["ip"]
    longer = f"phone-{mac(2).replace(':', '')[-4:]}"
    for place in (anna, bru):
        until(lambda: place.dns(f"{longer}.thisnode.info")["answers"] == [second], 3, longer)  # noqa: B023
        assert place.dns("phone.thisnode.info")["answers"] == [first]
        for node in ("anna", "bru"):
            assert len(place.dns(node)["answers"]) == 1
            assert len(place.dns(f"{node}.thisnode.info", "AAAA")["answers"]) == 1
        reverse = ".".join(reversed(first.split("."))) + ".in-addr.arpa"
        assert place.dns(reverse, "PTR")["answers"] == ["phone.thisnode.info"]


def test_release_elsewhere(places):
    """Given back at a node that did not give it: free in the whole cloud, and its giver's
    dnsmasq has forgotten it."""
    anna, bru = places
    ip = anna.lease(1)["ip"]
    offered(bru, 1, ip)
    assert anna.dhcp()["leases_here"] == 1

    def gone():
        """The giver does not believe an end of what it has given only just now."""
        bru.release(1, ip)
        return not any(place.find(1) for place in places)

    until(gone, 20, "gone at both", pause=0.5)
    until(lambda: anna.dhcp()["leases_here"] == 0, 3, "forgotten")
    assert anna.renew(2, ip)["type"] == "ack"  # free, and in anna's part of the pool


def test_dnsmasq_dies(places):
    """dnsmasq is killed while clients come: nobody has another's address, nobody loses his."""
    anna, bru = places
    held = {n: anna.lease(n)["ip"] for n in range(1, 11)}
    os.kill(anna.dhcp()["pid"], signal.SIGKILL)
    until(lambda: anna.dhcp()["crashes"] == 1 and anna.dhcp()["state"] == "up", 3, "back")
    more = {n: anna.lease(n)["ip"] for n in range(11, 21)}
    assert len(set(held.values()) | set(more.values())) == 20
    for n, ip in held.items():
        assert anna.renew(n, ip)["type"] == "ack"
        offered(bru, n, ip)


def test_nuvold_dies(places):
    """nuvold is killed: its dnsmasq serves on, and all is known when it is back."""
    anna, bru = places
    held = {n: anna.lease(n, name=f"host{n}")["ip"] for n in range(1, 6)}
    for n in held:
        until(lambda: anna.find(n), 3, "it is known")  # noqa: B023
    anna.node.kill()
    while_away = anna.lease(6, name="host6")["ip"]
    assert while_away not in held.values()
    held[6] = while_away
    anna.node.start()
    for n, ip in held.items():
        until(lambda: (found := anna.find(n)) and found["ipv4"] == ip, 5, f"{ip} is known")  # noqa: B023
        offered(bru, n, ip)
        assert anna.find(n)["own_name"] == f"host{n}"
    anna.until_serves()
    for n, ip in held.items():
        assert anna.renew(n, ip)["type"] == "ack"


def test_clean_restart(places):
    """A restart of the whole node, and of both at once: leases are kept."""
    anna, bru = places
    ip = anna.lease(1, name="phone")["ip"]
    offered(bru, 1, ip)
    for both in (False, True):
        for place in places if both else (anna,):
            assert place.node.stop() == 0
        for place in places if both else (anna,):
            place.node.start()
        for place in places:
            until(lambda: place.dhcp()["state"] == "up", 5, "up")  # noqa: B023
            offered(place, 1, ip)
            until(lambda: place.dns("phone")["answers"] == [ip], 3, "its name")  # noqa: B023
    assert anna.find(1)["own_name"] == "phone"


def test_node_gone(places):
    """A client of a node that has died keeps its address at the other."""
    anna, bru = places
    ip = anna.lease(1)["ip"]
    offered(bru, 1, ip)
    anna.space.ip("link set mesh0 down")
    anna.node.kill()
    assert bru.lease(1)["ip"] == ip
    assert bru.renew(1, ip)["type"] == "ack"
    until(lambda: bru.find(1)["here"], 2, "it is bru's now")


def test_static_lease(spaces):
    """An address of the configuration is its client's, from the first moment, and nobody else's."""
    ip = f"10.{hashlib.md5(b'leases' + bytes([10])).digest()[0]}.200.9"
    anna = Place(spaces, "anna", 1, f"config nuvol share\n\tlist dhcp_host '{mac(9)},{ip},printer'\n")
    anna.start()
    anna.until_serves()
    assert anna.lease(9)["ip"] == ip
    assert anna.renew(8, ip)["type"] == "nak"
    until(lambda: anna.dns("printer.thisnode.info")["answers"] == [ip], 5, "its name")
