#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long it is felt that a gateway to the Internet fails, lies, or that people prefer another.

    bench_gateways.py [--json FILE] [--runs N] [--roams N] [--lossy-minutes M]

Each run is a town of nuvol-lab(8) of its own: a phone at a node, and behind another node of
its cloud six gateways, each a cloud of its own. One after the other the best of them goes, each in
its way. The phone opens a connection each 50 ms and is told by whose uplink it came. From the
command on: until a connection by another gateway is answered, and none began later that failed.
Intervals of OGMs, checks and probes are the default.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from lab_town import BUILD, EXAMPLES, LAB, Town, client, node, segment, until  # noqa: E402

NUVOL = BUILD / "src/nuvol/nuvol"
FLOWS = Path(__file__).resolve().parent / "flows.py"
PYTHON = "/usr/bin/python3"
INTERVAL_MS, PATIENCE_S, CALM_S = 50, 15, 2.5
MBIT = {"g1": 100, "g2": 80, "g3": 64, "g4": 50, "g5": 40, "g6": 30}
PHONE = ("--client", "phone")
SESSIONS, ROAM_PAUSE_S = 5, 1.5
LOSS = 20  # percent, each receiver, nothing is sent again
LOSSY_MBIT = {"g1": 50, "g2": 45, "g3": 40}

# What is done to the best one, and the goal.
FAULTS = {
    "preferred": ("preferred for the client, which is busy", 1),
    "lies": ("a liar is left", 5),
    "dies": ("its Internet dies, links up", 3),
    "dark": ("the node dies, links silent", 3),
    "killed": ("its nuvold is killed", 3),
    "stopped": ("its nuvold stops in order", 3),
}


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def town_text(mbit, **medium):
    """anna - hub - each of these gateways; a phone at anna."""
    ssid = "\toption ssid '{}'\n".format
    text = segment("lane") + node("anna", "lane", more=ssid("valley"))
    text += node("hub", "lane", *(f"to{g}" for g in mbit), more=ssid("valley"))
    for g, rate in mbit.items():
        more = f"\toption uplink '{rate}mbit'\n\tlist set 'uplink.bandwidth={rate}000000'\n"
        text += segment(f"to{g}", **medium) + node(g, f"to{g}", more=ssid(f"of{g}") + more)
    return text + client("phone", "anna")


class Flows:
    """The phone's connections, while the block runs."""

    def __init__(self, town, *words):
        command = [LAB, "exec", "--name", town.name, "phone", "--", PYTHON, FLOWS, *words]
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.reader.join()

    def since(self, at):
        """(began, ended, gateway or "-") of those that began later, in the order of their ends."""
        found = [(float(b), float(e), who) for b, e, who in map(str.split, list(self.lines))]
        return [f for f in found if f[0] >= at]

    def first(self, at, good):
        """The first one that began later and came by a good gateway."""
        return next((f for f in self.since(at) if good(f[2])), None)


