"""The stand-ins of tests/vps as processes on loopback."""
import contextlib
import http.client
import json
import subprocess
import sys
import time

from conftest import ROOT

sys.path.append(str(ROOT / "tests/vps"))
from stand_ins.telegram import CHAT, TOKEN  # noqa: E402

STAND_INS = ROOT / "tests/vps/stand_ins"


class StandIn:
    """One as a process of its own on a port of its own."""

    def __init__(self, path, script):
        self.script, self.config, self.record = script, path / "config.json", path / "record.jsonl"
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, STAND_INS / self.script, "--listen", "127.0.0.1:0", "--config", self.config,
                                         "--record", self.record], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def configure(self, **config):
        self.config.write_text(json.dumps(config))

    def wait_for_records(self, count):
        until = time.monotonic() + 10
        while len(self.records()) < count and time.monotonic() < until:
            time.sleep(0.01)

    def records(self):
        return [json.loads(line) for line in self.record.read_text().splitlines()] if self.record.exists() else []


class Telegram(StandIn):
    def __init__(self, path):
        super().__init__(path, "telegram.py")
        self.configure(flood=False)

    def request(self, method, path, body=None, headers=(), timeout=10):
        """(status, headers, body)"""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def call(self, name, token=TOKEN, **params):
        data = json.dumps(params).encode()
        status, _, body = self.request("POST", "/bot%s/%s" % (token, name), data, {"Content-Type": "application/json"})
        answer = json.loads(body)
        assert status == answer.get("error_code", 200) and answer["ok"] is (status == 200)
        return answer

    def send(self, text="hello", chat_id=CHAT, **params):
        return self.call("sendMessage", chat_id=chat_id, text=text, **params)

    def said(self, text="hello", **params):
        """The description of a refusal."""
        return self.send(text, **params)["description"]

    def violations(self):
        return self.records()[-1]["violations"]
