# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves: nuvol-lab builds towns as their files say and leaves nothing behind, also after a
crash; its medium loses, delays and limits as told; cuts, roams and scenarios do what
nuvol-lab(8) says, and wrong files are refused with their line.
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lab_town import (AS_IT_SAYS, DHCP, EXAMPLES, LAB, NETNS, NETWORK, RUN, SLOW, Town, sh,
                      until)


@pytest.fixture(name="make_town")
def make_town_fixture(tmp_path):
    towns = []

    def make(name=None):
        towns.append(Town(tmp_path, name))
        return towns[-1]

    yield make
    for town in towns:
        subprocess.run([str(LAB), "down", "--name", town.name], capture_output=True,
                       timeout=60 * SLOW, check=False)
        assert town.traces() == []


@pytest.fixture(name="town")
def town_fixture(make_town):
    return make_town()


def node(name, *segments, more=""):
    return f"config node '{name}'\n{more}" + "".join(f"\tlist segment '{s}'\n" for s in segments)


def client(name, at, more=""):
    return f"config client '{name}'\n\toption at '{at}'\n{more}"


def segment(name, **options):
    text = f"config segment '{name}'\n"
    for key, value in options.items():
        if isinstance(value, list):
            text += "".join(f"\tlist {key} '{v}'\n" for v in value)
        else:
            text += f"\toption {key} '{value}'\n"
    return text


PAIR = segment("cable") + node("anna", "cable") + node("bru", "cable") \
    + client("phone", "anna") + client("laptop", "bru")
RADIO = segment("air1", kind="radio") + node("anna", "air1") + node("bru", "air1") \
    + client("phone", "anna")
CABLE = "\toption association 'no'\n"


def give_addresses(town, interface="mesh0", names=("anna", "bru", "carla"), net="192.0.2"):
    """Addresses on the mesh interfaces themselves, where no nuvold runs."""
    for i, name in enumerate(names, 1):
        town.inside(name, "ip", "addr", "add", f"{net}.{i}/24", "dev", interface)


# ---- up and down ----


def test_up_and_down_leave_nothing(town):
    def strays():
        """Interfaces of a town that are in the system's own namespace."""
        names = [link["ifname"] for link in json.loads(sh("ip", "-j", "link").stdout)]
        return [n for n in names if re.fullmatch(r"(s\d+n\d+|(s|ap|tr|cl|mesh)\d+)", n)]

    before = strays()
    mounts = Path("/proc/mounts").read_text().count(f"nv-{town.name}-")
    town.up(PAIR + segment("air1", kind="radio") + node("carla", "air1"))
    places = sorted(p.name for p in NETNS.glob(f"nv-{town.name}-*"))
    assert places == sorted(f"nv-{town.name}-{who}" for who in
                            ["air", "anna", "bru", "carla", "phone", "laptop"])
    state = town.status()
    assert [n["running"] for n in state["nodes"]] == [True, True, True]
    assert state["medium"]["running"]
    assert [c["at"] for c in state["clients"]] == ["anna", "bru"]
    assert town.inside("phone", "hostname").stdout == "phone\n"
    said = json.loads(town.inside("bru", "nuvol", "status", "--json").stdout)
    assert said["identity"]["hostname"] == "bru"
    again = town.up(check=False)
    assert again.returncode == 1 and "up already" in again.stderr
    town.down()
    assert town.traces() == []
    assert Path("/proc/mounts").read_text().count(f"nv-{town.name}-") == mounts
    assert strays() == before
    assert "there is no town" in town.down().stdout
    gone = town.lab("status", check=False)
    assert gone.returncode == 1 and "there is no town" in gone.stderr


def test_down_ends_programs_that_run_inside(town):
    town.up(PAIR, nuvold=False)
    sleeper = subprocess.Popen([str(LAB), "exec", "phone", "--name", town.name, "--",
                                "sh", "-c", "trap '' TERM; echo here; while :; do sleep 1; done"],
                               stdout=subprocess.PIPE, text=True)
    assert sleeper.stdout.readline() == "here\n"
    town.down()
    assert sleeper.wait(5) == -signal.SIGKILL
    assert town.traces() == []


