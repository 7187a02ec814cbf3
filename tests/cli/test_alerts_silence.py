"""`alerts mute`, `unmute`, and what else keeps silent."""
import json
import time

import pytest

from alerts_desk import HOUR, MINUTE, TICK, desk, wall_ms  # noqa: F401


def muted(check="", until=TICK + HOUR, reason="works", **more):
    return {"check": check, "reason": reason, "who": "olga", "since": TICK - MINUTE, "until": until, "hidden": [], **more}


def test_mute_answers_until_when(desk):
    code, said = desk.ask("mute", "30m", "--check", "disk", "--reason", "cleaning up")
    assert (code, said["check"], said["reason"]) == (0, "disk", "cleaning up")
    assert abs(said["until_ms"] - wall_ms() - 30 * MINUTE) < MINUTE
    mute, = desk.book()["mutes"]
    assert (mute["check"], mute["until"] - mute["since"]) == ("disk", 30 * MINUTE)


def test_a_dry_run_mutes_nothing(desk):
    assert "Would be muted until" in desk.run("mute", "30m", "--reason", "x", "--dry-run").out
    assert not desk.state.exists()


@pytest.mark.parametrize("check, hint", [("dsk", "did you mean disk?"), ("lesson", "did you mean lessons?"), ("unit:", "--list"),
                                         ("everything", "--list"), ("dis", "did you mean disk?")])
def test_a_check_that_no_tool_has_is_refused(desk, check, hint):
    done = desk.run("mute", "30m", "--check", check, "--reason", "x")
    assert (done.code, done.out) == (3, "")
    assert check in done.err and hint in done.err
    assert not desk.state.exists()


@pytest.mark.parametrize("tool", ["health_check", "smoke_check", "deep_check", "backup", "cleanup_processes", "heartbeat",
                                  "setup_smoke_users"])
def test_every_tools_checks_can_be_muted(desk, tool):
    desk.config(WATCH_UNITS="redis celery")
    listed = desk.run("--list", "--format", "json", tool=tool)
    ids = [check["id"] for check in json.loads(listed.out)["checks"]]
    assert ids
    for check in ids:
        assert desk.run("mute", "30m", "--check", check, "--reason", "x", "--dry-run").code == 0, check


@pytest.mark.parametrize("check", ["unit:anything", "unit", "site_errors:ab12", "event", "recover", "of_the_book"])
def test_so_can_kinds_events_and_what_is_in_the_book(desk, check):
    desk.keep_book(held=[{"id": "of_the_book:x", "title": "x", "status": "warning", "reason": "low", "first": TICK, "last": TICK,
                          "runs": 1}])
    assert desk.run("mute", "30m", "--check", check, "--reason", "x").code == 0


def test_a_scenario_that_cannot_be_read_stops_no_mute(desk):
    desk.config(SMOKE_SCENARIO="/nonexistent/scenario.json")
    assert desk.run("mute", "30m", "--check", "step_of_ours", "--reason", "x").code == 0


def test_unmute_ends_all_or_one(desk):
    desk.keep_book(mutes=[muted("disk"), muted("memory"), muted()])
    code, said = desk.ask("unmute", "--check", "disk")
    assert (code, said) == (1, {"was_muted": True, "still_muted": True})
    assert [mute.get("check") for mute in desk.book()["mutes"] if mute["until"] > TICK + MINUTE] == ["memory", None]
    assert desk.ask("unmute") == (0, {"was_muted": True, "still_muted": False})
    assert all(mute["until"] < TICK + MINUTE for mute in desk.book()["mutes"])
    assert desk.ask("unmute") == (0, {"was_muted": False, "still_muted": False})
    assert desk.run("unmute").out == "Nothing was muted\n"


def test_unmute_says_when_it_was_all(desk):
    desk.keep_book(mutes=[muted("disk")])
    assert desk.run("unmute", "--check", "disk").out == "Unmuted; what was hidden comes with the next run\n"


def test_unmute_of_one_names_the_wider_silence(desk):
    desk.keep_book(mutes=[muted("unit", reason="moving")])
    done = desk.run("unmute", "--check", "unit:redis")
    assert done.code == 1
    assert "Still muted until" in done.out and "moving" in done.out and "alerts unmute --check unit" in done.out
    assert "Nothing was muted" not in done.out


def test_a_dry_run_unmutes_nothing(desk):
    desk.keep_book(mutes=[muted()])
    before = desk.book()
    assert desk.ask("unmute", "--dry-run") == (0, {"was_muted": True, "still_muted": False})
    assert desk.run("unmute", "--dry-run").out == "Would be unmuted\n"
    assert desk.book() == before


def test_unmute_names_the_configuration_that_still_mutes(desk):
    path = desk.config(ALERTS_MUTED="1")
    assert desk.ask("unmute") == (1, {"was_muted": False, "still_muted": True})
    assert desk.run("unmute").out == f"Still muted: ALERTS_MUTED=1 in {path}. Remove that line\n"
    desk.keep_book(mutes=[muted()])
    done = desk.run("unmute")
    assert done.out.startswith("That silence is over, but not all of it\nStill muted: ALERTS_MUTED=1")


def test_unmute_names_the_file_that_still_mutes(desk):
    file = desk.run_dir / "mute_until"
    file.write_text(f"{int(time.time()) + 3600}\n")
    done = desk.run("unmute")
    assert done.code == 1 and done.out.startswith("Still muted until") and f"Remove the file {file}" in done.out


@pytest.mark.parametrize("seconds, hours", [(3600, 1), (10 ** 8, 24)])
def test_status_knows_the_file_and_its_bound(desk, seconds, hours):
    (desk.run_dir / "mute_until").write_text(f"{int(time.time()) + seconds}\n")
    _, said = desk.ask("status")
    assert abs(said["mute_file_until_ms"] - wall_ms() - hours * HOUR) < MINUTE
    told = desk.run("status").out
    assert "Muted until" in told and str(desk.run_dir / "mute_until") in told


def test_the_file_mutes_for_a_day_after_it_was_seen(desk):
    (desk.run_dir / "mute_until").write_text(str(int(time.time()) + 10 ** 8))
    desk.keep_book(legacy_mute=TICK - 23 * HOUR)
    assert abs(desk.ask("status")[1]["mute_file_until_ms"] - wall_ms() - HOUR) < MINUTE
    desk.keep_book(legacy_mute=TICK - 24 * HOUR)
    assert "mute_file_until_ms" not in desk.ask("status")[1]
    assert desk.run("unmute").code == 0


@pytest.mark.parametrize("text, is_ignored", [("0", False), ("1700000000\n", False), ("1790000000x", True), ("soon", True), ("", True),
                                              ("99999999999", True), ("1e12", True)])
def test_a_file_that_says_no_time_to_come_mutes_nothing(desk, text, is_ignored):
    (desk.run_dir / "mute_until").write_text(text)
    done = desk.run("status", "--format", "json")
    assert "mute_file_until_ms" not in done.json
    assert ("ALERTS_MUTE_FILE is ignored" in done.err) is is_ignored
    assert desk.run("unmute").out == "Nothing was muted\n"


def test_the_file_holds_messages_back(desk):
    file = desk.run_dir.parent / "muted"
    desk.config(ALERTS_MUTE_FILE=str(file))
    file.write_text(str(int(time.time()) + 3600))
    desk.settle()
    code, said = desk.send()
    assert (code, said["outcome"], said["detail"]) == (1, "held", "ALERTS_MUTE_FILE")
    desk.config(ALERTS_MUTED="1")
    assert desk.send()[1]["detail"] == "ALERTS_MUTED"
