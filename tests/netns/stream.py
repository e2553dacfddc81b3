#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A download that goes on and on, and how it fared: each end writes what it sees as lines of JSON.

    stream.py serve PORT            sends to whoever connects, PACE bytes each PACE_S
    stream.py get ADDRESS PORT      reads until it is ended, and again when it broke
    stream.py once ADDRESS PORT     reads one byte

The server's lines say from which address a connection came and how it ended; the client's, each
LINE_S, how often it broke and how long it stood still at most.
"""

import json
import socket
import sys
import threading
import time

PACE, PACE_S, LINE_S = 12500, 0.02, 0.1  # 5 Mbit/s
BROKEN_S = 20  # nothing for so long


def say(**what):
    print(json.dumps(what), flush=True)


def send(connection, peer):
    say(event="came", address=peer[0].removeprefix("::ffff:"))
    how = "ended"
    try:
        while True:
            connection.sendall(bytes(PACE))
            time.sleep(PACE_S)
    except OSError as e:
        how = e.strerror or "timeout"
    say(event="went", address=peer[0].removeprefix("::ffff:"), how=how)
    connection.close()


def serve(port):
    with socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True) as s:
        say(event="ready")
        while True:
            try:
                connection, peer = s.accept()
            except ConnectionAbortedError:
                continue
            connection.settimeout(BROKEN_S)
            threading.Thread(target=send, args=(connection, peer), daemon=True).start()


class Client:
    def __init__(self, address, port):
        self.where = (address, int(port))
        self.bytes, self.broken, self.stall_s = 0, 0, 0.0
        self.last = self.said = time.monotonic()

    def came(self, count):
        now = time.monotonic()
        self.bytes += count
        self.stall_s = max(self.stall_s, now - self.last)
        self.last = now
        if now - self.said >= LINE_S:
            self.said = now
            say(bytes=self.bytes, broken=self.broken, stall_s=round(self.stall_s, 3))

    def read(self):
        with socket.create_connection(self.where, BROKEN_S) as s:
            s.settimeout(BROKEN_S)
            while data := s.recv(1 << 16):
                self.came(len(data))

    def run(self):
        while True:
            try:
                self.read()
            except OSError:
                pass
            self.broken += 1
            say(bytes=self.bytes, broken=self.broken, stall_s=round(self.stall_s, 3))
            time.sleep(0.5)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    elif sys.argv[1] == "once":
        with socket.create_connection((sys.argv[2], int(sys.argv[3])), 2) as once:
            sys.exit(not once.recv(1))
    else:
        Client(sys.argv[2], sys.argv[3]).run()
