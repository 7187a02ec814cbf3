"""deploy_safe backend for a site whose database is a file beside manage.py."""
import contextlib

import pytest

from code_deploys import ROOT

pytest_plugins = ["green_server", "code_deploys"]

DATABASE = ROOT + "/teaching_panel/db.sqlite3"
ASK = """import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
for row in base.execute(sys.argv[2]):
    print(*row, sep="|")
base.commit()
"""
# A writer that is at work.
HOLD = """import pathlib, signal, sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("BEGIN IMMEDIATE")
pathlib.Path("/run/lectio-test/holds").touch()
signal.pause()
"""
# A writer that died in the middle of a transaction, pages of which were in the file already.
DIE = """import os, signal, sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA cache_size = 1")
base.execute("BEGIN")
base.execute("UPDATE homework_homework SET description = hex(zeroblob(200000))")
os.kill(os.getpid(), signal.SIGKILL)
"""
MOVE_IN = """cd {root}/teaching_panel; cp -a /etc/lectio-site.env /etc/lectio-site.env.kept
../venv/bin/python manage.py dumpdata --exclude contenttypes --exclude auth.permission --exclude accounts.notificationsettings --output /tmp/site.json
sed -i 's|^DATABASE_URL=.*|DATABASE_URL=sqlite:///|' /etc/lectio-site.env
runuser -u www-data -- ../venv/bin/python manage.py migrate --verbosity=0
runuser -u www-data -- ../venv/bin/python manage.py loaddata --verbosity=0 /tmp/site.json
chmod 640 {database}; cp -a {database} /tmp/db.sqlite3; systemctl restart teaching_panel"""
MOVE_OUT = """mv -f /etc/lectio-site.env.kept /etc/lectio-site.env; systemctl restart teaching_panel
rm -f {database}* /tmp/db.sqlite3 /tmp/site.json"""


def ask(server, statement, path=DATABASE):
    return server.exec("runuser", "-u", "www-data", "--", "/usr/bin/python3", "-c", ASK, path, statement).stdout.strip()


def columns(server):
    return ask(server, "SELECT name FROM pragma_table_info('homework_homework')").split()


def homeworks(server):
    return ask(server, "SELECT id, teacher_id, status FROM homework_homework ORDER BY id")


def tokens(server):
    return int(ask(server, "SELECT count(*) FROM token_blacklist_outstandingtoken"))


def file_of(server):
    return server.sh("stat -c %%i:%%a:%%U:%%G %s" % DATABASE).strip()


def beside(server):
    """What was made next to the database and not taken away."""
    return server.sh("find %s/teaching_panel -maxdepth 1 -name 'tmp*'" % ROOT)


def back_to(code):
    return code.run("rollback", "--backend", code.backups()[0].rsplit("backend-", 1)[1], "--restore-db", "--yes")


@contextlib.contextmanager
def held(server):
    """By somebody who writes and does not come to an end."""
    server.put_file("/run/lectio-test/hold.py", HOLD)
    server.sh("""rm -f /run/lectio-test/holds; systemd-run --quiet --unit=holder /usr/bin/python3 /run/lectio-test/hold.py %s
for i in $(seq 100); do [ -e /run/lectio-test/holds ] && exit 0; sleep 0.05; done; exit 1""" % DATABASE)
    try:
        yield
    finally:
        server.sh("systemctl stop holder")


@pytest.fixture(scope="module")
def on_sqlite(server, repository):
    server.sh(MOVE_IN.format(root=ROOT, database=DATABASE))
    server.wait_green()
    yield
    server.sh(MOVE_OUT.format(database=DATABASE))
    server.wait_green()


@pytest.fixture
def site(code, on_sqlite):
    """Its code and its database are in the end what they were."""
    before = code.head()
    yield code
    code.commit("As before", "git rm -rq teaching_panel; git checkout --quiet %s -- teaching_panel" % before)
    code.server.sh("cd {r}; git fetch --quiet; git reset --quiet --hard origin/main; chown -R www-data: .git; systemctl stop teaching_panel; "
                   "cp -a /tmp/db.sqlite3 {d}; systemctl start teaching_panel".format(r=ROOT, d=DATABASE))
    code.server.wait_green()


def test_a_migration_and_the_way_back(server, site):
    rows, file = homeworks(server), file_of(server)
    before = site.head()
    commit = site.migration("A column", "0002_note", "0001_initial", "ALTER TABLE homework_homework ADD note text")
    done = site.run("backend")
    assert done.rc == 0, done.out + done.err
    assert site.head() == commit and site.clean() == "" and site.works()[0]
    assert "note" in columns(server) and homeworks(server) == rows and file_of(server) == file
    [backup] = site.backups()
    assert server.sh("stat -c %%a:%%U %s %s/database.dump" % (backup, backup)).split() == ["700:root", "600:root"]
    server.sh("install -o www-data %s/database.dump /run/lectio-test/dump" % backup)
    assert ask(server, "PRAGMA integrity_check", "/run/lectio-test/dump") == "ok"
    assert ask(server, "SELECT id, teacher_id, status FROM homework_homework ORDER BY id", "/run/lectio-test/dump") == rows

    ask(server, "DELETE FROM homework_homework")
    back = back_to(site)
    assert back.rc == 0, back.out + back.err
    assert site.head() == before and site.clean() == "" and beside(server) == ""
    assert "note" not in columns(server) and homeworks(server) == rows and rows
    assert "0002_note" not in ask(server, "SELECT name FROM django_migrations")
    assert file_of(server) == file
    logins = tokens(server)
    assert site.works()[0] and tokens(server) > logins


