# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves under Debian's kernel what this machine's shows every day: the verifier takes the fast path's
programs, they decide as l2_forward() does and as the models of tunnels and VLAN ports say, and they carry. Long, so with NUVOL_LONG only."""

import os
from pathlib import Path

import pytest

import machine

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("NUVOL_BUILD", ROOT / "build" / "release"))

pytestmark = [
    pytest.mark.skipif(not os.environ.get("NUVOL_LONG"), reason="long: NUVOL_LONG=1"),
    pytest.mark.skipif(machine.available() is not None, reason=str(machine.available())),
]
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]


def run(command, time_s, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("NUVOL_LONG")  # the length of each day; instructions are imitated there
    printed = tmp_path / "printed"
    with open(printed, "wb") as output:
        status = machine.run(command, time_s, memory_mib=1536, output=output)
    assert status == 0, printed.read_text(errors="replace")[-4000:]
    return printed.read_text(errors="replace")


@pytest.mark.parametrize("name", ("forward", "tunnel", "vlan"))
def test_programs_decide_as_the_engine(name, monkeypatch, tmp_path):
    printed = run([BUILD / f"tests/unit/test_bpf_{name}"], 300, monkeypatch, tmp_path)
    assert "[  PASSED  ]" in printed and "SKIPPED" not in printed


def test_programs_carry(monkeypatch, tmp_path):
    printed = run([*PYTEST, "tests/netns/test_fast.py"], 1500, monkeypatch, tmp_path)
    assert "passed" in printed and "skipped" not in printed
