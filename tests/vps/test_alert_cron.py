"""The real cron at real speed, minute by minute: 20 minutes of it, so only in the full check."""
import contextlib
import time

import pytest

from alerts_rig import RUN, alerting
from faults import BUILD, UNIT
from rig import BIN, FULL
from test_alert_deploys import DEPLOY

pytest_plugins = "green_server"
pytestmark = pytest.mark.skipif(not FULL, reason="takes 20 minutes: ./check --full runs it")

PRINTED = "/run/cron-printed"


@contextlib.contextmanager
def cron(server, path):
    """Both tools every minute, as root's crontab would."""
    jobs = ["* * * * * %s/%s --config %s >> %s 2>&1\n" % (BIN, tool, path, PRINTED)
            for tool in ("health_check", "smoke_check")]
    server.exec("crontab", "-", input="".join(jobs))
    try:
        yield
    finally:
        server.sh("crontab -r; rm -f " + PRINTED)


def sleep_to(second):
    time.sleep((second - time.time()) % 60)


def test_ten_deploys_and_nobody_hears_of_them(server, config):
    with alerting(server, config, DEPLOY_SETTLE="15") as alerts, cron(server, alerts.config):
        for seconds in (5, 90, 20, 60, 35, 75, 10, 45, 85, 30):
            server.sh(DEPLOY.format(run=RUN, build=BUILD, unit=UNIT, seconds=seconds), timeout=300)
            time.sleep(20)
            told = [message["text"] for message in alerts.chat()]
            assert told == [], told
        sleep_to(50)
        assert alerts.chat() == []
        assert "деплой" in alerts.alerts("why").out, "they did see something"
        assert alerts.status()["incidents"] == []


def test_an_outage_of_seven_minutes(server, config):
    with alerting(server, config, ALERT_REMINDERS="3m", ALERT_COOLDOWN="60") as alerts, cron(server, alerts.config):
        sleep_to(30)  # a run begins half a minute after the outage does
        with server.nginx_stopped():
            begun = time.monotonic()
            while not alerts.chat():
                assert time.monotonic() - begun < 120, server.sh("cat %s || true" % PRINTED)
                time.sleep(1)
            time.sleep(7 * 60 - (time.monotonic() - begun))
        ended = time.monotonic()
        while not alerts.chat()[-1]["text"].startswith("🟢"):
            assert time.monotonic() - ended < 240, server.sh("cat " + PRINTED)
            time.sleep(1)
        sleep_to(50)  # nothing comes after it
        opened, *reminders, recovery = alerts.chat()
        assert "nginx" in opened["text"].lower() and opened["edits"] >= 1, opened
        # Every three minutes of seven, in the minutes that cron has.
        assert 1 <= len(reminders) <= 2, [message["text"] for message in reminders]
        assert all("Всё ещё не работает" in message["text"] for message in reminders), reminders
        assert all(message["reply_to"] == opened["id"] and not message["silent"] for message in [*reminders, recovery])
        assert recovery["text"].startswith("🟢 Работает снова, не работало "), recovery["text"]
        assert alerts.violations() == []
        assert alerts.status()["incidents"] == []
