"""deploy_safe backend on a server whose project is a git repository with a remote."""
import pytest

from alerts_rig import STATE, alerting
from deploys import Deploys

ROOT = "/var/www/teaching_panel"
REMOTE, WORK, WHEELS = "/srv/lectio.git", "/root/work", "/opt/wheels"

# pip has no network here: it installs what lies in a directory.
SET_UP = """
cp -a {root}/venv {root}/venv.made; rm -rf {root}/venv; mv {root}/venv.made {root}/venv
mkdir -p {wheels}; printf '[global]\\nno-index = true\\nfind-links = {wheels}\\n' > /etc/pip.conf
cd {root}; rm -rf .git backups {remote} {work}
git config --global user.name Ivan; git config --global user.email ivan@lectio.test; git config --global init.defaultBranch main
git config --global --add safe.directory '*'
git init --quiet
printf 'venv/\\nvenv.next/\\nfrontend/\\nbackups/\\n__pycache__/\\n' > .gitignore
printf '# nothing yet\\n' > teaching_panel/requirements.txt
git add .; git commit --quiet -m 'The site as it is'
git init --quiet --bare {remote}; git remote add origin {remote}; git push --quiet origin main
chown -R www-data:www-data {root}; chown -R www-data:www-data {remote}
git clone --quiet {remote} {work}
""".format(root=ROOT, remote=REMOTE, work=WORK, wheels=WHEELS)

# As it was before the first of these tests: one that fails does not take the next ones with it.
KEEP = "git -C {root} rev-parse HEAD > /root/clean.commit; runuser -u postgres -- pg_dump -Fc teaching_panel > /root/clean.dump".format(root=ROOT)

PUT_BACK = """systemctl stop teaching_panel; cd {root}; rm -rf .git/index.lock .git/worktrees venv.next {root}.next
git reset --quiet --hard $(cat /root/clean.commit); git push --quiet --force origin HEAD:main
chown -R www-data:www-data {root} {remote}
runuser -u postgres -- dropdb --force teaching_panel
runuser -u postgres -- pg_restore --create --dbname=postgres --exit-on-error < /root/clean.dump
systemctl reset-failed teaching_panel || true; systemctl start teaching_panel""".format(root=ROOT, remote=REMOTE)

TEAR_DOWN = "rm -rf {root}/.git {root}/.gitignore {root}/backups {root}/teaching_panel/requirements.txt {remote} {work} /etc/pip.conf; rm -f /root/.gitconfig".format(
    root=ROOT, remote=REMOTE, work=WORK)

# A script for commit().
BREAKS_THE_LOGIN = "sed -i 's/class Token(.*/&\\n    http_method_names = []/' teaching_panel/accounts/views.py"

MIGRATION = '''from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("homework", "%s")]
    operations = [migrations.RunSQL(%r, %r)]
'''


class CodeDeploys(Deploys):
    def commit(self, subject, script):
        """A commit on the remote's main, made by a shell script in the project's root; its hash."""
        return self.server.sh("""cd {work}; git fetch --quiet; git reset --quiet --hard origin/main
{script}
git add -A; git commit --quiet --allow-empty -m '{subject}'; git push --quiet origin HEAD:main; git rev-parse HEAD""".format(
            work=WORK, script=script, subject=subject)).strip()

    def version(self, mark):
        """A commit that answers with `mark`, and breaks nothing."""
        return self.commit("Version " + mark, "sed -i 's/teaching_panel_backend[a-z0-9-]*/teaching_panel_backend-%s/' "
                           "teaching_panel/teaching_panel/urls.py" % mark)

    def migration(self, subject, name, after, forward, backward=""):
        return self.commit(subject, "cat > teaching_panel/homework/migrations/%s.py <<'EOF'\n%sEOF" % (
            name, MIGRATION % (after, forward, backward)))

    def die_while_verified(self):
        """`deploy_safe backend`, killed when the new code serves and is looked at."""
        self.server.sh("""{tool} backend > /dev/null 2>&1 < /dev/null & pid=$!
for i in $(seq 600); do ! grep -q '"step":"verify"' {state}/deploy.json 2>/dev/null || break; sleep 0.05; done
kill -KILL $pid; wait $pid || true; grep -q '"step":"verify"' {state}/deploy.json""".format(tool=" ".join(map(str, self.argv)), state=STATE))

    def serving_version(self):
        return self.server.sh("curl -s -H 'Host: lectio.test' -H 'X-Forwarded-Proto: https' http://127.0.0.1:8000/")

    def head(self):
        return self.server.sh("git -C %s rev-parse HEAD" % ROOT).strip()

    def clean(self):
        """What a deploy must not leave; empty: nothing."""
        return self.left_over() + self.server.sh(
            "cd %s; git status --porcelain --untracked-files=no; ls -d %s.next venv.next venv.spare .git/index.lock 2>/dev/null || true; "
            "git worktree list | tail -n +2" % (ROOT, ROOT))

    def works(self):
        run = self.alerts.run("smoke_check", "--format", "json")
        return run.rc == 0, run.out

    def backups(self):
        return self.server.sh("ls -d %s/backups/* 2>/dev/null || true" % ROOT).split()


@pytest.fixture(scope="module")
def repository(server):
    server.sh(SET_UP)
    server.sh("systemctl restart teaching_panel")
    server.wait_green()
    server.sh(KEEP)
    yield
    server.sh(PUT_BACK)  # the next file's tests on this server are none of these migrations'
    server.wait_green()
    server.sh(TEAR_DOWN)


@pytest.fixture
def code(request, server, config, repository):
    with alerting(server, config, DEPLOY_ROUNDS="1") as alerts:
        yield CodeDeploys(server, alerts)
    if request.node.has_failed:
        server.sh(PUT_BACK)
    server.sh("rm -rf %s/backups" % ROOT)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    item.has_failed = getattr(item, "has_failed", False) or report.failed
