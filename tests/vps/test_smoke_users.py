"""setup_smoke_users against the site's own Django: what it makes, what it repairs, what nobody may see."""
import hashlib
import json
import subprocess

import pytest

from faults import CONFIG, VPS
from rig import BIN, STUDENT, TEACHER, new_server, read_config
from verdicts import ALL_WELL, ask, assert_says

# As an owner's file may look: comments, an export, a trailing comment, CRLF nowhere, a key of another tool.
WRITTEN_BY_HAND = """# Lectio Monitor
SITE_URL="https://lectio.test"
INTERNAL_BACKEND_URL="http://127.0.0.1:8000"  # gunicorn
UPLINK_HOST=hc.test:443

# --- smoke accounts (don't touch)
export SMOKE_TEACHER_EMAIL="smoke_teacher@test.local"
SMOKE_TEACHER_PASSWORD=""   # set by setup_smoke_users
SMOKE_STUDENT_EMAIL='smoke_student@test.local'
SMOKE_STUDENT_PASSWORD=""
ERRORS_CHAT_ID="-1001234567890"
ALERTS="off"
"""
PASSWORD_KEYS = ("SMOKE_TEACHER_PASSWORD", "SMOKE_STUDENT_PASSWORD")
TABLES = ("accounts_customuser schedule_group schedule_group_students schedule_lesson schedule_recording"
          " homework_homework homework_homework_assigned_groups").split()

# Everything that any process was started with while it ran.
WATCHER = """
import os, sys, time
seen, stop = set(), sys.argv[1]
while not os.path.exists(stop):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            seen.add(open("/proc/%s/cmdline" % pid, "rb").read())
        except OSError:
            pass
sys.stdout.buffer.write(b"\\n".join(seen))
"""


@pytest.fixture(scope="module")
def server():
    with new_server() as s:
        s.put_file(CONFIG, WRITTEN_BY_HAND, mode=0o600)
        s.first = watched(s, "--rotate", "--with-data", "--verify")
        yield s


def run_setup(server, *args):
    return server.run_tool(BIN / "setup_smoke_users", "--config", CONFIG, *args)


def watched(server, *args):
    """The run, and all command lines of the server meanwhile."""
    watcher = subprocess.Popen([VPS, "exec", server.name, "/usr/bin/python3", "-c", WATCHER, "/run/watch-no-more"],
                               stdout=subprocess.PIPE)
    try:
        run = run_setup(server, *args)
    finally:
        server.sh("touch /run/watch-no-more")
        argv = watcher.communicate(timeout=20)[0].decode("utf-8", "replace")
    return run, argv


def answer(server, *args):
    run = run_setup(server, "--format", "json", *args)
    return run.rc, {check["id"]: check for check in json.loads(run.out)["checks"]}


def passwords(server):
    values = read_config(server)
    return [values[key] for key in PASSWORD_KEYS]


def snapshot(server):
    """Rows of every table that it may touch, and the file."""
    rows = [server.sql("SELECT * FROM %s ORDER BY 1" % table) for table in TABLES]
    return hashlib.sha256("".join(rows).encode()).hexdigest(), server.read_file(CONFIG)


def test_the_first_run_makes_everything_and_proves_it(server):
    run, _ = server.first
    assert run.rc == 0, run.out + run.err
    assert server.sql("SELECT email, role, is_active FROM accounts_customuser ORDER BY role DESC") == (
        TEACHER + "|teacher|t\n" + STUDENT + "|student|t")
    for table in ("schedule_group", "schedule_group_students", "schedule_lesson", "schedule_recording", "homework_homework"):
        assert server.sql("SELECT count(*) FROM " + table) == "1", table
    assert_says(ask(server, "smoke_check", CONFIG), ALL_WELL)


def test_the_config_is_kept_but_for_the_passwords(server):
    text = server.read_file(CONFIG)
    without = text
    for password in passwords(server):
        assert len(password) >= 20
        without = without.replace(password, "")
    assert without == WRITTEN_BY_HAND
    assert server.sh("stat -c '%%a %%U:%%G' %s" % CONFIG) == "600 root:root\n"
    assert len(set(passwords(server))) == 2
    assert server.sh("ls -A " + CONFIG.rpartition("/")[0]).split() == ["config.env"]


