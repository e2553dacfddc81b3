#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections of a client of a nuvol-lab(8) town to the lab's Internet, until stdin ends.

    flows.py new INTERVAL_MS   a new one each time; a line for each when it ends:
                               BEGAN ENDED GATEWAY, in s of the monotonic clock; "-": it failed
    flows.py kept COUNT        so many downloads, slow and without end; at the end in JSON: how many
                               broke, and how long the longest stood still
"""

import asyncio
import json
import sys
import time

PAGES = ("203.0.113.80", 80)
PATIENCE_S = 2
PACE_BPS, PIECE_BYTES, WINDOW_BYTES = 400_000, 2500, 8192


async def ended():
    """Until nobody writes to stdin any more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def exit_of():
    reader, writer = await asyncio.open_connection(*PAGES)
    try:
        writer.write(b"GET /cgi-bin/from HTTP/1.0\r\n\r\n")
        page = await reader.read()
        return page.split(b"\r\n\r\n", 1)[1].split()[0].decode()
    finally:
        writer.close()


async def one():
    began, who = time.monotonic(), "-"
    try:
        who = await asyncio.wait_for(exit_of(), PATIENCE_S)
    except (OSError, IndexError, asyncio.TimeoutError):
        pass
    print(f"{began:.4f} {time.monotonic():.4f} {who}", flush=True)


async def new(interval_s):
    end, tasks = asyncio.ensure_future(ended()), set()
    while not end.done():
        task = asyncio.ensure_future(one())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await asyncio.wait({end}, timeout=interval_s)
    await asyncio.gather(*tasks)


class Download:
    def __init__(self):
        self.broken, self.bytes, self.stall_s, self.since = "", 0, 0.0, time.monotonic()

    def stalled(self):
        self.stall_s = max(self.stall_s, time.monotonic() - self.since)

    async def run(self):
        try:
            reader, writer = await asyncio.open_connection(*PAGES, limit=WINDOW_BYTES)
            writer.write(b"GET /bytes HTTP/1.0\r\n\r\n")
            while True:
                self.since = time.monotonic()
                self.bytes += len(await reader.readexactly(PIECE_BYTES))
                self.stalled()
                await asyncio.sleep(PIECE_BYTES * 8 / PACE_BPS)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.broken = str(error)
        except asyncio.CancelledError:
            self.stalled()


async def kept(count):
    downloads = [Download() for _ in range(count)]
    tasks = [asyncio.ensure_future(d.run()) for d in downloads]
    print("ready", flush=True)
    await ended()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps({"broken": sum(bool(d.broken) for d in downloads),
                      "why": sorted({d.broken for d in downloads if d.broken}),
                      "bytes_least": min(d.bytes for d in downloads),
                      "stall_s": round(max(d.stall_s for d in downloads), 3)}), flush=True)


if __name__ == "__main__":
    verb, number = sys.argv[1], int(sys.argv[2])
    asyncio.run(new(number / 1000) if verb == "new" else kept(number))
