# SPDX-License-Identifier: GPL-2.0-or-later
"""Every source file names its licence, every header also its Source, every test what it proves.

A test's first line is "/* Proves ..." or the first words of what it shows; its licence
follows. Headers are the manual (HACKING.md): their first comment has a Source line.
"""

import re

import tree

SPDX = "/* SPDX-License-Identifier: GPL-2.0-or-later */"
SOURCE = re.compile(r"^ \* Source\s+\S")
HEAD_LINES = 40


def findings_of(path):
    lines = path.read_text().splitlines()[:HEAD_LINES]
    is_test = path.name.startswith("test_") and path.suffix == ".c"
    if is_test:
        if SPDX not in lines:
            yield (path, 1, "no SPDX line near its top")
        if lines[0] == SPDX and not lines[1].startswith("/*"):
            yield (path, 1, "does not say first what it proves")
    elif not lines or lines[0] != SPDX:
        yield (path, 1, f"does not begin with {SPDX}")
    if path.suffix == ".h" and not any(SOURCE.match(line) for line in lines):
        yield (path, 1, "its head has no line ' * Source  ...'")


def main():
    paths = tree.files("src", "tests")
    tree.report([f for path in paths for f in findings_of(path)], f"{len(paths)} files")


if __name__ == "__main__":
    main()
