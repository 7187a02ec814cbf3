"""The front-end's build on the disk damaged: the check that explains the page is named, the API stays well."""
import pytest

from verdicts import ask_both, assert_says, says

pytest_plugins = "green_server"

PAGE_DENIED = dict(response_time="skipped needs <- build_permissions")

CASES = {
    "script missing": (
        lambda s: s.bundle_missing("js"),
        says(2, build="critical build_asset_missing"),
        says(2, frontend="critical asset_status")),
    "style missing": (
        lambda s: s.bundle_missing("css"),
        says(2, build="critical build_asset_missing"),
        says(2, frontend="critical asset_status")),
    "index.html mode 000": (
        lambda s: s.index_mode(0o000),
        says(2, PAGE_DENIED, build_permissions="critical permission_denied",
             public_page="critical forbidden <- build_permissions"),
        says(2, frontend="critical forbidden")),
    "build owned by root, 0700": (
        lambda s: s.build_root_only(),
        says(2, PAGE_DENIED, build_permissions="critical permission_denied",
             public_page="critical forbidden <- build_permissions"),
        says(2, frontend="critical forbidden")),
    "index.html missing": (
        lambda s: s.index_missing(),
        says(2, build="critical build_no_index", build_permissions="skipped build_missing <- build",
             public_page="critical forbidden <- build", response_time="skipped needs <- build"),
        says(2, frontend="critical forbidden")),
}


@pytest.mark.parametrize("name", CASES)
def test_fault(server, config, name):
    fault, health_says, smoke_says = CASES[name]
    path = config()
    with fault(server):
        health, smoke = ask_both(server, path)
    assert_says(health, health_says)
    assert_says(smoke, smoke_says)


def test_the_missing_script_is_named(server, config):
    path = config()
    with server.bundle_missing("js"):
        health, smoke = ask_both(server, path)
    assert health.check("build")["facts"]["asset"].startswith("static/js/main.")
    facts = smoke.check("frontend")["facts"]
    assert facts["asset"].startswith("/static/js/main.") and facts["asset_status"] == 404


def test_the_denied_path_and_its_mode_are_named(server, config):
    path = config()
    with server.index_mode(0o000):
        health, _ = ask_both(server, path)
    facts = health.check("build_permissions")["facts"]
    assert facts["path"].endswith("/frontend/build/index.html")
    assert (facts["account"], facts["mode"]) == ("www-data", "0000")
