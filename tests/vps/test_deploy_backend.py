"""deploy_safe backend, full, rollback --backend: new code is proven before it serves, and has a way back."""
import contextlib
import json
import re
import threading

import pytest

from code_deploys import BREAKS_THE_LOGIN, REMOTE, ROOT, WHEELS
from deploys import PUBLIC
from faults import BUILD
from rig import ROOT as REPO, UNDER_LOAD, few, not_sanitized

pytest_plugins = ["green_server", "code_deploys"]


def loud(code):
    return [message["text"] for message in code.alerts.chat() if not message["silent"]]


def test_new_code_serves_and_one_message_says_which(code):
    commit = code.version("one")
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    assert code.head() == commit and "backend-one" in code.serving_version()
    assert code.clean() == ""
    chat = code.alerts.chat()
    assert len(chat) == 1 and chat[0]["silent"], chat
    assert "бэкенд обновлён" in chat[0]["text"] and commit[:9] in chat[0]["text"] and "Version one" in chat[0]["text"], chat
    assert code.alerts.violations() == []


@contextlib.contextmanager
def visited(server, clients):
    """What the visitors of these moments saw, once they are over."""
    server.sh("rm -f /run/visitors.stop")
    seen = {}
    thread = threading.Thread(target=lambda: seen.update(json.loads(server.exec(
        "/usr/bin/python3", str(REPO / "tests/vps/visitors.py"), str(clients), "/run/visitors.stop", "/api/health/", timeout=600).stdout)))
    thread.start()
    try:
        yield seen
    finally:
        server.sh("touch /run/visitors.stop")
        thread.join()


@not_sanitized
def test_a_reload_fails_no_request(server, code):
    with visited(server, 50) as seen:
        for mark in ("two", "three", "four"):
            code.version(mark)
            done = code.run("backend", env=UNDER_LOAD)
            assert done.rc == 0 and "reload" in done.out, done.out + done.err
            assert "backend-" + mark in code.serving_version()
    assert seen["requests"] > 500
    assert seen["failures"] == [], seen["failures"][:20]


def test_the_gap_of_a_restart_is_short(server, code, record_property):
    with visited(server, 20) as seen:
        code.version("gap")
        done = code.run("backend", env=UNDER_LOAD | {"BACKEND_RELOAD": "restart", "DEPLOY_ROUNDS": "2"})  # the visitors have waited: one slow answer is no verdict
        assert done.rc == 0 and "restart" in done.out, done.out + done.err
    record_property("longest gap", "%.2f s" % seen["gap"])
    assert 0 < seen["gap"] < 15
    assert all(path.startswith("/api/") for path, *_ in seen["failures"]), "pages and files come from nginx"


@pytest.mark.parametrize("signal", few(["INT", "HUP"], 1))
def test_a_signal_stops_it_where_the_site_is_whole(server, code, signal):
    for number, after in enumerate((0.2, 0.8, 1.6, 2.6)):
        before = code.head()
        commit = code.version("%s%d" % (signal.lower(), number))
        out = server.sh("""{tool} backend > /run/deploy.out 2>&1 < /dev/null & pid=$!
sleep {after}; kill -{signal} $pid 2>/dev/null || true; sleep 0.1; kill -{signal} $pid 2>/dev/null || true
wait $pid && echo rc=0 || echo rc=$?; cat /run/deploy.out""".format(tool=" ".join(map(str, code.argv)), after=after, signal=signal))
        rc = int(re.search(r"rc=(\d+)", out).group(1))
        # Before it has begun anything it may simply end.
        assert rc in (0, 2, {"INT": 130, "HUP": 129}[signal]), out
        assert code.head() == (commit if rc == 0 else before), out
        assert code.clean() == "" and code.works()[0], out


def test_who_is_stopped_while_it_prepares_has_touched_nothing(server, code):
    look = "git -C %s reflog | wc -l; pgrep -P $(systemctl show -P MainPID teaching_panel)" % ROOT
    before = server.sh(look)
    code.commit("Slow", "printf 'import sys, time\\nif \"gunicorn\" not in sys.modules:\\n    open(\"/tmp/prepares\", \"w\").close()\\n"
                        "    time.sleep(3)\\n' >> teaching_panel/teaching_panel/settings.py")
    out = server.sh("""rm -f /tmp/prepares; {tool} backend > /run/deploy.out 2>&1 < /dev/null & pid=$!
for i in $(seq 600); do test ! -e /tmp/prepares || break; sleep 0.05; done
kill -INT $pid; wait $pid && echo rc=0 || echo rc=$?; cat /run/deploy.out""".format(tool=" ".join(map(str, code.argv))))
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert out.startswith("rc=2") and "ничего не изменено" in out, out
    assert server.sh(look) == before, out
    assert code.clean() == "" and code.works()[0]


