#!/usr/bin/env python3
"""Visitors of the site, inside the server: visitors.py CLIENTS STOP_FILE [PATH...]

Each loads the page and every file that it names, and then once more the files of the page it had before, as a tab
that stays open does; then each PATH, of the API. Ends when STOP_FILE is there; prints how many requests were made, each
one that failed, and the longest time in seconds in which all of them failed (from one success to the next)."""
import asyncio
import json
import os
import re
import ssl
import sys
import time

NAMED = re.compile(rb'(?:src|href)="(/static/[^"]+)"')


class Visitor:
    def __init__(self, tls):
        self.tls, self.reader, self.writer = tls, None, None
        self.requests, self.failures, self.before = 0, [], []
        self.answered = []  # when, for each that did not fail

    async def get(self, path):
        """(status, headers, body)"""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", 443, ssl=self.tls, server_hostname="lectio.test")
        self.writer.write(b"GET %s HTTP/1.1\r\nHost: lectio.test\r\n\r\n" % path)
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = await self.reader.readexactly(int(re.search(r"content-length: (\d+)", head).group(1)))
        if "connection: close" in head:  # nginx ends a connection after so many requests, and says so
            self.writer.close()
            self.writer = None
        return int(head.split()[1]), head, body

    async def load(self, path):
        self.requests += 1
        try:
            status, head, body = await asyncio.wait_for(self.get(path), 10)
        except Exception as error:
            self.writer = None
            self.failures.append([path.decode(), repr(error)])
            return b""
        kind = re.search(r"content-type: ([^;\r]+)", head)
        is_page = b"<!doctype html" in body[:100].lower()
        if status != 200 or not body or is_page != (path == b"/"):
            self.failures.append([path.decode(), status, kind and kind.group(1)])
        elif path != b"/" and not path.startswith(b"/static/"):
            self.answered.append(time.monotonic())
        return body

    async def stay(self, stop):
        while not os.path.exists(stop):
            files = NAMED.findall(await self.load(b"/"))
            if not files:
                self.failures.append(["/", "names no files"])
            for path in dict.fromkeys(files + self.before):
                await self.load(path)
            for path in sys.argv[3:]:
                await self.load(path.encode())
            self.before = files
            await asyncio.sleep(0.2)


async def main():
    count, stop = int(sys.argv[1]), sys.argv[2]
    visitors = [Visitor(ssl.create_default_context()) for _ in range(count)]
    await asyncio.gather(*(visitor.stay(stop) for visitor in visitors))
    answered = sorted(at for v in visitors for at in v.answered)
    print(json.dumps({"requests": sum(v.requests for v in visitors), "failures": [f for v in visitors for f in v.failures],
                      "gap": max((b - a for a, b in zip(answered, answered[1:])), default=0)}))


asyncio.run(main())
