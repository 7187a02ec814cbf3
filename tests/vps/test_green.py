"""All is well: what every tool then says, and that it costs the site nothing."""
import json
import re
import time

import pytest

from faults import CONFIG
from rig import BIN
from verdicts import ALL_WELL, HEALTH, SMOKE, ask, ask_both, assert_says

pytest_plugins = "green_server"

TOOLS = {"health_check": HEALTH, "smoke_check": SMOKE}


def payments(server):
    return int(server.sql("SELECT count(*) FROM accounts_payment"))


@pytest.mark.parametrize("tool", [*TOOLS, "heartbeat"])
def test_silent_without_a_terminal(server, tool):
    run = server.run_tool(BIN / tool, "--config", CONFIG)
    assert (run.rc, run.out, run.err) == (0, "", "")


@pytest.mark.parametrize("tool", TOOLS)
def test_one_document_with_every_check_its_time_and_facts(server, tool):
    said = ask(server, tool, CONFIG)
    assert_says(said, ALL_WELL)
    report = said.report
    assert (report["schema"], report["tool"], report["host"]) == (1, tool, server.name)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", report["started"])
    assert 0 < report["took_ms"] < 1000 * said.seconds
    assert sorted(check["id"] for check in report["checks"]) == sorted(TOOLS[tool])
    for check in report["checks"]:
        assert check["facts"] and check["severity"] in ("critical", "high", "medium")
        assert check["took_ms"] <= report["took_ms"]
        assert not {"cause", "meaning", "action", "root"} & set(check)


def test_the_facts_are_the_servers(server):
    health, smoke = (ask(server, tool, CONFIG) for tool in TOOLS)
    assert health.check("workers")["facts"]["workers"] == 3
    assert str(health.check("backend_service")["facts"]["main_pid"]) == server.show("teaching_panel", "MainPID")
    assert health.check("build")["facts"]["assets"] >= 2
    assert smoke.check("frontend")["facts"]["assets"] >= 2
    assert smoke.check("teacher_profile")["facts"]["role"] == "teacher"
    for name in ("lessons", "recordings", "homework_teacher", "groups", "gradebook", "homework_student"):
        assert smoke.check(name)["facts"]["count"] >= 1, name  # --with-data gave them something to show


def test_a_table_for_a_person(server):
    """script(1) gives the tool a terminal."""
    shown = server.exec("script", "-qec", "env TERM=xterm %s/smoke_check --config %s" % (BIN, CONFIG), "/dev/null").stdout
    assert "\x1b[" in shown and "14" in shown
    assert "14/14" in shown or "14 из 14" in shown


def test_both_in_the_same_second_and_again(server):
    for _ in range(2):
        for said in ask_both(server, CONFIG):
            assert_says(said, ALL_WELL)


def test_answers_that_share_a_connection_do_not_wait_for_each_other(server, config):
    """HTTP/2: what came in one packet with another's answer is read at once, not when the next timer runs out."""
    path = config(CONNECT_TIMEOUT="3")
    slow = [said.report["took_ms"] for said in (ask(server, "smoke_check", path, "--only", "frontend,api_health")
                                                for _ in range(60)) if said.report["took_ms"] > 1000]
    assert slow == []


def test_the_payment_probe_creates_no_payment(server, config):
    before = payments(server)
    assert_says(ask(server, "smoke_check", CONFIG), ALL_WELL)
    assert payments(server) == before
    created = ask(server, "smoke_check", config(SMOKE_PAYMENT="create"), "--only", "payment")
    assert_says(created, ALL_WELL)
    assert payments(server) == before + 1


def test_nothing_secret_is_said(server):
    passwords = [server.settings["SMOKE_TEACHER_PASSWORD"], server.settings["SMOKE_STUDENT_PASSWORD"]]
    for tool in TOOLS:
        run = server.run_tool(BIN / tool, "--config", CONFIG, "--format", "json", "-v")
        assert not any(secret in run.out + run.err for secret in passwords) and "eyJ" not in run.out


def access_log(server, path):
    """[(method, status)] of the requests that nginx saw for a path, oldest first."""
    server.sh("sync -d /var/log/nginx/access.log")
    rows = re.findall(r'"(\w+) (\S+) HTTP[^"]*" (\d+)', server.read_file("/var/log/nginx/access.log"))
    return [(method, int(status)) for method, target, status in rows if target.partition("?")[0] == path]


@pytest.fixture
def through_nginx(server, config):
    """Everything by the public address, so that the access log counts it; it starts empty."""
    path = config(AUTH_BACKEND_URL="https://lectio.test")
    server.sh(": > /var/log/nginx/access.log")
    return path


def test_a_time_out_delays_the_run_by_itself_only_and_is_not_retried(server, through_nginx):
    with server.hang("/api/homework/", 20):
        said = ask(server, "smoke_check", through_nginx)
        time.sleep(0.2)
        seen = access_log(server, "/api/homework/")
    assert said.found() == {"homework_teacher": "warning timeout", "homework_student": "warning timeout"}
    assert seen == [("GET", 499)] * 2  # a try each; nginx: the client hung up
    for check in said.report["checks"]:
        if check["status"] == "ok":
            assert check["took_ms"] < 1500, check
        else:
            assert 2900 <= check["took_ms"] < 4000, check
    assert said.report["took_ms"] < 5000


def test_a_login_that_hangs_is_asked_once(server, through_nginx):
    with server.hang("/api/jwt/token/", 20):
        ask(server, "smoke_check", through_nginx)
        time.sleep(0.2)
        assert access_log(server, "/api/jwt/token/") == [("POST", 499)] * 2  # teacher and student


def test_posts_are_never_repeated_and_a_reset_get_is(server, through_nginx):
    """444: nginx closes the connection without an answer."""
    closes = "location = /api/jwt/token/ { return 444; } location = / { return 444; }"
    with server.nginx_snippet(closes):
        server.sh(": > /var/log/nginx/access.log")
        said = ask(server, "smoke_check", through_nginx)
        assert said.check("teacher_login")["status"] == said.check("frontend")["status"] == "critical"
        assert access_log(server, "/api/jwt/token/") == [("POST", 444)] * 2
        assert access_log(server, "/") == [("GET", 444)] * 3


def test_the_run_leaves_its_stamp(server):
    ask_both(server, CONFIG)
    for tool in TOOLS:
        path = "/var/lib/lectio-monitor/runs/%s.json" % tool
        assert json.loads(server.read_file(path))["status"] == "ok"
        assert server.sh("stat -c '%%a %%U' %s" % path) == "600 root\n"
    assert server.sh("stat -c '%a %U' /var/lib/lectio-monitor") == "700 root\n"
