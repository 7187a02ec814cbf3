"""Alerts on a server: a config whose chat is the stand-in's, cron's minutes in seconds, and what the chat shows."""
import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

from faults import CHAT, TOKEN
from rig import BIN

STATE, RUN = "/var/lib/lectio-alerts-test", "/run/lectio-alerts-test"
ALERTING = {
    "ALERTS": "telegram",
    "ERRORS_BOT_TOKEN": TOKEN,
    "ERRORS_CHAT_ID": str(CHAT),
    "ALERT_TZ": "Europe/Moscow",
    "STATE_DIR": STATE,
    "RUN_DIR": RUN,
    "DEPLOY_SETTLE": "1",
}


class Alerts:
    """health_check and smoke_check as cron starts them, again and again."""

    def __init__(self, server, config):
        self.server, self.config = server, config

    def tool(self, name, *args):
        return self.server.run_tool(BIN / name, "--config", self.config, *args)

    def both(self):
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.tool, ["health_check", "smoke_check"]))

    def alerts(self, *args, **more):
        return self.server.run_tool(BIN / "alerts", "--config", self.config, *args, **more)

    def status(self):
        return json.loads(self.alerts("status", "--format", "json").out)

    def chat(self):
        return self.server.messages(CHAT)

    def violations(self):
        return [request["violations"] for request in self.server.telegram_requests() if request["violations"]]


@contextlib.contextmanager
def alerting(server, config, **keys):
    """A book of its own, an empty chat, and a machine that has not just booted."""
    server.sh("rm -rf %s %s %s.alerts; mkdir -p %s" % (STATE, RUN, RUN, RUN))
    server.telegram(flood=False)
    time.sleep(1.1)  # RUN_DIR was made just now
    yield Alerts(server, config(**{**ALERTING, **keys}))
    server.sh("rm -rf %s %s %s.alerts" % (STATE, RUN, RUN))
