# Proves that `nuvol plan` and `nuvol config` print what the plan and the files give: all golden
# vectors as JSON, warnings with remedies, exit statuses, and a print that can be read again.
# SPDX-License-Identifier: GPL-2.0-or-later
"""test_plan_command.py NUVOL: the program to try; needs no daemon and no rights."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

NUVOL = sys.argv.pop(1)
GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "libremesh.json"


def nuvol(*arguments):
    return subprocess.run([NUVOL, *arguments], capture_output=True, timeout=60)


def plan(*arguments):
    done = nuvol("plan", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Plan(unittest.TestCase):
    def test_golden_vectors(self):
        for v in json.loads(GOLDEN.read_text())["vectors"]:
            names = [name.split("_")[0] for name in v["batadv_hardif_macs"]]
            wanted = [word for name in names for word in ("--interface", name)]
            got = plan("--ssid", v["ssid"], "--mac", v["primary_mac"], *wanted)
            self.assertEqual(got["network_id"], v["md5"])
            self.assertEqual(
                got["cloud"], {"tagged": True, "vid": v["batadv_vid"], "ethertype": "0x88a8"}
            )
            self.assertEqual(got["network_vid"], v["bmx7_vid"])
            for key in ("hostname", "primary_mac", "prefix4", "prefix6", "ipv4", "ipv6"):
                self.assertEqual(got[key], v[key])
            self.assertEqual(got["ipv4_rule"], (v["ipv4_rule"] or "free").lower())
            self.assertEqual(
                got["anygw"],
                {
                    "mac": v["anygw_mac"],
                    "ipv4": v["anygw_ipv4"],
                    "ipv6": v["anygw_ipv6"],
                    "link_local": v["anygw_ll"],
                },
            )
            self.assertEqual(
                got["dhcp"],
                {"first": v["dhcp_first"], "last": v["dhcp_last"], "limit": v["dhcp_limit"]},
            )
            macs = {i["vlan_name"]: i["mac"] for i in got["interfaces"]}
            self.assertEqual(macs, v["batadv_hardif_macs"])
            kinds = [w["kind"] for w in got["warnings"]]
            self.assertEqual("ipv6-anycast" in kinds, v["ipv6_clashes_with_anygw"])

    def test_table_and_warnings(self):
        done = nuvol("plan", "--ssid", "cost$y", "--mac", "64:66:b3:00:00:01", "-i", "eth0.5")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout.decode(), r"cloud VLAN +\d+, 802.1ad\n")
        self.assertRegex(done.stdout.decode(), r"MAC on eth0.5 .*VLAN interface eth0-5_\d+")
        self.assertEqual(done.stdout.decode().count("\nwarning: "), 3)

    def test_other_cloud(self):
        # One SSID in 256 has the same VLAN; each call may ask about 32.
        here = ("--ssid", "LibreMesh.org", "--mac", "a8:40:41:1d:f9:35")
        for first in range(0, 3200, 32):
            others = [f"--other-ssid=cloud{n}" for n in range(first, first + 32)]
            warnings = plan(*here, *others)["warnings"]
            if warnings:
                break
        self.assertEqual(warnings[0]["kind"], "cloud-shared")
        ssid = warnings[0]["text"].split("'")[1]
        self.assertEqual(plan("--ssid", ssid, "--mac", "a8:40:41:1d:f9:35")["cloud"]["vid"], 29)
        self.assertEqual(nuvol("plan", *here, *others, "-o", "one-more").returncode, 2)

    def test_any_bytes(self):
        done = subprocess.run(
            [NUVOL, "plan", "--json", "-m", "a8:40:41:1d:f9:35", "-s", b"caf\xe9\x1b[2J"],
            capture_output=True,
            timeout=60,
        )
        self.assertEqual(json.loads(done.stdout)["ssid"], "caf?\x1b[2J")
        done = subprocess.run(
            [NUVOL, "plan", "-m", "a8:40:41:1d:f9:35", "-s", b"caf\xc3\xa9\x1b[2J"],
            capture_output=True,
            timeout=60,
        )
        self.assertNotIn(b"\x1b", done.stdout)
        self.assertIn("café".encode(), done.stdout)

    def test_wrong_usage(self):
        good = ("--ssid", "x", "--mac", "a8:40:41:1d:f9:35")
        for arguments in (
            (),
            ("--ssid", "x"),
            ("--mac", "a8:40:41:1d:f9:35"),
            ("--ssid", "x", "--mac", "a8:40:41"),
            ("--ssid", "x" * 128, "--mac", "a8:40:41:1d:f9:35"),
            (*good, "--interface", "sixteen-letters-"),
            (*good, "--interface", ""),
            (*good, "more"),
            (*good, "--nonsense"),
        ):
            done = nuvol("plan", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(done.stdout, b"")
            self.assertIn(b"--help", done.stderr)
        self.assertEqual(nuvol("plan", "--help").returncode, 0)


class Config(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def config(self, verb, *more):
        return nuvol("config", verb, "--config", str(self.dir), *more)

    def test_print_reads_back(self):
        (self.dir / "community").write_text("config lime wifi\n option ap_ssid \"it's ours\"\n")
        (self.dir / "node").write_text(
            "config net x\n option linux_name eth1\n list protocols batadv:0\n"
        )
        printed = self.config("print")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertIn(b"it'\\''s ours", printed.stdout)
        (self.dir / "community").unlink()
        (self.dir / "node").write_bytes(printed.stdout)
        self.assertEqual(self.config("print").stdout, printed.stdout)
        self.assertEqual(self.config("check").returncode, 0)

    def test_print_json(self):
        sections = json.loads(self.config("print", "--json").stdout)["sections"]
        network = next(s for s in sections if s["name"] == "network")
        self.assertEqual(network["type"], "lime")
        self.assertEqual(network["options"]["protocols"], ["lan", "batadv:%N1", "bmx7:18", "anygw"])

    def test_mistakes(self):
        (self.dir / "node").write_text("config lime system\n\noption hostnam x\n")
        for verb in ("check", "print"):
            done = self.config(verb)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(f"{self.dir}/node:3: error: ".encode(), done.stderr)
            self.assertIn(b"did you mean hostname?", done.stderr)
        answer = json.loads(self.config("check", "--json").stdout)
        self.assertFalse(answer["good"])
        self.assertEqual(answer["errors"], 1)
        self.assertEqual(answer["problems"][0]["line"], 3)

    def test_plan_warnings_are_notes(self):
        (self.dir / "node").write_text("config lime wifi\n option ap_ssid ''\n")
        done = self.config("check")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"note: the SSID is empty", done.stderr)
        self.assertNotIn(b"MAC", done.stderr)

    def test_wrong_usage(self):
        for arguments in (("check", "more"), ("verify",), ("print", "--nonsense")):
            self.assertEqual(nuvol("config", *arguments).returncode, 2)
        self.assertEqual(nuvol("config", "check", "--config", "/nonexistent/x").returncode, 2)


if __name__ == "__main__":
    unittest.main()
