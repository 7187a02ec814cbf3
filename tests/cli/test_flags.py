"""What every tool has in common."""

import fcntl
import json
import os
import subprocess
import threading
import time

import pytest

from conftest import BIN

TOOLS = ["health_check", "smoke_check", "deep_check", "backup", "cleanup_processes", "heartbeat", "setup_smoke_users"]
SMOKE_IDS = ("frontend api_health teacher_login teacher_profile lessons recordings homework_teacher "
             "subscription payment groups attendance gradebook student_login homework_student").split()


@pytest.mark.parametrize("tool", TOOLS)
def test_help_shows_examples_and_exit_codes(run, tool):
    done = run(tool, "--help")
    assert done.code == 0
    assert "Examples:" in done.out and "Exit code:" in done.out
    for flag in ("--config --format --dry-run --only --skip --list --check-config --deadline "
                 "--lang --verbose --quiet --version").split():
        assert flag in done.out


@pytest.mark.parametrize("tool", TOOLS)
def test_version(run, tool):
    done = run(tool, "--version")
    assert done.code == 0
    assert done.out.startswith(tool + " 0.")


@pytest.mark.parametrize("tool", TOOLS)
def test_bad_arguments_are_named_and_end_with_3(run, tool):
    for arguments in (["--no-such-flag"], ["--format", "xml"], ["--lang", "de"], ["--deadline", "soon"]):
        done = run(tool, *arguments)
        assert done.code == 3, arguments
        assert done.out == ""
        assert arguments[0] in done.err and "--help" in done.err


@pytest.mark.parametrize("tool", TOOLS)
def test_a_missing_config_says_what_to_do(run, tool):
    done = run(tool, "--config", "/nonexistent/config.env")
    assert (done.code, done.out) == (3, "")
    assert "/nonexistent/config.env" in done.err and "config.env.example" in done.err


@pytest.mark.parametrize("tool", TOOLS)
def test_a_bad_config_names_file_line_and_key(run, tool, tmp_path):
    path = tmp_path / "config.env"
    path.write_text('SITE_URL="https://lectio.test"\nHTTP_TIMEOUT="$(id)"\n')
    done = run(tool, "--config", path)
    assert (done.code, done.out) == (3, "")
    assert f"{path}:2: HTTP_TIMEOUT runs a command" in done.err


def test_list_names_every_check(run, config):
    done = run("smoke_check", "--config", config(), "--list")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == SMOKE_IDS
    as_json = json.loads(run("smoke_check", "--config", config(), "--list", "--format", "json").out)
    assert [check["id"] for check in as_json["checks"]] == SMOKE_IDS


def test_check_config_says_what_is_wrong(run, config, site):
    done = run("smoke_check", "--config", config(), "--check-config")
    assert (done.code, "no problems" in done.out) == (0, True)
    done = run("smoke_check", "--config", config(SITE_URLL="x"), "--check-config")
    assert done.code == 1
    assert "unknown key SITE_URLL, did you mean SITE_URL?" in done.out
    assert site.requests == []


def test_check_config_never_shows_a_secret(run, config):
    done = run("smoke_check", "--config", config(), "--check-config", "-v")
    assert "SMOKE_TEACHER_PASSWORD=***" in done.out
    assert "password of" not in done.out


def test_silent_when_all_is_well_and_nobody_looks(run, config):
    done = run("smoke_check", "--config", config())
    assert (done.code, done.out, done.err) == (0, "", "")


def test_speaks_of_problems_from_cron(run, config, site):
    site.answers["GET", "/api/groups/"] = (500, "text/html", "<h1>Server Error</h1>")
    done = run("smoke_check", "--config", config())
    assert done.code == 1
    assert "500" in done.out and "What it means:" in done.out and "What to do:" in done.out


