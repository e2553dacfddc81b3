"""A town stands up when its first test comes and is taken down at the end, whatever
happens. With pytest-xdist (-n 4 --dist loadgroup) the towns of one shape share a
process, and the shapes run side by side."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import uml  # noqa: E402
from town import NUVOLD, Town  # noqa: E402

SHAPES = {
    "pair": [("kernel", [0]), ("ours", [0])],
    "kernel-ours-kernel": [("kernel", [0]), ("ours", [0, 1]), ("kernel", [1])],
    "ours-kernel-ours": [("ours", [0]), ("kernel", [0, 1]), ("ours", [1])],
    "one-segment": [("kernel", [0]), ("kernel", [0]), ("ours", [0]), ("ours", [0])],
}
VLANS = (29, 0)


LONG = bool(os.environ.get("NUVOL_LONG"))


def is_for_long_runs(item):
    """A tag more or less is the driver's affair: without one, the pair is enough day by day."""
    params = getattr(item, "callspec", None) and item.callspec.params
    return params and params.get("town") == 0 and params.get("shape") != "pair"


def pytest_collection_modifyitems(config, items):
    left = [] if LONG else [item for item in items if is_for_long_runs(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    reason = uml.available() or (None if NUVOLD.exists() else f"{NUVOLD} is not built")
    for item in items:
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
        params = getattr(item, "callspec", None) and item.callspec.params
        if params and "shape" in params:
            item.add_marker(pytest.mark.xdist_group(params["shape"]))


class Towns(dict):
    """(shape, vlan) -> a town whose daemons run; made when asked for."""

    def __missing__(self, key):
        shape, vlan = key
        self[key] = town = Town(f"{shape}-{vlan}", SHAPES[shape], vlan)
        town.create()
        town.configure()
        return town


@pytest.fixture(scope="session")
def towns():
    made = Towns()
    try:
        yield made
    finally:
        for town in made.values():
            town.destroy()


@pytest.fixture(params=SHAPES)
def shape(request):
    return request.param


@pytest.fixture(params=VLANS, ids=lambda vlan: f"vlan{vlan}" if vlan else "untagged")
def town(request, shape, towns):
    return towns[shape, request.param]
