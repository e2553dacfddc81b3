# SPDX-License-Identifier: GPL-2.0-or-later
"""The pure layers import nothing but each other and a short list, and keep no state.

    check_purity.py LIBRARY.a...     the static libraries of base, wire, core, node

Read from the objects, not from the source: what is not imported cannot be called.
Clocks, sockets, files, randomness, threads, printing and malloc are not on the list;
nor is writable data with a lifetime longer than a call.
"""

import re
import subprocess
import sys
from pathlib import Path

import tree

# What the language's library may do for a pure function.
PURE = {
    "memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strcmp", "strlen", "strncmp",
    "strnlen", "strrchr", "strspn", "strcspn", "strstr", "strtol", "strtoll", "strtoul", "strtoull",
    "snprintf", "vsnprintf", "bsearch", "inet_ntop", "inet_pton",
}  # fmt: skip
# What the compiler adds by itself, and an assertion that fails.
COMPILER = {
    "__assert_fail", "__errno_location", "__ctype_b_loc", "__stack_chk_fail",
    "_GLOBAL_OFFSET_TABLE_",
}  # fmt: skip
COMPILER_PREFIXES = ("__asan_", "__ubsan_", "__sanitizer_", "__memcpy_chk", "__memset_chk",
                     "__memmove_chk", "__snprintf_chk", "__vsnprintf_chk")  # fmt: skip
LIBGCC_INTEGERS = re.compile(r"__[a-z]+[sdt]i[234]$")  # __popcountdi2, __udivdi3
# The one door to the system's memory.
EXTRA = {"pool.c": {"calloc", "free"}}

# Where the linker puts constants, addresses of other constants among them.
CONSTANT_SECTIONS = (".rodata", ".data.rel.ro", ".text", ".eh_frame")


def symbols(library):
    """(object, symbol, class, section) of each symbol of an archive."""
    out = subprocess.run(
        ["nm", "--format=sysv", library], check=True, capture_output=True, text=True
    ).stdout
    member = library
    for line in out.splitlines():
        if line.endswith("]:") or line.startswith(("Symbols from", "Undefined symbols")):
            member = Path(line.split("[")[-1].rstrip("]:")).name
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[0] != "Name":
            yield member, fields[0], fields[2], fields[6]


def may_import(member, name):
    source = member.removesuffix(".o").split("_")[-1]
    return (
        name in PURE
        or name in COMPILER
        or name.startswith(COMPILER_PREFIXES)
        or LIBGCC_INTEGERS.match(name)
        or name in EXTRA.get(source, ())
    )


def main():
    libraries = sys.argv[1:]
    table = [row for library in libraries for row in symbols(library)]
    ours = {name for _, name, kind, _ in table if kind.upper() in ("T", "D", "B", "R", "W")}
    findings = []
    imports = 0
    for member, name, kind, section in table:
        if kind == "U":
            imports += 1
            if name not in ours and not may_import(member, name):
                findings.append((Path(member), 0, f"imports {name}"))
        elif kind.upper() in ("D", "B", "C") and not section.startswith(CONSTANT_SECTIONS):
            findings.append((Path(member), 0, f"keeps state: {name} in {section or 'common'}"))
    if imports == 0:
        sys.exit("no objects to look at")
    tree.report(findings, f"{imports} imports of {len(libraries)} libraries")


if __name__ == "__main__":
    main()
