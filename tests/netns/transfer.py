#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Moves bytes between namespaces and says what arrived. Content comes from a seed.

    transfer.py tcp-serve PORT                     prints the SHA-256 of one connection
    transfer.py tcp-send ADDRESS PORT BYTES SEED   prints the SHA-256 of what it sent
    transfer.py udp-serve PORT COUNT               prints the SHA-256 of each datagram
    transfer.py udp-send ADDRESS PORT BYTES COUNT SEGMENT SEED
                                                   SEGMENT > 0: by UDP_SEGMENT
"""

import hashlib
import random
import socket
import sys
import time

UDP_SEGMENT = 103


def content(size, seed):
    return random.Random(seed).randbytes(size)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def ready():
    print("ready", flush=True)


def tcp_serve(port):
    with socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True) as s:
        s.settimeout(60)
        ready()
        connection, _ = s.accept()
        connection.settimeout(60)
        digest, size = hashlib.sha256(), 0
        while data := connection.recv(1 << 20):
            digest.update(data)
            size += len(data)
        connection.close()
    print(digest.hexdigest(), size)


def tcp_send(address, port, size, seed):
    data = content(int(size), seed)
    with socket.create_connection((address, int(port)), 20) as s:
        s.settimeout(60)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        s.recv(1)
    print(hashlib.sha256(data).hexdigest(), len(data))


def udp_serve(port, count):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    s.bind(("::", int(port)))
    ready()
    s.settimeout(5)
    try:
        for _ in range(int(count)):
            print(hashlib.sha256(s.recv(65536)).hexdigest(), flush=True)
    except TimeoutError:
        pass


def udp_send(address, port, size, count, segment, seed):
    size, segment = int(size), int(segment)
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    if segment:
        s.setsockopt(socket.SOL_UDP, UDP_SEGMENT, segment)
    for i in range(int(count)):
        data = content(size, f"{seed}-{i}")
        s.sendto(data, (address, int(port)))
        for at in range(0, size, segment or size):
            print(hashlib.sha256(data[at : at + (segment or size)]).hexdigest())
        time.sleep(0.002)


if __name__ == "__main__":
    commands = {
        "tcp-serve": tcp_serve,
        "tcp-send": tcp_send,
        "udp-serve": udp_serve,
        "udp-send": udp_send,
    }
    commands[sys.argv[1]](*sys.argv[2:])
