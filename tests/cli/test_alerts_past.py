"""`alerts status`, `history` and `why`, of what runs have left."""
import json
import subprocess
import time

import pytest

from alerts_desk import HOUR, MINUTE, TICK, boot_id, desk, wall_ms  # noqa: F401


def near(milliseconds, expected):
    return abs(milliseconds - expected) < MINUTE // 2


def incident(number, **more):
    return {"id": number, "root": "disk", "cause": "Room on the disk", "cause_id": "disk", "opened": TICK - HOUR, "told": TICK - HOUR,
            "status": "warning", "loud": True, "checks": ["disk", "inodes"], **more}


def problem(name, number, **more):
    return {"id": name, "tool": "health_check", "period_ms": MINUTE, "status": "warning", "severity": "high", "since": TICK - HOUR,
            "looked": TICK, "incident": number, "texts": {"title": "Room on the disk", "summary": "3% free"}, **more}


# --- status

def test_status_of_a_quiet_server(desk):
    code, said = desk.ask("status")
    assert (code, said["incidents"], said["runs"], said["mutes"], said["waiting"], said["refused"]) == (0, [], [], [], 0, 0)
    assert (said["off"], said["muted_by_config"]) == (False, False) and "deploy" not in said
    told = desk.run("status").out
    for line in ("No open incidents", "no tool has run yet", "To be sent: 0"):
        assert line in told
    for word in ("Deploy", "Muted", "off"):
        assert word not in told


@pytest.mark.parametrize("status, code", [("warning", 1), ("critical", 2)])
def test_status_shows_what_is_open(desk, status, code):
    desk.keep_book(incidents=[incident(51, status=status, deploy="v2 (olga)")], problems=[problem("disk", 51)])
    got, said = desk.ask("status")
    only, = said["incidents"]
    assert got == code
    assert (only["check"], only["title"], only["summary"], only["status"], only["deploy"], only["checks"], only["flapping"]) == (
        "disk", "Room on the disk", "3% free", status, "v2 (olga)", ["disk", "inodes"], False)
    assert near(only["since_ms"], wall_ms() - HOUR) and near(only["lasts_ms"], HOUR)
    told = desk.run("status").out
    assert f"{only['name']}  Room on the disk: 3% free" in told and "1 h" in told and "after deploy v2 (olga)" in told


def test_status_of_what_flaps_and_what_has_ended(desk):
    desk.keep_book(incidents=[incident(51, flapping=True), incident(52, root="memory", ended=TICK - MINUTE)], problems=[problem("disk", 51)])
    code, said = desk.ask("status")
    assert code == 1 and [(one["check"], one["flapping"]) for one in said["incidents"]] == [("disk", True)]
    assert "keeps changing" in desk.run("status").out


def test_status_shows_the_last_runs(desk):
    desk.keep_stamp("health_check", "ok", 40_000, MINUTE)
    desk.keep_stamp("smoke_check", "warning", 20 * MINUTE, 1000)
    runs = {run["tool"]: run for run in desk.ask("status")[1]["runs"]}
    assert (runs["health_check"]["status"], runs["health_check"]["late"]) == ("ok", False)
    assert (runs["smoke_check"]["status"], runs["smoke_check"]["late"]) == ("warning", True)
    assert near(runs["smoke_check"]["age_ms"], 20 * MINUTE) and near(runs["smoke_check"]["ended_ms"], wall_ms() - 20 * MINUTE)
    told = desk.run("status").out.splitlines()
    health, = [line for line in told if "health_check" in line]
    smoke, = [line for line in told if "smoke_check" in line]
    assert "LATE" not in health and "20 min ago" in smoke and "LATE, check cron" in smoke


def test_status_shows_silences_and_what_is_off(desk):
    path = desk.config(ALERTS="off", ALERTS_MUTED="1")
    desk.keep_book(mutes=[{"check": "disk", "reason": "cleaning up", "since": TICK, "until": TICK + HOUR},
                          {"check": "", "reason": "over", "since": TICK - HOUR, "until": TICK - MINUTE}])
    said = desk.ask("status")[1]
    mute, = said["mutes"]
    assert (mute["check"], mute["reason"]) == ("disk", "cleaning up") and near(mute["until_ms"], wall_ms() + HOUR)
    assert (said["off"], said["muted_by_config"]) == (True, True)
    told = desk.run("status").out
    assert "cleaning up (only disk)" in told and "over" not in told
    assert f"Muted: ALERTS_MUTED=1 in {path}" in told and "Alerts are off: ALERTS=off" in told


