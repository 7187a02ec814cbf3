"""lectio-monitor-setup on a server that has never seen the monitor, and on one with the old suite."""
import json
import re
import time
from pathlib import Path

import pytest

from faults import CHAT, CONFIG, TOKEN
from rig import BIN, FULL, new_server, read_config, while_done

# Where root alone may write, whoever owns the checkout.
HOME = Path("/opt/lectio-monitor")
CRON_FILE = "/etc/cron.d/lectio-monitor"
PING = "https://hc.test/11111111-2222-4333-8444-555555555555"
ANSWERS = 'ERRORS_BOT_TOKEN="%s"\nERRORS_CHAT_ID="%s"\nHEARTBEAT_URL="%s"\nDEPLOY_SETTLE="1"\nALERT_REMINDERS="30m"\n' % (TOKEN, CHAT, PING)
FOREIGN = "# ours\nMAILTO=\"\"\n0 5 * * 1 /usr/bin/true # renew\n"
CHECKS = ["config", "setup_tools", "setup_site", "setup_database", "backend_service", "nginx_service", "teacher_login", "student_login",
          "alert_path", "setup_heartbeat", "setup_schedule", "setup_failure_unit", "backup_fresh", "tools_fresh"]
UNITS = "/usr/local/lib/systemd/system"

# As the audit of January found them.
LEFT = "30 4 * * * /opt/lectio-monitor/deploy_safe.sh cleanup 7; /usr/bin/true\n"
OLD_CRONTAB = FOREIGN + LEFT + """* * * * * /opt/lectio-monitor/health_check.sh
*/5 * * * * /opt/lectio-monitor/smoke_check_v2.sh
30 * * * * /opt/lectio-monitor/deep_check.sh
0 3 * * * /var/www/teaching_panel/scripts/backup_db.sh
0 * * * * /var/www/teaching_panel/scripts/cleanup_processes.sh
"""
OLD_CONFIG = """# Managed by push_monitoring.ps1\r
SITE_URL="https://lectio.test"\r
API_URL="https://lectio.test/api/health/"\r
BACKEND_URL="https://lectio.test"\r
TELEGRAM_BOT_TOKEN="YOUR_BOT_TOKEN_HERE"    # Основной бот ←\r
ERRORS_BOT_TOKEN="%s"\r
ERRORS_CHAT_ID="%s"\r
MAX_RESPONSE_TIME=5           # секунды\r
MAX_RECOVERY_ATTEMPTS=3\r
DEPLOY_GRACE_PERIOD=300\r
ALERTS_MUTED=0\r
""" % (TOKEN, CHAT)


def run_setup(server, *args, input=None):
    return server.run_tool(HOME / "lectio-monitor-setup", "--config", CONFIG, *args, input=input.encode() if input else None)


def doctor(server):
    """The worst status, and what each check says."""
    ran = run_setup(server, "--check", "--format", "json")
    report = json.loads(ran.out)
    return report["status"], {check["id"]: check for check in report["checks"]}


def install(server):
    server.sh("mkdir -p %s; cp %s/* %s/; chown -R root: %s" % (HOME, BIN, HOME, HOME))


def crontab(server):
    return server.sh("crontab -l 2>/dev/null || true")


@pytest.fixture(scope="module")
def fresh():
    """No config.env, no users; somebody else's line in root's crontab."""
    with new_server() as server:
        install(server)
        server.sh("rm -f " + CONFIG)
        server.exec("crontab", "-", input=FOREIGN)
        server.telegram(flood=False)
        yield server


@pytest.fixture(scope="module")
def done(fresh):
    ran = run_setup(fresh, "--answers", "-", "--lang", "en", input=ANSWERS)
    assert ran.rc == 0, ran.out + ran.err
    return ran


