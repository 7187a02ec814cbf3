"""The same site as plain processes, without namespaces and without root."""
import json
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path

import pytest

PLAIN = str(Path(__file__).resolve().parent / "plain")


@pytest.mark.skipif(not (shutil.which("gunicorn") and shutil.which("nginx", path="/usr/sbin:/usr/bin")), reason="gunicorn or nginx is missing")
def test_plain_site_comes_and_goes(tmp_path):
    where = tmp_path / "site"
    lines = subprocess.check_output([PLAIN, "up", str(where)], text=True).splitlines()
    try:
        config = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
        context = ssl.create_default_context(cafile=str(where / "tls/ca.pem"))
        with urllib.request.urlopen(config["SITE_URL"].strip('"') + "/api/health/", context=context) as answer:
            assert json.load(answer)["checks"]["database"] is True
        with urllib.request.urlopen(config["SITE_URL"].strip('"') + "/", context=context) as answer:
            assert b'<div id="root">' in answer.read()
        pids = [int((where / (name + ".pid")).read_text().split()[0]) for name in ("gunicorn", "nginx")]
    finally:
        subprocess.run([PLAIN, "down", str(where)], check=True)
    assert not where.exists()
    for pid in pids:
        stat = Path("/proc/%d/stat" % pid)
        assert not stat.exists() or stat.read_text().rpartition(") ")[2][0] == "Z"
