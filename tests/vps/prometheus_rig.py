"""Servers that one Prometheus watches, as packaging/prometheus sets it up, with short intervals: node_exporter on each,
Prometheus, Alertmanager and a receiver that records on the first."""
import json
import re
import subprocess
import time

from faults import VPS
from rig import BIN, ROOT

FILES = ROOT / "packaging/prometheus"
METRICS, ROOM = "/var/lib/prometheus/node-exporter", "/run/prometheus-test"
STATE, RUN = "/var/lib/lectio-metrics-test", "/run/lectio-metrics-test"
TOLD = ROOM + "/told.jsonl"
RECEIVER = """
import http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("%s", "ab") as told:
            told.write(body.strip() + b"\\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9099), Receiver).serve_forever()
""" % TOLD


def start(server, unit, *argv):
    server.sh("systemctl reset-failed %s 2>/dev/null || true" % unit)
    server.exec("systemd-run", "--quiet", "--unit=" + unit, *argv)


def quick(text):
    """The shipped file, that looks every second and does not wait long before it tells what is critical."""
    for key, value in [("group_wait", "2s"), ("group_interval", "1s"), ("scrape_interval", "1s"), ("evaluation_interval", "1s")]:
        text = re.sub(r"(\s%s:) \d+[smh]" % key, r"\1 " + value, text)
    return text.replace("for: 90s", "for: 3s").replace("[6m:15s]", "[6m:1s]").replace("[90s]", "[4s]")


class Watched:
    """A server as its owner has set it up: metrics for others, messages by others."""

    def __init__(self, server, site, address="127.0.0.1"):
        self.server, self.site, self.target = server, site, address + ":9100"
        server.sh("rm -rf %s %s %s/*; mkdir -p %s/locks; touch -d '1 hour ago' %s" % (STATE, RUN, METRICS, RUN, RUN))
        keys = {"ALERTS": "off", "RECOVERY": "off", "ALERT_SITE_NAME": site, "METRICS_DIR": METRICS, "STATE_DIR": STATE, "RUN_DIR": RUN,
                "DEPLOY_SETTLE": "1"}
        self.config = server.write_config({**server.settings, **keys}, path="/run/lectio-test/metrics.env")
        start(server, "node-exporter-test", "-p", "User=prometheus", "prometheus-node-exporter", "--web.listen-address=" + self.target,
              "--collector.textfile.directory=" + METRICS)

    def tool(self, name, *args):
        return self.server.run_tool(BIN / name, "--config", self.config, *args)

    def minute(self):
        """What cron starts."""
        return [self.tool(name) for name in ("health_check", "smoke_check")]

    def end(self):
        self.server.sh("systemctl stop node-exporter-test; rm -rf %s/*" % METRICS)


class Prometheus:
    def __init__(self, server, watched):
        self.server = server
        # On the machine's loopback a server cannot be reached by others; here it can by itself.
        config = (FILES / "prometheus.yml").read_text()
        config = config.replace("[localhost:9100]", json.dumps([one.target for one in watched])).replace("localhost", "127.0.0.1")
        for name, text in [("prometheus.yml", config), ("rules.yml", (FILES / "rules.yml").read_text()),
                           ("alertmanager.yml", (FILES / "alertmanager.yml").read_text())]:
            server.put_file(ROOM + "/" + name, quick(text))
        server.put_file(ROOM + "/receiver.py", RECEIVER)
        server.sh("rm -f %s; touch %s; install -d -o prometheus %s/data %s/silences" % (TOLD, TOLD, ROOM, ROOM))
        start(server, "receiver-test", "/usr/bin/python3", ROOM + "/receiver.py")
        start(server, "alertmanager-test", "-p", "User=prometheus", "prometheus-alertmanager", "--config.file=%s/alertmanager.yml" % ROOM,
              "--storage.path=%s/silences" % ROOM, "--cluster.listen-address=", "--web.listen-address=127.0.0.1:9093")
        start(server, "prometheus-test", "-p", "User=prometheus", "prometheus", "--config.file=%s/prometheus.yml" % ROOM,
              "--storage.tsdb.path=%s/data" % ROOM, "--web.listen-address=127.0.0.1:9090")

    def query(self, expression):
        """{site or instance: value}; empty too while it does not answer yet."""
        done = self.server.exec("curl", "-sg", "--data-urlencode", "query=" + expression, "http://127.0.0.1:9090/api/v1/query", check=False)
        result = json.loads(done.stdout)["data"]["result"] if done.returncode == 0 and done.stdout.startswith("{") else []
        return {one["metric"].get("site", one["metric"].get("instance")): float(one["value"][1]) for one in result}

    def firing(self):
        """(alert, site, check) of all that Prometheus holds for true, whether it is told or held back."""
        done = self.server.exec("curl", "-s", "http://127.0.0.1:9090/api/v1/alerts")
        return sorted({tuple(alert["labels"].get(key, "") for key in ("alertname", "site", "check"))
                       for alert in json.loads(done.stdout)["data"]["alerts"] if alert["state"] == "firing"})

    def told(self):
        """A tuple for each message: what it is, of which site, and its alerts."""
        messages = [json.loads(line) for line in self.server.read_file(TOLD).splitlines()]
        return [(message["status"], message["groupLabels"].get("site"),
                 sorted((alert["labels"]["alertname"], alert["labels"].get("check")) for alert in message["alerts"]))
                for message in messages]

    def wait(self, ready, seconds=60):
        until = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < until, (self.told(), self.firing(), self.server.sh("journalctl -u '*-test' -n 20 --no-pager"))
            time.sleep(0.5)

    def end(self):
        self.server.sh("systemctl stop prometheus-test alertmanager-test receiver-test; rm -rf %s" % ROOM)


def pid_of(server):
    servers = dict(line.split() for line in subprocess.check_output([VPS, "list"], text=True).splitlines())
    return servers[server.name]


def join(here, there, number):
    """A cable between two servers. Returns the other one's address."""
    ours, theirs = "10.77.%d.1" % number, "10.77.%d.2" % number
    subprocess.run(["ip", "link", "add", "v%d" % number, "netns", pid_of(here), "type", "veth", "peer", "name", "v%d" % number,
                    "netns", pid_of(there)], check=True)
    for server, address in ((here, ours), (there, theirs)):
        server.sh("ip addr add %s/30 dev v%d; ip link set v%d up" % (address, number, number))
    return theirs
