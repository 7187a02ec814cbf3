"""backup: the database of the real site, dumped, restored beside it, and in the end in its place."""
import re
import threading
import time

import pytest

from alerts_rig import alerting
from faults import PROJECT, UNIT
from rig import BIN, ROOT, while_done
from verdicts import assert_says, ask, says

pytest_plugins = "green_server"

DIRECTORY = "/run/backup-test"
SCRATCH = "lectio_backup_check_teaching_panel"
NOT_MADE = {"backup_restore": "skipped needs <- backup", "backup_retention": "skipped backup_none_removed"}


@pytest.fixture
def backup(server, config):
    server.sh("rm -rf " + DIRECTORY)

    def run(*args, **keys):
        return ask(server, "backup", config(BACKUP_DIR=DIRECTORY, **keys), *args)
    yield run
    assert SCRATCH not in databases(server)
    server.sh("rm -rf " + DIRECTORY)


def databases(server):
    return server.sql("SELECT datname FROM pg_database").split()


def kept(server):
    return server.sh("ls -A %s 2>/dev/null || true" % DIRECTORY).split()


def old_one(server, name="database-20200101-030000.dump"):
    server.sh("mkdir -p {d}; echo old > {d}/{n}".format(d=DIRECTORY, n=name))


def test_a_dump_is_made_and_proven(server, backup, config):
    said = backup()
    assert_says(said, says(0))
    [name] = kept(server)
    assert re.fullmatch(r"database-\d{8}-\d{6}\.dump", name)
    assert server.sh("stat -c %%a:%%U %s %s/*" % (DIRECTORY, DIRECTORY)).split() == ["700:root", "600:root"]
    made, restored = said.check("backup")["facts"], said.check("backup_restore")["facts"]
    assert made["rows"] == restored["rows"] > 10 and made["tables"] == restored["tables"] > 10
    password = re.search("DATABASE_URL=.*:(.*)@", server.read_file("/etc/lectio-site.env")).group(1)
    assert password not in str(said.report)
    fresh = ask(server, "deep_check", config(BACKUP_DIR=DIRECTORY), "--only", "backup_fresh")
    assert_says(fresh, says(0))
    assert name in str(fresh.report)


def test_the_site_runs_on_a_backup(server, backup):
    """By the commands of the operator's guide."""
    assert_says(backup(), says(0))
    before = server.sql("SELECT id, email FROM accounts_customuser ORDER BY id")
    section = (ROOT / "docs/operator.md").read_text(encoding="utf-8").split("### Bring a database back")[1].split("\n## ")[0]
    commands = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert len(commands) == 6
    server.sql("TRUNCATE accounts_customuser CASCADE; DROP TABLE homework_homework CASCADE")
    for command in commands:
        command = re.sub(r"sudo -u (\w+)", r"runuser -u \1 --", command)
        command = re.sub(r"/\S*/database-\S*\.dump", DIRECTORY + "/" + kept(server)[0], command)
        server.sh(command.replace("/opt/lectio-monitor/", "true /"))
    server.wait_green()
    assert server.sql("SELECT id, email FROM accounts_customuser ORDER BY id") == before
    assert server.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == "teaching_panel"


def test_a_site_that_goes_on_writing_is_no_difference(server, backup):
    server.sql("CREATE TABLE aa_busy (n serial)")
    server.sql("ALTER TABLE aa_busy OWNER TO teaching_panel")
    with while_done(server, "systemd-run --quiet --unit=busy bash -c 'while :; do echo \"INSERT INTO aa_busy DEFAULT VALUES; DELETE FROM aa_busy WHERE n % 3 = 0;\"; done"
                            " | runuser -u postgres -- psql -q -d teaching_panel'; sleep 1",
                    "systemctl stop busy; runuser -u postgres -- psql -qd teaching_panel -c 'DROP TABLE aa_busy'"):
        before = int(server.sql("SELECT count(*) FROM aa_busy"))
        assert_says(backup(), says(0))
        assert int(server.sql("SELECT count(*) FROM aa_busy")) > before + 10, "it did write"


def test_a_role_that_may_make_databases_makes_its_own(server, backup):
    with while_done(server, "runuser -u postgres -- psql -qc 'ALTER ROLE teaching_panel CREATEDB'", "runuser -u postgres -- psql -qc 'ALTER ROLE teaching_panel NOCREATEDB'"):
        assert_says(backup(), says(0))


def test_where_nobody_may_make_a_database_it_says_so(server, backup):
    """As of a server elsewhere: the account postgres of this machine has no say there."""
    with while_done(server, "cp -a /etc/lectio-site.env /etc/lectio-site.env.kept; echo 127.0.0.1 database.test >> /etc/hosts; "
                            "sed -i 's/@127.0.0.1/@database.test/; s/@localhost/@database.test/' /etc/lectio-site.env; grep -q database.test /etc/lectio-site.env; systemctl restart %s; lectio-green 2" % UNIT,
                    "mv -f /etc/lectio-site.env.kept /etc/lectio-site.env; sed -i '/database.test/d' /etc/hosts; systemctl restart %s; lectio-green 2" % UNIT):
        said = backup()
    assert_says(said, says(1, backup_restore="warning backup_restore_denied"))
    assert "teaching_panel" in said.check("backup_restore")["summary"]
    assert len(kept(server)) == 1


