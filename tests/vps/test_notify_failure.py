"""systemd starts notify_failure when a unit has failed: told at once, in one incident with health_check."""
import threading

import pytest

from alerts_rig import alerting, mail_url
from rig import BIN, ROOT

pytest_plugins = "green_server"

# Of this file alone: it stays in the server's journal, which another test looks through.
SECRET = mail_url("said-by-a-unit")
TEMPLATE = "/run/systemd/system/failure-notifier@.service"
SCRIPT = "/run/lectio-test/falls.sh"


@pytest.fixture
def alerts(server, config):
    with alerting(server, config, ALERT_FALLBACK_URL=SECRET) as alerts:
        unit = (ROOT / "packaging/failure-notifier@.service").read_text()
        unit = unit.replace("/opt/lectio-monitor/notify_failure", "%s --config %s" % (BIN / "notify_failure", alerts.config))
        server.put_file(TEMPLATE, unit)
        server.sh("systemctl daemon-reload")
        yield alerts
        server.sh("rm -f %s; systemctl daemon-reload" % TEMPLATE)


def fall(server, script, name="mailer"):
    """A unit that nobody watches falls, and what systemd starts for it has ended."""
    server.put_file(SCRIPT, "#!/bin/sh\n" + script, mode=0o755)
    server.sh("""systemd-run -q --unit={0} -p OnFailure=failure-notifier@{0}.service {1}
for i in $(seq 200); do [ "$(systemctl is-failed {0})" = failed ] && systemctl show -P InactiveEnterTimestampMonotonic \\
  failure-notifier@{0}.service | grep -qv '^0$' && exit 0; sleep 0.05; done; exit 1""".format(name, SCRIPT))


@pytest.fixture(autouse=True)
def forget(server):
    yield
    server.sh("systemctl reset-failed mailer 'failure-notifier@*' 2>/dev/null || true")


def test_what_nobody_watches_is_told_once_with_its_last_words(server, alerts):
    fall(server, "echo 'no route to <b>smtp</b> & co'; echo 'way %s'; exit 3" % SECRET)
    chat = alerts.chat()
    assert len(chat) == 1, chat
    assert "mailer" in chat[0]["text"] and "exit-code 3" in chat[0]["text"], chat[0]["text"]
    assert "no route to <b>smtp</b> & co" in chat[0]["text"]
    assert "said-by-a-unit" not in chat[0]["text"] and "way ***" in chat[0]["text"]
    assert alerts.violations() == []
    alerts.both()
    assert len(alerts.chat()) == 1


def test_what_health_check_watches_is_one_incident_with_it(server, alerts):
    drop_in = "/run/systemd/system/teaching_panel.service.d/falls.conf"
    server.put_file(SCRIPT, "#!/bin/sh\necho cannot import wsgi\nexit 3\n", mode=0o755)
    server.put_file(drop_in, "[Unit]\nOnFailure=failure-notifier@%n.service\n[Service]\nRestart=no\nExecStart=\nExecStart=" + SCRIPT)
    server.sh("systemctl daemon-reload; systemctl restart teaching_panel || true")
    try:
        server.sh("for i in $(seq 100); do systemctl show -P InactiveEnterTimestampMonotonic failure-notifier@teaching_panel.service.service | "
                  "grep -qv '^0$' && exit 0; sleep 0.1; done; exit 1")
        chat = alerts.chat()
        assert len(chat) == 1 and "teaching_panel" in chat[0]["text"], chat
        assert "cannot import wsgi" in chat[0]["text"], chat[0]["text"]
        for _ in range(2):
            alerts.both()
        chat = alerts.chat()
        assert len(chat) == 1 and "cannot import wsgi" in chat[0]["text"], chat
    finally:
        server.sh("rm %s; systemctl daemon-reload; systemctl reset-failed teaching_panel; systemctl start teaching_panel" % drop_in)
        server.wait_green()
    for _ in range(3):
        alerts.both()
    chat = alerts.chat()
    assert len(chat) == 2 and chat[1]["reply_to"] == chat[0]["id"], chat


def test_the_program_s_own_words_are_there_however_long(server, alerts):
    """Russian takes no more room in a message than English, whatever order the journal has them in."""
    fall(server, "echo 'ошибка: %s'; echo '%s'; exit 3" % ("ж" * 900, "ё" * 100))
    chat = alerts.chat()
    assert len(chat) == 1 and "ошибка: жжж" in chat[0]["text"] and "ёё" in chat[0]["text"], chat[0]["text"]
    assert "exit-code 3" in chat[0]["text"], chat[0]["text"]


def test_last_words_that_are_still_on_their_way_are_waited_for(server, alerts):
    server.sh("systemctl kill -s STOP systemd-journald")
    thaw = threading.Timer(2, server.sh, ["systemctl kill -s CONT systemd-journald"])
    thaw.start()
    fall(server, "echo 'no more room'; exit 3")
    thaw.join()
    chat = alerts.chat()
    assert len(chat) == 1 and "no more room" in chat[0]["text"], [message["text"] for message in chat]


def test_it_says_nothing_of_what_health_check_has_found_elsewhere(server, config):
    """A spool that is no directory is found by health_check alone, and is no better because a unit falls."""
    spool = "/run/lectio-no-spool"
    server.sh("touch " + spool)
    with alerting(server, config, ERROR_SPOOL=spool) as alerts:
        for _ in range(3):
            alerts.tool("health_check")
        assert len(alerts.chat()) == 1, alerts.chat()
        with server.backend_stopped():
            alerts.run("notify_failure", "teaching_panel")
        chat = alerts.chat()
        assert len(chat) == 2 and not any("🟢" in message["text"] for message in chat), chat
    server.sh("rm " + spool)


def test_nothing_is_lost_while_telegram_is_away(server, alerts):
    with server.telegram_refused():
        fall(server, "exit 7")
        assert alerts.chat() == []
    assert alerts.alerts("flush").rc == 0
    chat = alerts.chat()
    assert len(chat) == 1 and "exit-code 7" in chat[0]["text"], chat


def test_by_hand(server, alerts):
    up = alerts.tool("notify_failure", "nginx", "--dry-run")
    assert up.rc == 0 and "nginx" in up.out
    assert alerts.tool("notify_failure", "nginx.service").rc == 0
    chat = alerts.chat()
    assert len(chat) == 1 and chat[0]["silent"] and "снова работает" in chat[0]["text"], chat
    for own in ("failure-notifier@mailer", "failure-notifier@mailer.service.service"):
        assert alerts.tool("notify_failure", own).rc == 0
    assert len(alerts.chat()) == 1
    missing = alerts.tool("notify_failure")
    assert missing.rc == 3 and "UNIT" in missing.err, missing
