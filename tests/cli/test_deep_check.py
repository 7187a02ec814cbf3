"""deep_check as a program: what it says of keys that are missing, and how much memory nginx's logs cost it."""

import gzip
import json
import pathlib
import re
import subprocess
import tempfile
import time

import pytest

from conftest import BIN

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


def peak(*arguments):
    """Kilobytes of memory that it held at most, as far as can be seen from outside, and what it said."""
    most = 0
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([BIN / "deep_check", *arguments], stdout=said)
        while process.poll() is None:
            status = pathlib.Path("/proc/%d/status" % process.pid).read_text()
            most = max(most, int((re.search(r"VmHWM:\s*(\d+)", status) or [0, 0])[1]))
            time.sleep(0.001)
        said.seek(0)
        return most, json.load(said)["checks"][0]


@pytest.fixture
def logs(tmp_path, config):
    """Peak and verdict of nginx_5xx with this log, and that of yesterday compressed."""
    access = tmp_path / "access.log"

    def look(chunks):
        access.write_text("")
        with open(tmp_path / "access.log.1.gz", "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        return peak("--config", config(NGINX_ACCESS_LOG=access), "--only", "nginx_5xx", "--dry-run", "--format", "json")
    return look


def lines(minute, count):
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(minute * 60))
    return "".join('203.0.113.9 - - [%s] "GET /api/lessons/%d/%d/a-path-of-some-length/ HTTP/1.1" 502 17 "-" "browser"\n' % (at, minute, i)
                   for i in range(count)).encode()


enough = pytest.mark.skipif("sanitize" in str(BIN), reason="the sanitizers keep what was freed")


@enough
def test_a_month_of_lines_is_read_in_the_memory_of_an_hour(logs):
    now = int(time.time()) // 60
    month = 30 * 24 * 60
    most, check = logs(gzip.compress(b"".join(lines(now - ago, 12) for ago in range(first, first - 1440, -1)), 1)
                       for first in range(month, 0, -1440))
    passed = int(time.time()) // 60 - now
    assert (60 - passed) * 12 <= check["facts"]["failed"] <= 60 * 12, check
    assert 0 < most < 24 * 1024, most


@enough
def test_two_gigabytes_of_rubbish_are_read_in_bounded_memory(logs):
    now = int(time.time()) // 60
    rubbish = gzip.compress(bytes(range(11, 256)) * ((64 << 20) // 245), 1)
    most, check = logs([rubbish] * 32 + [gzip.compress(b"\n" + lines(now - 5, 10))])
    assert check["facts"]["failed"] == 10, check
    assert 0 < most < 24 * 1024, most
