"""The rig itself: it boots, answers like the site, every fault goes in and out, nothing is left behind."""
import contextlib
import json
import os
import subprocess

import pytest

from faults import VPS, Server, probe
from rig import few

WHY_NOT = probe()
if WHY_NOT and os.environ.get("CI"):
    raise RuntimeError("the server tests must run in CI: " + WHY_NOT)
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=str(WHY_NOT))

TEACHER, STUDENT, PASSWORD = "t@lectio.test", "s@lectio.test", "rig-pass-1"


@pytest.fixture(scope="module")
def server():
    with Server() as s:
        s.create_user(TEACHER, PASSWORD, role="teacher")
        s.create_user(STUDENT, PASSWORD)
        s.put_file("/etc/cron.d/rig", "* * * * * root touch /run/cron-ran\n")
        yield s


def curl(server, path, *args, base="https://lectio.test", timeout=3):
    """(exit code of curl, HTTP status, body). After 2 MB we hang up: curl's code is then 23."""
    if base.startswith("http://127."):
        args += ("-H", "Host: lectio.test", "-H", "X-Forwarded-Proto: https")
    done = server.exec("bash", "-c", 'curl "$@" | head -c 2000000; exit ${PIPESTATUS[0]}', "curl", "-sS", "-m", str(timeout),
                       "-w", "%{stderr} %{http_code}", *args, base + path, check=False, text=False)
    return done.returncode, int(done.stderr.split()[-1]), done.stdout


def inside(server, path, *args, **more):
    return curl(server, path, *args, base="http://127.0.0.1:8000", **more)


def login(server, email=TEACHER, via=curl):
    return via(server, "/api/jwt/token/", "-H", "Content-Type: application/json", "-d",
               json.dumps({"email": email, "password": PASSWORD}))


def token(server, email=TEACHER):
    return json.loads(login(server, email)[2])["access"]


def test_boots_with_everything_up(server):
    for unit in ("nginx", "teaching_panel", "postgresql", "cron", "hc-stand-in", "telegram-stand-in", "smtp-stand-in", "cloud-stand-in"):
        assert server.show(unit, "ActiveState") == "active", unit
    assert server.systemctl("is-system-running").strip() == "running"
    assert server.exec("busctl", "get-property", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                       "org.freedesktop.systemd1.Manager", "SystemState").stdout.strip() == 's "running"'
    assert server.sh("logger -t rig hello; journalctl --sync; journalctl -t rig -o cat").strip() == "hello"


def test_argv_exit_code_and_stdin_pass_through(server):
    assert server.exec("printf", "[%s]", "a b", "$c", "").stdout == "[a b][$c][]"
    assert server.exec("sh", "-c", "exit 7", check=False).returncode == 7
    assert server.exec("cat", input="x\ny").stdout == "x\ny"


def test_answers_like_the_site(server):
    access, student = token(server), token(server, STUDENT)

    def get(path, who=access):
        _, status, body = curl(server, path, "-H", "Authorization: Bearer " + who)
        return status, json.loads(body) if body[:1] in b"{[" and body else body
    status, health = get("/api/health/")
    assert status == 200 and health["status"] == "ok" and health["checks"]["database"] is True
    assert get("/api/me/")[1]["role"] == "teacher"
    for path in ("/api/schedule/lessons/", "/schedule/api/recordings/teacher/", "/api/homework/", "/api/groups/", "/api/attendance-records/"):
        status, page = get(path)
        assert status == 200 and set(page) == {"count", "next", "previous", "results"}, path
    assert get("/api/subscription/")[1]["payments"] == []
    assert get("/api/gradebook/") == (400, {"detail": "group параметр обязателен"})
    assert get("/schedule/api/recordings/teacher/", student)[0] == 403
    assert get("/api/schedule/recordings/teacher/")[0] == 404
    assert get("/api/groups")[0] == 301
    assert curl(server, "/api/groups/")[1] == 401
    post = ("-H", "Authorization: Bearer " + access, "-H", "Content-Type: application/json", "-d")
    assert curl(server, "/api/subscription/create-payment/", *post, '{"plan":"none"}')[1] == 400
    assert server.sql("SELECT count(*) FROM accounts_payment") == "0"
    assert curl(server, "/api/subscription/create-payment/", *post, '{"plan":"monthly","provider":"tbank"}')[1] == 201
    assert server.sql("SELECT count(*) FROM accounts_payment") == "1"
    assert b'<div id="root">' in curl(server, "/any/page")[2]


