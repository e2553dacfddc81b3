#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the demo's phone and laptop run.

serve SECONDS MBIT  answers one transfer: that long, at that pace, content from a seed
knock HOST          exit status 0 when the server listens
fetch HOST          receives the transfer and checks every byte of it
probe HOST SECONDS  pings every 20 ms; how many were lost, and the longest gap
hops MAC            how many hops it is from this node to the node of a client
"""
import hashlib
import json
import random
import re
import socket
import struct
import subprocess
import sys
import time

PORT = 8000
BLOCK = 10_000
SEED = 2026
HEADER = struct.Struct("!QQ")  # bytes to come, seed
QUIET = 15  # s without a byte: the connection is lost


def blocks(total, seed):
    """The content: the same seed gives the same bytes at both ends."""
    source = random.Random(seed)
    while total > 0:
        block = source.randbytes(min(BLOCK, total))
        total -= len(block)
        yield block


def serve(seconds, mbit):
    total = int(seconds * mbit * 125_000)
    with socket.create_server(("", PORT)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                if connection.recv(4) == b"GET\n":  # else somebody knocked
                    pour(connection, total, mbit)
                    return 0


def pour(connection, total, mbit):
    connection.sendall(HEADER.pack(total, SEED))
    digest = hashlib.sha256()
    due = time.monotonic()
    for block in blocks(total, SEED):
        digest.update(block)
        connection.sendall(block)
        due = max(due + len(block) * 8 / (mbit * 1e6), time.monotonic() - 0.5)
        time.sleep(max(0, due - time.monotonic()))
    connection.sendall(digest.digest())
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(QUIET)
    connection.recv(1)


def knock(host):
    socket.create_connection((host, PORT), timeout=1).close()
    return 0


def receive(connection, count):
    """Exactly count bytes, and the longest time that one piece took to come."""
    data, longest = b"", 0.0
    while len(data) < count:
        begin = time.monotonic()
        piece = connection.recv(count - len(data))
        longest = max(longest, time.monotonic() - begin)
        if not piece:
            sys.exit(f"the connection ended after {len(data)} of {count} bytes")
        data += piece
    return data, longest


def fetch(host):
    connection = socket.create_connection((host, PORT), timeout=QUIET)
    connection.sendall(b"GET\n")
    total, seed = HEADER.unpack(receive(connection, HEADER.size)[0])
    digest, longest, begin = hashlib.sha256(), 0.0, time.monotonic()
    for at, expected in enumerate(blocks(total, seed)):
        data, took = receive(connection, len(expected))
        longest = max(longest, took)
        digest.update(data)
        if data != expected:
            sys.exit(f"wrong content in block {at}")
    took = time.monotonic() - begin
    if receive(connection, 32)[0] != digest.digest():
        sys.exit("wrong SHA-256")
    print(f"{total / 1e6:.1f} MB in {took:.1f} s, SHA-256 {digest.hexdigest()[:12]} right, "
          f"longest stall {longest * 1000:.0f} ms")
    return 0


def probe(host, seconds):
    result = subprocess.run(
        ["ping", "-n", "-D", "-i", "0.02", "-w", str(seconds), host],
        capture_output=True, text=True, check=False).stdout
    times = [float(t) for t in re.findall(r"^\[([0-9.]+)\] .*icmp_seq", result, re.M)]
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", result)
    if not counts or len(times) < 2:
        sys.exit("no ping came back")
    sent, received = map(int, counts.groups())
    gap = max(later - earlier for earlier, later in zip(times, times[1:]))
    print(f"{sent - received} of {sent} lost, longest gap {gap * 1000:.0f} ms")
    return 0


def hops(mac):
    trace = json.loads(subprocess.run(
        ["nuvol", "traceroute", "--json", mac],
        capture_output=True, text=True, check=True).stdout)
    if not trace["reached"]:
        sys.exit("not reached")
    count = len(trace["hops"])
    print(f"{count} hops between nodes")
    return 0 if count >= 3 else 1


def main():
    verb, *words = sys.argv[1:]
    if verb == "serve":
        return serve(float(words[0]), float(words[1]))
    if verb == "probe":
        return probe(words[0], int(words[1]))
    return {"knock": knock, "fetch": fetch, "hops": hops}[verb](*words)


if __name__ == "__main__":
    sys.exit(main())