def test_forward_again_to_code_whose_migration_the_database_lacks(server, site):
    commit = site.migration("A column", "0002_note", "0001_initial", "ALTER TABLE homework_homework ADD note text")
    assert site.run("backend").rc == 0 and back_to(site).rc == 0
    assert "note" not in columns(server)
    again = site.run("rollback", "--backend", site.backups()[-1].rsplit("backend-", 1)[1], "--restore-db", "--yes")
    assert again.rc == 0, again.out + again.err
    assert site.head() == commit and "note" in columns(server) and site.works()[0]


def test_a_nights_backup(server, site):
    """Made, unpacked and counted; put back by a plain copy while the site is stopped."""
    done = site.alerts.run("backup", "--format", "json")
    assert done.rc == 0, done.out + done.err
    [backup] = server.sh("ls %s/backups/database-*.sqlite3" % ROOT).split()
    rows = homeworks(server)
    ask(server, "DELETE FROM homework_homework")
    server.sh("systemctl stop teaching_panel; cp {b} {d}; systemctl start teaching_panel".format(b=backup, d=DATABASE))
    server.wait_green()
    assert homeworks(server) == rows and rows
    server.sh("rm " + backup)
    assert beside(server) == ""
    assert server.sh("find /tmp -maxdepth 1 -name 'tmp*' -user www-data") == "", "the copy that was tried is gone"


def test_a_name_that_counts_from_where_the_site_runs(server, site):
    server.sh("sed -i 's|^DATABASE_URL=.*|&db.sqlite3|' /etc/lectio-site.env; systemctl restart teaching_panel")
    server.wait_green()
    site.migration("A column", "0002_note", "0001_initial", "ALTER TABLE homework_homework ADD note text")
    done, back = site.run("backend"), back_to(site)
    server.sh("sed -i 's|^DATABASE_URL=.*|DATABASE_URL=sqlite:///|' /etc/lectio-site.env; systemctl restart teaching_panel")
    server.wait_green()
    assert done.rc == 0 and back.rc == 0, (done, back)
    assert "note" not in columns(server) and site.works()[0]


def test_a_migration_that_fails_leaves_the_database_as_it_was(server, site):
    before, rows, file, shape = site.head(), homeworks(server), file_of(server), columns(server)
    site.migration("Breaks", "0002_bad", "0001_initial", "ALTER TABLE homework_homework ADD note text; "
                   "UPDATE homework_homework SET status = 'lost'; INSERT INTO no_such_table VALUES (1)")
    undone = site.run("backend")
    assert undone.rc == 2 and "no_such_table" in undone.out, undone
    assert site.head() == before and site.clean() == "" and beside(server) == ""
    assert homeworks(server) == rows and rows and columns(server) == shape and file_of(server) == file
    loud = [message["text"] for message in site.alerts.chat() if not message["silent"]]
    assert len(loud) == 1 and "migrate" in loud[0], loud
    assert site.works()[0]


def test_what_a_killed_writer_left_is_in_nobodys_way(server, site):
    site.migration("A column", "0002_note", "0001_initial", "ALTER TABLE homework_homework ADD note text")
    assert site.run("backend").rc == 0
    rows = homeworks(server)
    # Between the site's last answer and its dump: it stands still by then.
    server.put_file("/run/lectio-test/die.py", DIE)
    with server._drop_in("[Service]\nExecStopPost=-/usr/bin/python3 /run/lectio-test/die.py %s\n" % DATABASE):
        back = back_to(site)
    assert back.rc == 0, back.out + back.err
    assert homeworks(server) == rows and "note" not in columns(server) and site.works()[0]


def test_who_holds_the_database_is_not_waited_for_long(server, site):
    """The site stands still meanwhile."""
    site.migration("A column", "0002_note", "0001_initial", "ALTER TABLE homework_homework ADD note text")
    assert site.run("backend").rc == 0
    before, rows = site.head(), homeworks(server)
    with held(server):
        failed = back_to(site)
    assert failed.rc == 2 and "locked" in failed.out, failed
    text = site.alerts.chat()[-1]["text"]
    assert "вернуть базу не вышло" in text and "Миграции остались" not in text, text
    assert site.head() == before and site.clean() == "" and beside(server) == ""
    assert homeworks(server) == rows and "note" in columns(server) and site.works()[0]