@pytest.mark.parametrize("way", few(["restart", "preload in a file", "preload", "preload in a file by its whole name"], 2))
def test_a_restart_where_a_reload_would_keep_the_old_code(server, code, way):
    code.version("way-" + way.replace(" ", ""))
    if way.startswith("preload in a file"):
        server.sh("echo 'preload_app = True' > /run/gunicorn.conf.py")
    if way == "restart":
        done = code.run("backend", env={"BACKEND_RELOAD": "restart"})
    else:
        how = {"preload": "--preload", "preload in a file": "-c /run/gunicorn.conf.py"}.get(way, "--config=file:/run/gunicorn.conf.py")
        with server._drop_in("[Service]\nExecStart=\nExecStart=%s/venv/bin/gunicorn %s --bind 127.0.0.1:8000 --workers 3 "
                             "--graceful-timeout 2 teaching_panel.wsgi:application\n" % (ROOT, how)):
            server.systemctl("restart", "teaching_panel")
            done = code.run("backend")
            assert "backend-way-preload" in code.serving_version()
        server.sh("rm -f /run/gunicorn.conf.py")
    assert done.rc == 0 and "restart" in done.out, done.out + done.err


REFUSED = {
    "crashes on import": ("echo 'import no_such_module' >> teaching_panel/homework/views.py", "no_such_module"),
    "settings exit": ("echo 'raise SystemExit(3)' >> teaching_panel/teaching_panel/settings.py", "SystemExit"),
    "check fails": ("sed -i 's/USE_TZ = True/USE_TZ = True\\nMIDDLEWARE.append(\"no.such.Middleware\")\\nAUTH_USER_MODEL = \"accounts.Nobody\"/' "
                    "teaching_panel/teaching_panel/settings.py", "Nobody"),
    "a migration that is no Python": ("echo 'class Migration(:' > teaching_panel/homework/migrations/0099_broken.py",
                                      "миграции нового кода неисправны: SyntaxError"),
    "requirements that are nowhere": ("echo 'lectio-nowhere==9.9' > teaching_panel/requirements.txt", "lectio-nowhere"),
}


@pytest.mark.parametrize("flaw", few(REFUSED, 2))
def test_what_cannot_run_is_refused_before_it_touches_anything(server, code, flaw):
    script, named = REFUSED[flaw]
    before, workers = code.head(), server.sh("pgrep -P $(systemctl show -P MainPID teaching_panel)")
    code.commit("Breaks", script)
    refused = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert refused.rc == 2 and "ничего не изменено" in refused.out and named in refused.out, refused
    assert code.head() == before and code.clean() == ""
    assert server.sh("pgrep -P $(systemctl show -P MainPID teaching_panel)") == workers
    assert len(loud(code)) == 1 and named in loud(code)[0], code.alerts.chat()
    assert code.works()[0]


def test_a_commit_that_breaks_the_login_is_rolled_back_and_told_once(code):
    before = code.head()
    code.commit("Breaks the login", BREAKS_THE_LOGIN)
    undone = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2, undone
    assert code.head() == before and code.clean() == ""
    assert len(loud(code)) == 1 and "Откат" in loud(code)[0], code.alerts.chat()
    assert code.works()[0], code.works()[1]


def test_a_worker_that_dies_at_its_start_is_rolled_back(code):
    """It imports in a fresh interpreter, and not under gunicorn."""
    before = code.head()
    code.commit("Dies", "printf 'import sys\\nif \"gunicorn\" in sys.modules:\\n    raise RuntimeError(\"not here\")\\n' >> teaching_panel/teaching_panel/wsgi.py")
    undone = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2, undone
    assert code.head() == before and code.clean() == "" and code.works()[0]
    assert len(loud(code)) == 1, code.alerts.chat()


def test_what_will_not_be_reloaded_is_started_with_the_old_code(server, code):
    before = code.head()
    code.version("unreloaded")
    with server._drop_in("[Service]\nExecReload=\nExecReload=/bin/false\n"):
        main = server.show("teaching_panel", "MainPID")
        undone = code.run("backend")
        assert server.show("teaching_panel", "MainPID") != main
    assert undone.rc == 2 and "teaching_panel: reload не удался (exit-code)" in undone.out, undone
    assert code.head() == before and code.clean() == "" and code.works()[0]


