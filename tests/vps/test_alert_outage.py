"""An outage of an hour, its minutes made by the tools' boot-time clock: what the rules count by."""
import re

import pytest

from alerts_rig import alerting
from rig import FULL

pytest_plugins = "green_server"

OUTAGES = {
    "nginx": (lambda s: s.nginx_stopped(), "nginx"),
    "gunicorn": (lambda s: s.backend_stopped(), "teaching_panel"),
    "certificate": (lambda s: s.certificate("expired"), "сертификат"),
}
HOUR = 60


def minute(alerts, number):
    """As the crontab has it: both in the same second at every fifth."""
    alerts.clock(60 * number)
    if number % 5:
        alerts.tool("health_check")
    else:
        alerts.both()


LONG = pytest.mark.skipif(not FULL, reason="takes minutes: ./check --full runs it")


@pytest.mark.parametrize("what", [pytest.param("nginx", marks=LONG), pytest.param("gunicorn", marks=LONG), "certificate"])
def test_an_hour_is_one_message_one_reminder_and_one_recovery(server, config, what):
    fault, named = OUTAGES[what]
    with alerting(server, config) as alerts:
        with fault(server):
            for number in range(HOUR):  # the first message came at the end of a run: its 30 minutes may end in the 31st
                minute(alerts, number)
                told = [message["text"] for message in alerts.chat()]
                assert len(told) == (1 if number < 30 else 2) or len(told) == 1 and number < 32, (number, told)
            down = alerts.chat()
            assert named in down[0]["text"].lower() and "уже 5" in down[0]["text"], down[0]["text"]
            assert down[0]["edits"] >= 10, "the duration is kept up"
            assert len(alerts.status()["incidents"]) == 1
        for number in range(HOUR, HOUR + 8):
            minute(alerts, number)
        opened, reminder, recovery = alerts.chat()
        assert not opened["silent"] and not reminder["silent"] and not recovery["silent"]
        assert reminder["reply_to"] == recovery["reply_to"] == opened["id"]
        assert re.match(r"🔴 Всё ещё не работает: 3[0-2] мин", reminder["text"]), reminder["text"]
        assert opened["text"].startswith("🟢") and named in opened["text"].lower(), opened["text"]
        assert recovery["text"].startswith("🟢 Работает снова, не работало 1 ч"), recovery["text"]
        assert alerts.violations() == []
        assert alerts.status()["incidents"] == []
