#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP datagrams that must not be fragmented, as QUIC sends them: which sizes pass, and who is told
what of those that do not.

    datagrams.py serve PORT ADDRESS...          "ready"; answers until it is ended
    datagrams.py ask ADDRESS PORT WAY SIZE...   a line for each size (of the whole IP packet):
                                                ok | MTU (the sender was told) | lost
        WAY: to     SIZE goes there, a short answer comes
             from   a short one goes there, SIZE comes back
"""

import selectors
import socket
import struct
import subprocess
import sys
import time

IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, IP_RECVERR = 10, 3, 11
IPV6_MTU_DISCOVER, IPV6_RECVERR = 23, 25
MSG_ERRQUEUE = 0x2000
PROGRAM, PORT = ("/usr/bin/python3", __file__), 7000
HEADERS = {socket.AF_INET: 28, socket.AF_INET6: 48}
TOLD_S, LOST_S = 0.1, 0.6  # a server waits so long to be told; a client for any answer


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def open_socket(family):
    """What it sends is in one piece, whatever is known of the way."""
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    else:
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        s.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    return s


def told(s):
    """The MTU of an error that a router has sent, or 0."""
    try:
        _, control, _, _ = s.recvmsg(1, 512, MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except OSError:
        return 0
    for _, _, data in control:
        error, _, _, _, _, info, _ = struct.unpack_from("=IBBBBII", data)
        if error == 90:  # EMSGSIZE
            return info
    return 0


def wait(s, seconds):
    """bytes of an answer, the MTU of an error, or None."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            return s.recv(65536)
        except TimeoutError:
            return told(s) or None
        except OSError:  # an error is waiting
            if mtu := told(s):
                return mtu
    return told(s) or None


def give(s, size, to):
    """size bytes to a client; it hears of an MTU if we did."""
    try:
        s.sendto(bytes(size), to)
    except OSError:
        s.sendto(b"told %d" % (told(s) or 1), to)
        return
    end = time.monotonic() + TOLD_S
    while time.monotonic() < end:
        if mtu := told(s):
            s.sendto(b"told %d" % mtu, to)
            return
        time.sleep(0.01)


def answer(s):
    try:
        data, to = s.recvfrom(65536)
    except OSError:
        told(s)
        return
    if data[:4] == b"want":
        give(s, int(data[4:].split(b"\0")[0]), to)
    else:
        s.sendto(b"here", to)


def serve(port, *addresses):
    select = selectors.DefaultSelector()
    for address in addresses:
        s = open_socket(family_of(address))
        s.bind((address, int(port)))
        select.register(s, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in select.select():
            answer(key.fileobj)


def ask_one(address, port, way, size):
    family = family_of(address)
    payload = size - HEADERS[family]
    with open_socket(family) as s:
        s.connect((address, int(port)))
        try:
            s.send(bytes(payload) if way == "to" else b"want%d\0" % payload)
        except OSError:
            return str(told(s) or "lost")
        got = wait(s, LOST_S)
    if isinstance(got, bytes) and got[:4] == b"told":
        return got[5:].decode()
    if isinstance(got, int):
        return str(got)
    if got is None or (way == "from" and len(got) != payload):
        return "lost"
    return "ok"


def ask(address, port, way, *sizes):
    for size in sizes:
        print(ask_one(address, port, way, int(size)), flush=True)


# ---- for tests: in namespaces ----


def start_server(space, *addresses):
    server = space.spawn([*PROGRAM, "serve", str(PORT), *addresses], stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "ready\n"


def sizes(space, address, way, numbers):
    """What is seen of each size."""
    words = " ".join(map(str, numbers))
    return space.run(f"{' '.join(PROGRAM)} ask {address} {PORT} {way} {words}").split()


if __name__ == "__main__":
    {"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
