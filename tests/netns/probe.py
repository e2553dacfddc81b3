# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes between places of a town, and fast questions to its nodes.

One thread sends and receives all probes; the kernel stamps the time of each arrival, so
that a late thread does not look like a late frame. Times are time.monotonic().
"""

import ctypes
import json
import os
import select
import socket
import struct
import threading
import time
from bisect import bisect_left
from contextlib import contextmanager

from lab_town import NETNS, RUN

INTERVAL_S = 0.01
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
ICMP_ECHO, ICMP_REPLY = 8, 0
libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def inside(town, who):
    """This thread is in the network namespace of a node or client."""
    with open("/proc/thread-self/ns/net") as home, open(NETNS / f"nv-{town.name}-{who}") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {who}")
        try:
            yield
        finally:
            if libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"cannot come back from {who}")


class Control:
    """A lasting connection to the control socket of a node."""

    def __init__(self, town, node):
        self.node = node
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self.socket.connect(str(RUN / town.name / node / "nuvold.sock"))
        self.file = self.socket.makefile("rwb")

    def send(self, method, **params):
        self.file.write(json.dumps({"id": 1, "method": method, "params": params}).encode())
        self.file.write(b"\n")
        self.file.flush()

    def answer(self):
        line = json.loads(self.file.readline())
        assert "result" in line, line
        return line["result"]

    def ask(self, method, **params):
        self.send(method, **params)
        return self.answer()

    def close(self):
        self.file.close()
        self.socket.close()


def ask_all(controls, method):
    """The answers of all nodes, by name; all are asked before the first answer is read."""
    for control in controls:
        control.send(method)
    return {control.node: control.answer() for control in controls}


def stamped(s):
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.setblocking(False)
    return s


def stamp(extra):
    """When the kernel got the frame."""
    sec, nsec = struct.unpack("qq", extra[0][2][:16])
    return sec + nsec / 1e9 - time.time() + time.monotonic()


class Probe:
    """When each was sent, and when it arrived (None: not yet), by number. Subclasses have
    `out` and `into`, the sockets, and packet() and number()."""

    def __init__(self):
        self.sent, self.got = [], []
        self.live = True  # False: sends nothing for now

    def send(self, now):
        number = len(self.sent)
        self.got.append(None)
        self.sent.append(now)
        try:
            self.out.send(self.packet(number))
        except OSError:
            pass  # no route, no carrier: it is lost

    def take(self):
        """Reads all that has come."""
        while True:
            try:
                data, extra, _, _ = self.into.recvmsg(2048, 64)
            except OSError:
                return
            number = self.number(data)
            if number is not None and self.got[number] is None:
                self.got[number] = stamp(extra)

    def of(self, begin, end):
        """When those arrived that were sent in this time."""
        return self.got[bisect_left(self.sent, begin):bisect_left(self.sent, end)]

    def lost(self, begin, end):
        """How many that were sent in this time never came."""
        return self.of(begin, end).count(None)

    def arrived_since(self, begin):
        return sum(at is not None for at in self.of(begin, time.monotonic()))

    def gap_s(self, begin, end):
        """The longest time without an arrival."""
        came = [at for at in self.of(begin - 1, end) if at and begin <= at <= end]
        times = sorted([begin, end] + came)
        return max(b - a for a, b in zip(times, times[1:]))

    def close(self):
        for s in {self.out, self.into}:
            s.close()


class Stream(Probe):
    """UDP one way: the receiver says nothing."""

    def __init__(self, town, source, target, target_address):
        super().__init__()
        with inside(town, target):
            self.into = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.into.bind(("0.0.0.0", 0))
        stamped(self.into)
        with inside(town, source):
            self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.out.connect((target_address, self.into.getsockname()[1]))
        self.out.setblocking(False)

    def packet(self, number):
        return struct.pack("!I", number) + b"nuvol"

    def number(self, data):
        return struct.unpack("!I", data[:4])[0]


class Echo(Probe):
    """ICMP echo: the target's kernel answers, nothing else."""

    def __init__(self, town, source, target_address):
        super().__init__()
        with inside(town, source):
            s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        s.connect((target_address, 0))
        self.out = self.into = stamped(s)
        self.key = struct.unpack("!H", os.urandom(2))[0]

    def packet(self, number):
        body = struct.pack("!HHI", self.key, number & 0xffff, number)
        head = struct.pack("!BBH", ICMP_ECHO, 0, 0)
        total = sum(struct.unpack(f"!{len(head + body) // 2}H", head + body))
        total = (total & 0xffff) + (total >> 16)
        return struct.pack("!BBH", ICMP_ECHO, 0, ~total & 0xffff) + body

    def number(self, data):
        kind, key, number = struct.unpack_from("!B3xHxxI", data, (data[0] & 15) * 4)
        return number if kind == ICMP_REPLY and key == self.key else None


class FirstFrame:
    """When the first frame of a client was seen on an interface of a node."""

    def __init__(self, town, node, interface, mac):
        with inside(town, node):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.bind((interface, ETH_P_ALL))
        stamped(self.socket)
        self.mac = bytes.fromhex(mac.replace(":", ""))

    def at(self):
        """None: not yet."""
        while True:
            try:
                data, extra, _, where = self.socket.recvmsg(64, 64)
            except BlockingIOError:
                return None
            if data[6:12] == self.mac and where[2] != socket.PACKET_OUTGOING:
                return stamp(extra)

    def close(self):
        self.socket.close()


class Prober:
    """The thread: each live probe sends every INTERVAL_S."""

    def __init__(self, *probes):
        self.probes = probes
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        for probe in self.probes:
            probe.close()

    def run(self):
        poll = select.poll()
        by_fd = {probe.into.fileno(): probe for probe in self.probes}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        due = time.monotonic()
        while not self.stopping:
            now = time.monotonic()
            if now >= due:
                for probe in self.probes:
                    if probe.live:
                        probe.send(now)
                due = max(due + INTERVAL_S, now)
            for fd, _ in poll.poll(max(0, due - time.monotonic()) * 1000):
                by_fd[fd].take()
