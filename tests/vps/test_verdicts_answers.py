"""Answers that are wrong: errors, the single page where JSON belongs, bodies that do not end or make no sense."""
import contextlib
from typing import Callable, NamedTuple

import pytest

from rig import STUDENT, TEACHER
from verdicts import ALL_WELL, Expected, ask, ask_both, assert_says, nobody_logs_in, says, skipped_behind

pytest_plugins = "green_server"

LESSONS, GROUPS, HOMEWORK, HEALTH = "/api/schedule/lessons/", "/api/groups/", "/api/homework/", "/api/health/"
NO_GROUP = dict(gradebook="skipped needs <- groups")
NO_TEACHER, NO_STUDENT = skipped_behind("teacher_login"), skipped_behind("student_login")


def no_page(cause):
    return says(2, public_page="critical " + cause, response_time="skipped needs <- public_page")


class Case(NamedTuple):
    fault: Callable
    smoke: Expected
    health: Expected = ALL_WELL
    config: dict = {}


ANSWERS = {
    "lessons answer 500": Case(lambda s: s.api_500(LESSONS), says(2, lessons="critical server_error")),
    "homework answers 500": Case(lambda s: s.api_500(HOMEWORK), says(
        1, homework_teacher="warning server_error", homework_student="warning server_error")),
    "the health endpoint answers 500": Case(
        lambda s: s.api_500(HEALTH), says(2, api_health="critical server_error"),
        says(2, backend="critical server_error")),
    "the page answers 502": Case(
        lambda s: s.answers("/", 502), says(2, frontend="critical bad_gateway"), no_page("bad_gateway")),
    "the page instead of a list": Case(lambda s: s.spa_fallback(GROUPS), says(1, NO_GROUP, groups="warning spa_page")),
    "the page instead of the health answer": Case(
        lambda s: s.spa_fallback(HEALTH), says(2, api_health="critical spa_page"), says(2, backend="critical not_json")),
    "the page instead of a token": Case(
        lambda s: s.spa_fallback("/api/jwt/token/"), says(2, nobody_logs_in("critical spa_page"))),
    "a list of another shape": Case(lambda s: s.answers(GROUPS, 200, {"groups": []}), says(
        1, NO_GROUP, groups="warning wrong_shape")),
    "a list gone": Case(lambda s: s.answers("/schedule/api/recordings/teacher/", 404, {"detail": "Not found."}), says(
        2, recordings="critical not_found")),
    "the trailing slash lost on the way": Case(
        lambda s: s.trailing_slash_lost(LESSONS), says(2, lessons="critical redirect_slash")),
    "the health endpoint's slash lost on the way": Case(
        lambda s: s.trailing_slash_lost(HEALTH), says(2, api_health="critical redirect_slash"),
        says(2, backend="critical redirect_slash")),
    "the trailing slash lost in config.env": Case(
        lambda s: contextlib.nullcontext(), says(2, recordings="critical redirect_slash"),
        config=dict(RECORDINGS_PATH="/schedule/api/recordings/teacher")),
    "sent to the login page": Case(lambda s: s.redirects(GROUPS, "/login"), says(
        1, NO_GROUP, groups="warning redirect")),
    "the payment probe accepted": Case(
        lambda s: s.answers("/api/subscription/create-payment/", 201, {"payment_url": "https://pay.test/"}),
        says(1, payment="warning probe_accepted")),
    "a body that never ends": Case(lambda s: s.endless_body(LESSONS), says(2, lessons="critical too_large")),
    "a body that never ends, slowly": Case(lambda s: s.endless_body(LESSONS, rate=1000), says(
        2, lessons="critical timeout")),
    "a page that never ends": Case(
        lambda s: s.endless_body("/"), says(2, frontend="critical too_large"), no_page("too_large")),
    "a body of 1 GB": Case(lambda s: s.huge_body(LESSONS), says(2, lessons="critical too_large")),
    "a health answer of 1 GB": Case(
        lambda s: s.huge_body(HEALTH), says(2, api_health="critical too_large"), says(2, backend="critical too_large")),
    "a chunked body cut short": Case(lambda s: s.truncated(LESSONS), says(2, lessons="critical truncated")),
    "a health answer cut short": Case(
        lambda s: s.truncated(HEALTH), says(2, api_health="critical truncated"), says(2, backend="critical truncated")),
    "invalid UTF-8": Case(lambda s: s.invalid_utf8(LESSONS), says(2, lessons="critical not_json")),
    "invalid UTF-8 from the health endpoint": Case(
        lambda s: s.invalid_utf8(HEALTH), says(2, api_health="critical not_json"), says(2, backend="critical not_json")),
    "JSON nested deeply": Case(lambda s: s.deep_nesting(LESSONS), says(2, lessons="critical not_json")),
    "a health answer nested deeply": Case(
        lambda s: s.deep_nesting(HEALTH), says(2, api_health="critical not_json"), says(2, backend="critical not_json")),
}

