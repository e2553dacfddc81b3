# SPDX-License-Identifier: GPL-2.0-or-later
"""A town with several ways out: a cloud whose nodes use different gateways, a client that roams
there, and a server on the lab's Internet that sees by which gateway the client comes."""

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

from lab_town import BUILD, LAB, NETWORK, SLOW, Town, client, node, segment, until

numbers = itertools.count(1)
NUVOL = BUILD / "src" / "nuvol" / "nuvol"
STREAM = Path(__file__).resolve().parent / "stream.py"
SERVER, PORT = "203.0.113.80", 7000
GATEWAYS = ("gina", "gus")

TOWN = (
    segment("street")
    + node("anna", "street", more="\toption ssid 'valley'\n")
    + node("bru", "street", more="\toption ssid 'valley'\n")
    + node("gina", "street", more="\toption ssid 'hill'\n\toption uplink '50mbit'\n")
    + node("gus", "street", more="\toption ssid 'valley'\n\toption uplink '50mbit'\n")
    + client("phone", "anna", more="\toption address 'dhcp'\n")
)


class ExitsTown(Town):
    """anna's best gateway is gina, bru's is gus: by what people prefer there."""

    def __init__(self, folder, text=TOWN):
        super().__init__(folder)
        self.children, self.roams = {}, []
        self.up(text, network=NETWORK)
        self.server = self.spawn("internet", "serve", PORT)
        self.mac = self.client("phone")["mac"]
        self.address = {g: self.wan(g) for g in GATEWAYS}
        for gateway in GATEWAYS:
            until(lambda g=gateway: self.offered(g), 30, f"{gateway} offers")
        self.id = {g: self.ask(g, "network")["id"] for g in GATEWAYS}
        self.ask("anna", "prefer", self.id["gina"])
        self.ask("bru", "prefer", self.id["gus"])
        until(lambda: self.best("anna") == "gina" and self.best("bru") == "gus", 30, "bests")

    def close(self):
        for path in list(self.children):
            self.end(path)
        subprocess.run([str(LAB), "down", "--name", self.name], timeout=60 * SLOW, check=False)

    def spawn(self, who, *words):
        """stream.py there; its lines are in a file."""
        path = self.folder / f"{who}-{next(numbers)}"
        command = ["ip", "netns", "exec", f"nv-{self.name}-{who}", sys.executable, str(STREAM)]
        with open(path, "w", encoding="utf-8") as file:
            child = subprocess.Popen([*command, *map(str, words)], stdout=file)
        self.children[path] = child
        return path

    def end(self, path):
        child = self.children.pop(path)
        child.kill()
        child.wait()

    def ask(self, who, *words):
        return json.loads(self.inside(who, NUVOL, "--json", *words).stdout)

    def wan(self, who):
        found = json.loads(self.inside(who, "ip", "-j", "-4", "addr", "show", "wan0").stdout)
        return found[0]["addr_info"][0]["local"]

    def offered(self, who):
        return self.ask(who, "uplinks")["offers"][0]["offered"]

    def best(self, who):
        """Whom the node itself uses."""
        found = [g for g in self.ask(who, "why", "gateway")["gateways"]
                 if g["chosen"] and g["family"] == "ipv4"]
        return next((n for n, i in self.id.items() if found and found[0]["id"] == i), None)

    def finds_good(self, who, gateway):
        """Its probes say so; one that was bad is asked again after a while only."""
        return any(g["id"] == self.id[gateway] and g["verdict"] == "good"
                   for g in self.ask(who, "why", "gateway")["gateways"] if g["family"] == "ipv4")

    def lines(self, path):
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines(True)
                if line.endswith("\n")]

    def came(self):
        """By which gateways connections came to the server, in their order."""
        named = {address: g for g, address in self.address.items()}
        return [named.get(e["address"], e["address"]) for e in self.lines(self.server)
                if e["event"] == "came"]

    def by(self, who="phone"):
        """By which gateway a new connection of the client's goes; None: by none."""
        before = len(self.came())
        asked = self.inside(who, sys.executable, STREAM, "once", SERVER, str(PORT), check=False)
        if asked.returncode != 0:
            return None
        until(lambda: len(self.came()) > before, 5, "the server has taken the connection")
        return self.came()[-1]

    def roam(self, where):
        """A client is announced anew five times in 20 s at most (core/l2)."""
        now = time.monotonic()
        self.roams = [at for at in self.roams if now - at < 20]
        if len(self.roams) >= 5:
            time.sleep(self.roams[0] + 20 - now)
        self.roams.append(time.monotonic())
        self.lab("roam", "phone", where)

    def exit(self, who, family="ipv4"):
        """What this node knows of the phone's; {}: nothing."""
        found = [c for c in self.ask(who, "prefer")["clients"] if c["mac"] == self.mac]
        return next((e for c in found for e in c["exits"] if e["family"] == family), {})

    def pinned(self, who, gateway):
        """... and it is that one."""
        return self.exit(who).get("id") == self.id[gateway]

    def download(self):
        return self.spawn("phone", "get", SERVER, PORT)

    def fared(self, path):
        lines = self.lines(path)
        return lines[-1] if lines else {"bytes": 0, "broken": 0, "stall_s": 0.0}

    def grows(self, path, seconds=10):
        """More comes, from now on."""
        before = self.fared(path)["bytes"]
        until(lambda: self.fared(path)["bytes"] > before + 200000, seconds, "it goes on")
