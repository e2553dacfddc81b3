#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Through which gateway does a client of the town reach the lab's Internet?

by GATEWAY             exit status 0 when a new connection leaves by it
fetch SECONDS          downloads for so long, as fast as it comes: how fast, and through whom
keep SECONDS MBIT      one download of that pace: was it ever broken, and for how long did it stall
proof GATEWAY VERDICT  on a node: what it thinks of it; exit status 0 when that is good, or bad
uses GATEWAY           on a node: exit status 0 when it is the one for who comes anew
"""
import json
import socket
import subprocess
import sys
import time

PAGES = ("203.0.113.80", 80)
CONNECT_S, QUIET_S = 0.5, 15  # s; without a byte for so long a download is lost
SLICE_S = 0.02


def ask(path, timeout):
    """The connection, once the page's head came, and what came behind that."""
    connection = socket.create_connection(PAGES, timeout=timeout)
    connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            sys.exit(f"{path}: the connection ended in the head")
        data += piece
    return connection, data.split(b"\r\n\r\n", 1)[1]


def exit_of():
    """The gateway that the server sees us by."""
    connection, data = ask("/cgi-bin/from", CONNECT_S)
    with connection:
        while piece := connection.recv(4096):
            data += piece
    return data.decode().split()[0]


def by(gateway):
    try:
        found = exit_of()
    except OSError as error:
        sys.exit(f"no connection: {error}")
    print(f"by {found}")
    return 0 if found == gateway else 1


def fetch(seconds):
    before = exit_of()
    connection, data = ask("/bytes", QUIET_S)
    total, began = len(data), time.monotonic()
    with connection:
        while (took := time.monotonic() - began) < seconds:
            total += len(connection.recv(65536))
    print(f"{total * 8 / took / 1e6:.1f} Mbit/s through {before}")
    return 0


def keep(seconds, mbit):
    gateway = exit_of()
    connection, data = ask("/bytes", QUIET_S)
    # What waits here must not hide a stall.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    total, longest, began = len(data), 0.0, time.monotonic()
    with connection:
        while (now := time.monotonic()) - began < seconds:
            try:
                piece = connection.recv(int(mbit * 125_000 * SLICE_S))
            except OSError as error:
                sys.exit(f"the download broke after {total} bytes: {error}")
            if not piece or piece.strip(b"\0"):
                sys.exit(f"wrong content after {total} bytes")
            total += len(piece)
            longest = max(longest, time.monotonic() - now)
            time.sleep(max(0, began + total / (mbit * 125_000) - time.monotonic()))
    print(f"{total / 1e6:.1f} MB by one connection through {gateway} in {seconds:.0f} s, "
          f"longest stall {longest * 1000:.0f} ms")
    return 0


def offers():
    told = json.loads(subprocess.run(["nuvol", "why", "gateway", "--json"], capture_output=True,
                                     check=True).stdout)
    return [one for one in told["gateways"] if one["family"] == "ipv4"]


def proof(gateway, verdict):
    for one in offers():
        if one["name"] == gateway:
            print(f"offers {one['bandwidth_bps'] / 1e6:.0f} Mbit/s, is {one['verdict']}: "
                  f"{one['reason']}")
            return 0 if one["verdict"] == verdict else 1
    sys.exit("nobody offers that")


def uses(gateway):
    used = [one["name"] for one in offers() if one["chosen"]]
    print(f"it uses {used[0] if used else 'none'}")
    return 0 if used == [gateway] else 1


def main():
    verb, *words = sys.argv[1:]
    if verb == "keep":
        return keep(float(words[0]), float(words[1]))
    if verb == "fetch":
        return fetch(float(words[0]))
    return {"by": by, "proof": proof, "uses": uses}[verb](*words)


if __name__ == "__main__":
    sys.exit(main())
