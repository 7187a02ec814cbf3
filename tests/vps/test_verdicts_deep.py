"""deep_check: what an hourly look sees, and what each fault makes of it."""
import json
import time

import pytest

from rig import BIN, while_done
from verdicts import assert_says, ask, says

pytest_plugins = "green_server"

ACCESS, ERRORS = "/var/log/nginx/deep-access.log", "/var/log/nginx/deep-error.log"
CERTIFICATE = "/etc/letsencrypt/live/lectio.test"


@pytest.fixture
def deep(server, config):
    """deep_check with logs of its own and an empty memory: what they say, then what it says."""
    server.sh("rm -rf /run/deep; rm -f %s* %s*; touch %s %s" % (ACCESS, ERRORS, ACCESS, ERRORS))

    def look(*args, **keys):
        path = config(NGINX_ACCESS_LOG=ACCESS, NGINX_ERROR_LOG=ERRORS, STATE_DIR="/run/deep", **keys)
        return ask(server, "deep_check", path, "--skip", "time_sync", *args)
    return look


def requests(status, count, ago=60, path="/api/groups/?page=1"):
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(time.time() - ago))
    return '203.0.113.9 - - [%s] "GET %s HTTP/1.1" %d 17 "-" "browser"\n' % (at, path, status) * count


def complaints(server, count, level="error", ago=60):
    at = server.sh("date -d @%d '+%%Y/%%m/%%d %%H:%%M:%%S'" % (time.time() - ago)).strip()
    return "".join('%s [%s] 812#812: *%d connect() failed (111: Connection refused) while connecting to upstream, client: '
                   '203.0.113.9, server: lectio.test, request: "GET / HTTP/1.1"\n' % (at, level, i) for i in range(count))


def test_all_is_well(server, deep):
    server.put_file(ACCESS, requests(200, 500))
    said = deep()
    assert_says(said, says(0))
    assert said.check("nginx_5xx")["facts"]["requests"] == 500
    assert said.check("certificate")["facts"]["days"] > 14
    assert {"disk", "inodes", "memory", "workers", "swap", "failed_units", "nginx_errors"} <= {c["id"] for c in said.report["checks"]}
    assert said.seconds < 3


@pytest.mark.parametrize("kind, found", [
    ("soon", "warning certificate_ending"),
    ("expired", "critical tls_expired"),
    ("wrong-host", "critical tls_wrong_host"),
    ("self-signed", "critical tls_untrusted"),
    ("untrusted", "critical tls_untrusted"),
])
def test_the_certificate_is_measured_whatever_it_is(server, deep, kind, found):
    with server.certificate(kind):
        said = deep()
    assert_says(said, says({"warning": 1, "critical": 2}[found.split()[0]], certificate=found))
    facts = said.check("certificate")["facts"]
    assert {"days", "ends", "subject", "issuer"} <= facts.keys()
    assert kind != "soon" or facts["days"] in (9, 10)
    assert (facts["days"] < 0) == (kind == "expired")


def test_fewer_days_than_the_config_says(server, deep):
    with server.certificate("soon"):
        assert deep(CERTIFICATE_CRITICAL_DAYS="11").check("certificate")["status"] == "critical"
        assert deep(CERTIFICATE_WARN_DAYS="5", CERTIFICATE_CRITICAL_DAYS="3").check("certificate")["status"] == "ok"


def test_no_certificate_is_seen(server, deep):
    with server.connection_refused():
        assert deep().check("certificate")["cause"] == "refused"
    with server.dns_failure():
        said = deep()
    assert (said.check("certificate")["status"], said.check("certificate")["cause"]) == ("unknown", "dns")
    with server.black_hole():
        said = deep(CONNECT_TIMEOUT="1")
    assert said.check("certificate")["cause"] == "timeout" and said.seconds < 8


def test_a_renewed_certificate_that_nginx_has_not_read(server, deep):
    with while_done(server, "ln -sfn /etc/lectio-tls/soon " + CERTIFICATE, "lectio-cert good"):
        assert_says(deep(), says(1, certificate_on_disk="warning certificate_not_served"))
    with server.certificate("expired"), while_done(server, "ln -sfn /etc/lectio-tls/good " + CERTIFICATE, "true"):
        assert_says(deep(), says(2, certificate_on_disk="warning certificate_not_served",
                                 certificate="critical tls_expired <- certificate_on_disk"))
    assert_says(deep(CERTIFICATE_FILE="/etc/lectio-tls/none.pem"), says(1, certificate_on_disk="unknown certificate_unreadable"))
    with while_done(server, "mv {c} {c}.away".format(c=CERTIFICATE), "mv {c}.away {c}".format(c=CERTIFICATE)):
        assert_says(deep(), says(0, certificate_on_disk="skipped key_not_set"))


