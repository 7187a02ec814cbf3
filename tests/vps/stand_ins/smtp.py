#!/usr/bin/env python3
"""A mail server that takes mail and shows it, for tests. Standard library only.

Every mail it took is one JSON line in --record: envelope, decoded headers and body, "violations" of what mail servers on the
way punish (no Date, lines too long, bytes they cannot carry...). --config (read at every connection, may be missing):
  {"users": {"monitor@mail.test": "password"},   who may log in; default MAIL_USER with MAIL_PASSWORD
   "auth": false,           mail is taken without a login; default true
   "size": 1000000,         bytes of a mail, as EHLO announces
   "replies": {"RCPT": "550 5.1.1 No such user", "GREETING": "421 ...", "END": "451 ..."},    END answers the mail itself
   "hang": 30,              seconds before every answer; nothing else happens meanwhile
   "drop_after": true}      the mail is taken, then the connection is reset
"""
import argparse
import base64
import json
import os
import re
import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from email import message_from_bytes
from email.policy import default

MAIL_USER, MAIL_PASSWORD = "monitor@mail.test", "test-password"
lock = threading.Lock()


def decoded(text):
    return base64.b64decode(text.encode(), validate=True).decode()


def violations_of(raw, headers, eight_bit):
    found = ["no %s" % name for name in ("From", "To", "Date", "Message-ID", "Subject") if name.lower() not in headers]
    found += ["%s twice" % name for name in ("From", "Date", "Subject", "Message-ID") if headers.get(name.lower(), 0) > 1]
    head, _, body = raw.partition(b"\r\n\r\n")
    if re.search(rb"[\x80-\xff]", head):
        found.append("bytes beyond ASCII in the header")
    if re.search(rb"[\x80-\xff]", body) and not eight_bit:
        found.append("bytes beyond ASCII in the body without BODY=8BITMIME")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        found.append("a bare CR or LF")
    if b"\0" in raw:
        found.append("a NUL character")
    if max(map(len, raw.split(b"\r\n"))) > 998:
        found.append("a line of more than 998 bytes")
    return found


def mail_record(raw, eight_bit):
    message = message_from_bytes(raw, policy=default)
    headers, counts = {}, {}
    for name, value in message.items():
        headers[name] = str(value)
        counts[name.lower()] = counts.get(name.lower(), 0) + 1
    bodies = {}
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part:
            try:
                bodies[kind] = part.get_content().replace("\r\n", "\n")
            except (LookupError, ValueError):
                bodies[kind] = part.get_payload(decode=True).decode("utf-8", "replace")
    return {"headers": headers, "subject": headers.get("Subject", ""), "body": bodies.get("plain", bodies.get("html", "")),
            "html": bodies.get("html"), "size": len(raw), "raw": raw.decode("utf-8", "replace"),
            "violations": violations_of(raw, counts, eight_bit)}