class Exits:
    """A town, and who carries its phone."""

    def __init__(self, folder, text):
        self.town = Town(folder)
        self.town.up(text, fixed=False, network="", timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.town.down()

    def ask(self, who, *words):
        return json.loads(self.town.inside(who, NUVOL, *words, "--json").stdout)

    def gateways(self):
        return {g["name"]: g for g in self.ask("anna", "why", "gateway")["gateways"]
                if g["family"] == "ipv4"}

    def carried(self, gateway):
        """Does a new connection of the phone leave by it?"""
        script = EXAMPLES / "demo/exits.py"
        return self.town.inside("phone", PYTHON, script, "by", gateway, check=False).returncode == 0

    def settle(self, mbit):
        """All are in reach, and the best one is used."""
        best = max(mbit, key=mbit.get)

        def is_best():
            worth = {n: g["worth_bps"] for n, g in self.gateways().items()}
            return len(worth) == len(mbit) and max(worth, key=worth.get) == best

        def used():
            """Nobody is held any more when a wish ends: the best at that moment is used."""
            until(is_best, 90, f"{best} is worth most", pause=0.2)
            self.prefer("auto")
            time.sleep(0.5)
            return self.gateways()[best]["chosen"]

        until(used, 90, f"{best} is used")

    def prefer(self, gateway, *words):
        self.town.inside("anna", NUVOL, "prefer", *words, gateway)


def act(exits, what, best, other):
    town = exits.town
    if what == "preferred":
        exits.prefer(other, *PHONE)
    elif what in ("lies", "dies"):
        town.lab("uplink", best, what)
    elif what == "dark":
        town.lab("cut", "--silent", f"to{best}")
        town.lab("kill", best)
    else:
        town.lab("kill" if what == "killed" else "stop", best)


def carrier(flows, left):
    """Who carries the phone, if none of those that are left has done so for half a second."""
    by = {f[2] for f in flows.since(time.monotonic() - 0.5)}
    return by.pop() if len(by) == 1 and not by & {"-", *left} else None


def fault(exits, flows, what, left):
    """{s: until others carry new connections, failed: connections meanwhile}; who carried the phone
    before is one of those that are left, from then on."""
    best = until(lambda: carrier(flows, left), 30, f"somebody carries the phone, not {left}")
    other = next(g for g in reversed(MBIT) if g != best)
    began = time.monotonic()
    act(exits, what, best, other)
    until(lambda: flows.first(began, lambda who: who not in ("-", best)), PATIENCE_S,
          f"{what}: another one than {best}")
    time.sleep(CALM_S)  # a connection that failed is known by then
    late = max([f[0] for f in flows.since(began) if f[2] in ("-", best)], default=began)
    moved = flows.first(late, lambda who: who not in ("-", best))
    failed = sum(f[2] == "-" for f in flows.since(began - 0.5))
    if what == "preferred":
        exits.prefer(best, *PHONE)
        back = time.monotonic()
        until(lambda: flows.first(back, lambda who: who == best), 5, f"back to {best}")
        exits.prefer("auto", *PHONE)  # it stays where its connections are
    else:
        left.append(best)
    return {"s": round(moved[1] - began, 3), "from": best, "to": moved[2], "failed": failed}


def failures(folder):
    row, left = {}, []
    with Exits(folder, town_text(MBIT)) as exits:
        exits.settle(MBIT)
        with Flows(exits.town, "new", INTERVAL_MS) as flows:
            for what in FAULTS:
                row[what] = fault(exits, flows, what, left)
    return row


def roams(folder, count):
    """TCP sessions of a phone that walks between two nodes with different best gateways."""
    with Exits(folder, (EXAMPLES / "demo/exits.town").read_text()) as exits:
        def by(who):
            return next((g["name"] for g in exits.ask(who, "why", "gateway")["gateways"]
                         if g["chosen"] and g["family"] == "ipv4"), None)

        exits.town.lab("uplink", "emma", "lies")
        until(lambda: (by("anna"), by("bru")) == ("carla", "dario"), 60, "the best ones differ",
              pause=0.5)
        until(lambda: exits.carried("carla"), 30, "carla carries the phone")
        with Flows(exits.town, "kept", SESSIONS) as flows:
            until(lambda: flows.lines, 10, "downloads")
            for n in range(count):
                time.sleep(ROAM_PAUSE_S)
                exits.town.lab("roam", "phone", "anna" if n % 2 else "bru")
            time.sleep(ROAM_PAUSE_S)
            differ = (by("anna"), by("bru"))
    return {"roams": count, "sessions": SESSIONS, "best": differ, **json.loads(flows.lines[-1])}


def lossy(folder, minutes):
    """Changes of gateway while a fifth of all frames is lost on the way to each gateway."""
    with Exits(folder, town_text(LOSSY_MBIT, loss=LOSS)) as exits:
        exits.settle(LOSSY_MBIT)
        watch = subprocess.Popen(
            [str(LAB), "exec", "--name", exits.town.name, "anna", "--", str(NUVOL), "watch",
             "--json"], stdout=subprocess.PIPE, text=True)
        time.sleep(minutes * 60)
        watch.terminate()
        told = [json.loads(line) for line in watch.communicate()[0].splitlines()]
        loss = {n: g["loss_permille"] for n, g in exits.gateways().items()}
    changes = [[t["uptime_ms"], t["text"]] for t in told
               if t.get("event", "").startswith("gateway-")]
    return {"minutes": minutes, "changes": changes, "loss_permille": loss,
            "events": sorted({t.get("event", "") for t in told})}


def summary(found):
    rows = []
    for what, (text, goal_s) in FAULTS.items():
        took = [r[what]["s"] for r in found["failures"]]
        if took:
            rows.append({"figure": text, "value": round(statistics.median(took), 2),
                         "worst": max(took), "count": len(took), "unit": "s",
                         "target": f"<= {goal_s}"})
    walk, loss = found["roams"], found["lossy"]
    if walk:
        rows.append({"figure": f"TCP sessions broken, of {walk['sessions']}, by {walk['roams']} roams",
                     "value": walk["broken"], "worst": walk["broken"], "count": 1,
                     "unit": "sessions", "target": "0"})
    if loss:
        rows.append({"figure": f"changes in {loss['minutes']:g} min, {LOSS} % lost each way",
                     "value": len(loss["changes"]), "worst": len(loss["changes"]), "count": 1,
                     "unit": "changes", "target": "<= 2 an hour"})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--runs", type=int, default=20, help="towns; 0: none")
    parser.add_argument("--roams", type=int, default=20, help="0: none")
    parser.add_argument("--lossy-minutes", type=float, default=5, help="0: none")
    arguments = parser.parse_args()
    found = {"failures": [], "roams": None, "lossy": None}
    with tempfile.TemporaryDirectory() as folder:
        for n in range(arguments.runs):
            found["failures"].append(failures(Path(folder)))
            progress(f"run {n + 1} of {arguments.runs}, load {os.getloadavg()[0]:.1f}: "
                     f"{json.dumps(found['failures'][-1])}")
        if arguments.roams:
            found["roams"] = roams(Path(folder), arguments.roams)
            progress(f"roams: {json.dumps(found['roams'])}")
        if arguments.lossy_minutes:
            found["lossy"] = lossy(Path(folder), arguments.lossy_minutes)
            progress(f"lossy: {json.dumps(found['lossy'])}")
    found["summary"] = summary(found)
    print(f"{'':45} {'median':>8} {'worst':>8} {'of':>4}")
    for row in found["summary"]:
        print(f"{row['figure']:45} {row['value']:>8} {row['worst']:>8} {row['count']:>4} "
              f"{row['unit']:9} {row['target']}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
