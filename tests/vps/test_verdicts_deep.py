"""deep_check: what an hourly look sees, and what each fault makes of it."""
import json
import re
import time

import pytest

from alerts_rig import alerting
from faults import CHAT, PROJECT, TOKEN
from rig import BIN, while_done
from verdicts import assert_says, ask, says

pytest_plugins = "green_server"

BACKUPS = "/run/backups/database-*"
ACCESS, ERRORS = "/var/log/nginx/deep-access.log", "/var/log/nginx/deep-error.log"
CERTIFICATE = "/etc/letsencrypt/live/lectio.test"


@pytest.fixture
def deep(server, config):
    """deep_check with logs and a backup of its own and an empty memory: what they say, then what it says."""
    server.sh("rm -rf /run/deep /run/backups; rm -f %s* %s*; touch %s %s" % (ACCESS, ERRORS, ACCESS, ERRORS))
    backup(server, 1)

    def look(*args, **keys):
        path = config(**{"NGINX_ACCESS_LOG": ACCESS, "NGINX_ERROR_LOG": ERRORS, "STATE_DIR": "/run/deep", "BACKUP_FILES": BACKUPS, **keys})
        return ask(server, "deep_check", path, *([] if "--only" in args else ["--skip", "time_sync,stream,gdrive,zoom"]), *args)
    return look


def backup(server, hours, size=5000):
    server.sh("""mkdir -p /run/backups; at=@{at}; file=/run/backups/database-$(date -d $at +%Y%m%d-%H%M%S).dump
head -c {size} /dev/zero > $file; touch -d $at $file""".format(size=size, at=int(time.time() - hours * 3600)))


def memory(server, change):
    """`change` is Python that alters what the runs before have left, the dictionary `machine`."""
    server.exec("/usr/bin/python3", "-c", """import json
book = json.load(open("/run/deep/deep_check.json")); machine = book["machine"]
%s
json.dump(book, open("/run/deep/deep_check.json", "w"))""" % change)


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
    assert {"disk", "inodes", "memory", "workers", "swap", "failed_units", "nginx_errors", "oom", "restarts",
            "worker_cpu", "database", "migrations", "backup_fresh", "tools_fresh", "alert_path", "config"} <= {c["id"] for c in said.report["checks"]}
    assert said.check("database")["facts"]["most_connections"] > said.check("database")["facts"]["connections"] > 0
    assert said.seconds < 15


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
        [check] = said.report["checks"]
        assert check["status"] == (found or "ok").split()[0], said
        assert ("gunicorn" in check["facts"].get("largest", "")) == bool(found), check


def test_its_memory_is_no_burden(server, deep):
    """Damage is set aside, a dry run leaves nothing."""
    server.put_file(ACCESS, requests(502, 3))
    deep("--dry-run")
    server.sh("! test -e /run/deep/deep_check.json")
    deep()
    server.sh("test -e /run/deep/deep_check.json; echo '{' > /run/deep/deep_check.json")
    assert deep("--dry-run").check("nginx_5xx")["facts"]["failed"] == 3
    server.sh("! ls /run/deep/deep_check.json.corrupt-*")
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


@pytest.mark.parametrize("made, found", [
    ([], "warning backup_none"),
    ([30], "warning backup_old"),
    ([90, 95], "critical backup_old"),
    ([2, 26], None),
])
def test_the_age_of_the_backup(server, deep, made, found):
    server.sh("rm -rf /run/backups")
    for hours in made:
        backup(server, hours)
    assert_says(deep(), says({"w": 1, "c": 2}[found[0]] if found else 0, **({"backup_fresh": found} if found else {})))


def test_a_backup_that_cannot_hold_it_all(server, deep):
    backup(server, 26, size=20000)
    assert_says(deep(), says(1, backup_fresh="warning backup_shrunk"))
    assert_says(deep(BACKUP_FILES="/etc/passwd/database-*"), says(1, backup_fresh="unknown backup_unreadable"))


