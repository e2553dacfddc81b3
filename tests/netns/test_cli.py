# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves: every command of nuvol tells of a running nuvold in words and as JSON, with
the right exit status; without a daemon, with a wrong one and with wrong arguments it says
what is wrong.

The daemons are three nodes in a line, anna - bru - carla, in namespaces of their own.
"""

import json
import os
import pty
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from spaces import ALONE, BUILD, NUVOLD, ROOT, SLOW, Spaces, plain_conf, until

NUVOL = BUILD / "src/nuvol/nuvol"

OK, FAILED, USAGE, NO_DAEMON = 0, 1, 2, 3
CLIENT = "06:00:00:00:00:21"
STRANGER = "06:00:00:00:00:99"

# name: its mesh interfaces and their MACs
NODES = {
    "anna": {"mesh0": "02:0c:11:00:01:00"},
    "bru": {"mesh0": "02:0c:11:00:02:00", "mesh1": "02:0c:11:00:02:01"},
    "carla": {"mesh0": "02:0c:11:00:03:00"},
}
CABLES = [("anna", "mesh0", "bru", "mesh0"), ("bru", "mesh1", "carla", "mesh0")]


def cli(*args, run_dir=None, **more):
    """nuvol's exit status, stdout and stderr."""
    where = ["--run-dir", run_dir] if run_dir else []
    command = [str(a) for a in (NUVOL, *where, *args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 * SLOW, **more)
    return done.returncode, done.stdout, done.stderr


class Line:
    """The three nodes."""

    def __init__(self):
        self.spaces = Spaces()
        self.node = {}

    def up(self):
        for name, ports in NODES.items():
            conf = plain_conf("cli test", list(ports), "batadv:%N1", interval_ms=200) + ALONE
            self.node[name] = self.spaces.node(self.spaces.add(name), conf)
        for one, port, other, peer in CABLES:
            ends = self.space(one), port, self.space(other), peer
            self.spaces.veth(*ends, mac_a=NODES[one][port], mac_b=NODES[other][peer])
        for node in self.node.values():
            node.start()
        self.wait_for_both_ends()

    def wait_for_both_ends(self):
        for name in ("anna", "carla"):
            until(lambda: len(self.nodes(name)) == 2, 20, f"{name} knows the other two")

    def space(self, name):
        return self.node[name].space

    def run_dir(self, name):
        return self.node[name].run_dir

    def cli(self, name, *args, **more):
        return cli(*args, run_dir=self.run_dir(name), **more)

    def json(self, name, *args, status=OK):
        """The result as JSON; the exit status must be as wanted."""
        done, out, err = self.cli(name, *args, "--json")
        assert done == status, err
        return json.loads(out)

    def nodes(self, name):
        """The other nodes, without the further ports of a neighbour."""
        return [n for n in self.json(name, "nodes")["nodes"] if n["table"]]

    def mac(self, name):
        return self.json(name, "status")["cloud"]["mac"]


@pytest.fixture(scope="module")
def line():
    for program in (NUVOL, NUVOLD):
        if not program.exists():
            pytest.fail(f"{program} is not built (NUVOL_BUILD names the build folder)")
    made = Line()
    try:
        made.up()
        yield made
    finally:
        made.spaces.close()


def lan_cable(space):
    """A cable named phone, whose other end is a port of the bridge."""
    space.ip("link add cable type veth peer name phone")
    space.ip("link set cable master br-lan up")
    space.ip("link set phone up")


@pytest.fixture(scope="module")
def client(line):
    """A client that carla has heard: one frame of an ethertype that nobody uses."""
    frame = f"ffffffffffff{CLIENT.replace(':', '')}88b6" + 92 * "0"
    lan_cable(line.space("carla"))
    send = (
        "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); "
        f"s.bind(('phone', 0)); s.send(bytes.fromhex('{frame}'))"
    )
    line.space("carla").run(f'/usr/bin/python3 -c "{send}"')

    def known():
        return CLIENT in [c["mac"] for c in line.json("anna", "clients")["clients"]]

    until(known, 20, "anna knows the client")
    return CLIENT


# ---- in words and as JSON ----


def test_status(line):
    status, out, err = line.cli("anna", "status")
    assert (status, err) == (OK, "")
    for words in ('"cli test"', "2 other nodes, 1 neighbour", "mesh0  up", "nuvold ", "br-lan"):
        assert words in out
    assert "\x1b" not in out  # no colour into a pipe
    answer = line.json("anna", "status")
    assert answer["identity"]["ssid"] == "cli test"
    assert answer["cloud"]["nodes"] == 2 and answer["cloud"]["lan_blocked"] is None
    assert [p["name"] for p in answer["ports"]] == ["mesh0"]
    assert answer["host"]["process"]["pid"] > 0
    document = (ROOT / "docs/control.md").read_text()
    assert [key for key in answer["host"] if f"`{key}`" not in document] == []


def test_nodes(line):
    far = line.mac("carla")
    status, out, _ = line.cli("anna", "nodes")
    assert status == OK and out.splitlines()[0].startswith("NODE ")
    row = next(r for r in out.splitlines() if r.startswith(far))
    assert NODES["bru"]["mesh0"] != far and "mesh0" in row
    found = next(n for n in line.nodes("anna") if n["mac"] == far)
    assert found["port"] == "mesh0" and found["tq"] > 0 and not found["neighbour"]


def test_neighbours(line):
    status, out, _ = line.cli("bru", "neighbours")
    assert status == OK
    assert [row.split()[1] for row in out.splitlines()[1:]] == ["mesh0", "mesh1"]
    found = line.json("bru", "neighbours")["neighbours"]
    assert {n["mac"] for n in found} == {line.mac("anna"), line.mac("carla")}
    assert not any(n["doubted"] for n in found)


def test_clients(line, client):
    status, out, _ = line.cli("carla", "clients")
    row = next(r for r in out.splitlines() if r.startswith(client))
    assert status == OK and " here " in row
    status, out, _ = line.cli("anna", "clients")
    row = next(r for r in out.splitlines() if r.startswith(client))
    assert line.mac("carla") in row
    found = next(c for c in line.json("anna", "clients")["clients"] if c["mac"] == client)
    assert not found["here"] and found["node"] == line.mac("carla") and found["homes"] == 1


def test_counters(line):
    status, out, _ = line.cli("anna", "counters")
    rows = dict(row.rsplit(None, 1) for row in out.splitlines()[1:])
    assert status == OK and int(rows["ogm_own"]) > 0 and "dropped too-big" in rows
    assert len(out.splitlines()) > len(line.cli("anna", "counters", "-n")[1].splitlines())
    answer = line.json("anna", "counters")
    assert answer["counters"]["ogm_own"] >= int(rows["ogm_own"])
    assert set(rows) == set(answer["counters"]) | {f"dropped {r}" for r in answer["dropped"]}


def test_ping(line):
    far = line.mac("carla")
    status, out, err = line.cli("anna", "ping", far, "-c", "3", "-i", "0.1")
    assert (status, err) == (OK, "")
    assert out.count(f"reply from {far}: seq=") == 3
    assert "3 sent, 3 received, 0% lost" in out and "min/avg/max" in out
    answer = line.json("anna", "ping", "-c", "2", "-i", "0.1", far)
    assert (answer["sent"], answer["received"]) == (2, 2)
    assert 0 < answer["rtt_ms"]["min"] <= answer["rtt_ms"]["avg"] <= answer["rtt_ms"]["max"]


def test_ping_interrupted(line):
    far = line.mac("carla")
    command = [NUVOL, "-r", line.run_dir("anna"), "ping", "-i", "0.1", far]
    ping = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    for row in ping.stdout:
        if "seq=3" in row:
            break
    ping.send_signal(signal.SIGINT)
    out = ping.stdout.read()
    assert ping.wait(10) == OK
    assert "received, 0% lost" in out


def test_ping_client(line, client):
    status, out, _ = line.cli("anna", "ping", "-c", "1", client)
    assert status == OK
    assert f"{client} is a client at node {line.mac('carla')}" in out


def test_traceroute(line):
    far = line.mac("carla")
    status, out, _ = line.cli("anna", "traceroute", far)
    rows = [row.split() for row in out.splitlines()[1:]]
    assert status == OK and [row[0] for row in rows] == ["1", "2"]
    assert rows[1][1] == far and out.count(" ms") == 6
    answer = line.json("anna", "traceroute", "-q", "1", far)
    assert answer["reached"] and [h["ttl"] for h in answer["hops"]] == [1, 2]
    assert answer["hops"][0]["probes"][0]["from"] == line.mac("bru")
    status, out, _ = line.cli("anna", "traceroute", "-m", "1", far)
    assert status == FAILED


def test_why(line, client):
    far = line.mac("carla")
    status, out, _ = line.cli("anna", "why", far)
    assert status == OK and "the only way" in out and " * " in out
    answer = line.json("anna", "why", "node", far)
    assert [c["chosen"] for c in answer["candidates"]] == [True]
    assert answer["candidates"][0]["next_hop"] != far
    status, out, _ = line.cli("anna", "why", client)
    assert status == OK and f"frames go to node {far}" in out
    status, out, _ = line.cli("carla", "why", "client", client)
    assert status == OK and "attached to this node" in out
    assert line.json("anna", "why", "client", client)["places"][0]["here"] is False


def test_network_off(line):
    """These nodes are in the cloud only: that is told, with what to do."""
    hint = "list bmx7:18 among the protocols"
    for command in (["routes"], ["node", "bru"], ["topology"], ["topology", "--routes"],
                    ["why", "route", "bru"], ["nodes", "network"], ["neighbours", "network"]):
        status, out, err = line.cli("anna", *command)
        assert (status, out) == (FAILED, "") and hint in err
    status, out, _ = line.cli("anna", "network")
    assert status == OK and hint in out
    assert line.json("anna", "network")["state"] == "off"
    assert line.json("anna", "tunnels")["state"] == "off"
    assert line.json("anna", "nodes")["network"] is None
    assert "off; bmx7:18 is not among the protocols" in line.cli("anna", "status")[1]
    assert "NETWORK NODE" not in line.cli("anna", "nodes")[1]
    assert line.cli("anna", "nodes", "cloud")[0] == OK
    assert line.cli("anna", "nodes", "clouds")[0] == USAGE


def test_config(line):
    status, out, _ = line.cli("anna", "config")
    assert status == OK and "\toption ap_ssid 'cli test'\n" in out
    assert line.json("anna", "config")["text"] == out
    folder = line.node["anna"].folder / "conf"
    status, _, err = cli("config", "check", "--config", folder)
    assert status == OK, err
    status, out, _ = cli("config", "print", "--config", folder, "--json")
    assert status == OK and json.loads(out)


def test_plan():
    args = ["plan", "--ssid", "valley", "--mac", "a8:40:41:1d:f9:35"]
    status, out, _ = cli(*args)
    assert status == OK and "10.35." in out
    for command in ([*args, "--json"], ["--json", *args]):
        status, out, _ = cli(*command)
        assert status == OK and json.loads(out)["hostname"] == "LiMe-1df935"


def test_watch(line):
    """What happens is told while it happens: a client comes to anna."""
    mac = "06:00:00:00:00:31"
    command = [NUVOL, "-r", line.run_dir("anna"), "watch", "--json"]
    watch = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    until(lambda: is_waiting(watch), 10, "watch is connected")
    lan_cable(line.space("anna"))
    line.space("anna").run(f"bridge fdb add {mac} dev cable master dynamic")
    timer = threading.Timer(20 * SLOW, watch.kill)
    timer.start()
    try:
        events = (json.loads(row) for row in watch.stdout)
        event = next((e for e in events if e.get("client") == mac), None)
    finally:
        timer.cancel()
        watch.kill()
        watch.wait()
    assert event and event["event"] == "client-new" and event["text"] == f"client {mac} is here"


def is_waiting(process):
    """Has the process its socket, and does it wait for lines?"""
    try:
        files = [os.readlink(f) for f in Path(f"/proc/{process.pid}/fd").iterdir()]
        waiting = "poll" in Path(f"/proc/{process.pid}/wchan").read_text()
    except OSError:
        return False
    return any(f.startswith("socket:") for f in files) and waiting


# ---- what is not there ----


def test_unknown(line):
    for command in (["ping", "-c", "1", STRANGER], ["traceroute", STRANGER], ["why", STRANGER]):
        status, out, err = line.cli("anna", *command)
        assert status == FAILED and STRANGER in err and "lists" in err
        status, out, err = line.cli("anna", *command, "--json")
        assert status == FAILED and STRANGER in err


COMMANDS = [
    ["status"],
    ["nodes"],
    ["neighbours"],
    ["clients"],
    ["counters"],
    ["leases"],
    ["names"],
    ["shared"],
    ["network"],
    ["node", "anna"],
    ["routes"],
    ["tunnels"],
    ["topology"],
    ["ping", STRANGER],
    ["traceroute", STRANGER],
    ["why", STRANGER],
    ["watch"],
    ["config"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_no_daemon(command, tmp_path):
    status, out, err = cli(*command, run_dir=tmp_path)
    assert (status, out) == (NO_DAEMON, "")
    assert "no daemon" in err and str(tmp_path) in err and "systemctl start nuvold" in err


def test_dead_daemon(tmp_path):
    """Its socket is still there, nobody listens."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "nuvold.sock"))
    listener.close()
    assert cli("status", run_dir=tmp_path)[0] == NO_DAEMON


def test_not_allowed(line):
    if os.geteuid() != 0:
        pytest.skip("needs root, to be nobody")
    status, out, err = line.cli("anna", "status", user="nobody", group="nogroup", extra_groups=[])
    assert (status, out) == (FAILED, "") and "group nuvol" in err


# ---- wrong arguments ----


@pytest.mark.parametrize("command", [c[0] for c in COMMANDS] + ["plan"])
def test_help(command):
    status, out, err = cli(command, "--help")
    assert (status, err) == (OK, "") and out.startswith(f"Usage: nuvol {command}")
    assert "--json" in out


def test_main_help():
    status, out, _ = cli("--help")
    assert status == OK
    for command in [c[0] for c in COMMANDS] + ["plan"]:
        assert f"\n  {command} " in out
    assert cli("--version")[:2] == (OK, "nuvol 0.1.0\n")
    status, out, err = cli()
    assert (status, out) == (USAGE, "") and "Usage:" in err


@pytest.mark.parametrize(
    "command",
    [
        ["nosuch"],
        ["--nosuch"],
        ["status", "more"],
        ["status", "--nosuch"],
        ["ping"],
        ["ping", STRANGER, STRANGER],
        ["ping", "-c", "0", STRANGER],
        ["ping", "-c", "1.5", STRANGER],
        ["ping", "-c", "many", STRANGER],
        ["ping", "-i", "-1", STRANGER],
        ["ping", "-i", "nan", STRANGER],
        ["ping", "-W", "", STRANGER],
        ["traceroute", "-q", "100", STRANGER],
        ["why", "road", STRANGER],
        ["why", "route"],
        ["nodes", "clouds"],
        ["node"],
        ["topology", "more"],
        ["leases", "more"],
        ["shared", "256"],
        ["shared", "leases"],
        ["watch", "-c", "x"],
        ["status", "--run-dir", "/" + 200 * "a"],
        ["plan"],
        ["config", "nosuch"],
    ],
    ids=" ".join,
)
def test_wrong_usage(command):
    status, out, err = cli(*command)
    assert (status, out) == (USAGE, "") and "See: nuvol" in err


def test_wrong_mac(line):
    for command in (["ping", "anna"], ["traceroute", "02:00"], ["why", "node", "x"]):
        status, out, err = line.cli("anna", *command)
        assert status == USAGE and "MAC address" in err


def test_disk_full(line):
    with open("/dev/full", "w") as full:
        command = [str(NUVOL), "-r", str(line.run_dir("anna")), "nodes"]
        assert subprocess.run(command, stdout=full, stderr=subprocess.PIPE).returncode == FAILED


# ---- the last with the line, for carla does not come back ----


def test_lost(line):
    """The far node has stopped: no reply is exit status 1."""
    far = line.mac("carla")
    assert line.node["carla"].stop() == 0
    status, out, _ = line.cli("anna", "ping", "-c", "2", "-i", "0.1", "-W", "0.2", far)
    assert status == FAILED and "2 sent, 0 received, 100% lost" in out
    answer = line.json("anna", "ping", "-c", "1", "-W", "0.2", far, status=FAILED)
    assert answer["received"] == 0
    command = ["traceroute", "-m", "3", "-q", "1", "-W", "0.2", far]
    status, out, _ = line.cli("anna", *command)
    assert status == FAILED
    assert not line.json("anna", *command, status=FAILED)["reached"]


# ---- daemons that are not as they should be ----


class Impostor:
    """Listens like a daemon; to each connection it says what it was given."""

    def __init__(self, folder, answer, leave=True):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "nuvold.sock"))
        self.listener.listen()
        self.answer, self.leave, self.held = answer, leave, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.sendall(self.answer)
            self.held.append(connection)
            if self.leave:
                self.held.pop().close()

    def close(self):
        self.listener.close()
        for connection in self.held:
            connection.close()


@pytest.mark.parametrize(
    "answer, status, words",
    [
        (b"", NO_DAEMON, "left"),
        (b'{"id":1,"res', NO_DAEMON, "left"),
        (b"hello\n", FAILED, "not JSON"),
        (b"[]\n", FAILED, "without a result"),
        (b'{"id":1}\n', FAILED, "without a result"),
        (b'{"id":1,"error":{"code":"busy","message":"not\\u001b[2J now"}}\n', FAILED, "not?[2J now"),
        (b'{"id":1,"error":{"code":"bad-parameter","message":"no"}}\n', USAGE, "no"),
        (b'{"id":1,"result":{}}\n', OK, ""),
        (b'{"id":1,"result":{"nodes":[{"mac":7},{},3],"identity":5}}\n', OK, ""),
    ],
)
def test_impostor(tmp_path, answer, status, words):
    impostor = Impostor(tmp_path, answer)
    try:
        for command in ("status", "nodes", "clients", "neighbours", "counters", "leases",
                        "names", "shared", "why lease x", "network", "routes", "node x",
                        "topology", "why route x", "tunnels"):
            got, _, err = cli(*command.split(), run_dir=tmp_path)
            assert got == status and words in err
    finally:
        impostor.close()


def told(folder, result, *command):
    """What nuvol says when the daemon's result is this."""
    impostor = Impostor(folder, json.dumps({"id": 1, "result": result}).encode() + b"\n")
    try:
        status, out, err = cli(*command, run_dir=folder)
    finally:
        impostor.close()
        (folder / "nuvold.sock").unlink()
    assert (status, err) == (OK, "")
    return [line.split() for line in out.splitlines()], out


def lease(ip, last, name, **more):
    return {"ipv4": ip, "mac": f"06:00:00:00:00:{last}", "name": name, "own_name": name,
            "node": "02:00:00:00:02:00", "node_name": "bru", "here": False, "left_ms": 3480000,
            "version": 3, "since_unix_s": 1796000000, "reserved": False, "conflict": None, **more}


def test_leases_in_words(tmp_path):
    wins = {"winner": "06:00:00:00:00:09", "text": "..."}
    pool = {"leases": 4, "here": 1, "conflicts": 1, "pool": 65533, "slice_size": 128,
            "slices": 512, "slices_ours": 2, "slices_others": 7, "free_here": 255}
    rows, out = told(tmp_path, {"leases": [
        lease("10.35.12.3", "02", "laptop", conflict=wins), lease("10.35.2.9", "03", "pad\x1b[2J"),
        lease("10.35.2.4", "01", "phone", here=True, reserved=True),
        lease("10.35.200.1", "04", None, left_ms=None, node_name=None)], "pool": pool}, "leases")
    assert rows[0] == ["ADDRESS", "CLIENT", "NAME", "NODE", "LEFT", "NOTE"]
    assert [r[0] for r in rows[1:5]] == ["10.35.2.4", "10.35.2.9", "10.35.12.3", "10.35.200.1"]
    assert rows[1][2:] == ["phone", "here", "58", "min", "reserved"]
    assert rows[2][2:4] == ["pad?[2J", "bru"]
    assert "conflict: 06:00:00:00:00:09 wins; withdrawn at the next renewal" in out
    assert rows[4][2:5] == ["-", "02:00:00:00:02:00", "-"] and "knows no slices" in out
    assert "4 leases, 1 here." in out and "2 slices with 255 free" in out
    assert "Conflicts: 1; nuvol why lease CLIENT" in out and "\x1b" not in out
    assert "No client has an address" in told(tmp_path, {"leases": []}, "leases")[1]


def example(method, params=""):
    """The first answer to a method (with these parameters) in docs/control.md."""
    text = (ROOT / "docs/control.md").read_text()
    text = text[text.index(f'"method": "{method}"{params}') :]
    text = text[text.index("\n< ") + 3 :]
    return json.JSONDecoder().raw_decode(text)[0]["result"]


def test_network_in_words(tmp_path):
    lost = {"id": 56 * "e", "name": None, "state": "tracked", "next_hop": None, "port": None,
            "metric_bps": 0}
    evil = example("nodes")["network"][0] | {"name": "a\x1b[2J"}
    rows, out = told(tmp_path, {"nodes": None, "network": [lost, evil]}, "nodes", "network")
    assert rows[0] == ["NETWORK", "NODE", "ID", "ADDRESS", "NEXT", "HOP", "PORT", "RATE", "HOPS",
                       "WAYS", "DESCRIBED", "NOTE"]
    assert rows[1][:2] == ["a?[2J", "4d1b2c3d"] and "\x1b" not in out
    assert rows[1][3:] == ["bru", "mesh1_18", "88", "Mbit/s", "3", "2", "14", "s"]
    assert rows[2][:2] == ["eeeeeeee", "eeeeeeee"] and "no way" in out
    assert "its description is not here yet" in out
    rows, out = told(tmp_path, example("nodes"), "nodes")
    assert rows[0][0] == "NODE" and rows[3][0] == "NETWORK" and rows[2] == []
    rows, out = told(tmp_path, example("neighbours"), "neighbours")
    assert rows[4][:2] == ["bru", "mesh1_18"] and rows[4][-1] == "usable"
    rows, out = told(tmp_path, example("routes"), "routes")
    assert rows[1] == ["fd23:1:2:3::4/128", "carla", "bru", "mesh1_18", "88", "Mbit/s", "3",
                       "2.3", "s"]


def test_network_node_in_words(tmp_path):
    rows, out = told(tmp_path, example("node"), "node", "node-3")
    assert rows[0] == ["Node", "node-3"] and "here for 14 s" in out
    assert "Way" in out and "leave by node-1 on mesh0_18 (2 hops)" in out
    assert "* " in out and "ITS NEIGHBOUR" in out and "NETWORK NEIGHBOUR" in out
    result = {key: example("node")[key] for key in ("text", "candidates")} | {"what": "route"}
    result["candidates"].append(result["candidates"][0] | {
        "next_hop_name": "node-2", "chosen": False, "metric_bps": 0,
        "reason": "no link to it is good enough, both ways"})
    rows, out = told(tmp_path, result, "why", "route", "node-3")
    assert rows[2] == ["*", "node-1", "95", "Mbit/s", "90", "Mbit/s", "2", "2.3", "s", "chosen"]
    assert rows[3][:4] == ["node-2", "95", "Mbit/s", "-"] and "no link to it is good" in out


def test_network_itself_in_words(tmp_path):
    result = example("network")
    assert "4 other nodes, 4 with a way" in told(tmp_path, result, "network")[1]
    result["host"] = {"fault": "", "interfaces": [
        {"name": "mesh0_18", "driver": "8021q", "up": True, "fault": ""},
        {"name": "", "on": "lan1", "driver": "", "up": False, "fault": "no room"}]}
    out = told(tmp_path, result, "network")[1]
    assert "mesh0_18 (8021q, up)\n" in out and "lan1 (-, down): no room" in out
    host = {"network": {"fault": "the key is damaged", "error": "Invalid argument"}}
    broken = {"network": {"state": "starting"}, "host": host}
    assert "broken: the key is damaged: Invalid argument" in told(tmp_path, broken, "status")[1]
    broken = {"state": "starting", "host": host["network"]}
    assert "does not run: the key is damaged" in told(tmp_path, broken, "network")[1]
    assert "key is being made" in told(tmp_path, {"state": "starting"}, "network")[1]
    running = {"network": example("network"), "host": {"network": {"routes": 5}}}
    out = told(tmp_path, running, "status")[1]
    assert "4 other nodes, 2 neighbours; 5 routes" in out and "Refused" not in out
    running["network"]["counters"] = {"forged": 7, "attacks": 3}
    out = told(tmp_path, running, "status")[1]
    assert "7 packets of the network, forged or replayed" in out and "3 times somebody" in out


def test_tunnels_in_words(tmp_path):
    result = example("tunnels")
    result["offers"].append(result["offers"][0] | {"network": "0.0.0.0/0",
                                                   "bandwidth_bps": 9437184})
    result["host"] = {"kind": "tun", "fault": "", "end": {"name": "X7main", "rx": 7, "rx_bytes": 812},
                      "out": [{"name": "X7Out_4d1b2c3d", "dummy": result["out"][0]["dummy"],
                               "fault": "", "tx_bytes": 35000}]}
    result["out"].append(result["out"][0] | {"name": "bru", "id": 56 * "e", "networks": [],
                                             "dummy": "fd71::1"})
    rows, out = told(tmp_path, result, "tunnels")
    assert "Own end     fd70:a1b2" in out and "packets come from fd71:a1b2" in out
    assert "Offers      10.35.0.0/16\n            0.0.0.0/0 (9.4 Mbit/s)\n" in out
    assert "Received    X7main, 7 packets (812 B)\nDriver      tun\n" in out
    table = [r for r in rows if r][6:]
    assert table[0][:3] == ["TUNNEL", "TO", "ID"]
    assert table[1] == ["bru", "eeeeeeee", "bru", "mesh1_18", "88", "Mbit/s", "3", "9.2", "s", "-",
                        "-", "nothing", "now"]
    assert table[2][-4:] == ["X7Out_4d1b2c3d", "35", "kB", "10.20.0.0/16"]
    assert table[4] == ["clouds", "10.0.0.0/8", "any", "100", "%", "2", "1"]
    assert "Counters: changes 3" in out
    result["host"]["out"][0]["fault"] = "No such device"
    assert "No such device" in told(tmp_path, result, "tunnels")[1]
    assert "Tunnels are off" in told(tmp_path, {"state": "off"}, "tunnels")[1]
    assert "key is being made" in told(tmp_path, {"state": "starting"}, "tunnels")[1]
    assert "Nothing is searched" in told(tmp_path, result | {"searches": []}, "tunnels")[1]
    rows, out = told(tmp_path, example("routes"), "routes")
    assert rows[3][:2] == ["BY", "TUNNEL"]
    assert rows[4] == ["10.20.0.0/16", "carla", "bru", "mesh1_18", "88", "Mbit/s", "3", "all",
                       "clouds", "9.2", "s"]
    out = told(tmp_path, example("node"), "node", "node-3")[1]
    assert "Offers      10.20.0.0/16\nTunnel      for 9.2 s: 0.0.0.0/0\n" in out


def test_tunnels_in_the_status(tmp_path):
    status = {"tunnels": {"state": "on", "offers": 2, "out": 1, "routes": 3},
              "host": {"tunnels": {"kind": "ip6_tunnel", "fault": ""}}}
    line = "Tunnels   2 networks offered; 3 routes to 1 gateway, by ip6_tunnel\n"
    assert line in told(tmp_path, status, "status")[1]
    status["host"]["tunnels"]["fault"] = "Operation not permitted"
    assert "Tunnels   broken: Operation not permitted" in told(tmp_path, status, "status")[1]
    status["tunnels"] = {"state": "off"}
    assert "Tunnels" not in told(tmp_path, status, "status")[1]


def test_why_a_tunnel_in_words(tmp_path):
    result = example("why", ', "params": {"what": "route", "to": "10.20.3.4"}')
    gateways = result["tunnel"]["gateways"]
    gateways.append(gateways[0] | {
        "name": "evil\x1b[2J", "chosen": False, "excluded": "name", "worth_bps": 0,
        "bandwidth_bps": 9437184, "reason": "the search is for a node of another name (gwName)"})
    result["tunnel"]["gateways_more"] = 17
    rows, out = told(tmp_path, result, "why", "route", "10.20.3.4")
    assert "go through the tunnel to node node-1" in out and "\x1b" not in out
    assert rows[1][:4] == ["GATEWAY", "OFFERS", "SEARCH", "OFFERED"]
    assert rows[2] == ["*", "node-1", "10.20.0.0/16", "clouds", "all", "95", "Mbit/s", "114",
                       "Mbit/s", "chosen:", "worth", "the", "most"]
    assert rows[3][:7] == ["evil?[2J", "10.20.0.0/16", "clouds", "9.4", "Mbit/s", "95", "Mbit/s"]
    assert "and 17 more" in out and "The way to the gateway's node:" in out
    result["tunnel"] |= {"network": None, "gateways": [], "gateways_more": 0}
    result["candidates"] = []
    rows, out = told(tmp_path, result, "why", "route", "10.20.3.4")
    assert len(rows) == 1


def test_topology(tmp_path):
    _, out = told(tmp_path, example("topology"), "topology")
    assert json.loads(out)["type"] == "NetworkGraph"


def name(text, kind, last, **more):
    return {"name": text, "kind": kind, "mac": f"06:00:00:00:00:{last}", "instead_of": None,
            "ipv4": "10.35.2.4", "ipv6": None, "here": False, "alive": True, **more}


def test_names_in_words(tmp_path):
    rows, out = told(tmp_path, {"domain": "thisnode.info", "names": [
        name("phone-0005", "client", "05", instead_of="phone"), name("phone", "client", "01"),
        name("zoe", "node", "07", alive=False), name("anna", "node", "06", here=True)]}, "names")
    assert [r[0] for r in rows[1:5]] == ["anna", "zoe", "phone", "phone-0005"]
    assert rows[1][-1] == "here" and rows[2][-1] == "gone"
    assert "calls itself phone; another had that name before" in out
    assert ".thisnode.info behind it too" in out and "older leases before younger" in out
    out = told(tmp_path, {"domain": "lan", "names": [name("anna", "node", "06")]}, "names")[1]
    assert "older leases" not in out  # no clash, no rule


def test_shared_in_words(tmp_path):
    record = {"source": "02:00:00:00:02:00", "type": 160, "version": 0, "class": "first-hand",
              "bytes": 52, "age_ms": 900}
    rows, out = told(tmp_path, {
        "records": [{**record, "type": 177, "class": "synced"}, record,
                    {**record, "type": 65, "class": "local"}],
        "peers": [{"mac": "02:00:00:00:02:00", "heard_ms": 100, "ours": True, "records": 2},
                  {"mac": "02:00:00:00:09:00", "heard_ms": 100, "ours": False, "records": 0}],
        "counters": {"rx": 7, "stranger": 3, "forged": 0}}, "shared")
    assert [r[0] for r in rows[1:4]] == ["65", "160", "177"]
    assert "from its source" in out and "told by another node" in out and "our own" in out
    assert rows[6][-1] == "nuvol" and rows[7][-2:] == ["plain", "alfred"]
    assert out.endswith("\nCounters: rx 7, stranger 3\n")


def test_why_lease_in_words(tmp_path):
    _, out = told(tmp_path, {"what": "lease", "mac": STRANGER, "ipv4": "10.35.2.4",
                             "text": "it has it", "reasons": ["because", "and", 3]},
                  "why", "lease", "phone")
    assert out == "it has it\n  because\n  and\n  ?\n"


STATUS = {
    "identity": {"hostname": "anna"}, "cloud": {"up": True},
    "leases": {"leases": 12, "here": 1, "conflicts": 2, "slices_ours": 2, "free_here": 255,
               "settled": True},
    "shared": {"peers": 4, "records": 13, "counters": {"stranger": 2, "forged": 1, "rx": 9}},
    "host": {"anygw": {"name": "anygw", "driver": "veth", "up": True, "fault": ""},
             "filter": {"in_force": True, "driver": "nftables", "dropped": {"rs": 2, "ra": 3}},
             "dhcp": {"state": "up", "fault": ""}},
}


def test_status_tells_of_the_gateway(tmp_path):
    _, out = told(tmp_path, STATUS, "status")
    for line in ("Gateway   anygw (veth, up)", "Filter    nftables, in force; frames kept back: 5",
                 "DHCP      dnsmasq is up; leases: 1 here, 12 in the cloud; 2 slices here, free "
                 "there: 255; 2 conflicts",
                 "Shared    4 peers, 13 records; refused: 2 from strangers, 1 forged"):
        assert f"\n{line}\n" in out, out


def test_status_shouts_when_the_gateway_is_broken(tmp_path):
    host = {"anygw": {"fault": "no macvlan here"}, "filter": {"in_force": False, "fault": "no nft"},
            "dhcp": {"state": "down", "fault": "it ended: oh\x1b[2J"},
            "share": {"fault": "no link-local address"}}
    _, out = told(tmp_path, {**STATUS, "host": host}, "status")
    for line in ("Gateway   broken: no macvlan here",
                 "Filter    MISSING: no nft; gateway, DHCP and router frames may cross on cables",
                 "DHCP      not served: it ended: oh?[2J",
                 "Shared    cut off: no link-local address"):
        assert f"\n{line}" in out, out


def test_a_missing_filter_is_red_on_a_terminal(tmp_path):
    host = {"filter": {"in_force": False, "fault": "no nft"}}
    impostor = Impostor(tmp_path, json.dumps({"id": 1, "result": {"host": host}}).encode() + b"\n")
    ours, theirs = pty.openpty()
    command = [str(NUVOL), "-r", str(tmp_path), "status"]
    try:
        subprocess.run(command, stdout=theirs, env={"TERM": "xterm"}, check=True, timeout=10 * SLOW)
    finally:
        impostor.close()
        os.close(theirs)
    said = b""
    while b"No mesh port" not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert b"\x1b[31mMISSING\x1b[0m: no nft" in said


def test_impostor_hangs(tmp_path):
    impostor = Impostor(tmp_path, b'{"id":1,', leave=False)
    try:
        began = time.monotonic()
        status, _, err = cli("status", run_dir=tmp_path)
        assert status == FAILED and "does not answer" in err
        assert time.monotonic() - began < 10 * SLOW
    finally:
        impostor.close()
