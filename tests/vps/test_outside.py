"""deep_check's stream, gdrive and zoom: what each fault elsewhere makes of it, and what the probes leave behind."""
import contextlib
import json

import pytest

from alerts_rig import alerting
from stand_ins.cloud import GOOGLE, ZOOM
from verdicts import assert_says, ask, says

pytest_plugins = "green_server"

CLOUD = "/run/cloud-stand-in"
TOKEN_FILE = "/run/lectio-test/gdrive_token.json"
KEYS = {"GDRIVE_TOKEN_FILE": TOKEN_FILE, "ZOOM_ACCOUNT_ID": ZOOM["account_id"], "ZOOM_CLIENT_ID": ZOOM["client_id"],
        "ZOOM_CLIENT_SECRET": ZOOM["client_secret"]}


@pytest.fixture
def outside(server, config):
    """Asks the checks, and what the cloud was asked meanwhile."""
    server.sh("mkdir -p /run/lectio-test; rm -f %s/*" % CLOUD)
    server.put_file(TOKEN_FILE, json.dumps({**GOOGLE, "token": "old", "type": "authorized_user"}))

    def look(only, **keys):
        return ask(server, "deep_check", config(**{**KEYS, **keys}), "--only", only)
    yield look
    server.sh("rm -f %s/*" % CLOUD)


def cloud(server, **config):
    server.put_file(CLOUD + "/config.json", json.dumps(config))


def newest(server):
    return server.sql("SELECT max(id) FROM schedule_recording WHERE status = 'ready'")


def asked(server):
    return [json.loads(line) for line in server.sh("cat %s/requests.jsonl 2>/dev/null || true" % CLOUD).splitlines()]


@contextlib.contextmanager
def recording(server, **fields):
    """Of the smoke teacher's recordings, changed for a while."""
    assignments = ", ".join("%s = '%s'" % pair for pair in fields.items())
    before = server.sql("SELECT id, gdrive_file_id, status FROM schedule_recording").splitlines()
    server.sql("UPDATE schedule_recording SET " + assignments)
    try:
        yield
    finally:
        for row in before:
            server.sql("UPDATE schedule_recording SET gdrive_file_id = '%s', status = '%s' WHERE id = %s" % tuple(
                (lambda id, file, status: (file, status, id))(*row.split("|"))))


def test_all_is_well(server, outside):
    said = outside("stream,gdrive,zoom")
    assert_says(said, says(0))
    assert said.check("gdrive")["facts"]["percent"] == 10
    requests = asked(server)
    assert [r for r in requests if r["violations"]] == [], requests
    assert [r["status"] for r in requests if r["method"] == "DELETE"] == [204], "what it made it has taken away"
    assert json.loads(server.read_file(TOKEN_FILE))["token"] == "old", "the site's file is the site's"
    for secret in (GOOGLE["client_secret"], GOOGLE["refresh_token"], ZOOM["client_secret"], "ya29.", "eyJ"):
        assert secret not in json.dumps(said.report), secret


def test_what_is_not_configured_is_no_alarm(server, outside):
    said = outside("stream,gdrive,zoom", GDRIVE_TOKEN_FILE=None, ZOOM_ACCOUNT_ID="YOUR_ACCOUNT_HERE")
    assert_says(said, says(0, gdrive="skipped key_not_set", zoom="skipped key_not_set"))
    assert_says(outside("zoom", ZOOM_CLIENT_SECRET="YOUR_ZOOM_SECRET_HERE"), says(0, zoom="skipped key_not_set"))
    assert "GDRIVE_TOKEN_FILE" in said.check("gdrive")["summary"] and asked(server) == []
    assert_says(outside("zoom", ZOOM_ACCOUNT_ID="bad"), says(0, zoom="skipped key_not_set"))


