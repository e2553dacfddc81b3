# SPDX-License-Identifier: GPL-2.0-or-later
"""No C file is longer than 800 lines, no function than 70, its braces included.

A function's body begins with a brace alone in column 0, as clang-format leaves it,
and ends with the next closing one there.
"""

import tree

FILE_LINES = 800
FUNCTION_LINES = 70


def functions(lines):
    """(line number of the opening brace, lines of the body with its braces)"""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def main():
    findings = []
    count = 0
    paths = tree.files("src", "tests")
    for path in paths:
        lines = path.read_text().splitlines()
        if len(lines) > FILE_LINES:
            findings.append((path, 0, f"{len(lines)} lines, more than {FILE_LINES}"))
        for start, length in functions(lines):
            count += 1
            if length > FUNCTION_LINES:
                findings.append((path, start, f"a function of {length} lines"))
    tree.report(findings, f"{len(paths)} files, {count} functions")


if __name__ == "__main__":
    main()
