"""An error of the site's code: handed over by lectio_errors.py in the real Django, told at once, in one message."""
import json
import re
import time

import pytest

from alerts_rig import alerting
from faults import PROJECT
from rig import BIN, ROOT
from site_errors import ENV, SECRET, SPOOL, lay_handler, take_handler

pytest_plugins = "green_server"

UNITS = "/run/systemd/system/lectio-errors"


@pytest.fixture(scope="module")
def site(server):
    lay_handler(server)
    server.sh("cp -a {0} {0}.kept; sed -i /^DJANGO_SETTINGS_MODULE=/d {0}; echo DJANGO_SETTINGS_MODULE=teaching_panel.settings_errors >> {0}; "
              "systemctl restart teaching_panel; lectio-green 2".format(ENV))
    yield server
    server.sh("mv {0}.kept {0}; rm -rf {1}; systemctl restart teaching_panel; lectio-green 2".format(ENV, SPOOL))
    take_handler(server)


@pytest.fixture
def alerts(site, config):
    site.sh("rm -rf %s" % SPOOL)
    with alerting(site, config) as a:
        assert a.tool("health_check").rc == 0  # it makes the spool
        assert site.sh("stat -c '%%U %%a' %s" % SPOOL).split() == ["www-data", "700"]
        yield a


@pytest.fixture
def path_unit(site, alerts):
    for kind in ("path", "service"):
        unit = (ROOT / ("packaging/lectio-errors." + kind)).read_text()
        unit = unit.replace("/opt/lectio-monitor/health_check", "%s --config %s" % (BIN / "health_check", alerts.config))
        site.put_file("%s.%s" % (UNITS, kind), unit)
    site.sh("systemctl daemon-reload; systemctl start lectio-errors.path")
    yield
    site.sh("systemctl stop lectio-errors.path lectio-errors.service; rm -f %s.path %s.service; systemctl daemon-reload" % (UNITS, UNITS))


def raise_errors(server, *kinds, times=1):
    urls = " ".join("-o /dev/null 'https://lectio.test/api/broken/%s/?n=[1-%d]'" % (kind, times) for kind in kinds)
    codes = server.sh("curl -s --parallel --parallel-max 6 -w '%%{http_code}\\n' %s" % urls).split()
    assert codes == ["500"] * (times * len(kinds)), codes


def wait_for(what, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("it never came")


def test_whoever_answers_requests_may_hand_over(site, alerts):
    """Also where the unit itself runs as root and only gunicorn's workers do not."""
    site.sh("rm -rf " + SPOOL)
    with site._drop_in("[Service]\nUser=root\nGroup=root\nExecStart=\nExecStart=%s/venv/bin/gunicorn --user www-data --group www-data "
                       "--bind 127.0.0.1:8000 --workers 3 teaching_panel.wsgi:application\n" % PROJECT):
        site.sh("systemctl restart teaching_panel; lectio-green 2")
        alerts.tool("health_check")
        assert site.sh("stat -c %U " + SPOOL).strip() == "www-data"


def test_only_root_takes_them(site, alerts):
    site.sh("install -m 644 %s /run/lectio-test/open.env" % alerts.config)
    ran = site.run_tool(BIN / "health_check", "--config", "/run/lectio-test/open.env", "--only", "site_errors", "--format", "json", user="www-data")
    [check] = [check for check in json.loads(ran.out)["checks"] if check["id"] == "site_errors"]
    assert check["status"] == "skipped" and check["cause"] == "site_errors_not_root", ran


def test_an_error_is_told_once_with_what_it_was_and_where(site, alerts):
    raise_errors(site, "LessonError")
    assert alerts.tool("health_check").rc == 1
    [message] = alerts.chat()
    text = message["text"]
    assert "Ошибка 500: LessonError" in text and "no <b>lesson</b> &" in text and "GET /api/broken/LessonError/" in text and "Откуда:" in text, text
    assert re.search(r"broken\.py:\d+ __call__", text), text
    assert SECRET not in text and not message["silent"], message
    assert alerts.violations() == []
    assert "LessonError" in alerts.alerts("status").out
    [repeated] = alerts.status()["repeated"]
    assert repeated["times"] == 1 and repeated["check"].startswith("site_errors:"), repeated
    assert alerts.tool("health_check").rc == 0
    assert len(alerts.chat()) == 1 and site.sh("ls -A " + SPOOL) == ""


def test_a_thousand_over_three_workers_at_once_are_one_message_with_a_count(site, alerts, path_unit):
    raise_errors(site, "StormError", times=1000)
    wait_for(lambda: alerts.chat() and not site.sh("ls -A " + SPOOL))
    site.sh("systemctl stop lectio-errors.path lectio-errors.service")
    alerts.clock(600)
    alerts.tool("health_check")
    [message] = alerts.chat()
    assert "1000 раз" in message["text"] and "StormError" in message["text"], message
    assert alerts.violations() == []


def test_it_is_told_at_once_and_cron_would_do_it_too(site, alerts, path_unit):
    begun = time.monotonic()
    raise_errors(site, "FirstError")
    wait_for(alerts.chat, 10)
    assert time.monotonic() - begun < 10
    raise_errors(site, "SecondError")  # while the service pauses
    wait_for(lambda: len(alerts.chat()) == 2)
    assert site.sh("systemctl is-active lectio-errors.path").strip() == "active"


def test_many_kinds_are_no_flood(site, alerts):
    raise_errors(site, *["Kind%dError" % n for n in range(20)])
    alerts.tool("health_check")
    chat = alerts.chat()
    assert len(chat) == 6 and "15 раз" in chat[-1]["text"] and "Другие" in chat[-1]["text"], chat


def test_telegram_away_loses_none(site, alerts, path_unit):
    with site.telegram_refused():
        raise_errors(site, "LostError", times=3)
        wait_for(lambda: not site.sh("ls -A " + SPOOL))
        assert alerts.status()["waiting"] == 1
    site.sh("systemctl stop lectio-errors.path lectio-errors.service")
    alerts.clock(900)
    alerts.tool("health_check")
    [message] = alerts.chat()
    assert "LostError" in message["text"] and "3 раза" in message["text"], message


def test_of_a_site_that_is_down_the_outage_is_told_and_not_its_errors(site, alerts, path_unit):
    with site.postgres_stopped():
        site.sh("for n in 1 2 3 4 5; do curl -s -o /dev/null https://lectio.test/api/me/; curl -s -o /dev/null https://lectio.test/api/health/; done")
        raise_errors(site, "AnyError")
        wait_for(lambda: alerts.chat() and not site.sh("ls -A " + SPOOL))
        for _ in range(2):
            alerts.tool("health_check")
        [message] = alerts.chat()
        assert "AnyError" not in message["text"], message
    assert "explained" in alerts.alerts("why", "--format", "json").out


def test_a_run_by_hand_takes_nothing_away(site, alerts):
    raise_errors(site, "SeenError")
    shown = alerts.run("health_check", "--dry-run", "--format", "json")
    [error] = [check for check in json.loads(shown.out)["checks"] if check["id"].startswith("site_errors:")]
    assert error["facts"]["error"] == "SeenError" and alerts.chat() == []
    alerts.tool("health_check")
    assert len(alerts.chat()) == 1