def test_migrations_are_applied_after_a_dump(server, code):
    code.migration("A column", "0002_note", "0001_initial", "ALTER TABLE homework_homework ADD note text", "ALTER TABLE homework_homework DROP note")
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    assert "homework.0002_note" in code.alerts.chat()[0]["text"]
    assert "note" in server.sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'homework_homework'")
    [backup] = code.backups()
    assert "homework_homework" in server.sh("pg_restore --list %s/database.dump" % backup)
    assert server.sh("stat -c %%a:%%U %s %s/database.dump" % (backup, backup)).split() == ["700:root", "600:root"]


def test_a_migration_that_fails_leaves_the_old_code_serving(code):
    before = code.head()
    code.migration("Breaks", "0003_bad", "0002_note", "ALTER TABLE no_such_table ADD x int")
    undone = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2 and "no_such_table" in undone.out, undone
    assert code.head() == before and code.clean() == "" and code.works()[0]
    assert len(loud(code)) == 1 and "migrate" in loud(code)[0], code.alerts.chat()


def test_a_migration_that_the_old_code_cannot_live_with_says_how_to_restore(server, code):
    """Rolled back, but the schema is the new one: the message names the command, and the command does it."""
    before = code.head()
    rows = server.sql("SELECT count(*) FROM homework_homework")
    # What a person may have made beside Django's tables comes back too.
    server.sql("CREATE VIEW titles AS SELECT id, note FROM homework_homework")
    server.sql("CREATE TYPE mood AS ENUM ('good', 'bad')")
    server.sql("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    for what in ("VIEW titles", "TYPE mood", "FUNCTION one()"):
        server.sql("ALTER %s OWNER TO teaching_panel" % what)
    code.migration("Renames a column", "0003_rename", "0002_note", "ALTER TABLE homework_homework RENAME title TO heading")
    undone = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2 and code.head() == before, undone
    [text] = loud(code)
    assert "deploy_safe rollback --backend" in text, text
    assert not code.works()[0]
    words = text[text.index("rollback --backend"):].split()[:4]
    asked = code.run(*words)
    assert asked.rc == 3 and "--yes" in asked.err, asked
    restored = code.run(*words, "--yes")
    assert restored.rc == 0, restored.out + restored.err
    assert code.works()[0], code.works()[1]
    assert server.sql("SELECT count(*) FROM homework_homework") == rows
    assert "0003_rename" not in server.sql("SELECT name FROM django_migrations")
    assert code.clean() == ""
    # A dump that cannot be read leaves the database as it is, and the site up.
    server.sh("truncate -s 3000 %s/backups/backend-%s/database.dump" % (ROOT, words[2]))
    failed = code.run(*words, "--yes")
    assert failed.rc == 2 and code.works()[0], failed
    assert code.clean() == "" and server.sql("SELECT count(*) FROM homework_homework") == rows


def wheel(server, version):
    server.put_file("/tmp/make_wheel.py", """import zipfile
name = "lectio_extra-%(v)s"
with zipfile.ZipFile("%(w)s/" + name + "-py3-none-any.whl", "w") as z:
    z.writestr("lectio_extra.py", "VERSION = '%(v)s'\\n")
    z.writestr(name + ".dist-info/METADATA", "Metadata-Version: 2.1\\nName: lectio-extra\\nVersion: %(v)s\\n")
    z.writestr(name + ".dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr(name + ".dist-info/entry_points.txt", "[console_scripts]\\nlectio-extra = lectio_extra:main\\n")
    z.writestr(name + ".dist-info/RECORD", "")
""" % {"v": version, "w": WHEELS})
    server.sh("python3 /tmp/make_wheel.py")


def test_new_packages_come_with_the_code_and_go_with_it(server, code):
    wheel(server, "1.0")
    installed = "%s/venv/bin/python -c 'import lectio_extra; print(lectio_extra.VERSION)'" % ROOT
    code.commit("Needs a package", "echo 'lectio-extra==1.0' > teaching_panel/requirements.txt; "
                "sed -i '1i import lectio_extra' teaching_panel/homework/views.py")
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    assert server.sh(installed).strip() == "1.0"
    assert server.sh("head -1 %s/venv/bin/lectio-extra" % ROOT).strip() == "#!%s/venv/bin/python" % ROOT
    assert server.sh("stat -c %%U %s/venv %s/venv/bin/lectio-extra" % (ROOT, ROOT)).split() == ["www-data"] * 2
    assert code.clean() == "" and code.works()[0]

    wheel(server, "2.0")
    code.commit("Needs more of it, says so elsewhere, and breaks the login", "mkdir needs; echo 'lectio-extra==2.0' > needs/production.txt; "
                "sed -i '2i assert lectio_extra.VERSION == \"2.0\"' teaching_panel/homework/views.py; " + BREAKS_THE_LOGIN)
    undone = code.run("backend", env={"REQUIREMENTS_FILE": ROOT + "/needs/production.txt"})
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2 and "Откат" in undone.out and server.sh(installed).strip() == "1.0", undone
    first, second = (server.sh("cat %s/requirements.txt" % backup).lower() for backup in code.backups())
    assert "django==" in first and "extra==1.0" not in first and "extra==1.0" in second, "what was installed before each"
    assert code.clean() == "" and code.works()[0]


def test_local_work_is_not_lost(server, code):
    before = code.head()
    code.version("local")
    server.sh("cd %s/teaching_panel; echo '# by hand' >> manage.py; chmod 755 manage.py; echo mine > ../NOTES; cd ..; touch $(seq -f z%%g 12)" % ROOT)
    code.commit("Brings files", "echo theirs > NOTES; mkdir new; echo file > new/file; touch $(seq -f z%g 12)")
    refused = code.run("backend")
    assert refused.rc == 2 and "manage.py" in refused.out and "NOTES" in refused.out and "new/file" not in refused.out and "… (14)" in refused.out, refused
    assert code.head() == before and "by hand" in server.sh("tail -1 %s/teaching_panel/manage.py" % ROOT)
    dry = code.run("backend", "--discard-local", "--dry-run")
    assert dry.rc == 0 and "NOTES" in dry.out, dry
    done = code.run("backend", "--discard-local")
    assert done.rc == 0, done.out + done.err
    assert server.sh("cat %s/NOTES" % ROOT) == "theirs\n"
    assert "by hand" in server.sh("cat %s/local.patch" % code.backups()[-1])
    assert server.sh("tar -xOf %s/local.tar NOTES" % code.backups()[-1]) == "mine\n"
    server.sh("cd %s; git commit --quiet --allow-empty -m 'Only here'; chown -R www-data: .git" % ROOT)
    code.version("remote")
    refused = code.run("backend")
    assert refused.rc == 2 and "Only here" in refused.out, refused
    assert code.run("backend", "--discard-local").rc == 0


def test_a_file_of_gits_that_becomes_a_directory_is_no_local_work(code):
    code.commit("A file and a directory", "echo 1 > one; mkdir two; echo 2 > two/file")
    assert code.run("backend").rc == 0
    code.commit("The other way round", "git rm -rq one two; mkdir one; echo 1 > one/file; echo 2 > two")
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    code.commit("Neither", "git rm -rq one two")


def test_what_was_discarded_comes_back_with_the_old_code(server, code):
    before = code.head()
    server.sh("cd %s/teaching_panel; echo '# by hand' >> manage.py; cd ..; mkdir plans; for file in LOCAL notes.d plans/1; do echo mine > $file; done; "
              "chown -R www-data: LOCAL notes.d plans" % ROOT)
    code.commit("Brings files and breaks the login", "echo theirs > LOCAL; mkdir notes.d; echo theirs > notes.d/1; echo theirs > plans; " + BREAKS_THE_LOGIN)
    undone = code.run("backend", "--discard-local")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2 and code.head() == before, undone
    assert server.sh("cd %s; tail -n 1 teaching_panel/manage.py; cat LOCAL notes.d plans/1; stat -c %%U LOCAL" % ROOT).split("\n")[:5] == [
        "# by hand", "mine", "mine", "mine", "www-data"]
    server.sh("cd %s; rm -r LOCAL notes.d plans; git checkout --quiet teaching_panel/manage.py" % ROOT)
    assert code.clean() == "" and code.works()[0]


def test_a_hotfix_lands_on_a_backend_that_is_down(server, code):
    """Somebody pulled a commit by hand that crashes."""
    code.commit("Breaks", "echo 'import no_such_module' >> teaching_panel/homework/views.py")
    server.sh("cd %s; git fetch --quiet; git reset --quiet --hard origin/main; chown -R www-data: .git; systemctl restart teaching_panel; sleep 2" % ROOT)
    assert not code.works()[0]
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    code.version("hotfix")
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    assert "backend-hotfix" in code.serving_version() and code.works()[0]


def test_back_to_the_commit_before(code):
    before = code.head()
    code.version("forward")
    assert code.run("backend").rc == 0
    back = code.run("rollback", "--backend")
    assert back.rc == 0 and code.head() == before and "коммитов назад: 1" in code.alerts.chat()[-1]["text"], back
    # Its name means the remote's branch, not the local one, which is what serves.
    assert code.run("backend", "--ref", "main").rc == 0 and code.head() != before
    assert code.run("backend", "--ref", "no-such-branch").rc == 2


def test_a_repository_without_a_remote(server, code):
    commit = code.version("alone")
    server.sh("cd %s; git fetch --quiet; git branch --quiet next origin/main; git remote remove origin; chown -R www-data: .git" % ROOT)
    done = code.run("backend", "--ref", "next")
    server.sh("cd %s; git remote add origin %s; git branch --quiet -D next; git fetch --quiet; chown -R www-data: .git" % (ROOT, REMOTE))
    assert done.rc == 0 and code.head() == commit, done


def test_what_a_git_that_was_killed_left_is_in_nobodys_way(server, code):
    code.version("after-a-kill")
    server.sh("cd {r}; runuser -u www-data -- git config user.email x; mkdir {r}.next; chown www-data: {r}.next; "
              "runuser -u www-data -- git worktree add --lock --quiet --detach {r}.next HEAD; rm -rf {r}.next; "
              "touch .git/index.lock .git/HEAD.lock .git/refs/heads/main.lock".format(r=ROOT))
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    assert code.clean() == ""


def test_a_full_deploy_is_both_or_neither(server, code):
    server.sh("rm -rf {b} {b}.releases; cp -r {s} {b}; chown -R www-data: {b}".format(b=BUILD, s=PUBLIC))
    code.version("full")
    done = code.run("full", code.make_build("full"))
    assert done.rc == 0, done.out + done.err
    assert code.serving() == "full" and "backend-full" in code.serving_version()
    assert len(code.alerts.chat()) == 1 and "бэкенд и фронтенд обновлены" in code.alerts.chat()[0]["text"]
    before = code.head()
    code.version("half")
    server.sh("cd %s && rm static/js/main.*.js" % code.make_build("half"))
    assert code.run("full", "/root/next").rc == 2
    assert code.head() == before and code.serving() == "full"
    code.commit("Breaks the login", BREAKS_THE_LOGIN)
    undone = code.run("full", code.make_build("broken"))
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert undone.rc == 2 and code.head() == before and code.serving() == "full", undone
    assert code.clean() == "" and code.works()[0]
    server.sh("rm -rf %s.releases" % BUILD)


def test_a_dry_run_says_what_would_be_and_changes_nothing(server, code):
    code.migration("A table", "0003_table", "0002_note", "CREATE TABLE dry (x int)", "DROP TABLE dry")
    code.commit("Packages", "echo '# more' >> teaching_panel/requirements.txt")
    look = "find %s -path '*/.git' -prune -o -printf '%%p %%T@\\n' | sort; git -C %s rev-parse HEAD" % (ROOT, ROOT)
    before = server.sh(look)
    dry = code.run("backend", "--dry-run")
    code.commit("Mended", "git rm -q teaching_panel/homework/migrations/0003_table.py; git checkout -q HEAD~1 teaching_panel/requirements.txt")
    assert dry.rc == 0, dry
    for word in ("0003_table", "pip install", "git reset --hard", "systemctl reload teaching_panel", "pg_dump"):
        assert word in dry.out, dry.out
    assert server.sh(look) == before and code.alerts.chat() == []


def test_old_backups_go_by_their_own_date(server, code):
    for mark in ("b1", "b2", "b3"):
        code.version(mark)
        assert code.run("backend").rc == 0
    server.sh("mkdir %s/backups/backend-somebody; touch -d '2 years ago' %s/backups/backend-somebody" % (ROOT, ROOT))
    server.sh("sed -i 's/\"made_ms\":[0-9]*/\"made_ms\":1000/' %s/backups/*/manifest.json" % ROOT)
    assert code.run("cleanup", "30").rc == 0
    left = [name.rsplit("/", 1)[1] for name in code.backups()]
    assert "backend-somebody" in left and len(left) == 2, left
