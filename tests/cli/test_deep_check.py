"""deep_check as a program: what it says of keys that are missing."""

import json

import pytest

ZOOM = {"ZOOM_ACCOUNT_ID": "kd83hs", "ZOOM_CLIENT_ID": "a9sk2j", "ZOOM_CLIENT_SECRET": "sK29s"}


@pytest.mark.parametrize("keys, missing", [
    ({"ZOOM_CLIENT_SECRET": "YOUR_ZOOM_CLIENT_SECRET_HERE"}, "ZOOM_CLIENT_SECRET"),
    ({"ZOOM_CLIENT_SECRET": "YOUR_SECRET"}, "ZOOM_CLIENT_SECRET"),
    ({"ZOOM_CLIENT_ID": "", "ZOOM_CLIENT_SECRET": "..."}, "ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET"),
    ({"ZOOM_ACCOUNT_ID": "bad"}, "ZOOM_ACCOUNT_ID"),
])
def test_a_zoom_app_of_which_a_key_is_missing_is_not_configured(run, config, keys, missing):
    done = run("deep_check", "--config", config(**{**ZOOM, **keys}), "--only", "zoom", "--format", "json")
    zoom = done.check("zoom")
    assert (done.code, zoom["status"], zoom["cause"]) == (0, "skipped", "key_not_set"), zoom
    assert zoom["summary"] == "not configured: %s in config.env" % missing


def test_a_stream_that_nobody_can_log_in_for_is_not_configured(run, config, site):
    done = run("deep_check", "--config", config(SMOKE_TEACHER_PASSWORD=""), "--only", "stream", "--format", "json")
    stream = done.check("stream")
    assert (done.code, stream["status"], stream["cause"]) == (0, "skipped", "key_not_set"), stream
    assert "SMOKE_TEACHER_PASSWORD" in stream["summary"] and site.requests == []


def test_a_token_file_of_google_drive_that_holds_placeholders_is_not_configured(run, config, tmp_path):
    path = tmp_path / "token.json"
    path.write_text(json.dumps({"client_id": "YOUR_CLIENT_ID_HERE", "client_secret": "GOCSPX-1", "refresh_token": "1//a"}))
    done = run("deep_check", "--config", config(GDRIVE_TOKEN_FILE=path), "--only", "gdrive", "--format", "json")
    gdrive = done.check("gdrive")
    assert (done.code, gdrive["status"], gdrive["cause"]) == (0, "skipped", "key_not_set"), gdrive
    assert "%s: the file holds placeholders, no keys of Google Drive" % path in done.json["notes"]
    path.write_text("{")
    done = run("deep_check", "--config", config(GDRIVE_TOKEN_FILE=path), "--only", "gdrive", "--format", "json")
    assert (done.code, done.check("gdrive")["status"]) == (1, "unknown"), "a file that is broken is no wish to do without"
