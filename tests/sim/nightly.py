#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many small towns under every set of faults: what a town of the smoke set does not show.

    nightly.py [--seeds 1-1000] [--sets storm,links] [--jobs N] NUVOL-SIM

Each set and seed make one town: its shape, size, clouds, clients, uplinks and loss are drawn from
the seed, so a line that failed is the same tomorrow. A run that fails, crashes or hangs is told by
the line that repeats it. The last line is "N passed, N failed".
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

RUN_S = 120  # a town takes about a second; what takes this long hangs
NEED_UPLINKS = ("uplinks", "liars")
NEED_CLIENTS = ("claims", "crowds")


def fault_sets(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    rows = text.split("Faults:\n")[1].split("\n\n")[0].splitlines()
    return [row.split()[0] for row in rows if row.split()[0] != "none"]


def shape(rng):
    kind = rng.choice(("line", "ring", "grid", "tree", "town"))
    if kind == "grid":
        wide, high = rng.randint(2, 4), rng.randint(2, 4)
        return f"--grid {wide}x{high}", wide * high
    nodes = rng.randint(4, 12)
    return f"--{kind} {nodes}" + (" --media radio" if rng.randint(0, 2) == 0 else ""), nodes


def town(faults, seed):
    """The options of one town."""
    rng = random.Random(f"{faults} {seed}")
    where, nodes = shape(rng)
    clouds = 1 + (nodes >= 8 and rng.randint(0, 1))
    clients = rng.randint(faults in NEED_CLIENTS, nodes * 3 // 2)
    uplinks = rng.randint(faults in NEED_UPLINKS, 3)
    loss = rng.choice((0, 0, 0, 2, 5))
    line = f"{where} --clouds {clouds} --clients {clients} --uplinks {uplinks}"
    line += f" --loss {loss}" if loss else ""
    line += f" --time {rng.randint(3, 6)}m --seed {seed} --faults {faults}"
    mtu = rng.choice((0, 0, rng.randint(1400, 1531)))
    return line + (f" --mtu {mtu}" if mtu else "")


def run(program, line):
    """What was wrong in words; '': nothing."""
    args = [program, "run", *line.split(), "--quiet", "--json"]
    try:
        done = subprocess.run(args, capture_output=True, text=True, timeout=RUN_S)
    except subprocess.TimeoutExpired:
        return f"hangs (not ended after {RUN_S} s)"
    if done.returncode == 0:
        return ""
    if done.returncode == 1:
        broken = json.loads(done.stdout)["violations"]
        return "; ".join(f"{v['check']}: {v['what']}" for v in broken)
    end = done.stderr.strip().splitlines()
    return f"ended with {done.returncode}: {end[-1] if end else 'no word'}"


def seeds_of(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="NUVOL-SIM")
    parser.add_argument("--seeds", default="1-1000", type=seeds_of)
    parser.add_argument("--sets", help="names with commas between; else all")
    parser.add_argument("--jobs", default=os.cpu_count(), type=int)
    return parser.parse_args()


def main():
    want = options()
    sets = want.sets.split(",") if want.sets else fault_sets(want.program)
    lines = [town(faults, seed) for seed in want.seeds for faults in sets]
    began, passed, failed = time.monotonic(), 0, 0

    with ThreadPoolExecutor(want.jobs) as pool:
        for line, wrong in zip(lines, pool.map(lambda one: run(want.program, one), lines)):
            passed += not wrong
            failed += bool(wrong)
            if wrong:
                print(f"nuvol-sim run {line}\n    {wrong}", flush=True)
            if (passed + failed) % len(sets) == 0:
                rate = (passed + failed) / (time.monotonic() - began)
                left_min = (len(lines) - passed - failed) / rate / 60
                print(f"{passed + failed} of {len(lines)}, {failed} failed, {left_min:.0f} min left",
                      file=sys.stderr, end="\n" if not sys.stderr.isatty() else "\r", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed == 0 and passed > 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
