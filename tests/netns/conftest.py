# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces for each test; what a failed test leaves behind is shown."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from spaces import NUVOLD, Spaces  # noqa: E402


def pytest_collection_modifyitems(items):
    reason = None
    if os.geteuid() != 0:
        reason = "namespaces need root"
    elif not NUVOLD.exists():
        reason = f"{NUVOLD} is not built"
    for item in items if reason else ():
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.session.failed_test = True
        item.failed_test = True


def make(request):
    made = Spaces()
    yield made
    failed = getattr(request.node, "failed_test", False) or (
        request.scope != "function" and getattr(request.session, "failed_test", False)
    )
    for node in made.nodes if failed else ():
        print(f"--- nuvold of {node.space.name}, {node.log_path} ---\n{node.log()[-4000:]}")
    statuses = {n.space.name: n.stop() for n in made.nodes if n.process and n.running()}
    made.close(keep=failed)
    assert not any(statuses.values()), f"not a clean stop: {statuses}"


@pytest.fixture
def spaces(request):
    """Namespaces of one test."""
    yield from make(request)


@pytest.fixture(scope="module")
def module_spaces(request):
    """Namespaces that the tests of a file share."""
    yield from make(request)