def mark(desk, process, what="backend"):
    """The marker that deploy_safe would have left as that process."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        start_time = int(file.read().rsplit(") ", 1)[1].split()[19])
    (desk.run_dir / "deploy_in_progress").write_text(json.dumps({
        "pid": process.pid, "boot_id": boot_id(), "start_time": start_time, "who": "olga", "what": what, "since": int(time.time()) - 60}))


def test_status_shows_a_deploy_and_that_its_process_is_gone(desk):
    process = subprocess.Popen(["sleep", "60"])
    try:
        mark(desk, process)
        assert desk.ask("status")[1]["deploy"] == "a deploy goes on: backend, olga, 1 min"
    finally:
        process.kill()
        process.wait()
    assert desk.ask("status")[1]["deploy"] == "a deploy of backend, olga was cut: its process is gone"
    assert "Deploy: a deploy of backend, olga was cut" in desk.run("status").out


def touch_for_ever(desk, since):
    """A bare marker that is touched just now, and that the runs have seen touched all the time."""
    marker = desk.run_dir / "deploy_in_progress"
    marker.touch()
    desk.keep_book(marker={"identity": "of the last touch", "first": TICK - since, "touched": TICK - MINUTE, "active": True, "label": "x"})


def test_a_marker_touched_for_ever_is_stuck_when_it_holds_nothing_back_any_more(desk):
    touch_for_ever(desk, 10 * MINUTE)
    assert desk.ask("status")[1]["deploy"] == "a deploy goes on, 0 min"
    assert desk.send()[1]["outcome"] == "held"
    touch_for_ever(desk, 16 * MINUTE)
    assert desk.ask("status")[1]["deploy"] == "a deploy hangs for 16 min"


@pytest.mark.parametrize("since, status", [(10 * MINUTE, "ok"), (16 * MINUTE, "warning")])
def test_so_it_is_for_the_checks(desk, since, status):
    touch_for_ever(desk, since)
    desk.keep_stamp("smoke_check", "ok", 20 * MINUTE, 1000)
    stuck = desk.ask("--only", "deploy_stuck", "--dry-run", tool="health_check")[1]["checks"][0]
    assert stuck["status"] == status
    late = desk.ask("--only", "tools_fresh", "--dry-run", tool="heartbeat")[1]["checks"][0]
    assert late["status"] == status


# --- history

def keep_history(desk, *past):
    desk.state.mkdir(exist_ok=True)
    (desk.state / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in past))


def ended(number, minutes_ago, **more):
    end = wall_ms() - minutes_ago * MINUTE
    return {"id": number, "cause": f"Cause {number}", "cause_id": f"check_{number}", "opened_ms": end - 12 * MINUTE, "ended_ms": end,
            "lasted_ms": 12 * MINUTE, "status": "critical", "checks": ["disk"], **more}


def test_history_is_of_both_the_file_and_the_book(desk):
    keep_history(desk, ended(1, 600), ended(2, 300, deploy="v2 (olga)"))
    desk.keep_book(incidents=[incident(51, ended=TICK - MINUTE, status="warning"), incident(52, root="memory")])
    code, said = desk.ask("history")
    first, second, third = said["incidents"]
    assert code == 0 and first["cause"] == "Cause 1" and "deploy" not in first
    assert (second["check"], second["cause"], second["status"], second["deploy"], second["lasted_ms"]) == (
        "check_2", "Cause 2", "critical", "v2 (olga)", 12 * MINUTE)
    assert near(second["ended_ms"], wall_ms() - 300 * MINUTE) and near(second["opened_ms"], wall_ms() - 312 * MINUTE)
    assert (third["check"], third["cause"], third["status"], third["lasted_ms"]) == ("disk", "Room on the disk", "warning", 59 * MINUTE)
    assert len({one["name"] for one in said["incidents"]}) == 3
    lines = desk.run("history").out.splitlines()
    assert len(lines) == 3 and lines[1].startswith(second["name"])
    assert "12 min  Cause 2 · after deploy v2 (olga)" in lines[1] and "59 min  Room on the disk" in lines[2]


def test_history_shows_the_newest(desk):
    keep_history(desk, *[ended(number, 600 - number) for number in range(1, 31)])
    assert [one["cause"] for one in desk.ask("history", "--limit", "2")[1]["incidents"]] == ["Cause 29", "Cause 30"]
    assert len(desk.ask("history")[1]["incidents"]) == 20
    assert desk.run("history", "--limit", "0").code == 3


def test_there_is_no_history_yet(desk):
    assert desk.ask("history") == (0, {"incidents": []})
    assert desk.run("history").out == "No incident has closed yet\n"


# --- why

def held(name, reason, **more):
    return {"id": name, "title": name.title(), "status": "warning", "reason": reason, "first": TICK - HOUR, "last": TICK - HOUR, "runs": 1,
            **more}


def test_why_tells_what_was_held_back(desk):
    desk.keep_book(held=[held("unit:redis", "deploy", detail="v2 (olga)", last=TICK - 55 * MINUTE, runs=6, status="critical"),
                         held("disk", "mute", detail="cleaning up", status="ok"), held("memory", "flapping")])
    code, said = desk.ask("why")
    redis, disk, memory = said["held"]
    assert code == 0
    assert (redis["check"], redis["title"], redis["status"], redis["reason"], redis["detail"], redis["runs"]) == (
        "unit:redis", "Unit:Redis", "critical", "deploy", "v2 (olga)", 6)
    assert near(redis["first_ms"], wall_ms() - HOUR) and near(redis["last_ms"], wall_ms() - 55 * MINUTE)
    assert (disk["reason"], memory["reason"], memory["runs"]) == ("mute", "flapping", 1)
    lines = desk.run("why").out.splitlines()
    assert "(unit:redis): a deploy went on: v2 (olga), runs: 6" in lines[0]
    assert "(disk): well again, but muted: cleaning up" in lines[1] and "runs" not in lines[1]
    assert "it keeps changing" in lines[2]


@pytest.mark.parametrize("check, shown", [("disk", ["disk"]), ("unit", ["unit:redis"]), ("unit:redis", ["unit:redis"]), ("dis", [])])
def test_why_of_one_check_or_kind(desk, check, shown):
    desk.keep_book(held=[held("unit:redis", "low"), held("disk", "boot")])
    assert [one["check"] for one in desk.ask("why", "--check", check)[1]["held"]] == shown
    if not shown:
        assert desk.run("why", "--check", check).out == "Nothing was held back lately\n"


def test_every_reason_has_its_words(desk):
    reasons = ["confirm", "deploy", "mute", "boot", "cooldown", "flapping", "low", "explained"]
    desk.keep_book(held=[held(f"check_{reason}", reason) for reason in reasons])
    assert "why_" not in desk.run("why").out and len(desk.run("why").out.splitlines()) == len(reasons)
