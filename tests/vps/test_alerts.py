"""One incident is one message, on a real server."""
import json
import re
import time

import pytest

from alerts_rig import RUN, STATE, alerting, mail_url
from faults import MAIL_USER, TOKEN
from rig import BIN, few, not_sanitized

pytest_plugins = "green_server"


@pytest.fixture
def alerts(server, config):
    server.sh('[ "$(cut -d. -f1 /proc/uptime)" -gt 130 ]')  # the machine's own uptime counts
    with alerting(server, config) as a:
        yield a


OUTAGES = {
    "nginx": ("nginx_stopped", "nginx"),
    "gunicorn": ("backend_stopped", "teaching_panel"),
    "certificate": ("certificate", "сертификат"),
}


@pytest.mark.parametrize("what", OUTAGES)
def test_an_outage_is_one_message_edited_and_one_reply(server, alerts, what):
    fault, named = OUTAGES[what]
    broken = server.certificate("expired") if what == "certificate" else getattr(server, fault)()
    with broken:
        for _ in range(4):
            alerts.both()
        chat = alerts.chat()
        assert len(chat) == 1, [message["text"] for message in chat]
        assert named in chat[0]["text"].lower(), chat[0]["text"]
        assert "Что делать" in chat[0]["text"]
        assert not chat[0]["silent"]
    for _ in range(3):
        alerts.both()
    chat = alerts.chat()
    assert len(chat) == 2, chat
    assert chat[1]["reply_to"] == chat[0]["id"]
    assert chat[0]["text"].startswith("🟢") and chat[1]["text"].startswith("🟢"), chat
    assert alerts.violations() == []
    assert alerts.status()["incidents"] == []


@pytest.mark.parametrize("wells, is_reply", [(0, True), (1, True), (2, False)])
def test_another_cause_soon_after_the_first_is_heard_at_once(server, config, wells, is_reply):
    """Each stops the backend; what is told of the first is no reason to keep silent about the second."""
    with alerting(server, config, WATCH_UNITS="postgresql", ALERT_LANG="en") as alerts:
        with server.postgres_stopped():
            alerts.run("health_check")
        for _ in range(wells):
            alerts.run("health_check")
        said = len(alerts.chat())
        with server.backend_stopped():
            for _ in range(3):
                alerts.run("health_check")
        told = alerts.chat()[said:]
        assert len(told) == 1 and "teaching_panel" in told[0]["text"].splitlines()[0], told
        assert ("A new cause: " in told[0]["text"], told[0]["reply_to"] is not None) == (is_reply, is_reply), told
        assert not told[0]["silent"]


def test_a_quiet_run_says_nothing_and_leaves_no_debt(alerts):
    health, smoke = alerts.both()
    assert (health.rc, health.out, health.err) == (0, "", "")
    assert (smoke.rc, smoke.out, smoke.err) == (0, "", "")
    assert alerts.chat() == []
    assert alerts.status()["waiting"] == 0


@pytest.mark.parametrize("away", few(["telegram_refused", "telegram_black_hole", "telegram_flooded", "telegram_certificate",
                                      "telegram_answers", "telegram_hangs"], 3))
def test_telegram_away(server, alerts, away):
    """An incident that opened and closed meanwhile arrives as one message."""
    with getattr(server, away)():
        with server.backend_stopped():
            run = alerts.tool("health_check")
            assert run.rc == 2 and run.seconds < 30
            assert "not told yet" in run.err
        for _ in range(2):
            assert alerts.tool("health_check").seconds < 30
    if away == "telegram_flooded":  # what Telegram asked for is over
        server.sh("sed -i 's/\"wait_ms\":[0-9]*/\"wait_ms\":0/' %s/outbox/delivery.json" % STATE)
    flushed = alerts.alerts("flush")
    assert flushed.rc == 0, flushed
    chat = alerts.chat()
    assert len(chat) == 1, chat
    assert "уже работает" in chat[0]["text"], chat[0]["text"]
    alerts.both()
    assert len(alerts.chat()) == 1


def test_an_answer_that_got_lost_repeats_at_worst_once(server, alerts):
    with server.telegram_drops_after():
        with server.backend_stopped():
            alerts.tool("health_check")
    server.sh("sed -i 's/\"wait_ms\":[0-9]*/\"wait_ms\":0/' %s/outbox/delivery.json" % STATE)
    alerts.alerts("flush")
    assert 1 <= len(alerts.chat()) <= 3


