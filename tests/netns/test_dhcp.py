# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that the LAN gets addresses and names from the dnsmasq that we look after, and that
it knows what the cloud knows. The core's wishes come from dhcp_hand; see test_dhcp_nodes.py for
whole nodes."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from spaces import ALONE, BUILD, sh, until

HAND = BUILD / "tests/netns/dhcp_hand"
SCRIPT = (BUILD / "src/nuvol-dhcp-event/nuvol-dhcp-event").resolve()
CLIENT = Path(__file__).resolve().parent / "dhcp_client.py"
GATEWAY, GATEWAY6, ANYGW_MAC = "10.77.0.1", "fd77::1", "aa:aa:aa:00:00:aa"
CONF = ALONE + """config lime 'system'
	option hostname 'anna'
config lime 'network'
	option main_ipv4_address '10.77.0.0/16'
	option main_ipv6_address 'fd77::/64'
	option anygw_mac 'aa:aa:aa:00:00:aa'
config nuvol 'host'
	option primary_mac '02:00:00:00:00:07'
"""

pytestmark = pytest.mark.skipif(not Path("/usr/sbin/dnsmasq").exists(), reason="no dnsmasq")


def mac(number):
    return f"02:aa:00:00:{number >> 8:02x}:{number & 255:02x}"


def command_of(pid):
    """Empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


class Asker:
    """A namespace of clients behind one cable: `at`, with dhcp_client.py as `client` in it."""

    gateway = GATEWAY, ANYGW_MAC

    def clients_start(self):
        self.client = self.at.spawn([str(CLIENT), "eth0"], text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def ask(self, do, **c):
        self.client.stdin.write(json.dumps({"do": do, **c}) + "\n")
        self.client.stdin.flush()
        return json.loads(self.client.stdout.readline())

    def lease(self, number, **c):
        return self.ask("lease", mac=mac(number), **c)

    def renew(self, number, ip, **c):
        """As a client does that has the address: to the gateway alone."""
        to, to_mac = self.gateway
        return self.ask("request", mac=mac(number), ciaddr=ip, to=to, to_mac=to_mac, **c)

    def release(self, number, ip, **c):
        to, to_mac = self.gateway
        self.ask("release", mac=mac(number), ciaddr=ip, server=to, to=to, to_mac=to_mac, **c)

    def dns(self, name, kind="A"):
        return self.ask("dns", server=self.gateway[0], name=name, kind=kind)


class Hand(Asker):
    """drv/dhcp in a namespace of its own, with a cable to a client's."""

    def __init__(self, spaces, name, conf=CONF):
        self.spaces, self.space = spaces, spaces.add(name)
        self.at = spaces.add(f"{name}c")
        self.folder = spaces.folder / name
        self.run = self.folder / "run"
        (self.folder / "conf").mkdir(parents=True)
        (self.folder / "conf/node").write_text(conf)
        self.plug()
        self.out, self.process = [], None

    def plug(self):
        self.spaces.veth(self.space, "anygw", self.at, "eth0", mac_a=ANYGW_MAC)
        self.space.ip(f"addr add {GATEWAY}/16 dev anygw")
        self.space.ip(f"addr add {GATEWAY6}/64 dev anygw")
        self.at.ip("addr add 10.77.0.250/16 dev eth0")
        self.clients_start()

    def start(self, up=True):
        with open(self.folder / "log", "a") as log:
            self.process = self.space.spawn(
                [str(HAND), str(self.folder / "conf"), str(self.run), str(SCRIPT)],
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self.out = []
        threading.Thread(target=self.read, args=(self.process.stdout, self.out), daemon=True).start()
        if up:
            self.until_up()
        return self

    @staticmethod
    def read(stream, out):
        for line in stream:
            out.append(line.split())

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def status(self):
        at = len(self.out)
        self.say("status")
        found = until(lambda: [w for w in self.out[at:] if w[0][0] == "{"], 3, "a status")
        return json.loads(" ".join(found[0]))

    def until_up(self):
        return until(lambda: (s := self.status())["state"] == "up" and s, 5, "dnsmasq is up")

    def told(self, *words):
        """Was it told so (the first words of a line)?"""
        return any(line[: len(words)] == list(words) for line in self.out)

    def until_told(self, *words):
        until(lambda: self.told(*words), 3, f"{words} in {self.out[-5:]}")

    def ranges(self, *ranges):
        """dnsmasq begins anew when these are others."""
        starts = self.status()["starts"]
        self.say("ranges " + " ".join(ranges))
        until(lambda: self.status()["starts"] > starts, 5, "it begins anew")
        self.until_up()

    def log(self):
        return (self.folder / "log").read_text()

    def quit(self):
        self.say("quit")
        return self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def anna(spaces):
    hand = Hand(spaces, "anna").start()
    yield hand
    print(hand.log()[-3000:])
    if hand.process.poll() is None:
        assert hand.quit() == 0


def number(option):
    return int(option, 16)


def test_new_client(anna):
    """An address within a second, with all that a client needs; the node is told of it."""
    anna.ranges("10.77.4.0-10.77.4.255")
    got = anna.lease(1, name="My Phone")
    assert got["type"] == "ack" and got["took"] < 1
    assert got["ip"].startswith("10.77.4.")
    o = got["options"]
    gateway = bytes([10, 77, 0, 1]).hex()
    assert o["54"] == o["3"] == o["6"] == gateway
    assert o["1"] == "ffff0000" and o["28"] == bytes([10, 77, 255, 255]).hex()
    assert number(o["26"]) == 1350 and number(o["51"]) == 3600
    assert bytes.fromhex(o["15"]) == b"thisnode.info"
    assert bytes.fromhex(o["119"]) == b"\x08thisnode\x04info\x00"
    assert got["server_mac"] == ANYGW_MAC
    anna.until_told("granted", mac(1), got["ip"], "3600", "my-phone")


def test_udhcpc(anna):
    """The DHCP client of phones' little brothers agrees."""
    anna.ranges("10.77.4.0-10.77.4.255")
    script = anna.folder / "script"
    script.write_text(f"#!/bin/sh\n[ $1 = bound ] && env >{anna.folder}/env\nexit 0\n")
    script.chmod(0o755)
    began = time.monotonic()
    anna.at.run(f"busybox udhcpc -i eth0 -n -q -f -t 3 -T 1 -O mtu -O search -s {script}")
    assert time.monotonic() - began < 2  # a program's start and end included
    env = dict(line.split("=", 1) for line in (anna.folder / "env").read_text().splitlines())
    assert env["ip"].startswith("10.77.4.") and env["router"] == GATEWAY and env["dns"] == GATEWAY
    assert env["mask"] == "16" and env["mtu"] == "1350" and env["domain"] == "thisnode.info"
    assert env["search"] == "thisnode.info" and env["lease"] == "3600"


def test_ranges(anna):
    """New clients get addresses of our ranges only; the same ranges again change nothing."""
    assert anna.lease(1, tries=1, wait=0.5) is None
    anna.ranges("10.77.4.8-10.77.4.23", "10.77.9.8-10.77.9.15")
    got = {anna.lease(n, wait=2)["ip"] for n in range(1, 25)}
    want = {f"10.77.4.{n}" for n in range(8, 24)} | {f"10.77.9.{n}" for n in range(8, 16)}
    assert got == want
    assert anna.lease(99, tries=1, wait=0.5) is None
    starts = anna.status()["starts"]
    anna.say("ranges 10.77.4.8-10.77.4.23 10.77.9.8-10.77.9.15")
    anna.ranges("10.77.12.0-10.77.12.255")
    assert anna.status()["starts"] == starts + 1
    assert anna.lease(99)["ip"].startswith("10.77.12.")


def test_known_client(anna):
    """A client that the cloud knows keeps its address here, asking anew or renewing."""
    anna.ranges("10.77.4.0-10.77.4.255")
    anna.say(f"reserve {mac(1)} 10.77.200.1", f"reserve {mac(2)} 10.77.200.2")
    until(lambda: anna.status()["batches"], 1, "told")
    assert anna.lease(1)["ip"] == "10.77.200.1"
    assert anna.renew(2, "10.77.200.2")["type"] == "ack"
    anna.until_told("granted", mac(2), "10.77.200.2", "3600")
    # One with another's address, or with one of a range that is not ours, must ask anew.
    assert anna.renew(3, "10.77.200.1")["type"] == "nak"
    assert anna.renew(3, "10.77.5.5")["type"] == "nak"


def test_changes_count_at_once(anna):
    """A reservation counts within 100 ms, a change of it too; after that at a pace."""
    anna.ranges("10.77.4.0-10.77.4.255")
    time.sleep(1.1)  # the pace is over
    for ip in ("10.77.200.1", "10.77.201.1"):
        began = time.monotonic()
        anna.say(f"reserve {mac(1)} {ip}")
        until(lambda: anna.ask("discover", mac=mac(1))["ip"] == ip, 1, ip, pause=0.005)
        assert time.monotonic() - began < (0.1 if ip == "10.77.200.1" else 0.3)
    anna.say(f"gone {mac(1)} 10.77.201.1")
    until(lambda: anna.ask("discover", mac=mac(1))["ip"].startswith("10.77.4."), 2, "gone")


def test_address_passes_on(anna):
    """The cloud gives an address of ours to another: our dnsmasq forgets its lease."""
    anna.ranges("10.77.4.0-10.77.4.255")
    ip = anna.lease(1)["ip"]
    anna.until_told("granted", mac(1), ip)
    anna.say(f"reserve {mac(1)} {ip}")
    until(lambda: anna.status()["batches"], 1, "told")
    anna.say(f"gone {mac(1)} {ip}", f"reserve {mac(2)} {ip}")
    until(lambda: anna.ask("discover", mac=mac(2))["ip"] == ip, 2, "the other gets it")
    assert anna.lease(2)["ip"] == ip
    assert anna.renew(1, ip)["type"] == "nak"
    assert anna.lease(1)["ip"] != ip
    # What we did ourselves is no news.
    assert not anna.told("dropped")


def test_release(anna):
    """A client gives back a lease that another node gave; nobody else can."""
    anna.ranges("10.77.4.0-10.77.4.255")
    anna.release(1, "10.77.200.1")
    anna.until_told("dropped", mac(1), "10.77.200.1")
    anna.ask("decline", mac=mac(2), ip="10.77.200.2", server=GATEWAY)
    anna.until_told("dropped", mac(2), "10.77.200.2")
    anna.release(3, "10.77.200.3", chaddr=mac(4))
    anna.release(5, "10.77.200.5", giaddr="10.77.0.9")
    anna.ask("release", mac=mac(6), ciaddr="10.77.200.6", server="10.77.0.66", to_mac=ANYGW_MAC)
    anna.release(7, "10.77.200.7")
    anna.until_told("dropped", mac(7))
    for n in (3, 4, 5, 6):
        assert not anna.told("dropped", mac(n))
    assert anna.status()["releases_forged"] == 1
    # One of ours: told once on the wire, and dnsmasq gives the address to the next.
    ip = anna.lease(8)["ip"]
    anna.until_told("granted", mac(8), ip)
    anna.release(8, ip)
    anna.until_told("dropped", mac(8), ip)
    until(lambda: anna.status()["leases_here"] == 0, 2, "dnsmasq has dropped it")


def test_release_and_back(anna):
    """Given back and taken again in one breath: the node's last word is the new lease."""
    anna.ranges("10.77.4.0-10.77.4.255")
    ip = anna.lease(1)["ip"]
    anna.until_told("granted", mac(1), ip)
    for _ in range(20):
        at = len(anna.out)
        os.kill(anna.process.pid, signal.SIGSTOP)
        anna.release(1, ip)
        assert anna.lease(1)["ip"] == ip
        time.sleep(0.02)  # the script runs
        os.kill(anna.process.pid, signal.SIGCONT)
        until(lambda: len(anna.out) >= at + 2, 3, "both told")  # noqa: B023
        assert [w[0] for w in anna.out[at:]][-1] == "granted"


def test_client_ids_are_nothing(anna):
    """Two clients with one client identifier have two addresses."""
    anna.ranges("10.77.4.0-10.77.4.255")
    first = anna.lease(1, client_id="01020304")["ip"]
    second = anna.lease(2, client_id="01020304")["ip"]
    assert first != second
    assert anna.renew(1, first, client_id="01020304")["type"] == "ack"


def test_dnsmasq_killed(anna):
    """dnsmasq dies: it is back at once, and knows its leases."""
    anna.ranges("10.77.4.8-10.77.4.15")
    held = {n: anna.lease(n)["ip"] for n in range(1, 7)}
    until(lambda: anna.status()["leases_here"] == 6, 3, "told of all")
    before = anna.status()
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: anna.status()["crashes"] == 1, 2, "seen")
    after = anna.until_up()
    assert after["pid"] != before["pid"] and after["fault"] == ""
    # The two that were free, and no other.
    free = {anna.lease(n)["ip"] for n in (11, 12)}
    assert not free & set(held.values())
    assert anna.lease(13, tries=1, wait=0.5) is None
    for n, ip in held.items():
        assert anna.renew(n, ip)["type"] == "ack"
        assert anna.lease(n)["ip"] == ip
    # What it repeated at its start was no news.
    assert sum(w[0] == "granted" and w[1] == mac(3) for w in anna.out) <= 3


