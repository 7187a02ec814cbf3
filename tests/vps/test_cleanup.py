"""cleanup_processes: what the configuration names goes, nothing else, and not while a deploy is at work."""
import re

import pytest

from alerts_rig import RUN, alerting

pytest_plugins = "green_server"

# A program that calls itself so, and whether it is there.
START = """cp /bin/sleep /run/forgotten; systemd-run --quiet --scope /run/forgotten 1000 < /dev/null > /dev/null 2>&1 &
for i in $(seq 100); do pgrep -f '^/run/forgotten' > /dev/null && exit 0; sleep 0.05; done; exit 1"""
KEYS = {"CLEANUP_PROCESSES": "/run/forgotten *", "CLEANUP_PROCESS_MINUTES": "0", "CLEANUP_LOGS": "/run/logs/*.log*", "CLEANUP_LOG_DAYS": "7"}


@pytest.fixture
def alerts(server, config):
    server.sh("mkdir -p /run/logs; touch /run/logs/new.log; touch -d '8 days ago' /run/logs/old.log /run/logs/data.db")
    with alerting(server, config, **KEYS) as a:
        yield a
    server.sh("pkill -f '^/run/forgotten' || true; rm -rf /run/logs")


def lives(server):
    return server.sh("pgrep -c -f '^/run/forgotten' || true").strip() != "0"


def test_without_apply_it_only_shows(server, alerts):
    server.sh(START)
    run = alerts.run("cleanup_processes", "-v")
    assert run.rc == 0 and "/run/forgotten * (pid" in run.out and "old.log" in run.out, run
    assert lives(server) and server.sh("ls /run/logs").split() == ["data.db", "new.log", "old.log"]
    assert alerts.chat() == []


def test_with_apply_they_go_and_it_is_told_once_without_sound(server, alerts):
    server.sh(START)
    run = alerts.run("cleanup_processes", "--apply")
    assert run.rc == 1, run
    assert not lives(server) and server.sh("ls /run/logs").split() == ["data.db", "new.log"]
    [message] = alerts.chat()
    assert message["silent"] and re.search(r"завершены \(1\): /run/forgotten \* \(pid \d+, 0m\)", message["text"]), message
    again = alerts.run("cleanup_processes", "--apply")
    assert (again.rc, again.out) == (0, "") and len(alerts.chat()) == 1, again


def test_a_deploy_has_forgotten_nothing(server, alerts):
    server.sh(START)
    server.sh("touch %s/deploy_in_progress" % RUN)
    run = alerts.run("cleanup_processes", "--apply", "-v")
    assert run.rc == 0 and "идёт деплой" in run.out, run
    assert lives(server)


def test_what_systemd_runs_is_systemds(server, alerts):
    server.sh("cp /bin/sleep /run/forgotten; systemd-run --quiet --unit=of-systemd /run/forgotten 1000")
    try:
        run = alerts.run("cleanup_processes", "--apply", "-v")
        assert run.rc == 0 and "of-systemd.service" in run.out, run
        assert lives(server)
    finally:
        server.sh("systemctl stop of-systemd")


@pytest.mark.parametrize("key, value", [("CLEANUP_PROCESSES", "*"), ("CLEANUP_LOGS", "/var/log/*")])
def test_a_pattern_that_is_too_wide_is_an_error(alerts, key, value):
    run = alerts.run("cleanup_processes", "--apply", env={key: value})
    assert run.rc == 3 and key in run.err and value in run.err, run
    assert alerts.run("cleanup_processes", "--check-config", env={key: value}).rc == 3
