# SPDX-License-Identifier: GPL-2.0-or-later
"""Every #include under src keeps to the layers: see LAYERS.

A layer is the longest folder of LAYERS that a file is in. Its row lists what its
files may include: folders ("base/" and all below), or single headers.
"""

import re

import tree

CORE = ["core/*"]  # the headers straight in core/: events, effects, notes, crypto
EVERYTHING = [""]

LAYERS = {
    "base": ["base/"],
    "wire": ["base/", "wire/"],
    "core": ["base/", "wire/"] + CORE,
    "core/plan": ["base/", "wire/", "core/plan/"] + CORE,
    "core/l2": ["base/", "wire/", "core/l2/"] + CORE,
    "core/l3": ["base/", "wire/", "core/l3/"] + CORE,
    "core/share": ["base/", "wire/", "core/share/"] + CORE,
    "core/gw": ["base/", "wire/", "core/gw/"] + CORE,
    "core/cable": ["base/", "wire/", "core/cable/"] + CORE,
    "core/uplink": ["base/", "wire/", "core/uplink/"] + CORE,
    "node": ["base/", "wire/", "core/", "node/"],
    # Fills the structs of those that it configures; the plan says which templates are good.
    "conf": ["base/", "conf/", "node/node_conf.h", "core/l2/l2_conf.h", "core/plan/plan_conf.h"]
    + ["core/plan/plan.h", "core/gw/search.h", "core/uplink/uplink_conf.h"]
    + CORE,
    # Reads the node and, through it, the engines' views.
    "ctl": ["base/", "ctl/", "node/", "core/l2/l2.h", "core/share/", "core/cable/"]
    + ["core/l3/l3.h", "core/l3/l3_conf.h", "core/uplink/uplink.h"]
    + CORE,
    # Reads the files that conf parses, serves the socket that ctl answers, makes what is planned.
    # Programs of the kernel; drv reads their headers.
    "bpf": ["bpf/"],
    "drv": ["base/", "wire/", "drv/", "node/", "ctl/", "conf/", "bpf/"]
    + ["core/plan/plan.h", "core/share/share.h", "core/share/leases.h", "core/cable/cable.h"]
    + CORE,
    # What a town file says, and the configuration that follows for each node.
    "town": ["base/", "conf/", "town/"] + CORE,
    "sim": ["base/", "wire/", "node/", "conf/", "sim/", "town/"] + CORE,
    # The main programs put it all together.
    "nuvold": EVERYTHING,
    "nuvol": EVERYTHING,
    "nuvol-lab": EVERYTHING,
    "nuvol-sim": EVERYTHING,
}

# Headers that only their own folder may see, whatever the table says.
PRIVATE = {
    "core/l2/internal.h": "core/l2",
    "core/l3/internal.h": "core/l3",
    "core/share/share_internal.h": "core/share",
    "core/gw/internal.h": "core/gw",
    "core/uplink/internal.h": "core/uplink",
    "core/share/leases_internal.h": "core/share",
}

# Pure layers get nothing of the system but the language's own headers, and the text of addresses.
PURE = ["base", "wire", "core", "core/plan", "core/l2", "core/l3", "core/gw", "core/share"]
PURE += ["core/cable", "core/uplink", "node"]
PURE_SYSTEM = {
    "arpa/inet.h", "assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "stdarg.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
}  # fmt: skip

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def layer_of(name):
    """name: a path below src."""
    found = [layer for layer in LAYERS if name.startswith(layer + "/")]
    return max(found, key=len, default=None)


def allowed(rule, header):
    if rule.endswith("*"):
        folder = rule[:-1]
        return header.startswith(folder) and "/" not in header[len(folder) :]
    if rule == "" or rule.endswith("/"):
        return header.startswith(rule)
    return header == rule


def refusal(name, header):
    """Why the file `name` must not include "header", or None."""
    layer = layer_of(name)
    if layer is None:
        return "is in a folder that the table of layers does not know"
    owner = PRIVATE.get(header)
    if owner and not name.startswith(owner + "/"):
        return f'includes "{header}", which is private to {owner}'
    if not any(allowed(rule, header) for rule in LAYERS[layer]):
        return f'{layer} may not include "{header}"'
    return None


def system_refusal(name, header):
    layer = layer_of(name)
    if layer in PURE and header not in PURE_SYSTEM:
        return f"{layer} is pure: it may not include <{header}>"
    return None


def main():
    src = tree.ROOT / "src"
    findings = []
    includes = 0
    for path in tree.files("src"):
        name = path.relative_to(src).as_posix()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            includes += 1
            ours, system = match.groups()
            if ours and not (src / ours).is_file():
                why = f'"{ours}" is not a path below src'
            else:
                why = refusal(name, ours) if ours else system_refusal(name, system)
            if why:
                findings.append((path, number, why))
    tree.report(findings, f"{includes} includes")


if __name__ == "__main__":
    main()
