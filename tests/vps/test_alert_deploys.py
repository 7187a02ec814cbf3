"""Deploys that restart gunicorn and swap the build, while the tools run as cron starts them."""
import threading
import time

import pytest

from alerts_rig import RUN, alerting
from faults import BUILD, UNIT

pytest_plugins = "green_server"

# Without a moment's mercy for the site: no build for a while, gunicorn down, both back.
DEPLOY = """touch {run}/deploy_in_progress
mv {build} {build}.old; systemctl stop {unit}; sleep {seconds}
mv {build}.old {build}; systemctl start {unit}
rm {run}/deploy_in_progress"""


@pytest.fixture
def alerts(server, config):
    with alerting(server, config, DEPLOY_SETTLE="4") as a:
        yield a


def deploy(server, seconds):
    server.sh(DEPLOY.format(run=RUN, build=BUILD, unit=UNIT, seconds=seconds))


def test_ten_deploys_and_nobody_hears_of_them(server, alerts):
    over = threading.Event()
    runs = []

    def cron():
        while not over.is_set():
            runs.extend(alerts.both())
    watcher = threading.Thread(target=cron)
    watcher.start()
    try:
        for seconds in (0.2, 0.5, 1, 1.5, 2, 2.5, 3, 0.1, 4, 0.3):
            deploy(server, seconds)
            time.sleep(0.7)
    finally:
        over.set()
        watcher.join()
        server.wait_green()
    assert len(runs) >= 6
    assert alerts.chat() == [], [message["text"] for message in alerts.chat()]
    assert "деплой" in alerts.alerts("why").out, "they did see something"


def test_a_deploy_that_is_killed_while_the_site_is_broken(server, alerts):
    """Its marker names a process and a boot: it counts while that lives, and not a run longer."""
    server.sh("""setsid sleep 600 < /dev/null > /dev/null 2>&1 & pid=$!
printf '{"pid":%%d,"boot_id":"%%s","start_time":%%d,"who":"ivan","what":"backend","since":%%d}' $pid \\
  "$(cat /proc/sys/kernel/random/boot_id)" "$(sed 's/.*) //' /proc/$pid/stat | cut -d' ' -f20)" "$(date +%%s)" > %s/deploy_in_progress
echo $pid > /run/deployer""" % RUN)
    with server.backend_stopped():
        alerts.both()
        assert alerts.chat() == []
        server.sh("kill -9 $(cat /run/deployer)")
        alerts.both()
        chat = alerts.chat()
        assert len(chat) == 1, [message["text"] for message in chat]
        assert "после деплоя backend (ivan)" in chat[0]["text"], chat[0]["text"]
    server.sh("rm %s/deploy_in_progress" % RUN)
