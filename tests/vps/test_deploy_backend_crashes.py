"""deploy_safe backend killed at each of its steps: the site answers, and recover ends it."""
import shutil

import pytest

from code_deploys import ROOT
from rig import BIN, FULL, few

pytest_plugins = ["green_server", "code_deploys"]
pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

# clone: each program that it starts; waitid: the end of each. Every so many; ./check --full takes each, but of
# sendto, which is mostly what the checks ask of the site.
STEPS = {"clone": 9, "waitid": 7, "rename": 5, "sendto": 80, "fsync": 11, "unlink": 9}


@pytest.mark.parametrize("syscall", few(["clone", "renameat2", "waitid", "rename", "fsync", "syncfs", "unlink", "sendto"], 2))
def test_killed_at_each_of_its_steps(server, code, syscall):
    """With a package list that changes."""
    kills = 0
    each = FULL and syscall != "sendto"
    for point in range(1, 400, 1 if each else STEPS.get(syscall, 1)):
        before, mark = code.head(), "%s%d" % (syscall, point)
        commit = code.commit("Version " + mark, "sed -i 's/teaching_panel_backend[a-z0-9-]*/teaching_panel_backend-%s/' "
                             "teaching_panel/teaching_panel/urls.py; echo '# %s' >> teaching_panel/requirements.txt" % (mark, mark))
        # Only itself, not the programs that it starts: what they leave when they die with it is part of the test.
        killed = server.run_tool("strace", "-o", "/dev/null", "-e", "trace=" + syscall, "-e",
                                 "inject=%s:signal=KILL:when=%d" % (syscall, point), BIN / "deploy_safe", "--config", code.alerts.config,
                                 "backend")
        if killed.rc == 0:
            break
        assert killed.rc not in (1, 2, 3), (killed.out, killed.err)
        kills += 1
        step = code.journal().get("step")
        recovered = code.run("recover")
        assert recovered.rc == 0, (syscall, point, step, recovered.out, recovered.err)
        if step == "proven":
            assert code.head() == commit
        elif step:
            assert code.head() == before, (syscall, point, step)
        assert "backend" in code.serving_version()
        assert code.clean() == "", (syscall, point, step)
        assert code.works()[0], (syscall, point, step, code.works()[1])
    else:
        pytest.fail("it never ended by itself")
    assert kills, "nothing was ever killed"


# Whether it is at that step.
AT_WORK = {"dump": "[ -e /tmp/dumps ]", "migrate": "pgrep -f '[m]anage.py migrate' > /dev/null"}


@pytest.mark.skipif(not FULL, reason="./check --full")
@pytest.mark.parametrize("step", AT_WORK)
def test_killed_while_it_dumps_or_migrates(server, code, step):
    """With a migration that takes its time, or a dump that does."""
    before = code.head()
    code.migration("Takes its time", "0002_slow", "0001_initial", "SELECT pg_sleep(5); CREATE TABLE slow (x int)", "DROP TABLE slow")
    if step == "dump":
        server.sh("mv /usr/bin/pg_dump /usr/bin/pg_dump.real; printf '#!/bin/sh\ntouch /tmp/dumps; exec sleep 60\n' > /usr/bin/pg_dump; "
                  "chmod 755 /usr/bin/pg_dump")
    try:
        server.sh("""rm -f /tmp/dumps; {tool} backend > /dev/null 2>&1 < /dev/null & pid=$!
for i in $(seq 1200); do ! {at_work} || break; sleep 0.05; done
kill -KILL $pid; wait $pid || true""".format(tool=" ".join(map(str, code.argv)), at_work=AT_WORK[step]))
    finally:
        if step == "dump":
            server.sh("mv /usr/bin/pg_dump.real /usr/bin/pg_dump")
        code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert code.journal()["step"] == {"dump": "prepare", "migrate": "swap"}[step]
    has_dump = '"has_dump":true' in server.sh("cat %s/manifest.json" % code.backups()[-1])
    assert has_dump == (step == "migrate"), "whatever it has left is described: cleanup finds it"
    recovered = code.run("recover")
    assert recovered.rc == 0, recovered
    assert code.head() == before and code.clean() == "" and code.works()[0]


def test_a_disk_without_room_for_the_dump_is_refused(server, code):
    before = code.head()
    code.migration("A table", "0002_full", "0001_initial", "CREATE TABLE full_disk (x int)", "DROP TABLE full_disk")
    server.sh("mkdir -p {p}; mount -t tmpfs -o size=2m none {p}".format(p=ROOT + "/backups"))
    try:
        refused = code.run("backend")
        assert refused.rc == 2 and "ничего не изменено" in refused.out and "мало места" in refused.out, refused
        assert code.head() == before and code.clean() == "" and code.works()[0]
    finally:
        server.sh("umount %s/backups" % ROOT)
        code.commit("Mended", "git rm -q teaching_panel/homework/migrations/0002_full.py")


@pytest.mark.parametrize("fault", few(["clone:error=EAGAIN", "rename:error=ENOSPC", "fsync:error=EIO", "mkdir:error=ENOSPC",
                                       "renameat2:error=EROFS", "syncfs:error=EIO"], 2))
def test_a_machine_that_fails_leaves_the_old_code_serving(server, code, fault):
    before = code.head()
    code.commit("Packages", "echo '# %s' >> teaching_panel/requirements.txt" % fault)
    failed = server.run_tool("strace", "-o", "/dev/null", "-e", "trace=" + fault.split(":")[0], "-e", "inject=" + fault,
                             BIN / "deploy_safe", "--config", code.alerts.config, "backend")
    assert failed.rc in (2, 3) and failed.out + failed.err, failed
    recovered = code.run("recover")
    assert recovered.rc == 0, recovered
    assert code.head() == before and code.clean() == "" and code.works()[0]
