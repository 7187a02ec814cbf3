"""What a tool should say of a fault, written as it is read:

    says(2, backend_service="critical unit_stopped", backend="critical refused <- backend_service")

is: exit code 2; these checks with this status, this cause and, after the arrow, the check that explains them;
every other check of the tool is well.
"""
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from rig import BIN

TEACHERS = ("teacher_profile lessons recordings homework_teacher subscription payment groups attendance"
            " gradebook").split()
SMOKE = ["frontend", "api_health", "teacher_login", *TEACHERS, "student_login", "homework_student"]
HEALTH = ("public_page backend backend_service nginx_service workers build build_permissions deploy_stuck site_errors disk"
          " inodes memory response_time").split()
STATUS_OF_EXIT = {0: "ok", 1: "warning", 2: "critical"}


class Expected(NamedTuple):
    rc: int
    found: dict


def says(rc, *groups, **checks):
    found = {}
    for group in groups:
        found.update(group)
    return Expected(rc, {**found, **checks})


ALL_WELL = says(0)


def skipped_behind(login, root=None):
    """What does not run when this login fails."""
    steps = TEACHERS if login == "teacher_login" else ["homework_student"]
    return dict.fromkeys(steps, "skipped needs <- " + (root or login))


def nobody_logs_in(words, root=None):
    found = {**skipped_behind("teacher_login", root), **skipped_behind("student_login", root)}
    arrow = " <- " + root if root else ""
    return {**found, "teacher_login": words + arrow, "student_login": words + arrow}


class Said(NamedTuple):
    rc: int
    report: dict
    seconds: float

    def check(self, name):
        return next(check for check in self.report["checks"] if check["id"] == name)

    def found(self):
        """The checks that are not well, in the notation of says()."""
        return {check["id"]: in_words(check) for check in self.report["checks"] if check["status"] != "ok"}


def in_words(check):
    words = "%s %s" % (check["status"], check.get("cause", "-"))
    return words + (" <- " + check["root"] if check.get("root") else "")


def ask(server, tool, config, *args):
    run = server.run_tool(BIN / tool, "--config", config, "--format", "json", *args)
    assert run.rc in (0, 1, 2), run
    return Said(run.rc, json.loads(run.out), run.seconds)


def ask_both(server, config):
    """As cron starts them: in the same second."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda tool: ask(server, tool, config), ["health_check", "smoke_check"]))


def assert_says(said, expected):
    found = said.found()
    wrong = {id: "said %s, not %s" % (found.get(id, "ok"), expected.found.get(id, "ok"))
             for id in found.keys() | expected.found.keys() if found.get(id) != expected.found.get(id)}
    assert not wrong, wrong
    assert (said.rc, said.report["status"]) == (expected.rc, STATUS_OF_EXIT[expected.rc])
    for check in said.report["checks"]:
        assert_is_told(check)


def assert_is_told(check):
    """Whoever reads it learns what was seen and, when it is not well, what it means and what to do."""
    told = [check["summary"]]
    if check["status"] not in ("ok", "skipped"):
        told += [check["meaning"], check["action"]]
    for text in told:
        assert text and not set(text) & set("{}"), (check["id"], text)
        assert not set(re.sub("`[^`]*`", "", text)) & set("[]"), (check["id"], text)
    assert check["took_ms"] >= 0
