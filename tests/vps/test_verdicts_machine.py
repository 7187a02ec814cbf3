"""The machine and its other units: disk, inodes, memory, speed, WATCH_UNITS."""
import pytest

from rig import while_done
from verdicts import ALL_WELL, ask, assert_says, says

pytest_plugins = "green_server"


def ask_health(server, path):
    return ask(server, "health_check", path)


@pytest.mark.parametrize("used, expected", [
    (85, ALL_WELL),
    (93, says(1, disk="warning disk_low")),
    (97, says(2, disk="critical disk_full")),
])
def test_disk(server, config, used, expected):
    with server.disk_almost_full(used) as small:
        health = ask_health(server, config(DISK_PATHS="/ " + small))
    assert_says(health, expected)
    assert health.check("disk")["facts"]["path"] == small
    assert abs(health.check("disk")["facts"]["free_percent"] - (100 - used)) < 1


@pytest.mark.parametrize("left, expected", [
    (0, says(2, inodes="critical inodes_exhausted")),
    (14, says(1, inodes="warning inodes_low")),
])
def test_inodes(server, config, left, expected):
    """Space enough; the disk is well and says so."""
    with server.no_inodes(count=200, left=left) as small:
        health = ask_health(server, config(DISK_PATHS="/ " + small))
    assert_says(health, expected)
    assert (health.check("inodes")["facts"]["path"], health.check("inodes")["facts"]["free_inodes"]) == (small, left)


def test_thresholds_are_the_configs(server, config):
    with server.disk_almost_full(93) as small:
        assert_says(ask_health(server, config(DISK_PATHS=small, DISK_WARN_PERCENT="5", DISK_CRITICAL_PERCENT="2")), ALL_WELL)
        assert_says(ask_health(server, config(DISK_PATHS=small, DISK_WARN_PERCENT="30", DISK_CRITICAL_PERCENT="20")),
                    says(2, disk="critical disk_full"))


def test_the_disk_of_the_backups_is_looked_at_unasked(server, config):
    with server.disk_almost_full(97) as small:
        health = ask_health(server, config(BACKUP_DIR=small))
    assert_says(health, says(2, disk="critical disk_full"))
    assert health.check("disk")["facts"]["path"] == small


def test_a_path_that_is_not_there(server, config):
    health = ask_health(server, config(DISK_PATHS="/ /mnt/not-mounted"))
    assert_says(health, says(1, disk="unknown disk_unreadable", inodes="unknown disk_unreadable"))


@pytest.mark.parametrize("available, expected", [
    (64, says(2, memory="critical memory_exhausted")),
    (200, says(1, memory="warning memory_low")),
    (300, ALL_WELL),
])
def test_memory(server, config, available, expected):
    path = config()
    with server.low_memory(available):
        health = ask_health(server, path)
    assert_says(health, expected)
    assert health.check("memory")["facts"]["available_mb"] == available


def test_a_slow_page(server, config):
    path = config(MAX_RESPONSE_TIME="1")
    with server.fault("/", hang=2, status=200, spa=True):
        health = ask_health(server, path)
    assert_says(health, says(1, response_time="warning response_slow"))
    assert health.check("response_time")["facts"]["ms"] >= 2000


def test_watched_units(server, config):
    """Each one is a check of its own, and takes nothing else down with it."""
    path = config(WATCH_UNITS="cron hc-stand-in no-such-unit")
    missing = {"unit:no-such-unit": "warning unit_not_found"}
    assert_says(ask_health(server, path), says(1, missing))
    with while_done(server, "systemctl stop hc-stand-in", "systemctl start hc-stand-in"):
        stopped = ask_health(server, path)
    assert_says(stopped, says(1, missing, {"unit:hc-stand-in": "warning unit_stopped"}))
    with while_done(server, "systemctl mask --runtime cron", "systemctl unmask --runtime cron"):
        masked = ask_health(server, path)  # it still runs, but could not be started again
    assert_says(masked, says(1, missing, {"unit:cron": "warning unit_masked"}))