def test_dnsmasq_dies_and_dies(anna):
    """A dnsmasq that dies again and again is not started in a hurry."""
    began = time.monotonic()
    for n in range(1, 6):
        os.kill(anna.until_up()["pid"], signal.SIGKILL)
        until(lambda: anna.status()["crashes"] == n, 1, "seen")  # noqa: B023
    anna.until_up()
    assert time.monotonic() - began > 0.05 + 0.1 + 0.2 + 0.4
    assert anna.status()["starts"] == 6


def test_daemon_killed(anna):
    """Our death: dnsmasq goes on, the next one of us learns all, and replaces it."""
    anna.ranges("10.77.4.0-10.77.4.255")
    anna.say("name early 10.77.4.1")
    first = anna.lease(1, name="first")["ip"]
    anna.until_told("granted", mac(1), first)
    former = anna.status()["pid"]
    anna.kill()
    second = anna.lease(2, name="second", wait=3)["ip"]
    until(lambda: (anna.run / "dhcp.spool").exists(), 3, "spooled")
    anna.start()
    anna.until_told("granted", mac(2), second)
    assert ["granted", mac(2), second, "3600", "second"] in anna.out
    # Also what the former one of us had heard, and may have lost.
    anna.until_told("granted", mac(1), first)
    assert anna.status()["pid"] != former and not command_of(former)
    anna.ranges("10.77.4.0-10.77.4.255")
    until(lambda: anna.status()["leases_here"] == 2, 3, "both are known")
    assert anna.renew(1, first)["type"] == "ack" and anna.renew(2, second)["type"] == "ack"


