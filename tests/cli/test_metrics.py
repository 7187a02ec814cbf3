"""Metrics for Prometheus: on stdout, and as a file for node_exporter."""

import os
import re
import subprocess

import pytest

from conftest import BIN

SAMPLE = re.compile(r'^lectio_[a-z0-9_]+\{[^{}]*\} [^ ]+$')  # no time stamp: node_exporter refuses the file


def samples(text):
    """{name{labels}: value}, after a look at the form."""
    assert text.endswith("\n")
    found, families = {}, []
    for line in text.splitlines():
        if line.startswith("#"):
            _, kind, name, _ = line.split(" ", 3)
            families += [name] if kind == "HELP" else []
            continue
        assert SAMPLE.match(line), line
        series, value = line.rsplit(" ", 1)
        assert families[-1] == series.split("{")[0] and series not in found
        found[series] = float(value)
    assert len(families) == len(set(families))
    return found


@pytest.fixture
def metrics(tmp_path):
    directory = tmp_path / "metrics"
    directory.mkdir()
    return directory


def test_format_prometheus_tells_checks_and_run(run, config, site):
    site.answers["GET", "/api/groups/"] = (500, "text/html", "x")
    done = run("smoke_check", "--config", config(), "--format", "prometheus")
    assert (done.code, done.err) == (1, "")
    told = samples(done.out)
    both = 'site="Lectio",tool="smoke_check"'
    assert told['lectio_check_status{%s,check="groups",severity="high"}' % both] == 1
    assert told['lectio_check_status{%s,check="lessons",severity="critical"}' % both] == 0
    assert told["lectio_run_status{%s}" % both] == 1
    assert told["lectio_run_duration_seconds{%s}" % both] > 0
    assert told['lectio_http_phase_seconds{%s,check="lessons",phase="first_byte"}' % both] > 0
    assert told["lectio_last_run_timestamp_seconds{%s}" % both] > 1.7e9
    assert "lectio_last_success_timestamp_seconds{%s}" % both not in told
    assert "password" not in done.out


def test_a_run_of_a_few_checks_is_no_last_run(run, config):
    done = run("smoke_check", "--config", config(), "--format", "prometheus", "--only", "lessons")
    assert "lectio_check_status" in done.out and "timestamp" not in done.out


def test_notes_go_elsewhere_than_the_metrics(run, config, tmp_path):
    (tmp_path / "occupied").write_text("a file")
    done = run("smoke_check", "--config", config(STATE_DIR=tmp_path / "occupied"), "--format", "prometheus")
    samples(done.out)
    assert "occupied" in done.err


@pytest.mark.parametrize("arguments", [
    ["alerts", "status"], ["setup_smoke_users"], ["deploy_safe", "status"], ["notify_failure", "nginx"], ["alerts", "test"],
    ["health_check", "--test-alert"],
], ids=" ".join)
def test_what_acts_has_no_metrics(run, config, site, arguments):
    done = run(*arguments, "--config", config(), "--format", "prometheus")
    assert (done.code, done.out) == (3, "")
    assert "metrics" in done.err
    assert site.requests == []


def test_a_whole_run_leaves_its_file(run, config, metrics):
    path = config(METRICS_DIR=metrics)
    run("smoke_check", "--config", path, "--only", "frontend")
    run("smoke_check", "--config", path, "--dry-run")
    assert list(metrics.iterdir()) == []
    done = run("smoke_check", "--config", path)
    assert (done.code, done.out, done.err) == (0, "", "")
    file, = metrics.iterdir()
    assert file.name == "lectio_smoke_check.prom" and file.stat().st_mode & 0o777 == 0o644
    told = samples(file.read_text())
    times = [told['lectio_last_%s_timestamp_seconds{site="Lectio",tool="smoke_check"}' % what] for what in ("run", "success")]
    assert times[0] == times[1]
    assert not any("incidents" in series for series in told)  # one tool's file has them


def test_the_last_success_is_remembered_over_bad_runs(run, config, metrics, site):
    path = config(METRICS_DIR=metrics)
    run("smoke_check", "--config", path)
    series = 'lectio_last_%s_timestamp_seconds{site="Lectio",tool="smoke_check"}'
    before = samples((metrics / "lectio_smoke_check.prom").read_text())
    site.answers["GET", "/api/groups/"] = (500, "text/html", "x")
    run("smoke_check", "--config", path)
    after = samples((metrics / "lectio_smoke_check.prom").read_text())
    assert after[series % "success"] == before[series % "success"] < after[series % "run"]


def test_one_tool_tells_of_the_monitor(run, config, metrics, tmp_path):
    run("health_check", "--config", config(METRICS_DIR=metrics))
    told = samples((metrics / "lectio_health_check.prom").read_text())
    assert told['lectio_deploy_in_progress{site="Lectio",tool="health_check"}'] == 0
    (tmp_path / "run" / "deploy_in_progress").touch()
    run("health_check", "--config", config(METRICS_DIR=metrics))
    told = samples((metrics / "lectio_health_check.prom").read_text())
    assert told['lectio_deploy_in_progress{site="Lectio",tool="health_check"}'] == 1
    assert told['lectio_suppressed{site="Lectio",tool="health_check",reason="deploy"}'] == 1


def test_a_second_site_has_files_and_a_name_of_its_own(run, config, metrics):
    run("smoke_check", "--config", config(METRICS_DIR=metrics, INSTANCE="stage", ALERT_SITE_NAME='My \\"site'))
    file, = metrics.iterdir()
    assert file.name == "lectio_stage_smoke_check.prom"
    assert 'site="My \\"site stage"' in file.read_text()


def test_no_link_is_followed(run, config, metrics, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    for name in ("lectio_smoke_check.prom", "lectio_smoke_check.prom.new"):
        (metrics / name).symlink_to(victim)
    done = run("smoke_check", "--config", config(METRICS_DIR=metrics))
    assert (done.code, done.err) == (0, "")
    assert victim.read_text() == "untouched"
    file, = metrics.iterdir()
    assert not file.is_symlink() and "lectio_run_status" in file.read_text()

    (tmp_path / "link").symlink_to(metrics)
    done = run("smoke_check", "--config", config(METRICS_DIR=tmp_path / "link"))
    assert done.code == 0 and "link" in done.err


def test_the_old_file_is_there_until_the_new_one_is_whole(config, metrics, tmp_path):
    trace = tmp_path / "trace"
    subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=openat,rename,renameat,renameat2,fsync", str(BIN / "smoke_check"),
                    "--config", config(METRICS_DIR=metrics)],
                   env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0"}, check=False, timeout=60, capture_output=True)
    calls = [line for line in trace.read_text().splitlines() if "smoke_check.prom" in line]
    opened, renamed = calls
    assert "O_EXCL" in opened and "O_NOFOLLOW" in opened and 'smoke_check.prom.new"' in opened
    assert "rename" in renamed and renamed.index(".prom.new") < renamed.rindex('.prom"')


@pytest.mark.parametrize("kind", ["missing", "read-only", "a file"])
def test_a_directory_that_cannot_be_written_is_a_note(run, config, tmp_path, kind):
    if kind == "read-only":
        directory = "/proc/self"  # for root too
    else:
        directory = tmp_path / "nowhere"
    if kind == "a file":
        directory.write_text("")
    done = run("smoke_check", "--config", config(METRICS_DIR=directory))
    assert (done.code, done.out) == (0, "")
    assert str(directory) in done.err and "METRICS_DIR" in done.err
    assert (tmp_path / "state" / "runs" / "smoke_check.json").exists()