def test_loopback_wants_host_and_forwarded_proto(server):
    def direct(*args):
        return int(server.exec("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *args).stdout)
    assert direct("http://127.0.0.1:8000/api/me/") == 400
    assert direct("-H", "Host: lectio.test", "http://127.0.0.1:8000/api/me/") == 301
    assert direct("-H", "Host: lectio.test", "http://127.0.0.1:8000/api/health/") == 200
    assert direct("-H", "Host: lectio.test", "-H", "X-Forwarded-Proto: https", "http://127.0.0.1:8000/api/me/") == 401


def test_stream_with_range(server):
    server.django("from schedule.models import *\nfrom accounts.models import *\n"
                  "Recording.objects.create(id=77, teacher=CustomUser.objects.get(email=%r), gdrive_file_id='x', file_size=4194304)\n" % TEACHER)
    path = "/schedule/api/recordings/77/stream/"
    rc, status, body = curl(server, path + "?token=" + token(server), "-H", "Range: bytes=0-99")
    assert (status, len(body), body[4:8]) == (206, 100, b"ftyp")
    assert curl(server, path)[1] == 401
    assert curl(server, path + "?token=" + token(server, STUDENT))[1] == 403


def test_manage_py_needs_nothing_but_itself(server):
    code = "from accounts.models import CustomUser; print(CustomUser.objects.count())"
    for user in ("root", "www-data"):
        run = server.run_tool("/var/www/teaching_panel/venv/bin/python", "/var/www/teaching_panel/teaching_panel/manage.py", "shell", "-c", code, user=user)
        assert (run.rc, run.out.strip()) == (0, "2"), run


def test_ping_receiver(server):
    known = "11111111-2222-3333-4444-555555555555"

    def ping(path, *args):
        _, status, body = curl(server, path, *args, base="https://hc.test/")
        return status, body.decode()
    server.set_pings(uuids=[known], ping_key="key", slugs=["site"], body_limit=10)
    assert ping(known) == (200, "OK")
    assert ping(known + "/fail", "--data-binary", "0123456789abc") == (200, "OK")
    assert ping(known + "/3") == (200, "OK")
    assert ping("99999999-2222-3333-4444-555555555555") == (404, "not found")
    assert ping("key/site/start") == (200, "OK")
    assert ping("key/Site") == (400, "invalid url format")
    assert ping("key/new") == (404, "not found")
    assert ping("key/new?create=1") == (201, "Created")
    assert [(p["kind"], p["body"]) for p in server.pings() if p["recorded"]] == [
        ("success", ""), ("fail", "0123456789"), ("fail", ""), ("start", ""), ("success", "")]
    server.set_pings(ping_key="key", slugs=["site"], rate_limit=True)
    assert [ping(known) for _ in range(6)][5] == (200, "OK (rate-limited)")
    assert [ping("key/site")[0] for _ in range(6)] == [200] * 5 + [429]


def status_of(via, path):
    return lambda s: via(s, path)[1]


def curl_code(path, via=curl):
    return lambda s: via(s, path)[0]


API, PAGE = "/api/health/", "/"
FAULTS = {
    # name: (fault, what is seen meanwhile, its value)
    "backend stopped": (lambda s: s.backend_stopped(), status_of(curl, API), 502),
    "backend killed": (lambda s: s.backend_killed(), lambda s: s.show("teaching_panel", "SubState"), "auto-restart"),
    "backend failed": (lambda s: s.backend_failed(), lambda s: s.show("teaching_panel", "ActiveState"), "failed"),
    "backend frozen": (lambda s: s.backend_frozen(), curl_code(API, inside), 28),
    "zero workers, killed": (lambda s: s.zero_workers(), curl_code(API, inside), 28),
    "zero workers, configured": (lambda s: s.zero_workers("config"), curl_code(API, inside), 28),
    "fewer workers": (lambda s: s.fewer_workers(1), lambda s: s.sh("pgrep -c -P $(systemctl show -P MainPID teaching_panel)").strip(), "2"),
    "nginx stopped": (lambda s: s.nginx_stopped(), curl_code(PAGE), 7),
    "nginx failed": (lambda s: s.nginx_failed(), lambda s: s.show("nginx", "ActiveState"), "failed"),
    "postgres stopped": (lambda s: s.postgres_stopped(), status_of(curl, API), 503),
    "script missing": (lambda s: s.bundle_missing(), status_of(curl, "/static/js/main.4f9d2c81.js"), 404),
    "style missing": (lambda s: s.bundle_missing("css"), status_of(curl, "/static/css/main.7a31be05.css"), 404),
    "index mode 000": (lambda s: s.index_mode(), status_of(curl, PAGE), 403),
    "index missing": (lambda s: s.index_missing(), lambda s: curl(s, PAGE)[1] >= 400, True),
    "build root only": (lambda s: s.build_root_only(), lambda s: curl(s, PAGE)[1] >= 400, True),
    "api 500": (lambda s: s.api_500(API), status_of(inside, API), 500),
    "502 on the page": (lambda s: s.answers(PAGE, 502), status_of(curl, PAGE), 502),
    "spa fallback": (lambda s: s.spa_fallback(API), lambda s: (curl(s, API)[1], curl(s, API)[2][:9]), (200, b"<!doctype")),
    "login 401": (lambda s: s.login_401(TEACHER), lambda s: login(s)[1], 401),
    "login 403": (lambda s: s.login_403(), lambda s: (login(s)[1], b"access_denied" in login(s)[2]), (403, True)),
    "login 429": (lambda s: s.login_429(), lambda s: (login(s)[1], b"Request was throttled. Expected available in" in login(s)[2]), (429, True)),
    "login 503": (lambda s: s.login_503(), lambda s: (login(s)[1], login(s, via=inside)[1]), (503, 200)),
    "account locked": (lambda s: s.account_locked(TEACHER), lambda s: (login(s)[1], "Слишком много" in login(s)[2].decode()), (401, True)),
    "user missing": (lambda s: s.smoke_user_missing(TEACHER), lambda s: login(s)[1], 401),
    "wrong role": (lambda s: s.wrong_role(TEACHER), lambda s: login(s)[1], 200),
    "slash lost": (lambda s: s.trailing_slash_lost(API), lambda s: b"location: " + API.encode() in curl(s, API, "-i")[2], True),
    "expired": (lambda s: s.certificate("expired"), curl_code(PAGE), 60),
    "wrong host": (lambda s: s.certificate("wrong-host"), curl_code(PAGE), 60),
    "self-signed": (lambda s: s.certificate("self-signed"), curl_code(PAGE), 60),
    "untrusted": (lambda s: s.certificate("untrusted"), curl_code(PAGE), 60),
    "dns": (lambda s: s.dns_failure(), curl_code(PAGE), 6),
    "refused": (lambda s: s.connection_refused(), lambda s: (curl(s, PAGE)[0], inside(s, API)[1]), (7, 200)),
    "black hole": (lambda s: s.black_hole(), lambda s: (curl(s, PAGE)[0], inside(s, API)[1]), (28, 200)),
    "hang": (lambda s: s.hang(API, 20), lambda s: (curl(s, API)[0], inside(s, "/api/me/")[1]), (28, 401)),
    "endless": (lambda s: s.endless_body(API), curl_code(API, inside), 23),
    "endless, slow": (lambda s: s.endless_body(PAGE, rate=1000), curl_code(PAGE), 28),
    "huge": (lambda s: s.huge_body(API), curl_code(API), 23),
    "truncated": (lambda s: s.truncated(API), curl_code(API, inside), 18),
    "truncated, public": (lambda s: s.truncated(API), lambda s: curl(s, API)[0] in (18, 92), True),
    "invalid utf-8": (lambda s: s.invalid_utf8(API), lambda s: b"\xff\xfe" in curl(s, API)[2], True),
    "deep": (lambda s: s.deep_nesting(API), lambda s: curl(s, API)[2].count(b"["), 200000),
    "redirect": (lambda s: s.redirects(API, "/login"), status_of(curl, API), 302),
}


@pytest.mark.parametrize("name", few(FAULTS, 16))  # the others are put in by the tests of the tools
def test_fault_goes_in_and_out(server, name):
    fault, seen, value = FAULTS[name]
    with fault(server):
        assert seen(server) == value
    assert seen(server) != value or name == "wrong role"
    assert inside(server, API)[1] == 200 and curl(server, PAGE)[1] == 200 and login(server)[1] == 200


def test_small_disks(server):
    with server.disk_almost_full(97) as path:
        used = int(server.sh("df --output=pcent %s | tail -1 | tr -dc 0-9" % path))
        assert used in (97, 98)
    with server.no_inodes() as path:
        assert server.sh("df --output=iavail %s | tail -1" % path).strip() == "0"
    with server.low_memory(64):
        assert server.sh("grep MemAvailable /proc/meminfo").split()[1] == str(64 * 1024)


def test_cron_runs(server):
    server.sh("for i in $(seq 75); do [ -e /run/cron-ran ] && exit 0; sleep 1; done; exit 1")


def test_two_at_once_and_nothing_left():
    name_one, marker = "rig-one", "/etc/lectio-rig-marker"
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(Server(name_one))
        two = stack.enter_context(Server("rig-two", site=False))
        one.put_file(marker, "x")
        assert not os.path.exists(marker)
        assert two.exec("test", "-e", marker, check=False).returncode == 1
        pid = int(dict(line.split() for line in subprocess.check_output([VPS, "list"], text=True).splitlines())[name_one])
        assert two.exec("systemctl", "is-active", "nginx", check=False).returncode != 0
        with one.nginx_stopped():
            pass
    assert not os.path.exists("/proc/%d" % pid)
    assert "rig-" not in subprocess.check_output([VPS, "list"], text=True)
    assert "rig-one" not in open("/proc/mounts").read() + open("/proc/self/mountinfo").read()
    state = os.environ.get("VPS_STATE", "/run/lectio-vps")
    assert not os.path.exists(state + "/rig-one") and not os.path.exists(state + "/rig-two")
