# SPDX-License-Identifier: GPL-2.0-or-later
"""A small Internet behind an uplink: a namespace with well-known addresses, DNS and HTTP, and ways
to break it while the link stays up.

    internet.py serve FOLDER     in that namespace; FOLDER/ready appears when all listen
"""

import http.server
import socket
import socketserver
import struct
import sys
import threading
from pathlib import Path

ADDRESSES = ["8.8.8.8", "9.9.9.9", "1.1.1.1", "203.0.113.80", "203.0.113.81"]
ADDRESSES6 = ["2001:4860:4860::8888", "2620:fe::fe", "2606:4700:4700::1111", "2001:db8:80::80"]
PAGE4, PAGE6 = "203.0.113.80", "2001:db8:80::80"
PORTAL_PORT = 8080


class Internet:
    """One namespace for all uplinks; the n'th is 100.64.n.0/24 and 2001:db8:64:n::/64 here ::1."""

    def __init__(self, spaces, name="internet"):
        self.space = space = spaces.add(name)
        self.count = 0
        for address in ADDRESSES:
            space.ip(f"addr add {address}/32 dev lo")
        for address in ADDRESSES6:
            space.ip(f"addr add {address}/128 dev lo nodad")
        space.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        space.run("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0")
        folder = spaces.folder / name
        folder.mkdir()
        space.spawn([sys.executable, __file__, "serve", str(folder)])
        self.ready = folder / "ready"

    def uplink(self, node, name="wan0", metric=100, mtu=1500, ipv6=True):
        """A cable to node's interface, with default routes as a DHCP client makes them."""
        n, self.count = self.count, self.count + 1
        here = f"up{n}"
        self.space.spaces.veth(self.space, here, node, name, mtu)
        self.space.ip(f"addr add 100.64.{n}.1/24 dev {here}")
        node.ip(f"addr add 100.64.{n}.2/24 dev {name}")
        if metric is not None:
            node.ip(f"route add default via 100.64.{n}.1 dev {name} metric {metric}")
        if ipv6:
            self.space.ip(f"-6 addr add 2001:db8:64:{n}::1/64 dev {here} nodad")
            node.ip(f"-6 addr add 2001:db8:64:{n}::2/64 dev {name} nodad")
        if ipv6 and metric is not None:
            node.ip(f"-6 route add default via 2001:db8:64:{n}::1 dev {name} metric {metric}")
        return here

    def breaks(self, here, rules):
        """Rules on what comes by that uplink; its carrier and neighbours stay."""
        self.space.run(
            f"nft 'table inet {here} {{ chain c {{ type filter hook prerouting priority -200; "
            f'iifname != "{here}" accept; icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }}'
            f" accept; {rules} }}; }}'"
        )

    def dies(self, here):
        self.breaks(here, "drop;")

    def nodns(self, here):
        self.breaks(here, "udp dport 53 drop; tcp dport 53 drop;")

    def portal(self, here):
        """DNS passes, pages are the portal's, all else is dropped."""
        self.breaks(
            here,
            f"udp dport 53 accept; tcp dport {{ 80, {PORTAL_PORT} }} accept; drop;",
        )
        self.space.run(
            f"nft 'table inet {here} {{ chain n {{ type nat hook prerouting priority -100; "
            f'iifname "{here}" tcp dport 80 redirect to :{PORTAL_PORT}; }}; }}\''
        )

    def returns(self, here):
        self.space.run(f"nft delete table inet {here}")


class Page(http.server.BaseHTTPRequestHandler):
    portal = False

    def do_GET(self):
        body = b"<html>please pay</html>" if self.portal else b"success\n"
        if self.path.startswith("/from"):
            body = self.client_address[0].encode()
        elif self.path.startswith("/bytes/"):
            body = b"n" * int(self.path.rsplit("/", 1)[1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Portal(Page):
    portal = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)


def dns_answer(question):
    end = question.index(b"\0", 12) + 5
    kind = struct.unpack("!H", question[end - 4 : end - 2])[0]
    address = {1: socket.inet_pton(socket.AF_INET, PAGE4), 28: socket.inet_pton(socket.AF_INET6, PAGE6)}
    head = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if kind in address else b"\0\0") + bytes(4)
    answer = head + question[12:end]
    if kind in address:
        data = address[kind]
        answer += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
    return answer


def dns_serve(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((address, 53))
    return s, threading.Thread(target=dns_loop, args=(s,), daemon=True)


def dns_loop(s):
    while True:
        data, who = s.recvfrom(512)
        try:
            s.sendto(dns_answer(data), who)
        except (ValueError, struct.error):
            pass


def serve(folder):
    servers = [Server(("::", port), kind) for port, kind in ((80, Page), (443, Page), (PORTAL_PORT, Portal))]
    threads = [threading.Thread(target=s.serve_forever, daemon=True) for s in servers]
    threads += [dns_serve(a)[1] for a in ADDRESSES + ADDRESSES6]
    for thread in threads:
        thread.start()
    (Path(folder) / "ready").touch()
    threading.Event().wait()


if __name__ == "__main__":
    serve(sys.argv[2])
