# Proves that what our engines of the network send is what an independent decoder of BMX7 accepts:
# every hash, signature, MAC, chain and reference, over renewals of keys.
# SPDX-License-Identifier: GPL-2.0-or-later
"""test_l3_decode.py L3_RECORD: the program that lets engines talk; needs no rights."""

import pathlib
import re
import subprocess
import sys
import tempfile

DECODER = pathlib.Path(__file__).parent.parent / "capture" / "bmx7" / "decode.py"

# At least so many of each in a minute; of everything else the decoder must say nothing.
EXPECTED = {
    "packets": 300,
    "bytes udp payload": 50000,
    "content adv bodies": 8,
    "desc adv": 12,
    "ok IID_ADV chain": 6,
    "ok OGM chain -> sqn": 60,
    "ok desc signature": 12,
    "ok expanded content hash+len": 8,
    "ok hello_reply dHash matches a description": 200,
    "ok packet DH-MAC": 400,
    "frame  2 DESC_ADV": 12,
    "frame  4 CONTENT_ADV": 8,
    "frame  8 SIGNATURE_ADV": 200,
    "frame  9 OGM_AGGREG_SQN_ADV": 200,
    "frame 12 HELLO_ADV": 150,
    "frame 13 HELLO_REPLY_DHASH": 100,
    "frame 19 IID_ADV": 6,
    "frame 21 OGM_ADV": 30,
}
REQUESTS = {"frame 27 OGM_REQ", "frame 28 IID_REQ", "frame 29 DESC_REQ", "frame 30 CONTENT_REQ"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        capture, secrets = folder + "/capture.pcap", folder + "/secrets"
        told = run(sys.argv[1], capture, secrets)
        decoded = run(sys.executable, DECODER, "-q", "-s", secrets, capture)
    print(told, decoded, sep="")
    counts = {
        name: int(number)
        for number, name in re.findall(r"^ *(\d+)  (.*)$", decoded, re.MULTILINE)
    }
    strange = set(counts) - set(EXPECTED) - REQUESTS
    few = {name for name, least in EXPECTED.items() if counts.get(name, 0) < least}
    lost = [line for line in told.splitlines() if not re.search(r"forged 0 .*offered 1600 routed 3$", line)]
    for fault in (strange, few, lost):
        assert not fault, fault
    # Each packet that is signed at all carries a MAC for both of the others, mostly.
    assert counts["ok packet DH-MAC"] > 1.5 * counts["frame  8 SIGNATURE_ADV"]


main()
