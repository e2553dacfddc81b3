#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""embed.py OBJECT C-FILE NAME: the object's bytes as an array of that name."""

import sys

source, target, name = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
rows = [", ".join(map(str, data[at : at + 24])) for at in range(0, len(data), 24)]
with open(target, "w") as file:
    file.write('#include "bpf/object.h"\n')
    file.write(f"const _Alignas(8) unsigned char {name}[] = {{\n")
    file.write(",\n".join(rows) + "};\n")
    file.write(f"const size_t {name}_len = sizeof({name});\n")
