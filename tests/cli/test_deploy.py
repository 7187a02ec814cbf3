"""deploy_safe where it changes nothing: dry runs, and whoever comes second."""

import getpass
import hashlib
import json
import subprocess
import time

import pytest

from conftest import BIN

PAGE = '<!doctype html><div id="root"></div><script src="/static/js/main.%s.js"></script>'


class Project:
    """A repository with its frontend, a release and a backup of each kind to go back to."""

    def __init__(self, path):
        self.path = path
        self.root, self.build = path / "project", path / "front/build"
        (self.root / "panel").mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.first = self.commit("The site", "panel/manage.py", "print()\n")
        self.second = self.commit("Its next version", "panel/requirements.txt", "Django\n")
        self.make_build(self.build, "serving")
        self.make_build(path / "front/build.releases/20261125-000000", "older")
        self.describe("20261126-000000", self.build)
        self.describe("20261125-000000", path / "front/build.releases/20261125-000000")

    def git(self, *words):
        return subprocess.run(["git", "-C", str(self.root), "-c", "user.name=I", "-c", "user.email=i@test", *words],
                              check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, subject, name, text):
        (self.root / name).write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def make_build(self, path, mark):
        (path / "static/js").mkdir(parents=True)
        (path / "index.html").write_text(PAGE % mark)
        (path / f"static/js/main.{mark}.js").write_text("run()")
        return path

    def describe(self, name, tree, **more):
        page = (tree / "index.html").read_bytes()
        (self.path / f"front/build.releases/{name}.json").write_text(json.dumps({
            "schema": 1, "name": name, "state": "proven", "reason": "", "source": "", "inode": tree.stat().st_ino,
            "index": hashlib.sha256(page).hexdigest(), "made_ms": int(time.time() * 1000), "carried": {}, **more}))

    def backup(self, name, **more):
        place = self.path / f"backups/backend-{name}"
        place.mkdir(parents=True)
        (place / "manifest.json").write_text(json.dumps({
            "schema": 1, "name": name, "made_ms": int(time.time() * 1000), "commit": self.first, "next": self.second,
            "migrations": [], "has_dump": False, "is_rollback": False, "succeeded": True, "restoring": False, **more}))

    def journal(self, **more):
        (self.path / "state").mkdir(exist_ok=True)
        (self.path / "state/deploy.json").write_text(json.dumps({
            "schema": 1, "what": "full", "who": "ivan", "since_ms": int(time.time() * 1000), "step": "verify", "baseline": {},
            "next": "20261126-000000", "before": "20261125-000000", "commit_before": self.first, "commit_next": self.second,
            "backup": "", "venv": 0, "migrations": [], "restored": "", **more}))

    def look(self):
        """All that there is, with when it was written; but for what a lock or a look leaves."""
        return sorted((str(path), path.stat().st_mtime_ns) for path in self.path.rglob("*")
                      if not {"run", "log", ".git"} & set(path.parts) and path.name not in ("state", "deploy_safe.lock"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def deploy(project, config, run):
    path = config(PROJECT_ROOT=project.root, DJANGO_DIR=project.root / "panel", FRONTEND_BUILD=project.build,
                  BACKUP_DIR=project.path / "backups", VENV_DIR=project.path / "venv", WEB_USER=getpass.getuser())

    def start(*words, **environment):
        return run("deploy_safe", "--config", path, "--lang", "en", *words, **environment)

    start.config = path
    return start


def dry(project, deploy, *words):
    before = project.look()
    done = deploy(*words, "--dry-run")
    assert done.code == 0, done.out + done.err
    assert project.look() == before
    return done.out


def test_a_dry_full_deploy_says_the_steps_of_both(project, deploy):
    project.git("branch", "next")
    project.git("reset", "--quiet", "--hard", project.first)
    said = dry(project, deploy, "full", project.make_build(project.path / "new", "new"), "--ref", "next")
    for word in ("git reset --hard " + project.second[:9], "pip install", "pg_dump", "renameat2", "smoke_check"):
        assert word in said, said
    assert project.git("rev-parse", "HEAD") == project.first


def test_a_dry_rollback_says_to_what(project, deploy):
    assert "(renameat2): 20261125-000000" in dry(project, deploy, "rollback")
    project.backup("20261125-000000")
    said = dry(project, deploy, "rollback", "--backend")
    assert "git reset --hard " + project.first[:9] in said and "commits back: 1" in said, said


def test_a_dry_cleanup_says_what_would_go(project, deploy):
    for name in ("20200101-000000", "20200102-000000"):
        tree = project.make_build(project.path / f"front/build.releases/{name}", name)
        project.describe(name, tree, made_ms=1000)
        project.backup(name, made_ms=1000, succeeded=False)
    project.backup("20261125-000000")
    said = dry(project, deploy, "cleanup", "30")
    assert said.count("Would remove") == 4 and "20261125" not in said, said


def test_a_dry_recovery_says_the_way_back(project, deploy):
    project.journal()
    said = dry(project, deploy, "recover")
    for word in ("full (ivan)", "(renameat2): 20261125-000000", "git reset --hard " + project.first[:9], "smoke_check"):
        assert word in said, said
    project.journal(step="prepare", next="", before="", commit_before="")
    said = dry(project, deploy, "recover")
    assert "renameat2" not in said and "git reset" not in said and "of before" in said, said


def test_who_comes_second_is_told_who_is_at_it(project, deploy):
    """Before there is a marker: a dry run that waits for a slow remote."""
    project.git("remote", "add", "origin", "ssh://nowhere/lectio.git")
    project.git("config", "core.sshCommand", "sleep 3; false")
    first = subprocess.Popen([str(BIN / "deploy_safe"), "--config", deploy.config, "backend", "--ref", "next", "--dry-run"],
                             env={"PATH": "/usr/bin:/bin", "SUDO_USER": "ivan"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lock = project.path / "state/deploy_safe.lock"
    until = time.time() + 30
    while not (lock.exists() and lock.read_text()) and time.time() < until:
        time.sleep(0.01)
    second = deploy("cleanup")
    first.wait()
    assert second.code == 3 and f"backend --dry-run (ivan), pid {first.pid}, since 20" in second.err, second.err
    assert not (project.path / "run/deploy_in_progress").exists()


def test_a_person_sees_that_a_step_goes_on(project, deploy, run_on_terminal):
    project.git("remote", "add", "origin", "ssh://nowhere/lectio.git")
    project.git("config", "core.sshCommand", "sleep 1; false")
    done = run_on_terminal("deploy_safe", "--config", deploy.config, "backend", "--ref", "next", "--dry-run", columns=30)
    seen = [part.removesuffix("\033[K") for part in done.out.split("\r") if part[:1] in tuple("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")]
    assert len({part[0] for part in seen}) > 3 and len({part.split()[1] for part in seen}) > 3, done.out
    assert max(map(len, seen)) < 30, "a line that wraps cannot be written over"
    assert "⠋" not in done.out.rpartition("\r\033[K")[2], "it is gone when the step is"