def test_nothing_is_written_before_all_is_known(fresh):
    ran = run_setup(fresh, "--lang", "en")
    assert ran.rc == 3
    assert "missing: ERRORS_BOT_TOKEN, ERRORS_CHAT_ID, HEARTBEAT_URL" in ran.err and "--answers" in ran.err
    wrong = run_setup(fresh, "--answers", "-", input=ANSWERS.replace("HEARTBEAT_URL", "HEARTBEAT_ULR"))
    assert wrong.rc == 3 and "stdin:3: HEARTBEAT_ULR" in wrong.err
    dry = run_setup(fresh, "--answers", "-", "--dry-run", "--lang", "en", input=ANSWERS)
    assert dry.rc == 0, dry.err
    assert 'SITE_URL="https://lectio.test"' in dry.out and TOKEN not in dry.out
    fresh.sh("test ! -e %s; test ! -e %s" % (CONFIG, CRON_FILE))
    assert crontab(fresh) == FOREIGN and fresh.messages(CHAT) == []


# A terminal, and somebody who types an answer after each question.
TYPIST = """
import os, pty, sys
answers = sys.stdin.read().split("\\n")
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    said += piece
    if said.endswith(b": ") and answers:
        os.write(terminal, answers.pop(0).encode() + b"\\n" if answers[0] else b"\\x04")
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_person_is_asked_and_a_secret_is_not_shown(fresh):
    """What is no address is asked for again; the end of input writes nothing."""
    answers = "7654321:typed\n%s\nnonsense\n" % CHAT
    ran = fresh.run_tool("/usr/bin/python3", "-c", TYPIST, HOME / "lectio-monitor-setup", "--config", CONFIG, "--lang", "en", input=answers.encode())
    assert ran.rc == 3, ran.out + ran.err
    for question in ["Token of the bot that tells of failures (ERRORS_BOT_TOKEN): ", "(ERRORS_CHAT_ID): ", "(HEARTBEAT_URL), or off if you want none: "]:
        assert question in ran.out, ran.out
    assert ran.out.count("(HEARTBEAT_URL)") == 2 and "is not an address" in ran.out and "Nothing was written" in ran.out
    assert "7654321:typed" not in ran.out and str(CHAT) in ran.out
    fresh.sh("test ! -e " + CONFIG)


def test_a_second_site_wants_a_name_of_its_own(fresh):
    ran = fresh.run_tool(HOME / "lectio-monitor-setup", "--config", "/run/stage.env", "--answers", "-", "--lang", "en", input=ANSWERS.encode())
    assert ran.rc == 3 and "INSTANCE" in ran.err, ran.out + ran.err
    fresh.sh("test ! -e /run/stage.env")


@pytest.mark.parametrize("looks", [["--format", "json"], ["--only", "setup_site"], ["--skip", "setup_site"]], ids=lambda flags: flags[0])
def test_who_asks_for_checks_gets_no_setup(fresh, looks):
    assert run_setup(fresh, *looks).rc == 3
    fresh.sh("test ! -e " + CONFIG)


def test_a_person_who_is_not_root_is_told_so(fresh):
    ran = fresh.run_tool(HOME / "lectio-monitor-setup", "--config", CONFIG, "--lang", "en", user="www-data")
    assert ran.rc == 3 and "root is needed" in ran.err


def test_from_nothing_to_a_working_schedule(fresh, done):
    config = read_config(fresh)
    assert config["SITE_URL"] == "https://lectio.test" and config["ERRORS_BOT_TOKEN"] == TOKEN
    assert len(config["SMOKE_TEACHER_PASSWORD"]) == 32
    assert fresh.sh("stat -c '%a %U' " + CONFIG).strip() == "600 root"
    assert fresh.sh("stat -c '%a %U' " + CRON_FILE).strip() == "644 root"
    assert "root  %s/health_check" % HOME in fresh.read_file(CRON_FILE)
    assert crontab(fresh) == FOREIGN
    shown = fresh.messages(CHAT)
    assert "доходят сюда" in shown[0]["text"]  # in the language of the messages, whatever the person's
    assert all("Часы сервера" in message["text"] for message in shown[1:]), shown  # this one's clock is the host's
    assert fresh.sh("ls /var/www/teaching_panel/backups").startswith("database-")
    assert TOKEN not in done.out + done.err and config["SMOKE_TEACHER_PASSWORD"] not in done.out + done.err
    for tool in ["health_check", "smoke_check", "heartbeat"]:
        assert '"status":"ok"' in fresh.read_file("/var/lib/lectio-monitor/runs/%s.json" % tool), tool
    status, checks = doctor(fresh)
    assert (status, sorted(checks)) == ("ok", sorted(CHECKS))
    assert checks["setup_database"]["summary"] == "postgresql, teaching_panel"


def test_run_again_it_changes_nothing(fresh, done):
    look = "cat %s %s; crontab -l; psql --version >/dev/null; cat /var/lib/lectio-monitor/setup.json" % (CONFIG, CRON_FILE)
    before, said = fresh.sh(look), len(fresh.messages(CHAT))
    again = run_setup(fresh, "--lang", "en")
    assert again.rc == 0, again.out + again.err
    assert "Configuration unchanged" in again.out and "Schedule unchanged" in again.out and "has reached chat" in again.out
    assert fresh.sh(look) == before and len(fresh.messages(CHAT)) == said


# What is broken, and the check that says so with its status.
BROKEN = [
    ("setup_schedule", "critical", "sed -i /heartbeat/d " + CRON_FILE, "setup_schedule_missing"),
    ("setup_schedule", "critical", "systemctl stop cron", "setup_cron_down"),
    ("config", "warning", "echo HTTP_TIMEOUTS=5 >> " + CONFIG, "config_doubtful"),
    ("config", "warning", "chmod 644 " + CONFIG, "config_doubtful"),
    ("setup_site", "warning", "mv /var/www/teaching_panel/venv/bin/python /var/www/teaching_panel/venv/bin/python.away", "setup_site_missing"),
    ("setup_tools", "critical", "chown www-data /var/lib/lectio-monitor", "setup_tools_open"),
    ("config", "warning", "chown www-data " + CONFIG, "config_doubtful"),
    ("setup_failure_unit", "warning", "mkdir -p {0}; echo ExecStart=/opt/lectio-monitor/notify_failure.sh %i > {0}/failure-notifier@.service".format(UNITS),
     "setup_failure_unit_old"),
    ("backup_fresh", "warning", "mv /var/www/teaching_panel/backups /var/www/teaching_panel/backups.away", "backup_none"),
    ("setup_heartbeat", "warning", "sed -i /^HEARTBEAT_URL/d " + CONFIG, "setup_heartbeat_missing"),
    ("setup_heartbeat", "warning", "sed -i 's|^HEARTBEAT_URL=.*|HEARTBEAT_URL=%s0|' %s; /opt/lectio-monitor/heartbeat || true" % (PING, CONFIG),
     "setup_heartbeat_unsent"),
    ("alert_path", "warning", "sed -i s/^ERRORS_BOT_TOKEN=.*/ERRORS_BOT_TOKEN=7654321:other/ " + CONFIG, "alert_refused"),
    ("teacher_login", "warning", "sed -i s/^SMOKE_TEACHER_PASSWORD=.*/SMOKE_TEACHER_PASSWORD=wrong/ " + CONFIG, "login_refused"),
    # The last: workers keep dead connections for a while.
    ("setup_database", "warning", "sed -i 's/^DB_PASSWORD=.*/DB_PASSWORD=wrong/' /etc/lectio-site.env; systemctl stop postgresql", "setup_site_broken"),
]
UNDO = ("rm -f {2}/failure-notifier@.service; chown root: /var/lib/lectio-monitor; test ! -e /var/www/teaching_panel/backups.away || mv /var/www/teaching_panel/backups{{.away,}}; "
        "cp -p /run/setup-config {0}; cp -p /run/setup-cron {1}; cp -p /run/setup-site.env /etc/lectio-site.env; systemctl start cron postgresql; /opt/lectio-monitor/heartbeat || true; cd "
        "/var/www/teaching_panel/venv/bin; test ! -e python.away || mv python.away python").format(CONFIG, CRON_FILE, UNITS)


@pytest.mark.parametrize("check, status, breaking, cause", BROKEN, ids=["%s-%d" % (b[3], i) for i, b in enumerate(BROKEN)])
def test_the_doctor_names_what_is_broken(fresh, done, check, status, breaking, cause):
    fresh.sh("cp -p {0} /run/setup-config; cp -p {1} /run/setup-cron; cp -p /etc/lectio-site.env /run/setup-site.env".format(CONFIG, CRON_FILE))
    with while_done(fresh, breaking, UNDO):
        _, checks = doctor(fresh)
    assert checks[check]["status"] == status, checks[check]
    assert checks[check]["cause"] == cause
    assert checks[check]["action"]
    fresh.sh("lectio-green")


def test_the_schedule_tells_of_an_outage_within_two_minutes(fresh, done):
    """What cron itself does with the site that setup has found. A minute of cron's may have seen the doctor's last fault
    and told of it with a sound: that message then gets the deeper cause."""
    def naming_the_unit():
        titles = {message["id"]: message["text"].splitlines()[0] for message in fresh.messages(CHAT)}
        return {number for number, title in titles.items() if "teaching_panel" in title and "🟢" not in title}
    before = naming_the_unit()
    began = time.monotonic()
    told = []
    with fresh.backend_failed():
        while not told and time.monotonic() < began + 120:
            time.sleep(1)
            told = sorted(naming_the_unit() - before)
        why = fresh.run_tool(HOME / "alerts", "why", "--config", CONFIG).out
    assert len(told) == 1, (fresh.messages(CHAT), why)


@pytest.fixture(scope="module")
def old():
    with new_server() as server:
        install(server)
        server.put_file(CONFIG, OLD_CONFIG, mode=0o600)
        server.put_file("/opt/lectio-monitor/health_check.sh", "#!/bin/sh\n", mode=0o755)
        server.put_file("/etc/systemd/system/failure-notifier@.service", "[Service]\nExecStart=/opt/lectio-monitor/notify_failure.sh %i\n")
        server.exec("crontab", "-", input=OLD_CRONTAB)
        server.telegram(flood=False)
        # The old suite's memory, which is no book.
        server.sh("mkdir -p /var/run/lectio-monitor; echo attempts:2 > /var/run/lectio-monitor/state; echo 4242 > /var/run/lectio-monitor/health.lock")
        yield server


def test_over_the_old_suite(old):
    ran = run_setup(old, "--answers", "-", "--lang", "en", input='HEARTBEAT="off"\n')
    assert ran.rc == 1, ran.out + ran.err  # keys that mean nothing any more are named
    assert "- */5 * * * * /opt/lectio-monitor/smoke_check_v2.sh" in ran.out and "? " + LEFT in ran.out
    assert crontab(old) == FOREIGN + LEFT
    assert old.read_file("/var/lib/lectio-monitor/crontab.before-setup") == OLD_CRONTAB
    now = old.exec("cat", CONFIG, text=False).stdout.decode()
    assert now.startswith(OLD_CONFIG) and now.count("\n") == now.count("\r\n")
    _, checks = doctor(old)
    assert {id for id, check in checks.items() if check["status"] != "ok"} == {"config", "setup_schedule", "setup_failure_unit"}
    assert "API_URL" in checks["config"]["summary"]
    # No alert of the site: nothing is broken, and the old suite's state means nothing.
    for tool in ["health_check", "smoke_check"]:
        assert old.run_tool(HOME / tool, "--config", CONFIG).rc == 0
    told = [message["text"] for message in old.messages(CHAT)[1:]]
    assert all("Часы сервера" in text or "Настройки" in text for text in told), told


@pytest.mark.skipif(not FULL, reason="three minutes of the real cron: ./check --full waits for them")
def test_no_minute_without_a_watcher_and_none_with_two(old):
    """The crontab as it was, and the change over between two of its minutes."""
    old.sh("rm -f %s; crontab /var/lib/lectio-monitor/crontab.before-setup; systemctl restart cron" % CRON_FILE)
    began = int(time.time() // 60)
    time.sleep(70)
    assert run_setup(old, "--lang", "en").rc == 1
    time.sleep(130 - time.time() % 60)
    said = old.sh("journalctl -u cron -o short-unix --no-pager | grep CMD")
    started = [(int(float(line.split()[0]) // 60), "health_check.sh" in line) for line in said.splitlines()
               if re.search(r"/health_check(\.sh)?\)", line) and float(line.split()[0]) >= 60 * (began + 1)]
    minutes = [minute for minute, _ in started]
    assert minutes == list(range(began + 1, began + 1 + len(minutes))), started
    assert [was_old for _, was_old in started] == sorted((was_old for _, was_old in started), reverse=True), started
    assert {was_old for _, was_old in started} == {True, False}
