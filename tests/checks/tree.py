# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks share: the tree's files, and how a finding is reported.

A check prints one line a finding, "path:line: what is wrong", and exits 1 when
there is any. It exits 2 when it found nothing to look at, which proves nothing.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(*folders, suffixes=(".c", ".h")):
    """The files below these folders of the tree, sorted; hidden ones are left out."""
    found = [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in suffixes and path.is_file() and not path.name.startswith(".")
    ]
    if not found:
        sys.exit(f"nothing found below {', '.join(folders)}")
    return found


def report(findings, looked_at):
    """Prints (path, line, text) findings, and ends the program."""
    for path, line, text in findings:
        where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"{where}:{line}: {text}" if line else f"{where}: {text}")
    print(f"{len(findings)} findings in {looked_at}")
    sys.exit(1 if findings else 0)