def test_other_process_is_left_alone(anna):
    """A pid file that names somebody else's process does not end it."""
    stranger = anna.space.spawn(["sleep", "60"])
    anna.kill()
    (anna.run / "dnsmasq.pid").write_text(f"{stranger.pid}\n")
    for pid in sh(f"ip netns pids {anna.space.full}").split():
        if "dnsmasq.conf" in command_of(pid):
            os.kill(int(pid), signal.SIGKILL)
    anna.start()
    assert stranger.poll() is None


def test_power_loss(anna):
    """Death without a word, and a line that is torn: the others are remembered."""
    for n in range(1, 40):
        anna.say(f"keep {mac(n)} 10.77.4.{n} 3600")
    until(lambda: anna.status()["store"]["writes"], 3, "synced")
    anna.kill()
    with open(anna.run / "state/leases", "ab") as f:
        f.write(b"02:aa:00:00:00:33 10.77.4.51 7 1 36")  # torn
    anna.start()
    remembered = [w[1] for w in anna.out if w[0] == "remembered"]
    assert sorted(remembered) == [mac(n) for n in range(1, 40)]
    assert anna.status()["store"]["damaged"] == 1
    assert "1 damaged lines" in anna.log()


def test_names(anna):
    """Names of the cloud and of the gateway, with and without the domain; gone ones are not."""
    dns = anna.dns
    node4 = "10.77.0.7"
    for name in ("anygw", "anygw.thisnode.info", "thisnode.info", "minodo.info", "meuno.info"):
        assert dns(name)["answers"] == [GATEWAY]
        assert dns(name, "AAAA")["answers"] == [GATEWAY6]
    for name in ("anna", "anna.thisnode.info"):
        assert dns(name)["answers"] == [node4]
        assert dns(name, "AAAA")["answers"] == ["fd77::7"]
    anna.say("name phone 10.77.4.9", "name other 10.77.4.10")
    until(lambda: dns("phone")["answers"] == ["10.77.4.9"], 1, "phone")
    assert dns("phone.thisnode.info")["answers"] == ["10.77.4.9"]
    assert dns("9.4.77.10.in-addr.arpa", "PTR")["answers"] == ["phone.thisnode.info"]
    anna.say("noname phone 10.77.4.9", "name phone 10.77.4.11")
    until(lambda: dns("phone")["answers"] == ["10.77.4.11"], 1, "moved")
    anna.say("noname phone 10.77.4.11")
    until(lambda: dns("phone.thisnode.info")["rcode"] == 3, 1, "gone")
    assert dns("other")["answers"] == ["10.77.4.10"]
    # What a client calls itself counts for nothing here.
    anna.ranges("10.77.4.0-10.77.4.255")
    ip = anna.lease(1, name="bank")["ip"]
    anna.until_told("granted", mac(1), ip, "3600", "bank")
    assert dns("bank.thisnode.info")["rcode"] == 3


