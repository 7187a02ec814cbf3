"""Alerts on a server: a config whose chat is the stand-in's, cron's minutes in seconds, and what the chat shows."""
import contextlib
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor

from faults import CHAT, MAIL_PASSWORD, MAIL_USER, TOKEN
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
    "RECOVERY": "off",  # what is broken stays so while it is told
}


def mail_url(password=MAIL_PASSWORD):
    """The second way: mail.test, to owner@mail.test."""
    return "smtps://%s:%s@mail.test/?from=%s&to=owner@mail.test" % (MAIL_USER.replace("@", "%40"), password, MAIL_USER)


class Alerts:
    """health_check and smoke_check as cron starts them, again and again."""

    def __init__(self, server, config):
        self.server, self.config = server, config
        self._begun = time.monotonic()
        self._ahead = 0

    def clock(self, seconds):
        """From here on the tools see a boot-time clock that shows this much since the beginning. It never steps back."""
        self._ahead = max(self._ahead, math.ceil(seconds - (time.monotonic() - self._begun)))

    def run(self, name, *args, **more):
        later = ["unshare", "--time", "--boottime", self._ahead, "--"] if self._ahead else []
        return self.server.run_tool(*later, BIN / name, "--config", self.config, *args, **more)

    def tool(self, name, *args):
        return self.run(name, *args)

    def both(self):
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.tool, ["health_check", "smoke_check"]))

    def alerts(self, *args, **more):
        return self.run("alerts", *args, **more)

    def status(self):
        return json.loads(self.alerts("status", "--format", "json").out)

    def chat(self):
        return self.server.messages(CHAT)

    def violations(self):
        return [request["violations"] for request in self.server.telegram_requests() if request["violations"]]


@contextlib.contextmanager
def alerting(server, config, **keys):
    """A book of its own, an empty chat, and a machine that has not just booted."""
    # What is made in RUN_DIR looks like the end of a deploy.
    server.sh("rm -rf %s %s %s.alerts; mkdir -p %s/locks; touch -d '1 hour ago' %s" % (STATE, RUN, RUN, RUN, RUN))
    server.telegram(flood=False)
    yield Alerts(server, config(**{**ALERTING, **keys}))
    server.sh("rm -rf %s %s %s.alerts" % (STATE, RUN, RUN))