@pytest.mark.parametrize("keys, found", [
    ({"DATABASE_WARN_MB": "1"}, "warning database_large"),
    ({"DATABASE_CONNECTIONS_WARN_PERCENT": "1"}, "warning database_connections"),
    ({"DATABASE_CONNECTIONS_CRITICAL_PERCENT": "1", "DATABASE_CONNECTIONS_WARN_PERCENT": "1"}, "critical database_connections"),
])
def test_the_database_is_measured(server, deep, keys, found):
    assert_says(deep(**keys), says({"w": 1, "c": 2}[found[0]], database=found))


def test_a_database_that_is_away(server, deep):
    with server.postgres_stopped():
        said = deep()
    assert_says(said, says(2, database="critical database_away", migrations="warning migrations_unknown <- database"))
    assert "refused" in said.check("database")["summary"], said.check("database")
    password = re.search("DATABASE_URL=.*:(.*)@", server.read_file("/etc/lectio-site.env")).group(1)
    assert password not in str(said.report)


def test_a_database_that_hangs(server, deep):
    main = "systemctl show -P MainPID postgresql@$(cat /etc/lectio-rig/postgresql)-lectio"
    with while_done(server, "kill -STOP $(%s)" % main, "kill -CONT $(%s)" % main):
        said = deep("--only", "database")
    assert (said.check("database")["status"], said.check("database")["cause"]) == ("critical", "database_away")
    assert 9 < said.seconds < 45, "it had ten seconds to answer"


def test_no_more_connections(server, deep):
    with while_done(server, "runuser -u postgres -- psql -qc 'ALTER ROLE teaching_panel CONNECTION LIMIT 0'",
                    "runuser -u postgres -- psql -qc 'ALTER ROLE teaching_panel CONNECTION LIMIT -1'"):
        said = deep("--only", "database")
    assert said.check("database")["cause"] == "database_away" and "too many connections" in said.check("database")["summary"], said


def test_migrations(server, deep):
    server.sql("UPDATE django_migrations SET app = 'away' WHERE app = 'homework'")
    try:
        said = deep()
    finally:
        server.sql("UPDATE django_migrations SET app = 'homework' WHERE app = 'away'")
    assert_says(said, says(1, migrations="warning migrations_pending"))
    assert "homework.0001_initial" in said.check("migrations")["summary"]
    assert_says(deep(VENV_DIR="/nonexistent"), says(1, migrations="warning migrations_unknown"))


def test_the_database_of_a_site_whose_address_django_alone_knows(server, deep):
    """Its settings are asked, and its own connection."""
    settings = PROJECT + "/teaching_panel/teaching_panel/settings.py"
    rename = "sed -i 's/^{0}=/{1}=/' /etc/lectio-site.env; systemctl restart teaching_panel; lectio-green 2"
    with while_done(server, "cp -a {s} /run/settings.py; sed -i 's/\"DATABASE_URL\"/\"SITE_DATABASE\"/' {s}; ".format(s=settings) + rename.format("DATABASE_URL", "SITE_DATABASE"),
                    "cp -a /run/settings.py {s}; ".format(s=settings) + rename.format("SITE_DATABASE", "DATABASE_URL")):
        said = deep()
        assert_says(said, says(0))
        assert said.check("database")["facts"]["most_connections"] > 0
        with server.postgres_stopped():
            assert deep("--only", "database").check("database")["cause"] == "database_away"
        server.sh("echo 'raise ValueError(1)' >> " + settings)
        assert_says(deep(), says(1, database="unknown database_unknown", migrations="warning migrations_unknown"))


def test_a_database_that_only_the_sites_own_account_reaches(server, deep):
    """By its name, over the socket: libpq as root is refused, and that is no outage."""
    psql = "runuser -u postgres -- psql -q -d teaching_panel -c "
    with while_done(server, psql + """'CREATE ROLE "www-data" LOGIN SUPERUSER'; cp -a /etc/lectio-site.env /etc/lectio-site.env.kept
sed -i 's|^DATABASE_URL=.*|DATABASE_URL=postgresql:///teaching_panel|' /etc/lectio-site.env; systemctl restart teaching_panel; lectio-green 2""",
                    "mv -f /etc/lectio-site.env.kept /etc/lectio-site.env; systemctl restart teaching_panel; lectio-green 2; " + psql + """'DROP ROLE "www-data"'"""):
        said = deep()
        assert_says(said, says(0))
        assert said.check("database")["facts"]["most_connections"] > 0
        assert_says(deep("--only", "database", VENV_DIR="/nonexistent"), says(1, database="unknown database_unknown"))
        with server.postgres_stopped():
            assert_says(deep("--only", "database"), says(2, database="critical database_away"))


