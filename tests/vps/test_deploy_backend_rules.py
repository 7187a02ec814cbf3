"""deploy_safe backend: what it refuses, whom it runs as, and what it does not tell."""
from code_deploys import ROOT

pytest_plugins = ["green_server", "code_deploys"]


def test_a_package_list_of_somebody_else_is_not_installed_by_root(server, code):
    before = code.head()
    code.commit("Packages", "echo '# by root' >> teaching_panel/requirements.txt")
    server.sh("chown root %s/venv" % ROOT)
    refused = code.run("backend")
    server.sh("chown www-data %s/venv" % ROOT)
    assert refused.rc == 2 and "принадлежит root" in refused.out, refused
    assert code.head() == before and code.clean() == ""
    assert code.run("backend").rc == 0


def test_git_runs_as_the_repositorys_owner_and_without_its_hooks(server, code):
    server.sh("cd %s/.git/hooks; printf '#!/bin/sh\\ntouch /tmp/hooked\\n' > post-checkout; chmod 755 post-checkout" % ROOT)
    server.sh("chown -R www-data: %s/.git; rm -f /tmp/hooked" % ROOT)
    code.commit("A file", "echo new > teaching_panel/new.txt")
    done = code.run("backend")
    server.sh("rm %s/.git/hooks/post-checkout" % ROOT)
    assert done.rc == 0, done.out + done.err
    assert server.sh("ls /tmp/hooked 2>/dev/null || true") == ""
    assert server.sh("find {r}/.git {r}/teaching_panel -user root".format(r=ROOT)) == ""


def test_what_is_asked_for_wrongly_is_refused_with_its_reason(server, code):
    before = code.head()
    code.version("refused")
    outside = code.run("backend", env={"DJANGO_DIR": "/etc"})
    assert outside.rc == 2 and "не в репозитории" in outside.out, outside
    unknown = code.run("backend", "--ref", "no-such-branch")
    assert unknown.rc == 2 and "нет такого коммита" in unknown.out, unknown
    with server.postgres_stopped():
        away = code.run("backend")
    assert away.rc == 2 and "база данных не отвечает" in away.out, away
    code.commit("No list", "git rm -q teaching_panel/requirements.txt")
    listless = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert listless.rc == 2 and "файла с ними нет" in listless.out, listless
    assert code.head() == before and code.clean() == ""
    assert code.run("backend").rc == 0
    dumpless = code.run("rollback", "--backend", code.backups()[-1].partition("backend-")[2], "--restore-db", "--yes")
    assert dumpless.rc == 2 and "нет дампа" in dumpless.out, dumpless


MIGRATION = """from django.conf import settings
from django.db import migrations


def tell(apps, schema_editor):
    raise RuntimeError("told " + settings.DATABASES["default"]["PASSWORD"])


class Migration(migrations.Migration):
    dependencies = [("homework", "0001_initial")]
    operations = [migrations.RunPython(tell)]
"""


def test_a_secret_in_the_sites_complaint_is_not_told(server, code):
    password = server.sh("sed -n 's|^DATABASE_URL=.*:\\(.*\\)@.*|\\1|p' /etc/lectio-site.env").strip()
    code.commit("Tells at its import", "printf 'from django.conf import settings\\nraise RuntimeError(\"told \" + "
                "settings.DATABASES[\"default\"][\"PASSWORD\"])\\n' >> teaching_panel/homework/views.py")
    imported = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    code.commit("Tells in a migration", "cat > teaching_panel/homework/migrations/0002_tells.py <<'EOF'\n%sEOF" % MIGRATION)
    migrated = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert imported.rc == 2 and "told" in imported.out, imported
    assert migrated.rc == 2 and "told" in migrated.out, migrated
    told = imported.out + imported.err + migrated.out + migrated.err + str(code.alerts.chat())
    assert len(password) == 32 and password not in told, told


def test_a_dump_that_cannot_be_read_is_none(server, code):
    before = code.head()
    code.migration("A table", "0002_unread", "0001_initial", "CREATE TABLE unread (x int)", "DROP TABLE unread")
    # pg_dump is a link to a wrapper that other programs of PostgreSQL share.
    server.sh("mv /usr/bin/pg_dump /usr/bin/pg_dump.real; printf '#!/bin/sh\\nhead -c 3000 /dev/urandom\\n' > /usr/bin/pg_dump; chmod 755 /usr/bin/pg_dump")
    try:
        refused = code.run("backend")
    finally:
        server.sh("mv /usr/bin/pg_dump.real /usr/bin/pg_dump")
        code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert refused.rc == 2 and "базу не удалось сохранить" in refused.out, refused
    assert code.head() == before and code.clean() == "" and code.backups() == []
    assert server.sql("SELECT to_regclass('unread')") == ""


def test_a_death_after_a_migration_says_how_to_restore(code):
    code.migration("Renames a column", "0002_death", "0001_initial", "ALTER TABLE homework_homework RENAME title TO heading")
    code.die_while_verified()
    recovered = code.run("recover")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert recovered.rc == 2 and not code.works()[0], recovered
    text = [message["text"] for message in code.alerts.chat() if not message["silent"]][-1]
    assert "rollback --backend" in text, text
    restored = code.run(*text[text.index("rollback --backend"):].split()[:4], "--yes")
    assert restored.rc == 0 and code.works()[0], restored