class Handler(socketserver.StreamRequestHandler):
    timeout = 60

    def setup(self):
        self.tls = self.server.tls == "at once"
        if self.tls:
            self.request.settimeout(self.timeout)
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def config(self):
        try:
            with open(self.server.config, encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError):
            return {}

    def say(self, verb, *lines):
        """A list of lines is one answer; the configuration may put another in its place. True if it went as meant."""
        if "hang" in self.conf:
            select.select([self.connection], [], [], self.conf["hang"])
        other = self.conf.get("replies", {}).get(verb)
        lines = [other] if other else lines
        for i, line in enumerate(lines):
            if i < len(lines) - 1:
                line = line[:3] + "-" + line[4:]
            self.wfile.write(line.encode() + b"\r\n")
        return not other

    def ask(self):
        line = self.rfile.readline(4096)
        if not line.endswith(b"\n"):
            raise ConnectionError
        return line.rstrip(b"\r\n").decode("utf-8", "replace")

    def handle(self):
        self.conf = self.config()
        self.helo = self.user = None
        self.forget()
        try:
            if not self.say("GREETING", "220 mail.test ESMTP stand-in"):
                return
            while True:
                line = self.ask()
                verb, _, rest = line.partition(" ")
                step = getattr(self, "do_" + verb.lower(), None)
                if not step:
                    self.say(verb.upper(), "502 5.5.2 Error: command not recognized")
                elif step(rest.strip()) == "end":
                    return
        except (OSError, ValueError):
            return

    def forget(self):
        self.sender, self.recipients, self.eight_bit = None, [], False

    def do_ehlo(self, rest):
        self.forget()
        self.helo = rest
        lines = ["250 mail.test", "250 SIZE %d" % self.limit(), "250 8BITMIME", "250 PIPELINING", "250 ENHANCEDSTATUSCODES"]
        if self.tls or not self.server.tls:
            lines.append("250 AUTH PLAIN LOGIN")
        elif not self.tls:
            lines.append("250 STARTTLS")
        self.say("EHLO", *lines)

    def do_helo(self, rest):
        self.forget()
        self.helo = rest
        self.say("HELO", "250 mail.test")

    def limit(self):
        return self.conf.get("size", 10485760)

    def do_starttls(self, rest):
        if self.tls or not self.server.tls:
            return self.say("STARTTLS", "502 5.5.1 Error: no TLS here")
        if not self.say("STARTTLS", "220 2.0.0 Ready to start TLS"):
            return None
        self.connection = self.request = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb", -1), self.connection.makefile("wb", 0)
        self.tls, self.helo, self.user = True, None, None
        self.forget()

    def do_auth(self, rest):
        if self.server.tls and not self.tls:
            return self.say("AUTH", "538 5.7.11 Encryption required for requested authentication mechanism")
        mechanism, _, initial = rest.partition(" ")
        try:
            if mechanism.upper() == "PLAIN":
                if not initial:
                    self.say("334", "334 ")
                    initial = self.ask()
                _, user, password = decoded(initial).split("\0")
            elif mechanism.upper() == "LOGIN":
                if not initial:
                    self.say("334", "334 VXNlcm5hbWU6")
                    initial = self.ask()
                user = decoded(initial)
                self.say("334", "334 UGFzc3dvcmQ6")
                password = decoded(self.ask())
            else:
                return self.say("AUTH", "504 5.5.4 Unrecognized authentication type")
        except ValueError:
            return self.say("AUTH", "501 5.5.2 Cannot decode response")
        if self.conf.get("users", {MAIL_USER: MAIL_PASSWORD}).get(user) != password:
            return self.say("AUTH", "535 5.7.8 Authentication credentials invalid")
        if self.say("AUTH", "235 2.7.0 Authentication successful"):
            self.user = user

    def do_mail(self, rest):
        match = re.fullmatch(r"FROM:\s*<([^<>]*)>(.*)", rest, re.I)
        options = dict(option.partition("=")[::2] for option in match.group(2).upper().split()) if match else {}
        if not self.helo:
            return self.say("MAIL", "503 5.5.1 Error: send HELO/EHLO first")
        if self.conf.get("auth", True) and not self.user:
            return self.say("MAIL", "530 5.7.0 Authentication required")
        if self.sender is not None:
            return self.say("MAIL", "503 5.5.1 Error: nested MAIL command")
        if not match:
            return self.say("MAIL", "501 5.1.7 Bad sender address syntax")
        if int(options.get("SIZE") or 0) > self.limit():
            return self.say("MAIL", "552 5.3.4 Message size exceeds fixed limit")
        if self.say("MAIL", "250 2.1.0 Ok"):
            self.sender, self.eight_bit = match.group(1), options.get("BODY") == "8BITMIME"

    def do_rcpt(self, rest):
        match = re.fullmatch(r"TO:\s*<([^<>\s]+@[^<>\s]+)>.*", rest, re.I)
        if self.sender is None:
            return self.say("RCPT", "503 5.5.1 Error: need MAIL command")
        if not match:
            return self.say("RCPT", "501 5.1.3 Bad recipient address syntax")
        if self.say("RCPT", "250 2.1.5 Ok"):
            self.recipients.append(match.group(1))

    def do_data(self, rest):
        if not self.recipients:
            return self.say("DATA", "503 5.5.1 Error: need RCPT command")
        if not self.say("DATA", "354 End data with <CR><LF>.<CR><LF>"):
            return None
        lines, size = [], 0
        while True:
            line = self.rfile.readline()
            if not line:
                return "end"
            if line == b".\r\n":
                break
            line = line[1:] if line.startswith(b".") else line
            size += len(line)
            if size <= self.limit():
                lines.append(line)
        if size > self.limit():
            self.forget()
            return self.say("END", "552 5.3.4 Message size exceeds fixed limit")
        other = self.conf.get("replies", {}).get("END")
        if not other:
            mail = {"time": time.time(), "helo": self.helo, "tls": self.tls, "user": self.user, "from": self.sender, "to": self.recipients,
                    **mail_record(b"".join(lines), self.eight_bit)}
            with lock, open(self.server.record, "a", encoding="utf-8", errors="backslashreplace") as f:
                f.write(json.dumps(mail, ensure_ascii=False) + "\n")
        if self.conf.get("drop_after") and not other:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
            return "end"
        self.forget()
        self.say("END", "250 2.0.0 Ok: queued")

    def do_rset(self, rest):
        self.forget()
        self.say("RSET", "250 2.0.0 Ok")

    def do_noop(self, rest):
        self.say("NOOP", "250 2.0.0 Ok")

    def do_quit(self, rest):
        self.say("QUIT", "221 2.0.0 Bye")
        return "end"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.5:465", help="smtps with --cert, else plain; port 0: any, printed")
    parser.add_argument("--starttls", metavar="HOST:PORT", help="one more address, where TLS begins by STARTTLS")
    parser.add_argument("--cert", help="directory with fullchain.pem and privkey.pem")
    parser.add_argument("--config", required=True)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    context = None
    if args.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert + "/fullchain.pem", args.cert + "/privkey.pem")
    addresses = [(args.listen, "at once" if args.cert else "")] + ([(args.starttls, "later")] if args.starttls else [])
    threads = []
    for address, tls in addresses:
        host, port = address.rsplit(":", 1)
        server = Server((host, int(port)), Handler)
        server.tls, server.context, server.config, server.record = tls, context, args.config, args.record
        print(server.server_address[1], flush=True)
        threads.append(threading.Thread(target=server.serve_forever))
        threads[-1].start()


if __name__ == "__main__":
    main()