def test_a_terminal_gets_the_whole_table(run_on_terminal, config):
    done = run_on_terminal("smoke_check", "--config", config())
    assert done.code == 0
    assert len(done.out.splitlines()) >= len(SMOKE_IDS)
    assert "\x1b[" in done.out
    plain = run_on_terminal("smoke_check", "--config", config(), NO_COLOR="1")
    assert "\x1b[" not in plain.out


def test_quiet_on_a_terminal(run_on_terminal, config):
    done = run_on_terminal("smoke_check", "--config", config(), "-q")
    assert (done.code, done.out) == (0, "")


def test_language(run, config, site):
    site.answers["GET", "/api/groups/"] = (500, "text/html", "x")
    assert "Что это значит:" in run("smoke_check", "--config", config(), "--lang", "ru").out
    assert "What it means:" in run("smoke_check", "--config", config(), "--lang", "en").out
    assert "Что это значит:" in run("smoke_check", "--config", config(ALERT_LANG="ru")).out


def test_json_is_one_document(run, config):
    done = run("smoke_check", "--config", config(), "--format", "json")
    report = done.json
    assert done.code == 0
    assert (report["schema"], report["tool"], report["status"]) == (1, "smoke_check", "ok")
    assert {"version", "host", "started", "took_ms"} <= report.keys()
    assert [check["id"] for check in report["checks"]] == SMOKE_IDS
    for check in report["checks"]:
        assert check["status"] == "ok" and check["summary"] and check["took_ms"] >= 0
        assert "cause" not in check and "meaning" not in check
        assert check["severity"] in ("critical", "high", "medium")


def test_nagios_plugin_line(run, config, site):
    done = run("smoke_check", "--config", config(), "--format", "nagios")
    assert done.code == 0 and "SMOKE_CHECK OK" in done.out.splitlines()[0] and "|" in done.out
    site.answers["GET", "/api/health/"] = (503, "application/json", '{"checks": {"database": false}}')
    done = run("smoke_check", "--config", config(), "--format", "nagios")
    assert done.code == 2 and "SMOKE_CHECK CRITICAL" in done.out.splitlines()[0]


def test_only_brings_along_what_a_step_needs(run, config, site):
    done = run("smoke_check", "--config", config(), "--only", "groups", "--format", "json")
    assert [check["id"] for check in done.json["checks"]] == ["teacher_login", "groups"]
    assert [path for _, path, _, _ in site.requests] == ["/api/jwt/token/", "/api/groups/"]


def test_only_and_skip_take_commas_and_repeats(run, config):
    done = run("smoke_check", "--config", config(), "--only", "frontend,api_health", "--only", "lessons",
               "--format", "json")
    assert [c["id"] for c in done.json["checks"]] == ["frontend", "api_health", "teacher_login", "lessons"]
    done = run("smoke_check", "--config", config(), "--skip", ",".join(SMOKE_IDS[1:]), "--format", "json")
    assert [c["id"] for c in done.json["checks"]] == ["frontend"]


def test_an_unknown_check_names_the_nearest(run, config):
    for flag in ("--only", "--skip"):
        done = run("smoke_check", "--config", config(), flag, "lesson")
        assert done.code == 3
        assert "lesson" in done.err and "lessons" in done.err


def test_a_run_leaves_its_stamp_and_a_partial_or_dry_one_does_not(run, config, tmp_path):
    """With --skip in its cron line a tool is still one that runs."""
    stamp = tmp_path / "state" / "runs" / "smoke_check.json"
    run("smoke_check", "--config", config(), "--only", "frontend")
    run("smoke_check", "--config", config(), "--dry-run")
    assert not stamp.exists()
    run("smoke_check", "--config", config(), "--skip", "payment")
    assert json.loads(stamp.read_text())["status"] == "ok"
    assert stamp.stat().st_mode & 0o777 == 0o600


