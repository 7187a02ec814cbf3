"""deploy_safe killed at each of its syscalls, and on disks that fail: one whole release serves, and recover ends it."""
import os
import shutil

import pytest

pytest_plugins = ["green_server", "deploys"]
pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

# Every so many of those that are much alike; ./check --full takes each.
STEPS = {"sendto": 11, "fsync": 5, "unlink": 3, "rename": 3}


@pytest.mark.parametrize("syscall", ["rename", "renameat2", "linkat", "link", "fsync", "syncfs", "unlink", "sendto"])
@pytest.mark.parametrize("what", ["frontend", "rollback"])
def test_killed_at_each_of_its_syscalls(deploys, what, syscall):
    if what == "rollback":
        assert deploys.run("frontend", deploys.make_build("first")).rc == 0
    for point in range(1, 200, 1 if os.environ.get("LECTIO_FULL") else STEPS.get(syscall, 1)):
        args = ["frontend", deploys.make_build("killed")] if what == "frontend" else ["rollback"]
        killed = deploys.traced("%s:signal=KILL:when=%d" % (syscall, point), *args)
        serving = deploys.serving()
        if killed.rc in (0, 2):
            break
        recovered = deploys.run("recover")
        assert recovered.rc == 0, (syscall, point, recovered.out, recovered.err)
        assert deploys.serving() in ("4f9d2c81", "killed", "first"), serving
        assert deploys.left_over() == "", (syscall, point)
    else:
        pytest.fail("it never ended by itself")


@pytest.mark.parametrize("fault", ["sendfile:error=ENOSPC", "mkdir:error=ENOSPC", "fsync:error=EIO", "rename:error=ENOSPC",
                                   "renameat2:error=EROFS", "syncfs:error=EIO", "link:error=EPERM"])
def test_a_disk_that_fails_leaves_the_old_release_serving(deploys, fault):
    before = deploys.serving()
    failed = deploys.traced(fault, "frontend", deploys.make_build("next"))
    if fault.startswith("link:"):  # a file is copied where it cannot be linked
        assert failed.rc == 0 and deploys.serving() == "next", failed
        return
    assert failed.rc in (2, 3), failed
    assert failed.out + failed.err
    assert deploys.serving() == before
    assert deploys.run("recover").rc == 0
    assert deploys.serving() == before and deploys.left_over() == ""
