"""The schedule itself, by the real cron: the tools run, leave their stamps, and nobody gets mail."""
import re
import time
from pathlib import Path

from rig import BIN, ROOT

pytest_plugins = "green_server"

STATE = "/run/lectio-cron"

# What cron mails goes into a file.
SENDMAIL = "#!/bin/sh\ncat >> /run/cron-mail\n"


def lines_of_example():
    return [line for line in (ROOT / "crontab.example").read_text().splitlines() if not line.startswith("#")]


def test_the_example_names_what_there_is():
    tools = re.findall(r"/opt/lectio-monitor/(\w+)", "\n".join(lines_of_example()))
    assert sorted(tools) == ["backup", "cleanup_processes", "deep_check", "deploy_safe", "health_check", "heartbeat", "smoke_check"]
    for tool in tools:
        assert (Path(BIN) / tool).exists()


def test_cron_runs_the_tools_and_mails_nobody(server):
    server.sh("mkdir -p /run/cron-test; touch /run/cron-test/access.log /run/cron-test/error.log; echo x > /run/cron-test/database-1.dump")
    path = server.write_config({**server.settings, "STATE_DIR": STATE, "RUN_DIR": STATE + "/run", "BACKUP_FILES": "/run/cron-test/database-*",
                                "NGINX_ACCESS_LOG": "/run/cron-test/access.log", "NGINX_ERROR_LOG": "/run/cron-test/error.log"},
                               path="/run/lectio-test/cron.env")
    jobs = "\n".join(lines_of_example()).replace("*/5 *", "*   *").replace("30 * ", "*  * ")  # all every minute
    jobs = re.sub(r"/opt/lectio-monitor/(\w+)", r"%s/\1 --config %s" % (BIN, path), jobs)
    jobs = re.sub(r"(deep_check .*)", r"\1 --skip time_sync", jobs)  # the clock is the host's
    server.put_file("/usr/sbin/sendmail", SENDMAIL, mode=0o755)
    server.exec("crontab", "-", input=jobs + "\n* * * * * echo cron does mail what is printed\n")
    try:
        tools = ["health_check", "smoke_check", "heartbeat"]
        until = time.monotonic() + 75
        while time.monotonic() < until:
            there = server.sh("ls %s/runs %s/deep_check.json 2>/dev/null || true" % (STATE, STATE))
            if all(tool + ".json" in there for tool in tools) and STATE + "/deep_check.json" in there and server.sh("cat /run/cron-mail 2>/dev/null || true"):
                break
            time.sleep(0.5)
        server.sh("test -e %s/deep_check.json" % STATE)
        for tool in tools:
            assert '"status":"ok"' in server.read_file("%s/runs/%s.json" % (STATE, tool)), tool
        mail = server.read_file("/run/cron-mail")
        assert "cron does mail what is printed" in mail
        assert not any(tool in mail for tool in [*tools, "deep_check"])
    finally:
        server.sh("crontab -r; rm -f /usr/sbin/sendmail")
