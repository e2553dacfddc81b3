# SPDX-License-Identifier: GPL-2.0-or-later
"""clang-format would change no C file."""

import subprocess
import sys

import tree


def main():
    paths = tree.files("src", "tests")
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=tree.ROOT,
    )
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
    for path in wrong:
        print(f"{path}: clang-format -i would change it")
    if done.returncode != 0 and not wrong:
        print(done.stderr)
    print(f"{len(wrong)} findings in {len(paths)} files")
    sys.exit(1 if done.returncode != 0 else 0)


if __name__ == "__main__":
    main()