def test_router_advertisements(anna):
    """A prefix, the MTU, names; a default router only while there is a way out."""
    ra = anna.ask("solicit", mac=mac(1))
    assert ra["lifetime"] == 0 and ra["mtu"] == 1350 and ra["prefixes"] == ["fd77::/64"]
    assert ra["dns"] == GATEWAY6 and ra["search"] == "thisnode.info"
    assert ra["source"] == "fe80::a8aa:aaff:fe00:aa" and ra["mac"] == ANYGW_MAC
    anna.space.ip("link add up0 type veth peer name up1")
    anna.space.ip("link set up1 up")
    anna.space.ip("link set up0 up")
    anna.space.ip("-6 route add default dev up0")
    until(lambda: anna.status()["ipv6_exit"], 1, "seen")
    until(lambda: (anna.ask("solicit", mac=mac(1)) or {}).get("lifetime", 0) >= 120, 5, "offered")
    anna.space.ip("-6 route del default dev up0")
    until(lambda: (anna.ask("solicit", mac=mac(1)) or {"lifetime": 1})["lifetime"] == 0, 5, "over")
    assert not anna.status()["ipv6_exit"]


def test_interface_comes_and_goes(anna):
    """The gateway's interface is made anew: dnsmasq is bound to the new one."""
    anna.ranges("10.77.4.0-10.77.4.255")
    first = anna.lease(1)["ip"]
    anna.client.kill()
    anna.space.ip("link del anygw")
    anna.say("link")
    until(lambda: anna.status()["state"] == "down", 5, "down")
    assert "waits" in anna.status()["fault"]
    anna.plug()
    anna.say("link")
    anna.until_up()
    assert anna.lease(1)["ip"] == first
    anna.release(1, first)
    anna.until_told("dropped", mac(1))