@pytest.mark.parametrize("failed, found", [(9, None), (15, "warning requests_failing"), (100, "critical requests_failing")])
def test_requests_that_fail(server, deep, failed, found):
    server.put_file(ACCESS, requests(200, 1000 - failed) + requests(502, failed))
    said = deep()
    assert_says(said, says(0 if found is None else {"warning": 1, "critical": 2}[found.split()[0]],
                           **({"nginx_5xx": found} if found else {})))
    if found:
        assert "/api/groups/ (%d)" % failed in said.check("nginx_5xx")["summary"]


def test_the_hour_is_counted_whatever_becomes_of_the_log(server, deep):
    def failed():
        return deep().check("nginx_5xx")["facts"]["failed"]
    log = requests(502, 7, ago=4000) + requests(502, 3)
    server.put_file(ACCESS, log)
    assert failed() == 3
    assert failed() == 3, "nothing twice"
    server.put_file(ACCESS, log + requests(502, 2, ago=30))
    server.sh("mv {a} {a}.1".format(a=ACCESS))
    server.put_file(ACCESS, requests(502, 4, ago=20))
    assert failed() == 9, "its end, and the new one"
    server.sh("gzip {a}.1; cp {a} {a}.1; : > {a}".format(a=ACCESS))
    server.put_file(ACCESS, requests(502, 1, ago=10))
    assert failed() == 10, "truncated in its place, after a copy"
    server.sh("rm {a}.1*; mv {a} {a}.1; gzip {a}.1".format(a=ACCESS))
    server.put_file(ACCESS, requests(502, 5, ago=5))
    assert failed() == 15, "compressed at once"


def test_logs_that_cannot_be_judged(server, deep):
    server.put_file(ACCESS, '{"time":"2026-11-27","status":502}\n' * 100)
    server.sh("rm %s" % ERRORS)
    said = deep()
    assert_says(said, says(1, nginx_5xx="unknown log_not_understood", nginx_errors="unknown log_unreadable <- nginx_5xx"))


@pytest.mark.parametrize("count, found", [(100, None), (101, "warning nginx_errors_many"), (1001, "critical nginx_errors_many")])
def test_complaints_of_nginx(server, deep, count, found):
    server.put_file(ERRORS, complaints(server, 50, ago=4000) + complaints(server, 500, level="warn") + complaints(server, count))
    said = deep()
    assert_says(said, says({"w": 1, "c": 2}[found[0]] if found else 0, **({"nginx_errors": found} if found else {})))
    assert said.check("nginx_errors")["facts"]["errors"] == count
    assert "Connection refused) while connecting to upstream" in said.check("nginx_errors")["summary"]


def test_a_unit_that_nobody_watches_has_failed(server, deep):
    with while_done(server, "systemd-run --quiet --unit=renewal false || true; sleep 0.5", "systemctl reset-failed renewal"):
        said = deep()
        assert_says(said, says(1, failed_units="warning units_failed"))
        assert "renewal.service" in said.check("failed_units")["summary"]
        assert_says(deep(WATCH_UNITS="renewal"), says(0))


def test_swap(server, deep):
    path = "/proc/meminfo"
    known = server.read_file(path)
    used = "".join("SwapTotal: 2097152 kB\n" if line.startswith("SwapTotal") else "SwapFree: %d kB\n" if line.startswith("SwapFree")
                   else line for line in known.splitlines(True))
    for megabytes, found in ((400, None), (600, "warning swap_much"), (1500, "critical swap_much")):
        server.put_file("/run/meminfo", used % (2097152 - megabytes * 1024))
        with while_done(server, "mount --bind /run/meminfo " + path, "umount " + path):
            said = deep("--only", "swap")
        assert said.report["checks"][0]["status"] == (found or "ok").split()[0], said


def test_its_memory_is_no_burden(server, deep):
    """Damage is set aside, a dry run leaves nothing."""
    server.put_file(ACCESS, requests(502, 3))
    deep("--dry-run")
    server.sh("! test -e /run/deep/deep_check.json")
    deep()
    server.sh("test -e /run/deep/deep_check.json; echo '{' > /run/deep/deep_check.json")
    assert deep().check("nginx_5xx")["facts"]["failed"] == 3
    server.sh("ls /run/deep/deep_check.json.corrupt-*")


def test_the_clock(server, config):
    """Held against what a server outside says; whether somebody keeps it is the host's matter."""
    path = config()
    said = ask(server, "deep_check", path, "--only", "time_sync")
    assert said.report["checks"][0].get("cause", "clock_synchronised") in ("clock_synchronised", "clock_adrift")
    assert abs(said.check("time_sync")["facts"]["offset_ms"]) < 3000
    for seconds, found in (("-10", "warning"), ("+60", "critical")):
        run = server.run_tool("faketime", "-f", seconds + "s", BIN / "deep_check", "--config", path, "--format", "json", "--only", "time_sync")
        check = json.loads(run.out)["checks"][0]
        assert (check["status"], check["cause"]) == (found, "clock_wrong"), run