def test_the_connections_of_every_role_count(server, deep):
    """Whoever opens them: they are of the same number. As libpq sees them, and as the site's own code does."""
    def count(**keys):
        return deep("--only", "database", **keys).check("database")["facts"]["connections"]

    def another_role_counts():
        before = count()
        with while_done(server, "for i in 1 2 3 4 5 6; do setsid runuser -u postgres -- psql -qc 'SELECT pg_sleep(300)' >/dev/null 2>&1 </dev/null & done; sleep 2",
                        "runuser -u postgres -- psql -qc \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(300)'\" >/dev/null"):
            assert count() >= before + 5

    another_role_counts()
    rename = "sed -i 's/^{0}=/{1}=/' /etc/lectio-site.env; systemctl restart teaching_panel; lectio-green 2"
    settings = PROJECT + "/teaching_panel/teaching_panel/settings.py"
    with while_done(server, "cp -a {s} /run/settings.py; sed -i 's/\"DATABASE_URL\"/\"SITE_DATABASE\"/' {s}; ".format(s=settings) + rename.format("DATABASE_URL", "SITE_DATABASE"),
                    "cp -a /run/settings.py {s}; ".format(s=settings) + rename.format("SITE_DATABASE", "DATABASE_URL")):
        another_role_counts()


def test_what_an_outage_that_was_told_has_refused_is_no_news(server, config):
    server.sh("rm -f %s* %s*; touch %s" % (ACCESS, ERRORS, ERRORS))
    server.put_file(ACCESS, requests(200, 100, ago=2000))
    with alerting(server, config, BACKUP_FILES=BACKUPS, NGINX_ACCESS_LOG=ACCESS, NGINX_ERROR_LOG=ERRORS) as alerts:
        with server.backend_stopped():
            alerts.tool("health_check")
        assert len(alerts.chat()) == 1
        server.put_file(ACCESS, requests(200, 100, ago=2000) + requests(502, 50, ago=0))
        assert alerts.tool("deep_check", "--only", "nginx_5xx").rc == 0
        server.put_file(ACCESS, requests(200, 100, ago=2000) + requests(502, 50, ago=1500))
        server.sh("rm /var/lib/lectio-alerts-test/deep_check.json")
        assert alerts.tool("deep_check", "--only", "nginx_5xx").rc == 2


def test_a_site_without_https(server, deep):
    said = deep("--only", "certificate,certificate_on_disk", SITE_URL="http://lectio.test")
    assert_says(said, says(0, certificate="skipped not_https", certificate_on_disk="skipped not_https"))


def test_a_process_killed_for_want_of_memory_is_an_event(server, deep):
    known = server.read_file("/proc/vmstat")
    before = int(next(line for line in known.splitlines() if line.startswith("oom_kill ")).split()[1])
    assert deep().check("oom")["status"] == "ok"
    server.put_file("/run/vmstat", known.replace("oom_kill %d" % before, "oom_kill %d" % (before + 2)))
    server.put_file("/run/journalctl", """#!/bin/sh
case "$*" in *--dmesg*"--grep=Killed process"*) echo "Out of memory: Killed process 812 (celery) total-vm:812344kB" ;; esac
""")
    with while_done(server, "chmod 755 /run/journalctl; mount --bind /run/vmstat /proc/vmstat; mount --bind /run/journalctl /usr/bin/journalctl",
                    "umount /usr/bin/journalctl; umount /proc/vmstat"):
        said = deep()
        assert_says(said, says(1, oom="warning oom_killed"))
        facts = said.check("oom")["facts"]
        assert (facts["count"], facts["victims"]) == (2, "celery") and "gunicorn" in facts["largest"], facts
        assert_says(deep(), says(0))
    server.put_file("/run/vmstat", known.replace("oom_kill ", "oom_kil "))
    with while_done(server, "mount --bind /run/vmstat /proc/vmstat", "umount /proc/vmstat"):
        assert_says(deep(), says(1, oom="unknown oom_unreadable"))