def test_other_servers(spaces):
    """Others' DNS servers on their own addresses are left alone; one that has all is named."""
    hand = Hand(spaces, "anna")
    dnsmasq = ["dnsmasq", "-k", "-C", "/dev/null", "--bind-interfaces", "-x"]
    others = [
        hand.space.spawn([*dnsmasq, str(hand.folder / name), f"--listen-address=127.0.0.{last}"])
        for name, last in (("a", 53), ("b", 1))
    ]
    until(lambda: (hand.folder / "b").exists(), 3, "others")
    hand.start()
    assert hand.status()["fault"] == ""
    assert hand.ask("dns", server=GATEWAY, name="anygw", kind="A")["answers"] == [GATEWAY]
    assert hand.quit() == 0
    for process in others:
        process.kill()
        process.wait()
    greedy = "import socket,time;s=socket.socket(2,2);s.bind(('',53));print(1,flush=True);time.sleep(60)"
    process = hand.space.spawn(["python3", "-c", greedy], stdout=subprocess.PIPE)
    process.stdout.readline()
    hand.start()
    assert "port 53" in hand.status()["fault"] and "port 53" in hand.log()
    hand.ranges("10.77.4.0-10.77.4.255")
    assert hand.lease(1)["type"] == "ack"  # DHCP goes on
    process.kill()
    process.wait()
    hand.say("chores")
    until(lambda: hand.status()["fault"] == "", 5, "the port is free")
    hand.until_up()
    assert hand.ask("dns", server=GATEWAY, name="anygw", kind="A")["answers"] == [GATEWAY]
    assert hand.quit() == 0


