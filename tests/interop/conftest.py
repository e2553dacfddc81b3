"""Towns stand up once, all side by side, and are taken down whatever happens."""

import concurrent.futures
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
TOWNS = [(shape, vlan) for shape in SHAPES for vlan in (29, 0)]


def pytest_collection_modifyitems(config, items):
    reason = uml.available() or (None if NUVOLD.exists() else f"{NUVOLD} is not built")
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


def wanted(session):
    """The towns that the chosen tests name; all when one wants all."""
    calls = [getattr(item, "callspec", None) for item in session.items]
    if not calls or None in calls:
        return TOWNS
    return [t for t in TOWNS if t in {c.params.get("town") for c in calls}]


@pytest.fixture(scope="session")
def towns(request):
    """(shape, vlan) -> a town whose daemons run."""
    made = {}
    try:
        for shape, vlan in wanted(request.session):
            made[shape, vlan] = town = Town(f"{shape}-{vlan}", SHAPES[shape], vlan)
            town.create()
        with concurrent.futures.ThreadPoolExecutor(len(made)) as pool:
            list(pool.map(lambda t: t.configure(), made.values()))
        yield made
    finally:
        for town in made.values():
            town.destroy()


@pytest.fixture(params=TOWNS, ids=lambda p: f"{p[0]}-{'vlan%d' % p[1] if p[1] else 'untagged'}")
def town(request, towns):
    return towns[request.param]
