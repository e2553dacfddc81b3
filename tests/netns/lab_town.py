# SPDX-License-Identifier: GPL-2.0-or-later
"""Towns of nuvol-lab(8) for the tests and the benchmarks: up, down, and what stands in them."""

import itertools
import json
import os
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("NUVOL_BUILD", ROOT / "build" / "release"))
LAB = BUILD / "src" / "nuvol-lab" / "nuvol-lab"
EXAMPLES = ROOT / "examples"
RUN = Path("/run/nuvol-lab")
NETNS = Path("/run/netns")
SLOW = float(os.environ.get("NUVOL_TEST_SLOW", "1"))
CABLE = "\toption association 'no'\n"
DHCP = "\toption address 'dhcp'\n"
# Behind a town's text: clients have addresses at once, and keep them. A client's own option wins.
FIXED = "config town\n\toption address 'fixed'\n"
# The same: what is looked at is the cloud alone; all nodes are in the network of all clouds, with
# small keys, which are made in a moment; or as the text itself says.
ALONE = "config town\n\toption network '0'\n"
NETWORK = "config town\n\toption network '1'\n\tlist set 'bmx7.node_rsa_key=4'\n"
AS_IT_SAYS = ""
numbers = itertools.count(1)


def sh(*args, check=True, timeout=60):
    done = subprocess.run([str(a) for a in args], text=True, capture_output=True,
                          timeout=timeout * SLOW, check=False)
    if check:
        assert done.returncode == 0, f"{args}: {done.stdout}{done.stderr}"
    return done


def until(condition, seconds, what, pause=0.02):
    end = time.monotonic() + seconds * SLOW
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(pause)
    return value


class Town:
    """A town of its own name; the fixture takes it down, whatever happens."""

    def __init__(self, folder, name=None):
        self.folder = folder
        self.name = name or f"t{os.getpid()}n{next(numbers):03}"
        self.file = folder / f"{self.name}.town"

    def lab(self, *args, check=True, timeout=60):
        """nuvol-lab COMMAND ... --name TOWN; options go before a program's '--'."""
        words = list(args)
        at = words.index("--") if "--" in words else len(words)
        return sh(LAB, *words[:at], "--name", self.name, *words[at:], check=check,
                  timeout=timeout)

    def write(self, text, fixed=True, network=ALONE):
        self.file.write_text(text + (FIXED if fixed else "") + network)
        return self.file

    def up(self, text=None, nuvold=True, fixed=True, network=ALONE, **more):
        if text is not None:
            self.write(text, fixed, network)
        return self.lab("up", self.file, *([] if nuvold else ["--nuvold", "none"]), **more)

    def down(self, **more):
        return self.lab("down", **more)

    def inside(self, who, *command, **more):
        return self.lab("exec", who, "--", *command, **more)

    def status(self):
        return json.loads(self.lab("status", "--json").stdout)

    def node(self, name):
        return next(n for n in self.status()["nodes"] if n["name"] == name)

    def client(self, name):
        return next(c for c in self.status()["clients"] if c["name"] == name)

    def ping(self, who, address, count=1, interval=0.2, wait=1):
        """How many of count came back."""
        text = self.inside(who, "ping", "-n", "-q", "-c", str(count), "-i", str(interval),
                           "-W", str(wait), address, check=False).stdout
        return int(re.search(r"(\d+) received", text).group(1))

    def traces(self):
        """All that the system shows of this town."""
        found = [str(p) for p in NETNS.glob(f"nv-{self.name}-*")] if NETNS.exists() else []
        found += [str(p) for p in RUN.glob(f"{self.name}*")] if RUN.exists() else []
        for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                text = cmdline.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"nuvol-lab/{self.name}/" in text or f"medium --name {self.name} " in text:
                found.append(text)
        return found


# ---- sections of a town file ----


def node(name, *segments, more=""):
    return f"config node '{name}'\n{more}" + "".join(f"\tlist segment '{s}'\n" for s in segments)


def client(name, at, more=""):
    return f"config client '{name}'\n" + (f"\toption at '{at}'\n" if at else "") + more


def segment(name, **options):
    text = f"config segment '{name}'\n"
    for key, value in options.items():
        if isinstance(value, list):
            text += "".join(f"\tlist {key} '{v}'\n" for v in value)
        else:
            text += f"\toption {key} '{value}'\n"
    return text