def test_no_dnsmasq(spaces):
    """Without the program: said in words, with the remedy; the rest goes on."""
    hand = Hand(spaces, "anna", CONF + "\toption dnsmasq '/nowhere/dnsmasq'\n").start(up=False)
    until(lambda: hand.status()["fault"], 3, "a fault")
    status = hand.status()
    assert status["state"] == "down" and "install dnsmasq" in status["fault"]
    hand.release(1, "10.77.200.1")
    hand.until_told("dropped", mac(1))
    assert hand.quit() == 0


def test_refuses_to_start(spaces):
    """A dnsmasq that ends at once: its own words are the fault."""
    hand = Hand(spaces, "anna")
    bad = hand.folder / "dnsmasq"
    bad.write_text("#!/bin/sh\necho 'dnsmasq: recompile with HAVE_DHCP defined' >&2\nexit 1\n")
    bad.chmod(0o755)
    (hand.folder / "conf/node").write_text(CONF + f"\toption dnsmasq '{bad}'\n")
    hand.start(up=False)
    until(lambda: "recompile with HAVE_DHCP" in hand.status()["fault"], 3, "its words")
    assert hand.status()["starts"] < 10
    assert hand.quit() == 0


def test_clean_stop(anna):
    """Nothing of ours is left: no process, no file; nothing to remember, no state."""
    anna.ranges("10.77.4.0-10.77.4.255")
    anna.say(f"reserve {mac(1)} 10.77.200.1", "name x 10.77.200.1")
    anna.lease(2)
    assert anna.quit() == 0
    assert not anna.run.exists()
    others = [command_of(pid) for pid in sh(f"ip netns pids {anna.space.full}").split()]
    assert not [text for text in others if "dnsmasq" in text or "dhcp" in text]


def test_own_user(anna):
    """dnsmasq's main process is not root; it may read what it is told all the same."""
    status = Path(f"/proc/{anna.status()['pid']}/status").read_text()
    uid = int(next(line for line in status.splitlines() if line.startswith("Uid")).split()[1])
    assert uid != 0
    assert "Permission denied" not in anna.log()
