"""Faults on demand, for tests: a JSON file maps "/path/" (or "POST /path/", or "/prefix/*") to what goes wrong there.

  {"status": 500, "body": "...", "content_type": "text/html", "headers": {"Retry-After": "30"}}
  {"hang": 20}             answers nothing for that long (or until the fault is taken away), then goes on as usual
  {"endless": true}        a body that never ends; "rate": bytes/s (default: as fast as it goes)
  {"huge": 1000000000}     that many bytes, streamed
  {"truncate": true}       a chunked body cut in the middle; with "length": true it has a Content-Length it does not keep
  {"spa": true}            200 and the SPA's index.html
  {"invalid_utf8": true}   JSON with broken bytes
  {"nested": 100000}       JSON nested so deep
  {"redirect": "/x", "status": 302}
  {"strip_slash": true}    the trailing slash is lost on the way in, as with a proxy that normalises paths
  "@throttle": {"login": "0/hour"}   other throttle rates
"""
import json
import os
import time

from django.conf import settings

FILE = os.environ.get("LECTIO_FAULTS", "/run/lectio-site/faults.json")
_cached = (None, {})


def current():
    global _cached
    try:
        stat = os.stat(FILE)
    except OSError:
        return {}
    key = (stat.st_mtime_ns, stat.st_ino)
    if key != _cached[0]:
        try:
            with open(FILE, encoding="utf-8") as f:
                _cached = (key, json.load(f))
        except (OSError, ValueError):
            return {}
    return _cached[1]


def find(method, path):
    faults = current()
    if not faults:
        return None
    for key in (method + " " + path, path):
        if key in faults:
            return faults[key]
    for key, fault in faults.items():
        if key.endswith("*") and path.startswith(key[:-1]):
            return fault
    return None


def _endless(rate):
    block = b"x" * 65536 if not rate else b"x" * max(1, rate // 10)
    while True:
        yield block
        if rate:
            time.sleep(0.1)


def _huge(total):
    block = b"0" * (1 << 20)
    while total > 0:
        yield block[:total]
        total -= len(block)


def _cut():
    yield b'{"count":1,"next":null,"previous":null,"resul'
    time.sleep(0.05)
    raise ConnectionAbortedError("cut by the fault file")


class FaultMiddleware:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        fault = find(environ["REQUEST_METHOD"], path)
        if fault is None:
            return self.app(environ, start_response)
        if "hang" in fault:
            until = time.monotonic() + fault["hang"]
            while time.monotonic() < until and find(environ["REQUEST_METHOD"], path) == fault:
                time.sleep(0.1)
            if not fault.get("status"):
                return self.app(environ, start_response)
        if fault.get("strip_slash"):
            environ["PATH_INFO"] = path.rstrip("/")
            return self.app(environ, start_response)

        kind, headers, status = "application/json", [], int(fault.get("status", 200))
        if fault.get("endless"):
            body = _endless(int(fault.get("rate", 0)))
        elif "huge" in fault:
            body = _huge(int(fault["huge"]))
        elif fault.get("truncate"):
            body = _cut()
            if fault.get("length"):
                headers.append(("Content-Length", "1000"))
        elif fault.get("spa"):
            kind = "text/html"
            with open(os.path.join(settings.FRONTEND_BUILD, "index.html"), "rb") as f:
                body = [f.read()]
        elif fault.get("invalid_utf8"):
            body = [b'{"status":"ok","count":1,"next":null,"previous":null,"results":[{"title":"\xff\xfe\xc3\x28\xed\xa0\x80"}]}']
        elif "nested" in fault:
            depth = int(fault["nested"])
            body = [b'{"results":' + b"[" * depth + b"]" * depth + b"}"]
        elif "redirect" in fault:
            status = int(fault.get("status", 302))
            headers.append(("Location", fault["redirect"]))
            body = [b""]
        else:
            text = fault.get("body", "")
            if isinstance(text, str):
                kind = "text/html" if text[:1] == "<" else kind
            else:
                text = json.dumps(text, ensure_ascii=False)
            body = [text.encode("utf-8")]
        kind = fault.get("content_type", kind)
        headers += [("Content-Type", kind), *fault.get("headers", {}).items()]
        if isinstance(body, list):
            headers.append(("Content-Length", str(sum(map(len, body)))))
        start_response("%d Fault" % status, headers)
        return body