def test_a_restart_that_nobody_saw_is_an_event(server, deep):
    deep()
    server.sh("systemctl kill -s KILL --kill-whom=main teaching_panel; sleep 1; lectio-green 2")
    said = deep()
    assert_says(said, says(1, restarts="warning restarts_some"))
    assert "teaching_panel ×1" in said.check("restarts")["summary"]
    assert_says(deep(), says(0))


def test_workers_that_compute_all_the_time(server, deep):
    deep("--only", "worker_cpu")
    memory(server, "machine['at_ms'] -= 3600000\nfor worker in machine['workers']: worker['cpu_ms'] -= 3500000")
    assert_says(deep("--only", "worker_cpu"), says(2, worker_cpu="critical worker_cpu_high"))
    memory(server, "machine['at_ms'] -= 3600000\nmachine['workers'][0]['cpu_ms'] -= 3500000")
    assert_says(deep("--only", "worker_cpu"), says(1, worker_cpu="warning worker_cpu_high"))
    assert_says(deep("--only", "worker_cpu", BACKEND_SERVICE="nonesuch"), says(1, worker_cpu="unknown worker_cpu_unknown"))


def test_a_tool_that_lost_its_x_bit(server, deep, config):
    server.sh("rm -rf /run/tools; mkdir /run/tools; cp {b}/deep_check {b}/smoke_check /run/tools".format(b=BIN))
    path = config(STATE_DIR="/run/deep", RUN_DIR="/run/deep.run", BACKUP_FILES=BACKUPS)
    server.run_tool("/run/tools/smoke_check", "--config", path)
    server.sh("chmod -x /run/tools/smoke_check")
    said = json.loads(server.run_tool("/run/tools/deep_check", "--config", path, "--only", "tools_fresh", "--format", "json").out)
    [check] = said["checks"]
    assert (check["status"], check["cause"]) == ("warning", "tools_not_executable") and "/run/tools/smoke_check" in check["action"], check
    server.sh("rm -rf /run/tools /run/deep.run")


def test_the_way_to_the_owner_is_tried_before_it_is_needed(server, deep):
    server.telegram(flood=False)
    keys = {"ALERTS": "telegram", "ERRORS_BOT_TOKEN": TOKEN, "ERRORS_CHAT_ID": str(CHAT)}
    assert_says(deep("--only", "alert_path", **keys), says(0))
    assert server.messages(CHAT) == [], "nobody is disturbed"
    for change in ({"ERRORS_BOT_TOKEN": "1:taken-back"}, {"ERRORS_CHAT_ID": "-100999"}):
        said = deep("--only", "alert_path", "--dry-run", **{**keys, **change})
        assert_says(said, says(1, alert_path="warning alert_refused"))
        assert "taken-back" not in str(said.report)


def test_a_key_that_means_nothing(server, deep):
    said = deep(ERRORS_BOT_TOKN="1:secret-token")
    assert_says(said, says(1, config="warning config_doubtful"))
    assert "ERRORS_BOT_TOKEN" in said.check("config")["summary"] and "secret-token" not in str(said.report)


def test_an_event_is_one_message(server, config):
    with alerting(server, config, BACKUP_FILES=BACKUPS, NGINX_ACCESS_LOG=ACCESS, NGINX_ERROR_LOG=ERRORS) as alerts:
        backup(server, 1)
        only = ("--only", "restarts,oom")
        assert alerts.run("deep_check", *only).rc == 0
        server.sh("systemctl kill -s KILL --kill-whom=main teaching_panel; sleep 1; lectio-green 2")
        assert alerts.run("deep_check", *only, "--dry-run").rc == 1
        assert alerts.chat() == []
        assert alerts.run("deep_check", *only).rc == 1
        assert alerts.run("deep_check", *only).rc == 0
        [message] = alerts.chat()
        assert "teaching_panel ×1" in message["text"] and message["silent"], message
        assert alerts.status()["incidents"] == []