def test_missing_credentials_are_seen_in_every_run(server, config):
    with alerting(server, config, ERRORS_BOT_TOKEN="YOUR_ERRORS_BOT_TOKEN_HERE") as alerts:
        for _ in range(2):
            run = alerts.tool("health_check")
            assert run.rc == 1 and "ERRORS_BOT_TOKEN" in run.out


def test_a_refused_token_is_seen_in_every_run_after_it(server, config):
    with alerting(server, config, ERRORS_BOT_TOKEN="7654321:another-token") as alerts:
        with server.backend_stopped():
            assert "Unauthorized" in alerts.tool("health_check").err
        run = alerts.tool("health_check")
        assert run.rc == 1 and "Unauthorized" in run.out
        assert alerts.status()["refused"] >= 1


def test_the_test_message_proves_itself(alerts, server, config):
    proved = alerts.alerts("test")
    assert proved.rc == 0, proved
    assert len(alerts.chat()) == 1
    assert alerts.tool("health_check", "--test-alert").rc == 0
    with server.telegram_answers(status=500):
        assert alerts.alerts("test").rc == 2


def test_mute_status_why_and_unmute(server, alerts):
    muted = alerts.alerts("mute", "30m", "--reason", "переезд базы")
    assert muted.rc == 0, muted
    assert alerts.status()["mutes"][0]["reason"] == "переезд базы"
    with server.backend_stopped():
        alerts.tool("health_check")
        assert alerts.chat() == []
        assert "переезд базы" in alerts.alerts("why").out
        assert alerts.alerts("unmute").rc == 0
        alerts.tool("health_check")
        told = alerts.chat()
        assert len(told) == 2, told  # the incident, and what the silence has hidden
        assert alerts.alerts("status").rc == 2
    for _ in range(3):
        alerts.tool("health_check")
    assert "teaching_panel" in alerts.alerts("history").out


def test_why_tells_an_end_that_was_not_told(server, alerts):
    with server.backend_stopped():
        alerts.tool("health_check")
        assert len(alerts.chat()) == 1
    assert alerts.alerts("mute", "30m", "--check", "backend_service", "--reason", "переезд").rc == 0
    for _ in range(3):
        alerts.tool("health_check")
    assert "снова в порядке, но тишина: переезд" in alerts.alerts("why").out
    assert "снята" in alerts.alerts("unmute").out
    assert alerts.status()["mutes"] == []


def test_an_event_from_elsewhere(alerts):
    sent = alerts.alerts("send", "--title", "Резервная копия", input=b"backup.sh: <b>disk & full</b>\n")
    assert sent.rc == 0, sent
    assert "backup.sh: <b>disk & full</b>" in alerts.chat()[0]["text"]
    assert alerts.alerts("send", "--title", "x", input=b"").rc == 3


def test_bad_input_is_told(alerts):
    for args in (["mute", "forever", "--reason", "x"], ["mute", "30m"], ["mute", "48h", "--reason", "x"], [], ["statos"]):
        run = alerts.alerts(*args)
        assert run.rc == 3 and run.err, args


JWT = r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}"
MAIL_SECRET = "planted-mail-password"


def test_no_secret_is_left_anywhere(server, config):
    """Telegram away, then back; logins that work, and one that is answered with what it was sent and a token."""
    server.sh(": > /var/log/nginx/access.log")  # the site wants a recording's token in its address, and deep_check may have asked for one
    with alerting(server, config, ALERT_FALLBACK_URL=mail_url(MAIL_SECRET), ALERT_FALLBACK_AFTER="1") as alerts:
        passwords = [server.settings["SMOKE_%s_PASSWORD" % role] for role in ("TEACHER", "STUDENT")]
        secrets = [TOKEN, MAIL_SECRET, *passwords]
        server.mail(users={MAIL_USER: MAIL_SECRET})
        token = server.sh("""curl -s -H 'Content-Type: application/json' -d @- https://lectio.test/api/jwt/token/ <<'EOF'
{"email": "%s", "password": "%s"}
EOF""" % (server.settings["SMOKE_TEACHER_EMAIL"], passwords[0]))
        assert re.search(JWT, token), "the pattern knows the site's tokens"
        server.sh("mkdir /run/planted; (set +e"
                  "; until [ -e /run/planted/over ]; do cat /proc/[0-9]*/cmdline; sleep 0.02; done"
                  " > /run/planted/cmdlines 2>/dev/null < /dev/null; touch /run/planted/ended) > /dev/null 2>&1 &")
        said = []
        try:
            said += alerts.both()
            with server.telegram_refused(), server.fault("/api/jwt/token/", status=400, body=token + passwords[0]):
                said += [*alerts.both(), alerts.tool("smoke_check", "-v"), alerts.tool("smoke_check", "--format", "json")]
                time.sleep(1.1)
                said += alerts.both()
            alerts.clock(3600)  # the back-off is over
            said += [alerts.alerts("flush"), alerts.alerts("test"), alerts.alerts("status", "-v"), *alerts.both()]
        finally:
            server.sh("touch /run/planted/over; until [ -e /run/planted/ended ]; do sleep 0.02; done")
        cmdlines = server.sh("tr '\\0' '\\n' < /run/planted/cmdlines | sort -u; rm -r /run/planted")
        shown = json.dumps([alerts.chat(), server.mails(), said], ensure_ascii=False)
        assert "smoke_check" in cmdlines and "health_check" in cmdlines
        assert "Вход учителя" in alerts.chat()[0]["text"] and "HTTP 400" in server.mails()[0]["body"]
        journal = server.sh("journalctl --no-pager -o cat")
        assert [secret for secret in secrets if any(secret in text for text in (cmdlines, shown, journal))] == []
        assert re.findall(JWT, cmdlines + shown + journal) == []
        planted = " ".join("-e '%s'" % secret for secret in secrets)
        for looked_for in ("-F " + planted, "-E -e '%s'" % JWT):
            assert server.sh("grep -rl %s %s %s /var/log /run/log /tmp 2>/dev/null || true" % (looked_for, STATE, RUN)) == ""


