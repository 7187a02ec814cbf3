#!/usr/bin/env python3
"""A ping receiver that follows the Healthchecks protocol, for tests. Standard library only.

Every request is one JSON line in --record. --config (read at every request, may be missing):
  {"uuids": [...], "ping_key": "key", "slugs": [...],   known checks; no "uuids" key: every uuid is known
   "rate_limit": true,      more than 5 a minute per check: uuid 200 "OK (rate-limited)", slug 429; not counted as a ping
   "body_limit": 10000,     bytes of the body kept, sent as Ping-Body-Limit
   "status": 503, "body": "...", "hang": 30, "fail_first": 2}   to misbehave (fail_first: only that many requests)
"""
import argparse
import json
import re
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ACTION = r"(?:/(start|fail|log|[0-9]{1,3}))?/?"
BY_UUID = re.compile("/(%s)%s" % (UUID, ACTION))
BY_SLUG = re.compile("/([A-Za-z0-9_-]{22,}|[A-Za-z0-9_-]+)/([a-z0-9_-]+)%s" % ACTION)

lock = threading.Lock()
times = {}
failures = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "pings"
    sys_version = ""

    def setup(self):
        self.request.settimeout(60)
        self.request.do_handshake()
        super().setup()

    def log_message(self, *args):
        pass

    def config(self):
        try:
            with open(self.server.config, encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError):
            return {}

    def answer(self):
        global failures
        config = self.config()
        limit = int(config.get("body_limit", 10000))
        body = self.read_body()
        url = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        event = {"time": time.time(), "method": self.command, "path": url.path, "query": query, "check": None, "kind": None,
                 "body": body[:limit].decode("utf-8", "replace"), "body_bytes": len(body), "user_agent": self.headers.get("User-Agent", ""),
                 "recorded": False}
        with lock:
            misbehave = ("status" in config or "hang" in config) and ("fail_first" not in config or failures < config["fail_first"])
            failures += misbehave
        if misbehave and "hang" in config:
            time.sleep(config["hang"])
        if misbehave and "status" in config:
            status, text = config["status"], config.get("body", "")
        else:
            status, text = self.route(config, url.path, query, event)
            text = config.get("body", text)
        event["status"] = status
        with lock, open(self.server.record, "a", encoding="utf-8") as f:
            f.write(json.dumps(event, ensure_ascii=False) + "\n")
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Ping-Body-Limit", str(limit))
        self.send_header("Access-Control-Allow-Origin", "*")
        if status == 429:
            self.send_header("Retry-After", "60")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_POST = answer

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def route(self, config, path, query, event):
        match, by_slug, created = BY_UUID.fullmatch(path), False, False
        if match:
            check, action = match.groups()
            if "uuids" in config and check not in config["uuids"]:
                return 404, "not found"
        else:
            match = BY_SLUG.fullmatch(path)
            if not match or re.fullmatch(UUID, match.group(1)):
                return 400, "invalid url format"
            by_slug = True
            key, check, action = match.groups()
            if key != config.get("ping_key"):
                return 404, "not found"
            if check not in config.get("slugs", []):
                if query.get("create") != "1":
                    return 404, "not found"
                created = True
        if action and action.isdigit() and int(action) > 255:
            return 400, "invalid url format"
        if "rid" in query and not re.fullmatch(UUID, query["rid"]):
            return 400, "invalid uuid format"
        event["check"] = check
        event["kind"] = {None: "success", "0": "success"}.get(action, action if not (action or "").isdigit() else "fail")
        with lock:
            recent = [t for t in times.get(check, []) if t > time.monotonic() - 60]
            over = bool(config.get("rate_limit")) and len(recent) >= 5
            times[check] = recent + [time.monotonic()]
        if over:
            return (429, "rate limited") if by_slug else (200, "OK (rate-limited)")
        event["recorded"] = True
        return (201, "Created") if created else (200, "OK")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.3:443")
    parser.add_argument("--cert", required=True, help="directory with fullchain.pem and privkey.pem")
    parser.add_argument("--config", required=True)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    host, port = args.listen.rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert + "/fullchain.pem", args.cert + "/privkey.pem")
    context.set_alpn_protocols(["http/1.1"])
    server = Server((host, int(port)), Handler)
    # The handshake happens in the connection's own thread: a silent client holds up nobody.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.config, server.record = args.config, args.record
    server.serve_forever()


if __name__ == "__main__":
    main()