def test_a_token_file_that_cannot_be_read(server, outside):
    server.put_file(TOKEN_FILE, "{")
    said = outside("gdrive")
    assert_says(said, says(1, gdrive="unknown not_configured"))
    assert "GDRIVE_TOKEN_FILE" in str(said.report["notes"])


@pytest.mark.parametrize("fields, keys, found", [
    ({"gdrive_file_id": "drive-error"}, {}, "critical stream_drive"),
    ({"gdrive_file_id": ""}, {}, "warning stream_missing"),
    ({"status": "processing"}, {}, "skipped stream_none"),
    ({}, {"STREAM_RECORDING_ID": "999999"}, "warning stream_missing"),
    ({}, {"SMOKE_TEACHER_PASSWORD": "wrong"}, "warning login_refused"),
    ({}, {"SMOKE_TEACHER_PASSWORD": ""}, "skipped key_not_set"),
])
def test_the_stream(server, outside, fields, keys, found):
    with recording(server, **fields) if fields else contextlib.nullcontext():
        said = outside("stream", **keys)
    assert_says(said, says({"c": 2, "w": 1, "s": 0}[found[0]], stream=found))


@pytest.mark.parametrize("fault, found", [
    ({"status": 200, "body": "<!doctype html><title>Lectio</title>", "content_type": "text/html"}, "critical wrong_type"),
    ({"status": 206, "body": "tiny", "content_type": "video/mp4"}, "critical body_short"),
    ({"status": 502, "body": "<center>nginx</center>", "content_type": "text/html"}, "critical bad_gateway"),
    ({"status": 401, "body": "{}", "content_type": "application/json"}, "critical stream_token_refused"),
    ({"status": 403, "body": "{}", "content_type": "application/json"}, "warning stream_foreign"),
])
def test_what_comes_is_no_video(server, outside, fault, found):
    path = "/schedule/api/recordings/%s/stream/" % newest(server)
    fault = dict(fault)
    with server.answers(path, fault.pop("status"), fault.pop("body"), **fault):
        assert_says(outside("stream"), says({"w": 1, "c": 2}[found[0]], stream=found))


def test_a_video_without_an_end_is_not_loaded(server, outside):
    path = "/schedule/api/recordings/%s/stream/" % newest(server)
    with server.huge_body(path, size=1 << 30):
        said = outside("stream")
    check = said.check("stream")
    assert check["cause"] == "wrong_type" and check["facts"]["size"] < 1 << 20, check


@pytest.mark.parametrize("how, found", [
    ({"refresh_token": "another"}, "warning gdrive_revoked"),
    ({"client_id": "another"}, "warning gdrive_client"),
    ({"drive_usage": "800"}, "warning gdrive_filling"),
    ({"drive_usage": "950"}, "critical gdrive_filling"),
    ({"drive_usage": "950", "drive_limit": None}, None),
    ({"drive": {"status": 403, "reason": "storageQuotaExceeded", "only": "POST /drive/v3/files"}}, "critical gdrive_full"),
    ({"drive": {"status": 403, "reason": "userRateLimitExceeded", "only": "POST /drive/v3/files"}}, "warning throttled"),
    ({"drive": {"status": 401, "reason": "authError"}}, "warning unauthorized"),
    ({"drive": {"status": 429, "reason": "rateLimitExceeded"}}, "warning throttled"),
    ({"drive": {"status": 500, "reason": "backendError"}}, "warning server_error"),
    ({"drive": {"status": 502, "reason": "html"}}, "warning bad_gateway"),
    ({"drive": {"status": 200, "reason": "html"}}, "warning spa_page"),
    ({"hang": 20, "hang_host": "www.googleapis.com"}, "warning timeout"),
])
def test_google_drive(server, outside, how, found):
    cloud(server, **how)
    said = outside("gdrive")
    assert_says(said, says({"w": 1, "c": 2}[found[0]] if found else 0, **({"gdrive": found} if found else {})))
    assert GOOGLE["refresh_token"] not in json.dumps(said.report)


