#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Are the simulator's checks worth anything? Plants one fault after the other in the cores, and
runs small towns until a check sees it.

    mutate.py [--only NAME] [--seeds N]

All happens in a copy of the tree. First the towns must be clean without a fault. At least nine of
ten faults must be seen. The last line is "N passed, N failed", a fault that nobody sees a failure.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sim"))
import nightly  # noqa: E402
from mutations import MUTATIONS  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
SETS = "none storm restarts replaced links partitions weather echoes claims crowds liars uplinks".split()
SEEN_OF_TEN = 9


def tree_copy(to):
    names = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)
    subprocess.run(
        ["meson", "setup", to / "build", "-Doptimization=2", "-Dtests=disabled", "-Dbpf=disabled"],
        cwd=to,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def build(tree):
    done = subprocess.run(
        ["ninja", "-C", tree / "build", "src/nuvol-sim/nuvol-sim"], capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"does not compile:\n{done.stdout[-2000:]}")
    return tree / "build/src/nuvol-sim/nuvol-sim"


def first_seen(program, lines):
    """The first line with something wrong, and what; None: all clean."""
    for tries, line in enumerate(lines, 1):
        wrong = nightly.run(program, line)
        if wrong:
            return tries, line, wrong
    return None


def planted(tree, mutation, lines):
    """What first_seen says with this fault in the tree."""
    name, file, old, new, _ = mutation
    path = tree / file
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"{name}: {file} has its text {text.count(old)} times, not once; mend the row")
    path.write_text(text.replace(old, new))
    try:
        return first_seen(build(tree), lines)
    finally:
        path.write_text(text)


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="the name of one fault")
    parser.add_argument("--seeds", default=3, type=int, help="towns of each set of faults")
    return parser.parse_args()


def main():
    want = options()
    rows = [m for m in MUTATIONS if want.only in (None, m[0])]
    lines = [nightly.town(s, seed) for seed in range(1, want.seeds + 1) for s in SETS]
    seen = 0

    if not rows:
        sys.exit(f"no fault '{want.only}'; there are {', '.join(m[0] for m in MUTATIONS)}")
    with tempfile.TemporaryDirectory(prefix="nuvol-mutate-") as folder:
        tree = Path(folder)
        tree_copy(tree)
        clean = first_seen(build(tree), lines)
        if clean:
            sys.exit(f"wrong without any fault: nuvol-sim run {clean[1]}\n    {clean[2]}")
        for mutation in rows:
            found = planted(tree, mutation, lines)
            seen += bool(found)
            print(f"{mutation[0]}: {mutation[4]}", flush=True)
            if found:
                print(f"    town {found[0]}: {found[2]}\n    nuvol-sim run {found[1]}", flush=True)
            else:
                print(f"    NOT SEEN in {len(lines)} towns", flush=True)
    print(f"{seen} passed, {len(rows) - seen} failed", flush=True)
    return seen * 10 >= len(rows) * SEEN_OF_TEN


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
