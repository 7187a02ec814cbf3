"""deep_check and backup against a small Django project on SQLite: what a damaged file and broken migrations make of them."""

import os
import pathlib
import sqlite3
import subprocess
import sys

import pytest

pytest.importorskip("django")

SETTINGS = """
SECRET_KEY = "secret of the settings"
INSTALLED_APPS = ["lessons"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": %r}}
ROOT_URLCONF = "panel.urls"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
"""
FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Lesson", [("id", models.AutoField(primary_key=True)), ("name", models.TextField())])]
"""


class Panel:
    """The project, and the keys of config.env that lead to it."""

    def __init__(self, root):
        self.root, self.database = root, root / "data" / "db.sqlite3"
        for name in ("panel", "lessons", "lessons/migrations", "venv/bin", "data", "backups"):
            (root / name).mkdir(parents=True)
        self.write("panel/__init__.py", "")
        self.write("panel/urls.py", "urlpatterns = []\n")
        self.write("panel/settings.py", SETTINGS % str(self.database))
        self.write("lessons/__init__.py", "")
        self.write("lessons/models.py", "")
        self.write("lessons/migrations/__init__.py", "")
        self.write("lessons/migrations/0001_initial.py", FIRST)
        (root / "venv/bin/python").symlink_to(sys.executable)
        self.keys = {"DJANGO_DIR": root, "VENV_DIR": root / "venv", "DJANGO_SETTINGS_MODULE": "panel.settings",
                     "BACKUP_DIR": root / "backups", "WEB_USER": "root" if os.geteuid() == 0 else "nobody"}
        done = subprocess.run([sys.executable, "-c", "import django.core.management as m; m.execute_from_command_line(['manage.py', 'migrate'])"],
                              cwd=root, env={**os.environ, "DJANGO_SETTINGS_MODULE": "panel.settings", "PYTHONDONTWRITEBYTECODE": "1"},
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        with sqlite3.connect(self.database) as base:
            base.executemany("INSERT INTO lessons_lesson (name) VALUES (?)", [("lesson %d" % i * 40,) for i in range(500)])
            base.execute("CREATE INDEX by_name ON lessons_lesson (name)")

    def write(self, name, text):
        (self.root / name).write_text(text)

    def backups(self):
        return sorted(pathlib.Path(self.root / "backups").glob("database-*"))


@pytest.fixture
def panel(tmp_path):
    return Panel(tmp_path / "site")


@pytest.fixture
def look(run, config, panel):
    def look():
        return run("deep_check", "--config", config(**panel.keys), "--only", "database,migrations", "--format", "json")
    return look


def test_all_is_well(look):
    done = look()
    assert (done.check("database")["status"], done.check("migrations")["status"]) == ("ok", "ok"), done.out
    assert "integrity_limit_mb" not in done.check("database")["facts"]


@pytest.mark.parametrize("name, text, reason", [
    ("0002_syntax.py", "class Migration(:\n", "0002_syntax.py"),
    ("0002_import.py", "import nonexistent_module\n", "nonexistent_module"),
    ("0002_nobody.py", FIRST.replace("operations", 'dependencies = [("lessons", "0007_gone")]\n    operations'), "0007_gone"),
    ("0002_ends.py", "raise SystemExit('no more')\n", "no more"),
])
def test_broken_migrations_are_no_outage_of_the_database(look, panel, run, config, name, text, reason):
    panel.write("lessons/migrations/" + name, text)
    done = look()
    assert done.check("database")["status"] == "ok" and done.check("database")["facts"]["mb"] >= 0, done.out
    migrations = done.check("migrations")
    assert (migrations["status"], migrations["cause"]) == ("warning", "migrations_unknown")
    assert reason in migrations["summary"], migrations
    made = run("backup", "--config", config(**panel.keys), "--format", "json")
    assert made.check("backup")["status"] == "ok" and made.check("backup_restore")["status"] == "ok", made.out
    assert len(panel.backups()) == 1


def damage_index(path):
    """Of one page of the index, as a bad disk does it: the tables can still be read."""
    with sqlite3.connect(path) as base:
        [size] = base.execute("PRAGMA page_size").fetchone()
        [page] = base.execute("SELECT rootpage FROM sqlite_master WHERE name = 'by_name'").fetchone()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def damage_all(path):
    data = bytearray(path.read_bytes())
    data[100:] = b"\xa5" * (len(data) - 100)
    path.write_bytes(data)


def overwrite(path):
    path.write_bytes(b"<html>" * 4000)


@pytest.mark.parametrize("damage", [damage_index, damage_all, overwrite])
def test_a_damaged_database(look, panel, run, config, damage):
    damage(panel.database)
    done = look()
    database = done.check("database")
    assert (database["status"], database["cause"]) == ("critical", "database_damaged"), done.out
    assert database["facts"]["reason"] and done.code == 2
    assert run("backup", "--config", config(**panel.keys), "--format", "json").check("backup")["status"] == "warning"
    assert panel.backups() == [], "nothing damaged is kept as a backup"


def test_a_database_that_is_not_there(look, panel):
    panel.database.unlink()
    assert look().check("database")["cause"] == "database_away"
    assert not panel.database.exists(), "asking made none"


def test_a_large_file_is_said_not_to_have_been_looked_through(look, panel):
    """A hole makes it large: SQLite reads no further than its header says."""
    damage_index(panel.database)
    os.truncate(panel.database, 201 << 20)
    database = look().check("database")
    assert database["status"] == "ok" and database["facts"]["integrity_limit_mb"] == 200, database
    assert "integrity not checked" in database["summary"] and "nightly backup" in database["summary"], database
