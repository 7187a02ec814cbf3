"""deploy_safe killed at each of its syscalls, and on disks that fail: one whole release serves, and recover ends it."""
import shutil

import pytest

from rig import FULL, few

pytest_plugins = ["green_server", "deploys"]
pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

# Every so many of those that are much alike; ./check --full takes each.
STEPS = {"sendto": 17, "fsync": 9, "unlink": 9, "rename": 9}


@pytest.mark.parametrize("syscall", few(["renameat2", "rename", "unlink", "linkat", "link", "fsync", "syncfs", "sendto"], 2))
@pytest.mark.parametrize("what", ["frontend", "rollback"])
def test_killed_at_each_of_its_syscalls(server, deploys, what, syscall):
    server.sh("echo 'RELEASES_KEEP=\"100\"' >> " + deploys.alerts.config)  # the first one is gone back to each time
    if what == "rollback":
        assert deploys.run("frontend", deploys.make_build("first")).rc == 0
    kills = 0
    for point in range(1, 200, 1 if FULL else STEPS.get(syscall, 1)):
        before, mark = deploys.serving(), "killed%d" % point
        args = ["frontend", deploys.make_build(mark)] if what == "frontend" else ["rollback", deploys.status()["releases"][-1]["name"]]
        killed = deploys.traced("%s:signal=KILL:when=%d" % (syscall, point), *args)
        if killed.rc == 0:
            break
        assert killed.rc not in (1, 2, 3), (killed.out, killed.err)
        kills += 1
        assert deploys.serving() in (before, mark if what == "frontend" else "4f9d2c81")
        step = deploys.journal().get("step")
        recovered = deploys.run("recover")
        assert recovered.rc == 0, (syscall, point, recovered.out, recovered.err)
        if step in ("prepare", "swap", "verify", "roll_back"):
            assert deploys.serving() == before, (syscall, point, step)
        assert deploys.left_over() == "", (syscall, point)
        if what == "rollback" and deploys.serving() == "4f9d2c81":
            assert deploys.run("frontend", deploys.make_build("again")).rc == 0
    else:
        pytest.fail("it never ended by itself")
    # A rollback copies nothing.
    assert kills or syscall == "link" or what == "rollback" and syscall in ("linkat", "syncfs"), "nothing was ever killed"


@pytest.mark.parametrize("when", few([6, 12, 3, 9, 15], 2))
@pytest.mark.parametrize("fault", ["fsync:error=EIO", "rename:error=ENOSPC"])
def test_a_disk_that_begins_to_fail_leaves_a_release_that_is_whole(server, deploys, fault, when):
    """Good or refused by the checks, whenever it begins: what serves was verified, or the deploy says that it is not."""
    for bad in (False, True):
        before = deploys.serving()
        build = deploys.make_build("bad%d" % when if bad else "good%d" % when)
        if bad:
            server.sh("cd %s && mkdir api && mv static/js/main.bad*.js api/ && sed -i s,/static/js/main.bad,/api/main.bad, index.html" % build)
        run = deploys.traced("%s:when=%d+" % (fault, when), "frontend", build)
        assert run.rc in (0, 2, 3) and (run.rc == 0 or run.out + run.err), run
        assert deploys.serving() == (before if bad or run.rc else "good%d" % when), run
        recovered = deploys.run("recover")
        assert recovered.rc == 0, recovered
        assert deploys.left_over() == ""


@pytest.mark.parametrize("fault", few(["sendfile:error=ENOSPC", "renameat2:error=EROFS", "linkat:error=EPERM", "mkdir:error=ENOSPC",
                                       "fsync:error=EIO", "rename:error=ENOSPC", "syncfs:error=EIO"], 3))
def test_a_disk_that_fails_leaves_the_old_release_serving(deploys, fault):
    before = deploys.serving()
    failed = deploys.traced(fault, "frontend", deploys.make_build("next"))
    if fault.startswith("linkat:"):  # a file is copied where it cannot be linked
        assert failed.rc == 0 and deploys.serving() == "next", failed
        return
    assert failed.rc in (2, 3), failed
    assert failed.out + failed.err
    assert deploys.serving() == before
    assert deploys.run("recover").rc == 0
    assert deploys.serving() == before and deploys.left_over() == ""
