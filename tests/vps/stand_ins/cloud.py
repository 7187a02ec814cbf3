#!/usr/bin/env python3
"""Stand-ins for oauth2.googleapis.com, www.googleapis.com (Drive v3) and zoom.us, for tests. Standard library only.

They keep the real ones' rules as far as a probe can meet them: who may do what, what a request must hold, how an error looks.
Every request is one JSON line in --record ({host, method, path, query, status, violations}), without tokens and secrets.
Files live in memory, as long as the process.
--config (read at every request, may be missing; a key that is missing has its default):
  {"client_id", "client_secret", "refresh_token": those that are known, "drive_usage": "100", "drive_limit": "1000" (null: none),
   "zoom": {"account_id", "client_id", "client_secret", "activated": true},
   "drive": {"status": 403, "reason": "storageQuotaExceeded", "only": "POST /drive/v3/files"}   Drive's own errors, by method and
                            beginning of the path; reason "html": a page of the load balancer instead
   "tokens": {"host": "zoom.us", "status": 429}     what that host says instead of a token, zoom.us or oauth2.googleapis.com;
                            with "html": true as a page of what stands before it
   "made_ago": 7200                        seconds before now at which a new file was made
   "hang": 5, "hang_host": "zoom.us"}      seconds before an answer
"""
import argparse
import base64
import json
import re
import secrets
import socket
import ssl
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

GOOGLE = {"client_id": "42.apps.googleusercontent.com", "client_secret": "GOCSPX-stand-in", "refresh_token": "1//refresh-stand-in"}
ZOOM = {"account_id": "account-stand-in", "client_id": "zoom-client", "client_secret": "zoom-secret", "activated": True}
lock = threading.Lock()
files, tokens = {}, set()


class Answer(Exception):
    def __init__(self, status, body=None, content_type="application/json; charset=UTF-8"):
        super().__init__(status)
        self.status, self.body, self.content_type = status, body, content_type