def test_a_database_that_is_away(server, backup):
    old_one(server)
    with server.postgres_stopped():
        assert_says(backup(), says(1, NOT_MADE, backup="warning backup_failed"))
    assert kept(server) == ["database-20200101-030000.dump"], "an old one is better than none"


def test_a_failure_is_told_once(server, backup, config):
    with alerting(server, config, BACKUP_DIR=DIRECTORY) as alerts:
        with server.postgres_stopped():
            for _ in range(2):
                assert alerts.run("backup").rc == 1
            chat = alerts.chat()
            assert len(chat) == 1 and "Ночная копия базы" in chat[0]["text"] and not chat[0]["silent"], chat
        assert alerts.run("backup").rc == 0
        assert len(alerts.chat()) == 2, "and its end"


def test_a_disk_without_room(server, backup):
    with while_done(server, "mkdir -p {d}; mount -t tmpfs -o size=20m tmpfs {d}".format(d=DIRECTORY), "umount " + DIRECTORY):
        said = backup()
        assert_says(said, says(1, NOT_MADE, backup="warning backup_no_room"))
        assert kept(server) == []


def test_a_dump_that_cannot_be_restored(server, backup):
    """A constraint that looks into a table which is filled after its own."""
    old_one(server)
    server.sql("CREATE TABLE zz_limit (n int); INSERT INTO zz_limit VALUES (10);"
               "CREATE FUNCTION aa_most() RETURNS int LANGUAGE sql AS 'SELECT coalesce(max(n), 0) FROM public.zz_limit';"
               "CREATE TABLE aa_bad (n int CHECK (n < aa_most())); INSERT INTO aa_bad VALUES (5);"
               "ALTER TABLE aa_bad OWNER TO teaching_panel; ALTER TABLE zz_limit OWNER TO teaching_panel; ALTER FUNCTION aa_most OWNER TO teaching_panel")
    try:
        said = backup()
    finally:
        server.sql("DROP TABLE aa_bad; DROP TABLE zz_limit CASCADE; DROP FUNCTION aa_most")
    assert_says(said, says(1, backup_restore="warning backup_restore_failed", backup_retention="skipped backup_none_removed"))
    assert "database-20200101-030000.dump" in kept(server) and len(kept(server)) == 2


def test_old_ones_go_and_what_is_not_its_own_stays(server, backup):
    for day in "123456":
        old_one(server, "database-2020010%s-030000.dump" % day)
    old_one(server, "notes.txt")
    dry = backup("--dry-run")
    assert dry.check("backup")["cause"] == "backup_would" and len(kept(server)) == 7
    assert "20200101-030000" in str(dry.report["notes"]) and "20200104-030000" not in str(dry.report["notes"])
    said = backup(BACKUP_KEEP="2")
    assert_says(said, says(0))
    assert said.check("backup_retention")["facts"] == {"removed": 5, "kept": 2}
    assert kept(server)[0] == "database-20200106-030000.dump" and kept(server)[2] == "notes.txt"


def test_what_a_run_that_was_killed_left_is_taken_away(server, backup, config):
    path = config(BACKUP_DIR=DIRECTORY)
    server.run_tool("strace", "-f", "-o", "/dev/null", "-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=1", BIN / "backup", "--config", path)
    [partial] = kept(server)
    assert partial.endswith(".partial")
    server.sql('CREATE DATABASE %s OWNER teaching_panel' % SCRATCH)
    assert_says(backup(), says(0))
    assert len(kept(server)) == 1 and not kept(server)[0].endswith(".partial")


def test_a_deploy_comes_first(server, backup, config):
    path = config(BACKUP_DIR=DIRECTORY, RUN_DIR="/run/backup-test-run")
    marker = "/run/backup-test-run/deploy_in_progress"
    with while_done(server, "mkdir -p /run/backup-test-run; touch " + marker, "rm -rf /run/backup-test-run"):
        said = ask(server, "backup", path, "--deadline", "4", "--only", "backup")
        assert_says(said, says(1, backup="warning backup_deploy"))
        assert kept(server) == []
        end = threading.Timer(3, lambda: server.sh("rm " + marker))
        end.start()
        begun = time.monotonic()
        assert_says(ask(server, "backup", path), says(0))
        assert time.monotonic() - begun > 2
        end.join()


def test_a_site_whose_code_does_not_load(server, backup):
    """The database is there all the same."""
    settings = PROJECT + "/teaching_panel/teaching_panel/settings.py"
    with while_done(server, "cp -a {s} /run/settings.py; echo 'raise ValueError(1)' >> {s}".format(s=settings), "cp -a /run/settings.py " + settings):
        assert_says(backup(), says(0))
        assert len(kept(server)) == 1