def test_a_deploy_is_silent_and_what_it_breaks_is_told_once_with_its_name(server, alerts):
    server.sh("touch /run/lectio-alerts-test/deploy_in_progress")
    with server.backend_stopped():
        for _ in range(2):
            alerts.both()
        assert alerts.chat() == []
        server.sh("rm /run/lectio-alerts-test/deploy_in_progress")
        alerts.both()
        chat = alerts.chat()
        assert len(chat) == 1, chat
        assert "после деплоя" in chat[0]["text"], chat[0]["text"]


def test_state_that_cannot_be_written_still_tells(server, config):
    with alerting(server, config) as alerts:
        server.sh("mkdir -p %s; mount -t tmpfs -o ro,size=64k none %s" % (STATE, STATE))
        try:
            with server.backend_stopped():
                for _ in range(3):
                    run = alerts.tool("health_check")
                    assert "Read-only file system" in run.err
            assert len(alerts.chat()) == 1, alerts.chat()
            server.wait_green()
            run = alerts.tool("health_check")
            assert run.rc == 1 and "состояние не записать" in run.out, run
        finally:
            server.sh("umount %s" % STATE)
        for _ in range(3):
            alerts.tool("health_check")
        assert len(alerts.chat()) == 2, "the book moved back, and the incident is closed"


def test_a_corrupt_book_is_set_aside(server, alerts):
    with server.backend_stopped():
        alerts.tool("health_check")
        server.sh("echo '{\"schema\":1,\"problems\":7}' > %s/book.json" % STATE)
        run = alerts.tool("health_check")
        assert "corrupt" in run.err
    assert re.search(r"book\.json\.corrupt-\d+", server.sh("ls " + STATE))


@not_sanitized
def test_a_hundred_runs_at_once(server, alerts):
    """A RUN_DIR each: else all but one of a tool would leave at once. The book counts the bad runs of a problem."""
    server.sh("for i in $(seq 50); do mkdir -p {run}/many/$i/locks; touch -d '1 hour ago' {run}/many/$i; done".format(run=RUN))
    with server.backend_stopped():
        said = server.sh("""for i in $(seq 50); do
  RUN_DIR={run}/many/$i {health} --config {config} --only backend_service 2>&1 > /dev/null &
  RUN_DIR={run}/many/$i {smoke} --config {config} --only api_health 2>&1 > /dev/null &
done; wait""".format(run=RUN, config=alerts.config, health=BIN / "health_check", smoke=BIN / "smoke_check"))
        book = json.loads(server.read_file(STATE + "/book.json"))
        bad_runs = {problem["id"]: problem["bad_runs"] for problem in book["problems"]}
        assert bad_runs == {"backend_service": 50, "api_health": 50}, said
        incident, = alerts.status()["incidents"]
        assert sorted(incident["checks"]) == ["api_health", "backend_service"]
        assert len(alerts.chat()) == 1, alerts.chat()
    for _ in range(3):
        alerts.both()
    opened, recovery = alerts.chat()
    assert recovery["reply_to"] == opened["id"] and recovery["text"].startswith("🟢"), recovery
    status = alerts.status()
    assert (status["incidents"], status["waiting"]) == ([], 0)