def test_dry_run_writes_nothing(run, config, tmp_path):
    path = config()
    before = sorted(tmp_path.rglob("*"))
    assert run("smoke_check", "--config", path, "--dry-run").code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_the_deadline_ends_a_run(run, config, site):
    site.delay["/api/groups/"] = 30
    started = time.monotonic()
    done = run("smoke_check", "--config", config(), "--deadline", "2", "--format", "json")
    assert time.monotonic() - started < 10
    assert done.check("groups")["status"] in ("warning", "unknown")
    assert done.check("lessons")["status"] == "ok"


def test_a_second_instance_leaves(run, config, tmp_path):
    (tmp_path / "run" / "locks").mkdir(parents=True)
    with open(tmp_path / "run" / "locks" / "smoke_check.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run("smoke_check", "--config", config(), "--deadline", "3")
        assert (done.code, done.out) == (0, "")
        assert done.err.count("\n") == 1 and "another instance" in done.err
        asked = run("smoke_check", "--config", config(), "--format", "json")
        assert (asked.code, asked.json["status"]) == (3, "unknown")
        assert run("smoke_check", "--config", config(), "--dry-run").code == 0
    assert run("smoke_check", "--config", config()).code == 0


def test_crons_run_waits_for_one_that_is_soon_over(run, config, tmp_path):
    """Else a few checks that are asked for all the time would keep it from looking at the others."""
    (tmp_path / "run" / "locks").mkdir(parents=True)
    with open(tmp_path / "run" / "locks" / "smoke_check.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = threading.Timer(1.5, fcntl.flock, (lock, fcntl.LOCK_UN))
        release.start()
        left = run("smoke_check", "--config", config(), "--only", "api_health")
        assert "another instance" in left.err
        done = run("smoke_check", "--config", config())
        release.join()
        assert (done.code, done.err) == (0, "")


def test_the_wait_for_another_is_part_of_the_deadline(run, config, site, tmp_path):
    site.delay["/api/groups/"] = 60
    (tmp_path / "run" / "locks").mkdir(parents=True)
    with open(tmp_path / "run" / "locks" / "smoke_check.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        release = threading.Timer(3.7, fcntl.flock, (lock, fcntl.LOCK_UN))
        release.start()
        started = time.monotonic()
        done = run("smoke_check", "--config", config(HTTP_TIMEOUT="40"), "--deadline", "12")
        took = time.monotonic() - started
    assert "another instance" not in done.err and "Groups" in done.out, done
    assert 4 < took < 14.5


def test_a_second_instance_answers_a_person(run_on_terminal, config, tmp_path):
    (tmp_path / "run" / "locks").mkdir(parents=True)
    with open(tmp_path / "run" / "locks" / "smoke_check.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_on_terminal("smoke_check", "--config", config())
        assert done.code == 3 and "another instance" in done.err


def test_a_state_directory_that_cannot_be_written_is_said_and_harms_nothing(run, config, tmp_path):
    (tmp_path / "occupied").write_text("a file")
    done = run("smoke_check", "--config", config(STATE_DIR=tmp_path / "occupied"))
    assert done.code == 0
    assert "occupied" in done.err


def test_no_child_process_and_no_secret_on_the_command_line(config, site, tmp_path):
    trace = tmp_path / "trace"
    site.answers["POST", "/ping/secret-uuid"] = (200, "text/plain", "OK")
    path = config(HEARTBEAT_URL=f"{site.url}/ping/secret-uuid")
    for tool in ("smoke_check", "health_check", "heartbeat"):
        subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=fork,vfork,clone,clone3,execve",
                        str(BIN / tool), "--config", path],
                       env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0"},
                       check=False, timeout=60, capture_output=True)
        calls = trace.read_text()
        processes = [line for line in calls.splitlines()
                     if "fork(" in line or ("clone" in line and "CLONE_THREAD" not in line)]
        assert processes == [], tool
        assert calls.count("execve(") == 1, tool
        assert "secret-uuid" not in calls and "password of" not in calls
    assert [r[:2] for r in site.requests if r[1].startswith("/ping/")] == [("POST", "/ping/secret-uuid")]
