"""heartbeat against a ping receiver that follows the Healthchecks protocol."""
import json
import uuid

import pytest

from rig import BIN
from verdicts import ask, assert_is_told

pytest_plugins = "green_server"

STATE = "/run/lectio-test/state"


class Beat:
    """A check of its own at the receiver, a state directory of its own."""

    def __init__(self, server, config):
        self.server, self.config, self.check = server, config, str(uuid.uuid4())
        self.url = "https://hc.test/" + self.check
        server.sh("rm -rf " + STATE)

    def path(self, **keys):
        return self.config(**{"HEARTBEAT_URL": self.url, "STATE_DIR": STATE, "HEARTBEAT_TIMEOUT": "3", **keys})

    def run(self, **keys):
        return ask(self.server, "heartbeat", self.path(**keys))

    def heard(self):
        return [ping for ping in self.server.pings() if self.check in ping["path"]]

    def kinds(self):
        return [ping["kind"] for ping in self.heard()]

    def stamp(self, tool, minutes_ago):
        """As if the tool had run then: its own stamp, moved back in time."""
        name = "%s/runs/%s.json" % (STATE, tool)
        stamp = json.loads(self.server.read_file(name))
        for key in ("started_ms", "ended_ms", "last_ok_ms", "uptime_ms"):
            stamp[key] -= minutes_ago * 60000
        self.server.put_file(name, json.dumps(stamp), mode=0o600)


@pytest.fixture
def beat(server, config):
    return Beat(server, config)


@pytest.fixture
def receiver(server):
    """Misbehaves as told (it reads this at every ping), and is well again afterwards."""
    def misbehave(**how):
        server.put_file("/run/hc-stand-in/config.json", json.dumps(how))
    yield misbehave
    misbehave()


def causes(said):
    return {check["id"]: check["cause"] for check in said.report["checks"] if check["status"] not in ("ok", "skipped")}


def test_pings_when_all_is_well(beat):
    said = beat.run()
    assert (said.rc, causes(said)) == (0, {})
    ping, = beat.heard()
    assert (ping["kind"], ping["method"], ping["recorded"]) == ("success", "POST", True)
    assert len(ping["body"].splitlines()) == 1 and beat.server.name in ping["body"]


def test_says_nothing_to_cron(beat):
    run = beat.server.run_tool(BIN / "heartbeat", "--config", beat.path())
    assert (run.rc, run.out, run.err) == (0, "", "")
    assert beat.kinds() == ["success"]


def test_not_configured_is_silent_and_well(server, config):
    pings = len(server.pings())
    run = server.run_tool(BIN / "heartbeat", "--config", config(HEARTBEAT_URL=""))
    assert (run.rc, run.out, run.err) == (0, "", "")
    assert len(server.pings()) == pings


SICK = {
    "database away": lambda s: s.postgres_stopped(),
    "gunicorn stopped": lambda s: s.backend_stopped(),
    "the page instead of the health answer": lambda s: s.spa_fallback("/api/health/"),
    "health answers 500": lambda s: s.api_500("/api/health/"),
}


@pytest.mark.parametrize("name", SICK)
def test_withheld_when_the_site_is_sick(beat, name):
    with SICK[name](beat.server):
        said = beat.run()
    assert said.rc == 2 and "site_health" in causes(said)
    assert said.check("ping")["status"] == "skipped"
    assert beat.kinds() == []
    assert_is_told(said.check("site_health"))


def test_fail_is_told_with_the_reason(beat):
    with beat.server.postgres_stopped():
        said = beat.run(HEARTBEAT_FAIL="1")
    assert said.rc == 2
    ping, = beat.heard()
    assert (ping["kind"], ping["recorded"]) == ("fail", True)
    assert "database" in ping["body"]


def fresh_tools(beat):
    for tool in ("health_check", "smoke_check"):
        assert ask(beat.server, tool, beat.path()).rc == 0


def test_the_tools_that_ran_are_in_the_ping(beat):
    fresh_tools(beat)
    assert beat.run().rc == 0
    ping, = beat.heard()
    assert "health_check" in ping["body"] and "smoke_check" in ping["body"]


@pytest.mark.parametrize("tool, minutes, late", [
    ("health_check", 2, False), ("health_check", 4, True), ("smoke_check", 14, False), ("smoke_check", 16, True)])
def test_a_tool_may_be_three_periods_old(beat, tool, minutes, late):
    fresh_tools(beat)
    beat.stamp(tool, minutes)
    said = beat.run()
    assert beat.kinds() == ([] if late else ["success"])
    assert causes(said) == ({"tools_fresh": "tools_late"} if late else {})
    assert said.rc == (1 if late else 0)


def test_a_stale_tool_is_told_as_a_failure(beat):
    fresh_tools(beat)
    beat.stamp("smoke_check", 30)
    beat.run(HEARTBEAT_FAIL="1")
    ping, = beat.heard()
    assert ping["kind"] == "fail" and "smoke_check" in ping["body"]


def test_a_bad_run_is_a_run(beat):
    """heartbeat watches that the tools run; what they found is theirs to tell."""
    with beat.server.api_500("/api/groups/"):
        assert ask(beat.server, "smoke_check", beat.path()).rc == 1
    assert beat.run().rc == 0
    assert beat.kinds() == ["success"]


def test_a_deploy_is_no_reason_to_fail(beat):
    fresh_tools(beat)
    beat.stamp("health_check", 4)
    run_dir = "/run/lectio-test/run"
    beat.server.put_file(run_dir + "/deploy_in_progress", "")
    assert beat.run(RUN_DIR=run_dir, HEARTBEAT_FAIL="1").rc == 0
    assert beat.kinds() == ["success"]
    beat.server.sh("touch -d '10 minutes ago' %s/deploy_in_progress" % run_dir)  # longer than it is believed
    assert beat.run(RUN_DIR=run_dir).rc == 1
    assert beat.kinds() == ["success"]
    beat.server.sh("rm -r " + run_dir)


def test_rate_limited_is_no_success(beat, receiver):
    receiver(rate_limit=True)
    for _ in range(5):
        assert beat.run().rc == 0
    said = beat.run()
    assert [ping["status"] for ping in beat.heard()] == [200] * 6 and not beat.heard()[-1]["recorded"]
    assert (said.rc, causes(said)) == (1, {"ping": "ping_rate_limited"})


def test_an_unknown_check_is_said(beat, receiver):
    receiver(uuids=[])
    said = beat.run()
    assert causes(said) == {"ping": "ping_unknown_check"} and said.rc == 1
    assert len(beat.heard()) == 1  # 404 does not get better


def test_an_error_of_the_receiver_is_tried_again(beat, receiver):
    beat.server.set_pings(status=500, fail_first=1)
    assert beat.run().rc == 0
    assert [ping["status"] for ping in beat.heard()] == [500, 200]


def test_a_receiver_that_stays_broken(beat, receiver):
    receiver(status=503)
    said = beat.run()
    assert said.rc == 1 and causes(said) == {"ping": "ping_refused"}
    assert 2 <= len(beat.heard()) <= 5
    assert said.seconds < 30


def test_the_url_is_a_secret(beat):
    with beat.server.black_hole("127.0.0.3", 443):
        run = beat.server.run_tool(BIN / "heartbeat", "--config", beat.path(HEARTBEAT_TIMEOUT="1"), "-v", "--format", "json")
    assert run.rc == 1
    assert beat.check not in run.out + run.err


def test_a_dry_run_pings_nobody(beat):
    said = ask(beat.server, "heartbeat", beat.path(), "--dry-run")
    assert said.rc == 0 and beat.heard() == []