# The monitor's account is in trouble, not the users: high, so a warning. All else of the login is critical.
LOGINS = {
    "account deactivated": Case(lambda s: s.login_401(TEACHER), says(1, NO_TEACHER, teacher_login="warning login_refused")),
    "client banned": Case(lambda s: s.login_403(), says(1, nobody_logs_in("warning login_forbidden"))),
    "logins throttled": Case(lambda s: s.login_429(), says(1, nobody_logs_in("warning login_throttled"))),
    "logins limited by nginx": Case(
        lambda s: s.login_503(), says(1, nobody_logs_in("warning nginx_rate_limited")),
        config=dict(AUTH_BACKEND_URL="https://lectio.test")),
    "account locked": Case(lambda s: s.account_locked(TEACHER), says(1, NO_TEACHER, teacher_login="warning login_locked")),
    "teacher missing": Case(lambda s: s.smoke_user_missing(TEACHER), says(
        1, NO_TEACHER, teacher_login="warning login_refused")),
    "student missing": Case(lambda s: s.smoke_user_missing(STUDENT), says(
        1, NO_STUDENT, student_login="warning login_refused")),
    "teacher with another role": Case(lambda s: s.wrong_role(TEACHER), says(2, NO_TEACHER, teacher_login="critical bad_token")),
    "login answers 500": Case(lambda s: s.api_500("/api/jwt/token/"), says(2, nobody_logs_in("critical server_error"))),
}


@pytest.mark.parametrize("name", [*ANSWERS, *LOGINS])
def test_fault(server, config, name):
    case = {**ANSWERS, **LOGINS}[name]
    path = config(**case.config)
    with case.fault(server):
        health, smoke = ask_both(server, path)
    assert_says(smoke, case.smoke)
    assert_says(health, case.health)


def test_the_redirect_names_both_ends(server, config):
    path = config()
    with server.trailing_slash_lost(LESSONS):
        facts = ask(server, "smoke_check", path, "--only", "lessons").check("lessons")["facts"]
    assert facts["status"] == 301 and facts["location"].endswith(LESSONS)


def test_the_servers_words_reach_the_reader(server, config):
    path = config()
    with server.account_locked(TEACHER):
        locked = ask(server, "smoke_check", path, "--only", "teacher_login").check("teacher_login")
    assert locked["facts"]["status"] == 401 and "10 минут" in locked["facts"]["detail"]
    with server.login_429():
        throttled = ask(server, "smoke_check", path, "--only", "teacher_login").check("teacher_login")
    assert throttled["facts"]["status"] == 429 and throttled["facts"]["retry_after"] > 0


def test_no_password_is_configured(server, config):
    """There is no built-in one: what needs it is not asked, and the key is named."""
    smoke = ask(server, "smoke_check", config(SMOKE_TEACHER_PASSWORD=""))
    assert_says(smoke, says(1, NO_TEACHER, teacher_login="unknown not_configured"))
    assert "SMOKE_TEACHER_PASSWORD" in smoke.check("teacher_login")["summary"]