@pytest.mark.parametrize("at", [0.02, 0.1, 0.25, 0.5])
def test_down_cleans_up_after_a_killed_up(town, at):
    nodes = [f"n{i}" for i in range(8)]
    town.write(segment("air1", kind="radio") + segment("cable")
               + "".join(node(n, "air1", "cable") for n in nodes)
               + "".join(client(f"c{n}", n) for n in nodes))
    process = subprocess.Popen([str(LAB), "up", str(town.file), "--name", town.name],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(at)  # any moment will do: it is the point that nothing is ready
    process.kill()
    process.wait()
    town.down()
    assert town.traces() == []
    town.up()
    assert len(town.status()["nodes"]) == 8


def test_down_cleans_up_after_daemons_and_medium_crashed(town):
    town.up(RADIO)
    state = town.status()
    os.kill(state["medium"]["pid"], signal.SIGKILL)
    os.kill(state["nodes"][0]["pid"], signal.SIGKILL)
    until(lambda: not town.status()["medium"]["running"], 5, "the medium is gone")
    until(lambda: not town.node("anna")["running"], 5, "the daemon is gone")
    assert "medium has ended" in town.lab("status").stdout
    town.down()
    assert town.traces() == []


def test_state_that_was_lost_is_no_obstacle(town):
    town.up(PAIR)
    for path in (RUN / town.name).glob("*"):
        if path.is_file():
            path.unlink()
    half = town.lab("roam", "phone", "bru", check=False)
    assert half.returncode == 1 and "half there" in half.stderr
    town.down()
    assert town.traces() == []


def test_up_that_fails_half_way_cleans_up_and_says_why(town):
    failed = town.lab("up", town.write(PAIR), "--nuvold", "/bin/false", check=False)
    assert failed.returncode == 1
    assert re.search(r"the nuvold of '(anna|bru)' ended", failed.stderr), failed.stderr
    assert "cleaning up" in failed.stderr
    assert town.traces() == []
    missing = town.lab("up", town.file, "--nuvold", "/nonexistent", check=False)
    assert missing.returncode == 2 and "/nonexistent" in missing.stderr


def test_interrupted_up_cleans_up(town):
    nodes = [f"n{i}" for i in range(12)]
    town.write(segment("s") + "".join(node(n, "s") for n in nodes))
    process = subprocess.Popen([str(LAB), "up", str(town.file), "--name", town.name],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until(lambda: (NETNS / f"nv-{town.name}-n11").exists(), 10, "namespaces")
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=30 * SLOW)[1]
    assert process.returncode == 1 and "interrupted" in error
    assert town.traces() == []


def test_two_towns_stand_side_by_side(make_town):
    one, two = make_town(), make_town()
    one.up(RADIO)
    two.up(RADIO)
    for town in (one, two):
        until(lambda t=town: t.node("anna")["nodes"] == 1, 15, "anna and bru know each other")
    assert one.node("anna")["mac"] != two.node("anna")["mac"]
    only = sh(LAB, "status", check=False)
    assert only.returncode == 1 and "--name" in only.stderr
    one.down()
    assert one.traces() == []
    until(lambda: two.node("anna")["nodes"] == 1, 5, "the other town goes on")
    assert two.status()["medium"]["running"]


def test_a_name_that_begins_like_another(make_town):
    base = f"t{os.getpid()}x"
    one, two = make_town(base), make_town(base + "-y")
    one.up(PAIR, nuvold=False)
    two.up(PAIR, nuvold=False)
    one.down()
    assert len(list(NETNS.glob(f"nv-{two.name}-*"))) == 5
    assert len(two.status()["nodes"]) == 2
    two.down()
    assert two.traces() == []


def test_twelve_nodes_start_within_ten_seconds(town):
    began = time.monotonic()
    town.up((EXAMPLES / "street.town").read_text())
    assert time.monotonic() - began < 10 * SLOW
    until(lambda: all(n["nodes"] == 11 for n in town.status()["nodes"]), 30,
          "all twelve know each other", pause=0.5)


@pytest.mark.parametrize("example, others", [
    ("line", 4), ("ring", 5), ("valley", 5), ("clouds", 2)])
def test_examples_form_their_clouds(town, example, others):
    town.up((EXAMPLES / f"{example}.town").read_text(), fixed=False, network=AS_IT_SAYS)
    until(lambda: all(n["nodes"] == others for n in town.status()["nodes"]), 30,
          f"every node knows {others} others", pause=0.2)
    until(lambda: all(c["ipv4"] for c in town.status()["clients"]), 20,
          "every client has an address", pause=0.2)
    clients = {c["name"]: c for c in town.status()["clients"]}
    if example == "clouds":
        near, far, foreign = clients["phone"], clients["laptop"], clients["tablet"]
        assert foreign["ipv4"].split(".")[1] != near["ipv4"].split(".")[1]
    else:
        near, far = list(clients.values())[:2]
    until(lambda: town.ping(near["name"], far["ipv4"].split("/")[0]), 15, "clients reach")


# ---- the network of all clouds ----


def networks(town, key):
    """{node: what it says of the network}"""
    return {n["name"]: n["network"] and n["network"][key] for n in town.status()["nodes"]}


def test_clouds_are_one_network(town):
    town.up((EXAMPLES / "network.town").read_text(), fixed=False, network=AS_IT_SAYS)
    until(lambda: set(networks(town, "nodes_routed").values()) == {5}, 20,
          "every node has a way to all others", pause=0.2)
    assert set(networks(town, "state").values()) == {"running"}
    far = networks(town, "primary")["dario"]
    until(lambda: town.ping("anna", far), 5, "reachable")
    # Two other clouds, over two families.
    until(lambda: all(n["tunnels"]["routes"] == 4 for n in town.status()["nodes"]), 20,
          "every node has tunnels to the other clouds", pause=0.2)
    assert len(re.findall(r" 5 of 5 +4\n", town.lab("status").stdout)) == 6
    until(lambda: all(c["ipv4"] and c["ipv6"] for c in town.status()["clients"]), 20,
          "every client has its addresses", pause=0.2)
    clients = {c["name"]: c for c in town.status()["clients"]}
    pairs = [(a, b["ipv4"].split("/")[0], b["ipv6"]) for a in clients for b in clients.values()
             if a != b["name"]]
    for here, *there in pairs:
        for address in there:
            until(lambda h=here, a=address: town.ping(h, a), 5, f"{here} reaches {address}")
    town.lab("cut", "bridge")
    until(lambda: town.ping("anna", far), 10, "the other way round")
    until(lambda: town.ping("phone", clients["laptop"]["ipv6"]), 5, "clients too")
    # The gateway that anna takes to the server's cloud dies without a word.
    town.lab("heal", "bridge")
    assert town.ping("phone", clients["server"]["ipv6"]) == 1
    town.lab("kill", "hugo")
    until(lambda: town.ping("phone", clients["server"]["ipv6"]), 15, "through another gateway")


def test_scenario_of_a_network(town, tmp_path):
    path = tmp_path / "network.scenario"
    path.write_text(f"up {town.name}.town\nexpect 15s network anna 2\nexpect 9s address phone\n"
                    "expect 9s reach phone bru\nexpect 9s reach phone bru ipv6\n"
                    "expect 9s reach bru phone ipv6\nexec phone -- echo it is @bru.ipv6\n"
                    # The way to other clouds; for the Internet any other router is better.
                    "expect 15s exec phone -- sh -c 'ip -6 route | grep default.*pref.low'\n"
                    "expect 2s exec phone -- sh -c 'ping -n -c1 -W30 2001:db8::1|grep No.route'\n"
                    "cut cable\nexpect 5s network anna 0\n")
    other_cloud = node("gina", "cable", more="\toption ssid 'elsewhere'\n")
    town.write(PAIR + other_cloud, fixed=False, network=NETWORK)
    said = town.lab("run", path).stdout
    assert re.search(r"it is fd[0-9a-f:]+::[0-9a-f:]+\n", said), said


# ---- the medium ----


def test_loss_is_each_receivers_own(town):
    town.up(segment("air1", kind="radio", loss="20", link=["anna bru", "anna carla 0"])
            + node("anna", "air1") + node("bru", "air1") + node("carla", "air1"), nuvold=False)
    give_addresses(town)
    assert town.ping("anna", "192.0.2.3", 100, 0.005) == 100
    # An echo and its reply: 0.64 of 800 come back, with a standard deviation of 14.
    town.inside("anna", "ip", "neigh", "replace", "192.0.2.2", "lladdr",
                mac_of(town, "bru", "mesh0"), "dev", "mesh0")
    town.inside("bru", "ip", "neigh", "replace", "192.0.2.1", "lladdr",
                mac_of(town, "anna", "mesh0"), "dev", "mesh0")
    assert 512 - 70 < town.ping("anna", "192.0.2.2", 800, 0.002) < 512 + 70
    # bru and carla are out of each other's range.
    assert town.ping("bru", "192.0.2.3", 2) == 0
    frames = {n["name"]: n["frames"] for n in town.status()["segments"][0]["nodes"]}
    assert frames["carla"]["lost"] == 0 and frames["bru"]["lost"] > 100


def mac_of(town, who, interface):
    return json.loads(town.inside(who, "ip", "-j", "link", "show", interface).stdout)[0]["address"]


def test_delay(town):
    town.up(segment("slow", delay="25") + node("anna", "slow") + node("bru", "slow"),
            nuvold=False)
    give_addresses(town, names=("anna", "bru"))
    text = town.inside("anna", "ping", "-n", "-q", "-c", "10", "-i", "0.1", "192.0.2.2").stdout
    least, average = map(float, re.search(r"= ([\d.]+)/([\d.]+)/", text).groups())
    assert 50 <= least < 60 and average < 50 * SLOW + 30


@pytest.mark.parametrize("kind", ["wire", "radio"])
def test_rate(town, kind):
    town.up(segment("s", kind=kind, rate="20mbit") + node("anna", "s") + node("bru", "s"),
            nuvold=False)
    give_addresses(town, names=("anna", "bru"))
    flood = subprocess.Popen([str(LAB), "exec", "anna", "--name", town.name, "--",
                              "ping", "-f", "-q", "-l", "60", "-s", "1400", "192.0.2.2"],
                             stdout=subprocess.DEVNULL)

    def sent():
        """Frames that both sent, and when."""
        frames = {n["name"]: n["frames"] for n in town.status()["segments"][0]["nodes"]}
        return frames["anna"]["sent"], frames["bru"]["sent"], time.monotonic()

    until(lambda: sent()[0] > 500, 10, "the flood flows")
    first = sent()
    until(lambda: time.monotonic() - first[2] > 2, 5, "two seconds")
    last = sent()
    flood.terminate()
    flood.wait(10 * SLOW)
    anna, bru = ((last[i] - first[i]) / (last[2] - first[2]) for i in range(2))
    # 1442 bytes and 24 around them: a wire takes 1705 such frames a second each way,
    # a radio as many both ways together; on a busy machine fewer are offered.
    if kind == "wire":
        assert 1705 * 0.7 < anna < 1705 * 1.07
    else:
        assert 1705 * 0.7 < anna + bru < 1705 * 1.07


# ---- cut and heal ----


def carrier(town, who, interface):
    link = json.loads(town.inside(who, "ip", "-j", "link", "show", interface).stdout)[0]
    return "LOWER_UP" in link["flags"]


@pytest.mark.parametrize("kind", ["wire", "radio"])
def test_cut_and_heal(town, kind):
    town.up(segment("s", kind=kind) + node("anna", "s") + node("bru", "s") + node("carla", "s"),
            nuvold=False)
    give_addresses(town)
    assert town.ping("anna", "192.0.2.2") == 1
    town.lab("cut", "s", "bru")
    assert not carrier(town, "bru", "mesh0") and carrier(town, "anna", "mesh0")
    assert town.ping("anna", "192.0.2.2") == 0 and town.ping("anna", "192.0.2.3") == 1
    assert "bru(cut)" in town.lab("status").stdout
    town.lab("heal", "s", "bru")
    assert carrier(town, "bru", "mesh0")
    until(lambda: town.ping("anna", "192.0.2.2"), 5, "healed")
    town.lab("cut", "s", "bru", "--silent")
    assert carrier(town, "bru", "mesh0") and town.ping("anna", "192.0.2.2") == 0
    assert town.node("bru")["meshes"][0]["cut"] == "silent"
    town.lab("cut", "s")
    assert not any(carrier(town, who, "mesh0") for who in ("anna", "bru", "carla"))
    town.lab("heal", "s")
    until(lambda: town.ping("anna", "192.0.2.2"), 5, "healed")
    for words in (["nosuch"], ["s", "nobody"]):
        wrong = town.lab("cut", *words, check=False)
        assert wrong.returncode == 1 and words[-1] in wrong.stderr


def test_daemons_see_a_cut_at_once(town):
    town.up(segment("s") + node("anna", "s") + node("bru", "s"))
    until(lambda: town.node("anna")["nodes"] == 1, 15, "anna knows bru")
    town.lab("cut", "s", "anna")
    until(lambda: town.node("anna")["nodes"] == 0, 2, "anna forgot bru on carrier loss")
    town.lab("heal", "s", "anna")
    until(lambda: town.node("anna")["nodes"] == 1, 15, "anna knows bru again")


def ended(pid):
    """Gone, or a zombie that init has not looked at yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_kill_stop_and_start(town):
    town.up(PAIR)
    until(lambda: town.node("anna")["nodes"] == 1, 15, "anna knows bru")
    for verb, name in (("kill", "bru"), ("stop", "anna")):
        before = town.node(name)["pid"]
        town.lab(verb, name)
        assert not town.node(name)["running"] and ended(before)
        town.lab(verb, name)  # harmless
        town.lab("start", name)
        assert town.node(name)["running"]
        until(lambda n=name: town.node(n)["nodes"] == 1, 15, f"{name} is back after {verb}")
        until(lambda: town.ping("phone", address(town, "laptop")), 15, f"reach after {verb}")
    assert town.lab("kill", "nobody", check=False).returncode == 1


# ---- roaming ----


def address(town, name):
    return next(c["ipv4"] for c in town.status()["clients"] if c["name"] == name).split("/")[0]


def client_state(town, name):
    """What a client must keep: its interface, addresses and ARP cache."""
    link = json.loads(town.inside(name, "ip", "-j", "addr", "show", "eth0").stdout)[0]
    neighbours = json.loads(town.inside(name, "ip", "-j", "-4", "neigh").stdout)
    return (link["ifindex"], link["address"],
            sorted(a["local"] for a in link["addr_info"]),
            sorted((n["dst"], n.get("lladdr")) for n in neighbours))


def changes(town, name):
    return int(town.inside(name, "cat", "/sys/class/net/eth0/carrier_changes").stdout)


class Sniffer:
    """tcpdump in a place; listens when made."""

    def __init__(self, town, who, interface):
        self.path = town.folder / f"{who}.txt"
        with open(self.path, "w") as output:
            self.process = subprocess.Popen(
                [str(LAB), "exec", who, "--name", town.name, "--", "tcpdump", "-lne",
                 "--immediate-mode", "-i", interface], stdout=output, stderr=subprocess.STDOUT)
        until(lambda: "listening" in self.text(), 10, "tcpdump listens")

    def text(self):
        return self.path.read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(10 * SLOW)
        return self.text()


@pytest.mark.parametrize("by", ["wifi", "cable"])
def test_roam_keeps_what_the_client_has(town, by):
    town.up(segment("cable") + node("anna", "cable") + node("bru", "cable")
            + client("laptop", "anna") + client("phone", "anna", CABLE if by == "cable" else ""))
    laptop = address(town, "laptop")
    until(lambda: town.ping("phone", laptop), 10, "phone reaches laptop")
    until(lambda: town.node("anna")["nodes"] == 1, 10, "anna knows bru")
    until(lambda: any(a.startswith("fe80") for a in client_state(town, "phone")[2]), 10, "IPv6")
    before, carriers = client_state(town, "phone"), changes(town, "phone")
    phone_mac = before[1]
    sniffer = Sniffer(town, "bru", "br-lan")
    said = town.lab("roam", "phone", "bru").stdout
    until(lambda: town.ping("phone", laptop), 10, "phone reaches laptop from bru")
    until(lambda: "ICMP echo reply" in sniffer.text(), 5, "the ping is seen")
    seen = sniffer.stop()
    assert client_state(town, "phone")[:3] == before[:3]
    assert (laptop, mac_of(town, "laptop", "eth0")) in client_state(town, "phone")[3]
    association = [line for line in seen.splitlines()
                   if f"{phone_mac} > ff:ff:ff:ff:ff:ff" in line and "xid" in line.lower()]
    took = float(re.search(r"took ([\d.]+) ms", said).group(1))
    if by == "wifi":
        assert len(association) == 1
        assert changes(town, "phone") == carriers
        assert took < 20 * SLOW
    else:
        assert association == []
        assert changes(town, "phone") > carriers
        assert took < 200 * SLOW
    assert next(c["at"] for c in town.status()["clients"] if c["name"] == "phone") == "bru"
    assert town.ping("laptop", address(town, "phone"), 3) == 3


def test_a_client_can_be_nowhere(town):
    town.up(PAIR + "config client 'away'\n" + client("pc", "anna", CABLE))
    assert next(c["at"] for c in town.status()["clients"] if c["name"] == "away") is None
    for name in ("away", "pc"):
        town.lab("roam", name, "bru")
        until(lambda n=name: town.ping(n, address(town, "laptop")), 10, f"{name} is there")
        town.lab("roam", name, "-")
        assert town.ping(name, address(town, "laptop")) == 0
        town.lab("roam", name, "anna")
        until(lambda n=name: town.ping(n, address(town, "phone")), 10, f"{name} is back")
    wrong = town.lab("roam", "phone", "nobody", check=False)
    assert wrong.returncode == 1 and "nobody" in wrong.stderr


# ---- addresses by DHCP ----


def serve(town, who, folder):
    """A plain dnsmasq on the LAN of a node without nuvold."""
    (folder / "dnsmasq.conf").write_text(f"""
interface=br-lan
bind-interfaces
dhcp-range=10.9.9.20,10.9.9.90,1h
dhcp-option=26,1350
dhcp-authoritative
no-ping
domain=thisnode.info
local=/thisnode.info/
expand-hosts
no-resolv
no-hosts
user=root
dhcp-leasefile={folder}/leases
pid-file={folder}/dnsmasq.pid
""")
    town.inside(who, "ip", "addr", "add", "10.9.9.1/24", "dev", "br-lan")
    town.inside(who, "dnsmasq", f"--conf-file={folder}/dnsmasq.conf")


def test_clients_get_their_addresses_by_dhcp(town, tmp_path):
    town.up(PAIR + client("tablet", "anna", DHCP) + client("pc", "anna", DHCP + CABLE)
            + client("printer", "anna", "\toption address '10.9.9.7/24'\n")
            + client("lonely", "bru", DHCP), nuvold=False)
    serve(town, "anna", tmp_path)
    for name in ("tablet", "pc"):
        until(lambda n=name: town.client(n)["ipv4"], 10, f"{name} has an address")
    tablet = town.client("tablet")
    assert tablet["address"] == "dhcp" and re.fullmatch(r"10\.9\.9\.\d+/24", tablet["ipv4"])
    assert 3590 <= tablet["lease"]["left_s"] <= 3600
    assert {k: tablet["lease"][k] for k in ("router", "dns", "server", "domain", "mtu_bytes")} == {
        "router": "10.9.9.1", "dns": "10.9.9.1", "server": "10.9.9.1",
        "domain": "thisnode.info", "mtu_bytes": 1350}
    assert town.client("lonely")["ipv4"] is None and town.client("lonely")["lease"] is None
    assert "none yet" in town.lab("status").stdout
    assert town.client("printer")["ipv4"] == "10.9.9.7/24"
    assert town.ping("printer", tablet["ipv4"].split("/")[0]) == 1
    # Each client sees the name server that it was told, and nobody else does.
    assert town.inside("tablet", "cat", "/etc/resolv.conf").stdout == \
        "nameserver 10.9.9.1\nsearch thisnode.info\n"
    assert "10.9.9.1" not in Path("/etc/resolv.conf").read_text()
    assert town.inside("pc", "getent", "hosts", "tablet").stdout.split()[0] == \
        tablet["ipv4"].split("/")[0]
    routes = town.inside("tablet", "ip", "route").stdout
    assert "default via 10.9.9.1 dev eth0" in routes
    link = json.loads(town.inside("tablet", "ip", "-j", "link", "show", "eth0").stdout)[0]
    assert link["mtu"] == 1350
    # Given back, asked for again.
    town.lab("release", "tablet")
    assert town.client("tablet")["ipv4"] is None
    assert town.inside("tablet", "ip", "-4", "addr", "show", "eth0").stdout == ""
    until(lambda: "tablet" not in (tmp_path / "leases").read_text(), 5, "dnsmasq knows")
    town.lab("renew", "tablet")
    assert town.client("tablet")["ipv4"] == tablet["ipv4"]
    assert town.lab("release", "phone", check=False).returncode == 1  # has a fixed one
    town.down()
    assert town.traces() == []


def test_addresses_in_scenarios(town, tmp_path):
    path = tmp_path / "dhcp.scenario"
    town.write(PAIR + client("tablet", "anna", DHCP))
    path.write_text("expect 10s address tablet\nrelease tablet\nexpect 1s not address tablet\n"
                    "renew tablet\nexec phone -- sh -c 'echo it is $0' @tablet\n"
                    "expect 0.1s address phone\n")
    town.up(nuvold=False)
    serve(town, "anna", tmp_path)
    said = town.lab("run", path, "--nuvold", "none").stdout
    assert re.search(r"expect 10s address tablet \.\.\. ok: 10\.9\.9\.\d+/24 ", said), said
    assert re.search(r"it is 10\.9\.9\.\d+", said), said


# ---- wrong files ----


@pytest.mark.parametrize("text, line, says", [
    ("config node 'a'\n\tlist segment 's'\n", 2, "no segment 's'"),
    ("config node 'a'\n\n\toption colour 'red'\n", 3, "colour"),
    ("config node 'a'\nconfig segment 's'\n\toption loss 'some'\n", 3, "percent"),
    ("config node 'a'\n\tlist set 'cloud.hop_penalty=many'\n", 2, "hop_penalty"),
    ("config node 'a'\n\tlist set 'network.main_ipv4_address=no'\n", 2, "main_ipv4_address"),
    ("config node 'a\n", 1, "quote"),
])
def test_wrong_towns_are_refused_with_their_line(town, text, line, says):
    refused = town.up(text, check=False)
    assert refused.returncode == 2
    assert f"{town.file}:{line}: " in refused.stderr and says in refused.stderr
    assert town.traces() == []


def test_wrong_usage():
    for args in ([], ["fly"], ["up"], ["roam", "phone"], ["exec", "anna"], ["status", "--what"],
                 ["down", "--name", "a/b"]):
        wrong = sh(LAB, *args, check=False)
        assert wrong.returncode == 2 and "nuvol-lab: " in wrong.stderr, args
    assert "usage:" in sh(LAB, "--help").stdout


# ---- scenarios ----


def scenario(town, text, *options, check=True):
    town.write(PAIR)
    path = town.folder / f"{town.name}.scenario"
    path.write_text(text.replace("TOWN", town.file.name))
    return town.lab("run", path, *options, check=check, timeout=120)


def test_scenario_plays_to_its_end(town):
    done = scenario(town, """
say "hello there"
up TOWN
expect 15s nodes anna 1            # and bru knows anna
expect 5s neighbours bru 1
expect 5s reach phone laptop
result "found after" took
background listener exec laptop -- sh -c 'echo waiting; sleep 0.3; echo all done'
exec phone -- sh -c 'echo "I am $(hostname), $0"' @laptop
roam phone bru
expect 5s knows anna phone
expect 0.5s not knows anna laptop
""", check=False)
    assert done.returncode == 1 and "not knows anna laptop" in done.stderr
    done = scenario(town, """
up TOWN
expect 15s nodes anna 1
background listener exec laptop -- sh -c 'echo waiting; sleep 0.3; echo all done'
exec phone -- sh -c 'echo "I am $(hostname), $0"' @laptop
roam phone bru
kill anna
expect 2s not running anna
start anna
expect 15s nodes anna 1
cut cable anna silent
heal cable
wait listener 5s
result "the listener" output listener
result "and" text "more words"
pause 0.1s
table
say "good bye"
""")
    assert "hello" not in done.stdout and "good bye" in done.stdout
    assert re.search(r"I am phone, 10\.\d+\.192\.2", done.stdout)
    assert re.search(r"roam phone bru \.\.\. ok: switched in [\d.]+ ms", done.stdout)
    assert re.search(r"the listener +all done\n +and +more words\n", done.stdout)
    assert town.traces() == []


@pytest.mark.parametrize("step, says", [
    ("expect 0.5s nodes anna 7", "expect 0.5s nodes anna 7"),
    ("expect 0.5s exec phone -- false", "exit status 1"),
    ("exec phone -- sh -c 'echo oh; exit 3'", "exit status 3"),
    ("exec phone -- nosuchprogram", "No such file"),
    ("roam phone nobody", "nobody"),
    ("wait nothing", "nothing"),
    ("kill nobody", "nobody"),
])
def test_scenario_that_fails_says_where_and_cleans_up(town, tmp_path, step, says):
    logs = tmp_path / "logs"
    failed = scenario(town, f"up TOWN\n\n{step}\nsay unreached\n", "--logs", logs, check=False)
    assert failed.returncode == 1
    assert f".scenario:3: FAILED: {step}" in failed.stderr
    assert says in failed.stdout + failed.stderr and "unreached" not in failed.stdout
    assert (logs / town.name / "anna" / "log").exists()
    assert town.traces() == []


def test_scenario_with_a_background_job_that_fails(town):
    failed = scenario(town, "up TOWN\nbackground j exec phone -- sh -c 'echo oops; exit 4'\n"
                            "wait j 5s\n", check=False)
    assert failed.returncode == 1
    assert "oops" in failed.stdout and "exit status 4" in failed.stderr
    assert town.traces() == []


def test_killed_scenario_is_cleaned_up_by_down(town):
    town.write(PAIR)
    path = town.folder / "x.scenario"
    path.write_text(f"up {town.file}\nbackground b exec phone -- sleep 4321\npause 100s\n")
    process = subprocess.Popen([str(LAB), "run", str(path), "--name", town.name],
                               stdout=subprocess.PIPE, text=True)
    until(lambda: "background" in process.stdout.readline(), 20, "the job runs")
    process.kill()
    process.communicate(timeout=10 * SLOW)
    assert len(town.status()["nodes"]) == 2  # it stands until somebody cleans up
    town.down()
    assert town.traces() == []
    assert sh("pgrep", "-f", "sleep 4321", check=False).stdout == ""


@pytest.mark.parametrize("text, line", [
    ("fly away", 1), ("up", 1), ("say 'open", 1), ("expect soon nodes anna 1", 1),
    ("\nexpect 2s colour anna", 2), ("expect 2s nodes anna many", 1), ("exec anna ls", 1),
    ("background a-b exec anna -- ls", 1), ("result x", 1), ("pause long", 1),
    ("cut cable anna loudly", 1), ("expect 2s network anna many", 1),
    ("expect 2s reach phone laptop ipx", 1),
])
def test_wrong_scenarios_are_refused_before_anything_is_done(town, text, line):
    refused = scenario(town, f"{text}\nup TOWN\n", check=False)
    assert refused.returncode == 2 and f".scenario:{line}: " in refused.stderr
    assert refused.stdout == "" and town.traces() == []


def test_interrupted_scenario_cleans_up(town):
    town.write(PAIR)
    path = town.folder / "x.scenario"
    path.write_text(f"up {town.file}\nsay ready\n"
                    "background b exec phone -- sleep 100\npause 100s\n")
    process = subprocess.Popen([str(LAB), "run", str(path), "--name", town.name],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: "pause" in process.stdout.read(1) or (NETNS / f"nv-{town.name}-phone").exists(),
          20, "the town is up")
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=30 * SLOW)[1]
    assert process.returncode == 1 and "interrupted" in error
    assert town.traces() == []


def demo(town, part):
    """Plays a part of `make demo`; all together take less than 2 min on a quiet machine."""
    began = time.monotonic()
    done = town.lab("run", EXAMPLES / "demo" / f"{part}.scenario", timeout=90)
    assert time.monotonic() - began < 60 * SLOW
    assert town.traces() == []
    return done


def test_demo(make_town):
    done = demo(make_town(), "demo")
    assert re.search(r"SHA-256 [0-9a-f]+ right", done.stdout)
    assert re.search(r"way from phone to laptop +[3-9] hops", done.stdout)
    assert re.search(r"gateway, RA, DHCP frames on the mesh +0 among \d+ frames", done.stdout)
    assert re.search(r"neighbour entries unchanged \(aa:aa:aa:", done.stdout)


def test_demo_of_clouds(make_town):
    """The way back is another than the way out, over both families; what is cut is gone round."""
    done = demo(make_town(), "clouds").stdout
    ways = "out anna = dario - emma - frida; back frida = carla - bru - anna\n"
    assert len(re.findall(f"the way, IPv[46] +{ways}", done)) == 2
    assert re.search(r"the way now +out anna = bru = carla = frida", done)
    assert re.search(r"SHA-256 [0-9a-f]+ right", done)
    gaps = dict(re.findall(r"  (\S.+, IPv[46]) .+longest gap (\d+) ms", done))
    for what, limit_ms in (("phone to server, walking", 1000), ("east is cut", 1000),
                           ("east falls silent", 4000)):
        for family in ("IPv4", "IPv6"):
            assert int(gaps[f"{what}, {family}"]) < limit_ms * SLOW, gaps


def test_demo_of_exits(make_town):
    """The best gateway that carries what it offers; the next one; the one that people want; and a
    download stays with it."""
    done = demo(make_town(), "exits").stdout
    assert re.search(r"emma, the liar, at anna +offers 185 Mbit/s, is bad", done)
    rates = re.findall(r"the (\w+) downloads +([0-9.]+) Mbit/s through (\w+)", done)
    assert [(who, gateway) for who, _, gateway in rates] == \
        [("phone", "carla"), ("laptop", "dario"), ("phone", "dario")]
    assert re.search(r"download during the walk +\d+\.\d MB by one connection through carla", done)
    assert re.search(r"carla's Internet dies: by dario after +\d", done)
    assert re.search(r"carla is preferred: by carla after +\d", done)
