# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces with nodes in them, for the network tests and the benchmark.

All names begin with a prefix of this process; Spaces.close() takes everything down,
also what a failed test left.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("NUVOL_BUILD", ROOT / "build/release"))
NUVOLD = BUILD / "src/nuvold/nuvold"
SLOW = float(os.environ.get("NUVOL_TEST_SLOW", "1"))
numbers = itertools.count(1)


def sh(command, check=True, timeout=60):
    done = subprocess.run(command, shell=True, text=True, capture_output=True, timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def until(condition, seconds, what, pause=0.03):
    """Waits for condition() to be true; gives its value."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


class Node:
    """A nuvold in a namespace. conf: what its file `node` says."""

    def __init__(self, spaces, space, conf="", log="info"):
        self.spaces, self.space, self.log_level = spaces, space, log
        self.folder = spaces.folder / space.name
        self.run_dir = self.folder / "run"
        self.log_path = self.folder / "log"
        (self.folder / "conf").mkdir(parents=True, exist_ok=True)
        (self.folder / "conf/node").write_text(conf)
        self.process = None

    def start(self, wait=True, more=(), **environment):
        command = ["ip", "netns", "exec", self.space.full, str(NUVOLD)]
        command += ["--config", str(self.folder / "conf"), "--run-dir", str(self.run_dir)]
        command += ["--log", self.log_level, *more]
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=dict(os.environ, **environment)
            )
        if wait:
            until(lambda: self.alive() and self.answers(), 10, f"{self.space.name} answers")
        return self

    def running(self):
        return self.process.poll() is None

    def alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"nuvold of {self.space.name} ended:\n{self.log()}")
        return True

    def answers(self):
        try:
            return self.ask("version")
        except OSError:
            return None

    def ask(self, method, **params):
        """The result of a method of the control socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(5)
            s.connect(str(self.run_dir / "nuvold.sock"))
            request = {"id": 1, "method": method, "params": params}
            s.sendall(json.dumps(request).encode() + b"\n")
            text = b""
            while not text.endswith(b"\n"):
                piece = s.recv(65536)
                if not piece:
                    raise OSError("the control socket was closed")
                text += piece
        answer = json.loads(text)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def host(self):
        return self.ask("status")["host"]

    def stop(self):
        """A clean stop; its exit status."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10 * SLOW)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return self.log_path.read_text() if self.log_path.exists() else ""

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Space:
    """One namespace."""

    def __init__(self, spaces, name):
        self.spaces, self.name, self.full = spaces, name, f"{spaces.prefix}{name}"
        sh(f"ip netns add {self.full}")
        self.ip("link set lo up")
        # What the kernel does by itself must not disturb the tests: addresses at once, and
        # a router's word about the MTU does not count.
        self.run("sysctl -qw net.ipv6.conf.default.accept_dad=0", check=False)
        self.run("sysctl -qw net.ipv6.conf.default.accept_ra=0", check=False)

    def ip(self, command, check=True):
        return sh(f"ip -n {self.full} {command}", check)

    def run(self, command, check=True, timeout=60):
        return sh(f"ip netns exec {self.full} {command}", check, timeout)

    def spawn(self, command, **options):
        """A process in the namespace, ended by Spaces.close() at the latest."""
        process = subprocess.Popen(["ip", "netns", "exec", self.full, *command], **options)
        self.spaces.processes.append(process)
        return process

    def empty(self):
        """Ends what still runs here: a nuvold that was killed leaves its dnsmasq, on purpose."""
        for pid in sh(f"ip netns pids {self.full}", check=False).split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def links(self):
        return [link["ifname"] for link in json.loads(self.ip("-j link"))]

    def address(self, interface="br-lan", family=4):
        found = json.loads(self.ip(f"-j -{family} addr show dev {interface}"))
        for info in found[0].get("addr_info", []) if found else []:
            if info["scope"] == "global":
                return info["local"]
        return None

    def pings(self, target, count=3, options="", interval=0.1):
        """How many of count pings were answered."""
        out = self.run(f"ping -n -q -c {count} -i {interval} -W 3 {options} {target}", check=False)
        return int(out.split(" received")[0].split(",")[-1]) if " received" in out else 0


class Spaces:
    def __init__(self):
        self.prefix = f"nv{os.getpid() % 100000}x{next(numbers)}"
        self.folder = Path(tempfile.mkdtemp(prefix=f"nuvol-{self.prefix}-"))
        self.folder.chmod(0o755)  # dnsmasq has a user of its own
        self.spaces, self.processes, self.nodes = {}, [], []

    def add(self, name):
        self.spaces[name] = space = Space(self, name)
        return space

    def node(self, space, conf="", log="info"):
        node = Node(self, space, conf, log)
        self.nodes.append(node)
        return node

    def veth(self, a, name_a, b, name_b, mtu=1500, mac_a=None, mac_b=None):
        """A cable; both ends are on."""
        mac_a = f"address {mac_a}" if mac_a else ""
        mac_b = f"address {mac_b}" if mac_b else ""
        sh(
            f"ip link add {name_a} netns {a.full} mtu {mtu} {mac_a} type veth"
            f" peer name {name_b} netns {b.full} mtu {mtu} {mac_b}"
        )
        a.ip(f"link set {name_a} up")
        b.ip(f"link set {name_b} up")

    def close(self, keep=False):
        """keep: the folder with logs and captures stays."""
        for process in self.processes + [n.process for n in self.nodes if n.process]:
            if process.poll() is None:
                process.kill()
            process.wait()
        for space in self.spaces.values():
            space.empty()
            sh(f"ip netns del {space.full}", check=False)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.spaces, self.processes, self.nodes = {}, [], []


# Before or behind a node's file: it is in its cloud alone, not in the network of all clouds.
ALONE = ("config lime 'network'\n\tlist protocols 'lan'\n\tlist protocols 'batadv:%N1'\n"
         "\tlist protocols 'anygw'\n")


def plain_conf(ssid="bench", interfaces=("mesh0",), protocol="batadv", interval_ms=1000, **more):
    """A node's file: named mesh interfaces and little else."""
    lines = ["config lime 'system'", "config lime 'network'"]
    lines += [f"\toption batadv_orig_interval '{interval_ms}'"]
    lines += [f"\toption primary_interface '{more.get('primary', interfaces[0])}'"]
    lines += ["config lime 'wifi'", f"\toption ap_ssid '{ssid}'"]
    for name in interfaces:
        lines += [f"config net '{name.replace('-', '_')}'", f"\toption linux_name '{name}'"]
        lines += [f"\tlist protocols '{protocol}'"]
    lines += ["config nuvol 'host'"]
    for port in more.get("lan_ports", ()):
        lines += [f"\tlist lan_ports '{port}'"]
    if "datapath" in more:
        lines += [f"\toption datapath '{more['datapath']}'"]
    return "\n".join(lines) + "\n"
