"""kill -9 at every syscall of a run that touches state or network, and disks that fail: what is owed arrives."""
import shutil

import pytest

from alerts_rig import alerting
from rig import BIN, few

pytest_plugins = "green_server"
pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

TOOL = ["--only", "backend_service"]


@pytest.fixture
def alerts(server, config):
    with alerting(server, config) as a:
        yield a


def traced(alerts, inject):
    return alerts.server.run_tool("strace", "-f", "-o", "/dev/null", "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject, BIN / "health_check",
                                  "--config", alerts.config, *TOOL)


def fresh(alerts):
    """The book, the outbox and the chat of before."""
    alerts.server.sh("rm -rf /var/lib/lectio-alerts-test /run/lectio-alerts-test.alerts")
    alerts.server.telegram(flood=False)


@pytest.mark.parametrize("syscall", few(["rename", "sendto", "write", "fsync", "unlink", "flock", "mkdir"], 2))
def test_killed_at_each_of_its_syscalls(server, alerts, syscall):
    with server.backend_stopped():
        for point in range(1, 60):
            fresh(alerts)
            killed = traced(alerts, "%s:signal=KILL:when=%d" % (syscall, point))
            if killed.rc in (0, 1, 2):
                break
            taken = len(alerts.chat())
            assert alerts.tool("health_check", *TOOL).rc == 2
            assert 1 <= len(alerts.chat()) <= 1 + taken, (syscall, point, [m["text"] for m in alerts.chat()])
            assert alerts.status()["waiting"] == 0
        else:
            pytest.fail("it never ended by itself")
    assert point > 1 or syscall in ("unlink", "mkdir"), "nothing was ever killed"


@pytest.mark.parametrize("fault", few(["fsync:error=EIO", "rename:error=ENOSPC", "fsync:error=ENOSPC"], 2))
def test_a_disk_that_fails_still_tells(server, alerts, fault):
    with server.backend_stopped():
        run = traced(alerts, fault)
        assert run.rc == 2, run
        assert "not remembered" in run.err, run.err
        assert len(alerts.chat()) == 1, run.err
        assert alerts.tool("health_check", *TOOL).rc == 2
        assert 1 <= len(alerts.chat()) <= 2