TOKENS = [
    ({"status": 429}, "warning throttled"),
    ({"status": 500}, "warning server_error"),
    ({"status": 502, "html": True}, "warning bad_gateway"),
    ({"status": 200, "html": True}, "warning spa_page"),
]


@pytest.mark.parametrize("check, host", [("gdrive", "oauth2.googleapis.com"), ("zoom", "zoom.us")])
@pytest.mark.parametrize("how, found", TOKENS)
def test_who_gives_tokens_gives_none(server, outside, check, host, how, found):
    cloud(server, tokens={"host": host, **how})
    assert_says(outside(check), says(1, **{check: found}))


def test_a_probes_file_is_deleted_though_it_could_not_be_read(server, outside):
    cloud(server, drive={"status": 500, "reason": "backendError", "only": "PATCH"})
    assert outside("gdrive").check("gdrive")["cause"] == "server_error"
    assert [r["status"] for r in asked(server) if r["method"] == "DELETE"] == [204]


def test_what_former_runs_left_on_the_drive_is_taken_away(server, outside):
    """But nothing younger than an hour: another server may be at it just now."""
    def leave(**how):
        cloud(server, drive={"status": 500, "reason": "backendError", "only": "DELETE"}, **how)
        assert outside("gdrive").check("gdrive")["cause"] == "server_error"
        server.sh("rm %s/*" % CLOUD)
    leave(made_ago=3700)
    leave()
    assert_says(outside("gdrive"), says(0))
    assert [r["status"] for r in asked(server) if r["method"] == "DELETE"] == [204, 204], "its own and the old one"
    server.sh("rm %s/requests.jsonl" % CLOUD)
    outside("gdrive")
    assert [r["status"] for r in asked(server) if r["method"] == "DELETE"] == [204]


def test_the_weather_is_told_when_it_lasts(server, outside, config):
    """A revoked token is told at once, an error of Google's own when the next run meets it too; the site's own fault at once."""
    def confirms(how, only="gdrive"):
        with alerting(server, config, **KEYS) as alerts:
            cloud(server, **how)
            alerts.run("deep_check", "--only", only)
            return len(alerts.chat())
    assert confirms({"refresh_token": "another"}) == 1
    assert confirms({"drive": {"status": 500, "reason": "backendError"}}) == 0
    assert confirms({"drive": {"status": 403, "reason": "storageQuotaExceeded", "only": "POST /drive/v3/files"}}) == 1
    assert confirms({"hang": 20, "hang_host": "zoom.us"}, "zoom") == 0
    with recording(server, gdrive_file_id="drive-error"):
        assert confirms({}, "stream") == 0
    with server.answers("/schedule/api/recordings/%s/stream/" % newest(server), 200, "<!doctype html>", content_type="text/html"):
        assert confirms({}, "stream") == 1


def test_a_stream_that_nginx_does_not_serve_is_no_second_incident(server, outside, config):
    with alerting(server, config, **KEYS) as alerts, server.nginx_stopped():
        alerts.run("health_check")
        alerts.run("deep_check", "--only", "stream")
        chat = alerts.chat()
        assert len(chat) == 1, [message["text"] for message in chat]
        assert "nginx" in chat[0]["text"]


@pytest.mark.parametrize("zoom, found", [
    ({"client_secret": "another"}, "warning zoom_client"),
    ({"client_id": "another"}, "warning zoom_client"),
    ({"account_id": "another"}, "warning zoom_account"),
    ({"activated": False}, "warning zoom_account"),
])
def test_zoom(server, outside, zoom, found):
    cloud(server, zoom=zoom)
    said = outside("zoom")
    assert_says(said, says(1, zoom=found))
    assert ZOOM["client_secret"] not in json.dumps(said.report)


def test_zoom_that_hangs(server, outside):
    cloud(server, hang=20, hang_host="zoom.us")
    assert_says(outside("zoom"), says(1, zoom="warning timeout"))
