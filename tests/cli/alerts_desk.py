"""`alerts` with a book, stamps and a history as runs would have left them, and a chat on loopback."""
import json
import os
import pathlib
import subprocess
import time

import pytest

from conftest import BIN, Outcome
from stand_in import Telegram
from stand_ins.telegram import CHAT, TOKEN

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TICK = 100 * DAY  # of the book, when it was kept


def boot_id():
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def boot_ms():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


def wall_ms():
    return int(time.time() * 1000)


class Desk:
    def __init__(self, config, tmp_path, telegram):
        self.state, self.run_dir, self.telegram = tmp_path / "state", tmp_path / "run", telegram
        self.keys = {"ALERTS": "telegram", "ERRORS_BOT_TOKEN": TOKEN, "ERRORS_CHAT_ID": str(CHAT),
                     "TELEGRAM_API_URL": f"http://127.0.0.1:{telegram.port}", "ALERT_TZ": "UTC"}
        self._config, self._path = config, None
        self.run_dir.mkdir()
        self.settle()

    def settle(self):
        """No deploy has ended lately."""
        os.utime(self.run_dir, (time.time() - 3600,) * 2)

    def config(self, **keys):
        self._path = self._config(**{**self.keys, **keys})
        return self._path

    def run(self, *arguments, tool="alerts", stdin=""):
        path = self._path or self.config()
        done = subprocess.run([BIN / tool, *map(str, arguments), "--config", path], env={"PATH": os.environ["PATH"]}, input=stdin,
                              capture_output=True, text=True, timeout=60, check=False)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def ask(self, *arguments, **more):
        """(exit code, document)"""
        done = self.run(*arguments, "--format", "json", **more)
        return done.code, done.json

    def send(self, *arguments):
        return self.ask("send", "--title", "Offsite", *arguments, stdin="it failed\n")

    def chat(self):
        return [record for record in self.telegram.records() if record["method"].lower() == "sendmessage"]

    def keep_book(self, **parts):
        self.state.mkdir(exist_ok=True)
        book = {"schema": 1, "saves": 7, "sequence": 50, "last_incident": 50, "tick": TICK, "wall_ms": wall_ms(), "boot_ms": boot_ms(),
                "boot_id": boot_id(), **parts}
        (self.state / "book.json").write_text(json.dumps(book))

    def book(self):
        return json.loads((self.state / "book.json").read_text())

    def keep_stamp(self, tool, status, age_ms, period_ms):
        (self.state / "runs").mkdir(parents=True, exist_ok=True)
        ended = wall_ms() - age_ms
        stamp = {"schema": 1, "tool": tool, "status": status, "started_ms": ended - 100, "ended_ms": ended, "period_ms": period_ms,
                 "boot_id": boot_id(), "uptime_ms": boot_ms() - age_ms}
        (self.state / "runs" / f"{tool}.json").write_text(json.dumps(stamp))


@pytest.fixture
def desk(config, tmp_path):
    while boot_ms() < 2 * MINUTE:  # a boot excuses everything
        time.sleep(1)
    stand_in = Telegram(tmp_path)
    stand_in.configure(flood=False)
    yield Desk(config, tmp_path, stand_in)
    stand_in.stop()