def drive_error(status, reason, message):
    """As Google's JSON errors look."""
    return Answer(status, {"error": {"code": status, "message": message, "errors": [{"message": message, "domain": "global", "reason": reason}]}})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

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
        config, url = self.config(), urlsplit(self.path)
        host = self.headers.get("Host", "")
        query = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        violations = []
        if config.get("hang") and config.get("hang_host", host) == host:
            time.sleep(config["hang"])
        try:
            fault = config.get("tokens", {})
            if fault.get("host") == host:
                raise self.no_token(**fault)
            if host == "oauth2.googleapis.com":
                self.google_token(config, url.path, body)
            elif host == "www.googleapis.com":
                self.drive(config, url.path, query, body, violations)
            elif host == "zoom.us":
                self.zoom(config, url.path, query, body, violations)
            raise Answer(404, "Not Found", "text/html; charset=UTF-8")
        except Answer as answer:
            self.send(answer)
            event = {"host": host, "method": self.command, "path": url.path, "query": sorted(query), "status": answer.status,
                     "violations": violations}
            with lock, open(self.server.record, "a", encoding="utf-8") as f:
                f.write(json.dumps(event) + "\n")

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def send(self, answer):
        data = b"" if answer.body is None else answer.body if isinstance(answer.body, bytes) else (
            answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(data)))
        if answer.status == 429:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(data)

    @staticmethod
    def no_token(host, status, html=False):
        if html:
            return Answer(status, "<!DOCTYPE html><html><title>Error %d</title></html>" % status, "text/html; charset=UTF-8")
        if host == "zoom.us":
            words = {429: "You have reached the maximum per-second rate limit for this API. Try again later.", 500: "Internal Server Error"}
            return Answer(status, {"code": status, "message": words.get(status, "Error")}, "application/json;charset=UTF-8")
        errors = {403: "access_denied", 429: "rate_limit_exceeded", 500: "internal_failure"}
        return Answer(status, {"error": errors.get(status, "backend_error"), "error_description": "No token now."})

    def google_token(self, config, path, body):
        if (self.command, path) != ("POST", "/token"):
            return
        if self.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            raise Answer(400, {"error": "invalid_request", "error_description": "Missing required parameter: grant_type"})
        form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        known = {key: config.get(key, value) for key, value in GOOGLE.items()}
        if form.get("grant_type") != "refresh_token":
            raise Answer(400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type: "})
        if form.get("client_id") != known["client_id"]:
            raise Answer(401, {"error": "invalid_client", "error_description": "The OAuth client was not found."})
        if form.get("client_secret") != known["client_secret"]:
            raise Answer(401, {"error": "invalid_client", "error_description": "Unauthorized"})
        if form.get("refresh_token") != known["refresh_token"]:
            raise Answer(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        token = "ya29." + secrets.token_urlsafe(40)
        with lock:
            tokens.add(token)
        raise Answer(200, {"access_token": token, "expires_in": 3599, "scope": "https://www.googleapis.com/auth/drive.file",
                           "token_type": "Bearer"})

    def drive(self, config, path, query, body, violations):
        fault = config.get("drive")
        if fault and (self.command + " " + path).startswith(fault.get("only", "")):
            if fault.get("reason") == "html":
                raise Answer(fault["status"], "<html><title>Error</title></html>", "text/html; charset=UTF-8")
            raise drive_error(fault["status"], fault.get("reason", "backendError"), "The user's Drive: " + fault.get("reason", "Backend Error"))
        bearer = self.headers.get("Authorization", "")
        with lock:
            known = bearer.startswith("Bearer ") and bearer[7:] in tokens
        if not known:
            raise drive_error(401, "authError", "Invalid Credentials")
        parts = path.strip("/").split("/")
        if path == "/drive/v3/about":
            if "fields" not in query:
                raise drive_error(400, "required", "The 'fields' parameter is required for this method.")
            quota = {"usage": config.get("drive_usage", "100"), "limit": config.get("drive_limit", "1000")}
            raise Answer(200, {"storageQuota": {key: value for key, value in quota.items() if value is not None}})
        if path == "/drive/v3/files" and self.command == "GET":
            found = [{"id": id} for id, file in list(files.items()) if self.matches(query.get("q", ""), file)]
            raise Answer(200, {"files": found[:int(query.get("pageSize", 100))]})
        if path == "/drive/v3/files" and self.command == "POST":
            self.require_json(violations)
            id = "1" + secrets.token_urlsafe(24)
            with lock:
                files[id] = {"name": json.loads(body)["name"], "content": b"", "made": time.time() - config.get("made_ago", 0)}
            raise Answer(200, {"id": id})
        if parts[:3] == ["upload", "drive", "v3"] and self.command == "PATCH" and query.get("uploadType") == "media":
            self.file(parts[-1])["content"] = body
            raise Answer(200, {"id": parts[-1]})
        if parts[:3] == ["drive", "v3", "files"] and len(parts) == 4:
            file = self.file(parts[3])
            if self.command == "DELETE":
                with lock:
                    del files[parts[3]]
                raise Answer(204)
            if self.command == "GET" and query.get("alt") == "media":
                raise Answer(200, file["content"], "text/plain")

    @staticmethod
    def matches(q, file):
        """Only what probes ask: name contains '...' and trashed = false and createdTime < '...'."""
        terms = re.fullmatch(r"name contains '([^']*)' and trashed = false(?: and createdTime < '([^']*)')?", q)
        if not terms:
            raise drive_error(400, "invalid", "Invalid Value")
        name, before = terms.groups()
        latest = time.time() if before is None else datetime.fromisoformat(before).replace(tzinfo=timezone.utc).timestamp()
        return file["name"].startswith(name) and file["made"] < latest

    @staticmethod
    def file(id):
        if unquote(id) not in files:
            raise drive_error(404, "notFound", "File not found: %s." % id)
        return files[id]

    def require_json(self, violations):
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            violations.append("metadata that is not JSON")

    def zoom(self, config, path, query, body, violations):
        if (self.command, path) != ("POST", "/oauth/token"):
            return
        if body:
            violations.append("a body")
        known = {**ZOOM, **config.get("zoom", {})}
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        try:
            client, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            client, secret = "", ""
        if scheme != "Basic" or client != known["client_id"] or secret != known["client_secret"]:
            raise Answer(400 if client == known["client_id"] else 401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, "application/json;charset=UTF-8")
        if query.get("grant_type") != "account_credentials":
            raise Answer(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}, "application/json;charset=UTF-8")
        if query.get("account_id") != known["account_id"]:
            raise Answer(400, {"reason": "Bad Request", "error": "invalid_request"}, "application/json;charset=UTF-8")
        if not known["activated"]:
            raise Answer(400, {"reason": "The app has been disabled", "error": "invalid_grant"}, "application/json;charset=UTF-8")
        raise Answer(200, {"access_token": "eyJ" + secrets.token_urlsafe(40), "token_type": "bearer", "expires_in": 3599,
                           "scope": "meeting:write:admin"}, "application/json;charset=UTF-8")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.6:443")
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
