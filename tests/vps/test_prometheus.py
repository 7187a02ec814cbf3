"""Metrics as Prometheus gets them, and what Alertmanager makes of them: real node_exporter, Prometheus and Alertmanager."""
import contextlib
import json
import re
import subprocess

import pytest

from deploys import Deploys
from faults import BUILD, CONFIG
from prometheus_rig import FILES, METRICS, Prometheus, Watched, join
from rig import BIN, FULL, ROOT, SETTINGS, new_server, read_config

pytest_plugins = "green_server"

DASHBOARD = ROOT / "packaging/grafana/lectio.json"


@contextlib.contextmanager
def watching(*watched):
    prometheus = Prometheus(watched[0].server, watched)
    try:
        for one in watched:
            one.minute()
        prometheus.wait(lambda: set(prometheus.query("lectio_run_status == 0")) == {one.site for one in watched})
        yield prometheus
    finally:
        prometheus.end()
        for one in watched:
            one.end()


def test_promtool_finds_no_fault_in_what_is_shipped():
    for argv in (["promtool", "check", "rules", "rules.yml"], ["promtool", "test", "rules", "rules_test.yml"],
                 ["promtool", "check", "config", "prometheus.yml"], ["amtool", "check-config", "alertmanager.yml"]):
        done = subprocess.run(argv, cwd=FILES, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_test_in_which_it_fires():
    alerts = set(re.findall(r"- alert: (\w+)", (FILES / "rules.yml").read_text()))
    tested = re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", (FILES / "rules_test.yml").read_text())
    assert alerts == set(tested)


def test_prometheus_understands_what_the_dashboard_asks(tmp_path):
    text = DASHBOARD.read_text().replace("$site", "Lectio")
    asked = re.findall(r'"expr": ("(?:[^"\\]|\\.)*")', text)
    assert len(asked) > 20
    rules = tmp_path / "asked.yml"
    rules.write_text(json.dumps({"groups": [{"name": "asked", "rules": [
        {"record": "asked:%d" % i, "expr": json.loads(expression)} for i, expression in enumerate(asked)]}]}))
    done = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_no_fault_in_what_the_tools_write(server):
    # A directory of the server's lower layer cannot be renamed: it is made anew.
    server.sh("rm -rf {build} {build}.releases; cp -r {source} {build}; chown -R www-data: {build}".format(
        build=BUILD, source=ROOT / "tests/vps/site/frontend/public"))
    watched = Watched(server, 'The \\"best\\" site')
    try:
        for tool in ("health_check", "smoke_check", "deep_check", "heartbeat", "backup", "cleanup_processes"):
            watched.tool(tool)
            said = watched.tool(tool, "--format", "prometheus")
            assert said.out.startswith("# HELP lectio_build_info "), said.err
        deploys = Deploys(server, watched)
        assert deploys.run("frontend", deploys.make_build("aaaa0001")).rc == 0
        assert watched.tool("deep_check", "--format", "prometheus").out.count("lectio_certificate_not_after_timestamp_seconds{") == 1
        files = server.sh("ls %s" % METRICS).split()
        assert files == sorted("lectio_%s.prom" % tool for tool in (
            "backup", "cleanup_processes", "deep_check", "deploy_safe", "health_check", "heartbeat", "smoke_check"))
        for file in files:
            server.sh("promtool check metrics < %s/%s" % (METRICS, file))
        last = server.read_file(METRICS + "/lectio_deploy_safe.prom")
        assert 'lectio_deploy_last_status{site="The \\"best\\" site",tool="deploy_safe"} 0\n' in last
        told = server.sh("curl -s http://%s/metrics" % watched.target)
        assert "node_textfile_scrape_error 0" in told
        assert {"%s/%s" % (METRICS, file) for file in files} == set(re.findall(r'node_textfile_mtime_seconds\{file="([^"]+)"', told))
    finally:
        watched.end()
        server.sh("rm -rf %s.releases" % BUILD)


def watch_one_break(prometheus, broken):
    """Its backend stops: one message, of the root; one more at its end. Nothing of any other site."""
    with broken.server.backend_stopped():
        broken.minute()
        root = ("LectioCheckCritical", "backend_service")
        prometheus.wait(lambda: prometheus.told() == [("firing", broken.site, [root])])
        # What follows from it is seen, and held back.
        held = {("LectioSiteDown", broken.site, "backend"), ("LectioCheckCritical", broken.site, "api_health"),
                ("LectioCheckCritical", broken.site, "teacher_login")}
        prometheus.wait(lambda: held <= set(prometheus.firing()))
        broken.minute()
    # smoke_check has not looked again yet, and is not believed any more.
    broken.tool("health_check")
    prometheus.wait(lambda: len(prometheus.told()) > 1)
    assert ("LectioCheckCritical", broken.site, "api_health") in prometheus.firing()
    broken.minute()
    prometheus.wait(lambda: not any(name.startswith("LectioCheck") for name, _, _ in prometheus.firing()))
    assert prometheus.told() == [("firing", broken.site, [root]), ("resolved", broken.site, [root])]


def test_one_incident_is_one_message_of_its_root(server):
    watched = Watched(server, "One")
    with watching(watched) as prometheus:
        watch_one_break(prometheus, watched)


def test_what_a_deploy_breaks_is_not_told(server):
    watched = Watched(server, "One")
    with watching(watched) as prometheus:
        server.sh("touch /run/lectio-metrics-test/deploy_in_progress")
        with server.backend_stopped():
            watched.minute()
            prometheus.wait(lambda: ("LectioCheckCritical", "One", "backend_service") in prometheus.firing())
            assert ("LectioSilence", "One", "") in prometheus.firing()
            prometheus.wait(lambda: prometheus.query("lectio_deploy_in_progress") == {"One": 1})
        server.sh("rm /run/lectio-metrics-test/deploy_in_progress; touch -d '1 hour ago' /run/lectio-metrics-test")
        watched.minute()
        prometheus.wait(lambda: not any(name.startswith("LectioCheck") for name, _, _ in prometheus.firing()))
        assert prometheus.told() == []


@pytest.mark.skipif(not FULL, reason="three servers: in ./check --full")
def test_three_servers_one_prometheus_one_broken(server):
    with contextlib.ExitStack() as stack:
        watched = [Watched(server, "One")]
        for number, site in ((2, "Two"), (3, "Three")):
            other = stack.enter_context(new_server())
            other.write_config(SETTINGS)
            made = other.run_tool(BIN / "setup_smoke_users", "--config", CONFIG, "--rotate", "--with-data", "--verify")
            assert made.rc == 0, made.out + made.err
            other.settings = read_config(other)
            watched.append(Watched(other, site, join(server, other, number)))
        with watching(*watched) as prometheus:
            watch_one_break(prometheus, watched[1])