def test_no_password_in_output_command_lines_logs_or_journal(server):
    run, argv = server.first
    assert "setup_smoke_users" in argv and "venv/bin/python" in argv  # the watcher saw the tool and its child
    kept = server.exec("bash", "-c", "journalctl --sync; journalctl --no-pager -o export;"
                       " find /run /tmp /var/log /var/tmp -type f -exec cat {} +", check=False, text=False).stdout
    assert b"gunicorn" in kept and b"GET /api/health/" in kept  # journal and access log were read
    for password in passwords(server):
        assert password not in run.out + run.err + argv
        assert password.encode() not in kept


def test_a_second_run_changes_nothing(server):
    before = snapshot(server)
    rc, checks = answer(server, "--with-data", "--verify")
    assert rc == 0
    assert {check["status"] for check in checks.values()} == {"ok"}
    assert snapshot(server) == before
    text = run_setup(server, "--with-data", "--verify", "-v").out
    assert text and snapshot(server) == before


REPAIRS = {
    "role": "UPDATE accounts_customuser SET role = 'student' WHERE email = '%s'" % TEACHER,
    "is_active": "UPDATE accounts_customuser SET is_active = false WHERE email = '%s'" % TEACHER,
    "password": "UPDATE accounts_customuser SET password = '!' WHERE email = '%s'" % TEACHER,
}


@pytest.mark.parametrize("what", REPAIRS)
def test_repairs(server, what):
    server.sql(REPAIRS[what])
    assert ask(server, "smoke_check", CONFIG).rc != 0
    config = server.read_file(CONFIG)
    rc, checks = answer(server, "--verify")
    assert rc == 0
    assert what in json.dumps(checks["smoke_teacher"]["facts"])  # the summary of what changed
    assert "changed" not in checks["smoke_student"]["facts"]
    assert server.read_file(CONFIG) == config
    assert_says(ask(server, "smoke_check", CONFIG), ALL_WELL)


def test_lost_data_come_back(server):
    server.sql("DELETE FROM schedule_recording")
    server.sql("DELETE FROM schedule_group_students")
    rc, _ = answer(server, "--with-data")
    assert rc == 0
    assert server.sql("SELECT (SELECT count(*) FROM schedule_recording), (SELECT count(*) FROM schedule_group_students)") == "1|1"
    assert server.sql("SELECT count(*) FROM schedule_group") == "1"


def test_a_dry_run_changes_nothing_and_says_what_it_would(server):
    server.sql(REPAIRS["role"])
    before = snapshot(server)
    rc, checks = answer(server, "--dry-run", "--rotate", "--with-data", "--verify")
    assert snapshot(server) == before
    assert rc == 0
    assert "role" in json.dumps(checks["smoke_teacher"]["facts"])
    assert answer(server)[0] == 0


def test_rotation_gives_new_passwords_and_the_old_ones_are_dead(server):
    old = passwords(server)
    assert run_setup(server, "--rotate", "--verify").rc == 0
    assert not set(old) & set(passwords(server))
    assert_says(ask(server, "smoke_check", CONFIG), ALL_WELL)
    stale = server.write_config(dict(zip(PASSWORD_KEYS, old), SMOKE_TEACHER_EMAIL=TEACHER, SMOKE_STUDENT_EMAIL=STUDENT),
                                path="/run/lectio-test/stale.env")
    assert ask(server, "smoke_check", stale).check("teacher_login")["cause"] == "login_refused"


def test_verify_tells_that_the_login_does_not_work(server):
    with server.api_500("/api/jwt/token/"):
        rc, checks = answer(server, "--verify")
    assert rc == 2
    assert checks["smoke_teacher"]["status"] == "ok" and checks["smoke_login_teacher"]["status"] == "critical"


def test_an_administrators_account_is_left_alone(server):
    server.django("from accounts.models import CustomUser\nCustomUser.objects.create_superuser('admin@test.local', 'a-password')")
    before = server.sql("SELECT * FROM accounts_customuser WHERE email = 'admin@test.local'")
    path = server.write_config({**read_config(server), "SMOKE_TEACHER_EMAIL": "admin@test.local",
                                "SMOKE_STUDENT_EMAIL": STUDENT}, path="/run/lectio-test/admin.env")
    run = server.run_tool(BIN / "setup_smoke_users", "--config", path)
    assert run.rc == 2
    assert server.sql("SELECT * FROM accounts_customuser WHERE email = 'admin@test.local'") == before


def test_the_database_is_away(server):
    with server.postgres_stopped():
        before = server.read_file(CONFIG)
        run = run_setup(server, "--rotate", "--with-data", "--verify")
        assert server.read_file(CONFIG) == before  # no password that no account has
    assert run.rc in (2, 3) and run.out + run.err
