# SPDX-License-Identifier: GPL-2.0-or-later
"""One seed gives one history: the same with another compiler, with sanitizers, and again.

    digest.py NUVOL-SIM OTHER-NUVOL-SIM
"""

import json
import subprocess
import sys

RUNS = [
    "--grid 4x4 --clouds 2 --clients 16 --uplinks 3 --time 3m --faults storm",
    "--town 12 --clouds 2 --clients 12 --uplinks 2 --time 3m --faults weather",
]
OF_THE_MACHINE = ("wall_s", "peak_kb")


def report(program, args):
    done = subprocess.run(
        [program, "run", "--json", "--quiet", "--seed", "11", *args.split()], capture_output=True, text=True
    )
    if done.returncode > 1:
        sys.exit(f"{program}: {done.stderr}")
    found = json.loads(done.stdout)
    for name in OF_THE_MACHINE:
        del found[name]
    return found


def main(ours, other):
    for args in RUNS:
        first = report(ours, args)
        for name, again in (("again", report(ours, args)), (other, report(other, args))):
            differ = [key for key in first if first[key] != again.get(key)]
            if differ:
                sys.exit(f"{args}: {name} differs in {', '.join(differ)}")
        print(f"{first['digest']}  {args}")


if __name__ == "__main__":
    main(*sys.argv[1:])
