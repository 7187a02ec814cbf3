"""LOG_DIR: what was not well, for whoever looks back."""

import re

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
SICK = (500, "text/html", "<h1>Server Error</h1>")


def log_of(tmp_path):
    path = tmp_path / "log" / "smoke_check.log"
    return path.read_text().splitlines() if path.exists() else []


def test_what_is_not_well_is_logged_and_its_end(run, config, site, tmp_path):
    path = config()
    well = site.answers["GET", "/api/groups/"]
    run("smoke_check", "--config", path)
    assert not (tmp_path / "log").exists()
    site.answers["GET", "/api/groups/"] = SICK
    done = run("smoke_check", "--config", path)
    assert (done.code, done.err) == (1, "")
    line, = log_of(tmp_path)
    assert re.fullmatch(TIME + r" warning groups: .*500.*", line)
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "log" / "smoke_check.log").stat().st_mode & 0o777 == 0o640
    site.answers["GET", "/api/groups/"] = well
    for _ in range(2):
        run("smoke_check", "--config", path)
    assert len(log_of(tmp_path)) == 2
    assert re.fullmatch(TIME + r" ok: all 14 checks are well again", log_of(tmp_path)[1])


def test_a_run_of_a_few_checks_does_not_say_that_all_is_well(run, config, site, tmp_path):
    path = config()
    well = site.answers["GET", "/api/groups/"]
    site.answers["GET", "/api/groups/"] = SICK
    run("smoke_check", "--config", path)
    site.answers["GET", "/api/groups/"] = well
    run("smoke_check", "--config", path, "--only", "lessons")
    assert len(log_of(tmp_path)) == 1


def test_the_runs_own_trouble_is_logged(run, config, tmp_path):
    (tmp_path / "occupied").write_text("a file")
    run("smoke_check", "--config", config(STATE_DIR=tmp_path / "occupied"))
    line, = log_of(tmp_path)
    assert re.fullmatch(TIME + r" note: .*occupied.*", line)


def test_dry_runs_and_those_of_a_person_leave_no_line(run, run_on_terminal, config, site, tmp_path):
    site.answers["GET", "/api/groups/"] = SICK
    path = config()
    run("smoke_check", "--config", path, "--dry-run")
    run_on_terminal("smoke_check", "--config", path)
    assert log_of(tmp_path) == []
    run_on_terminal("smoke_check", "--config", path, "--alert")
    assert len(log_of(tmp_path)) == 1


def test_what_strangers_say_stays_one_line_and_no_secret(run, config, site, tmp_path):
    site.answers["GET", "/api/groups/"] = (
        500, "application/json", '{"detail": "x\\n2026-01-01T00:00:00+00:00 ok: all 14 checks are well again password of teacher"}')
    run("smoke_check", "--config", config())
    line, = log_of(tmp_path)
    assert "password of teacher" not in line


def test_no_link_is_followed(run, config, site, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "smoke_check.log").symlink_to(victim)
    site.answers["GET", "/api/groups/"] = SICK
    done = run("smoke_check", "--config", config())
    assert done.code == 1 and "LOG_DIR" in done.err
    assert victim.read_text() == "untouched"


def test_a_directory_that_cannot_be_made_is_a_note(run, config, site, tmp_path):
    (tmp_path / "occupied").write_text("a file")
    site.answers["GET", "/api/groups/"] = SICK
    done = run("smoke_check", "--config", config(LOG_DIR=tmp_path / "occupied"))
    assert done.code == 1 and "500" in done.out
    assert "not logged" in done.err and "LOG_DIR" in done.err
