"""Every binary as a binary, against a small site on loopback."""

import base64
import http.server
import json
import os
import pathlib
import pty
import select
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = (ROOT / os.environ.get("LECTIO_BIN", "build/dev/bin")).resolve()


def token(role):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"role": role, "exp": int(time.time()) + 3600, "user_id": 1}
    return ".".join([part({"alg": "HS256"}), part(claims), "c2lnbmF0dXJl"])


def page(results=()):
    return {"count": len(results), "next": None, "previous": None, "results": list(results)}


class Site:
    """What the tests change about the site: answers by (method, path), a delay by path."""

    def __init__(self):
        self.requests = []
        self.delay = {}
        self.answers = {
            ("GET", "/"): (200, "text/html", '<div id="root"></div><script src="/static/js/main.ab12.js"></script>'
                           '<link rel="stylesheet" href="/static/css/main.cd34.css">'),
            ("GET", "/static/js/main.ab12.js"): (200, "application/javascript", "console.log(1)"),
            ("GET", "/static/css/main.cd34.css"): (200, "text/css", "body{}"),
            ("GET", "/api/health/"): {"status": "ok", "service": "teaching_panel",
                                      "checks": {"database": True, "response_time_ms": 1}},
            ("GET", "/api/schedule/lessons/"): page(),
            ("GET", "/schedule/api/recordings/teacher/"): page(),
            ("GET", "/api/homework/"): page(),
            ("GET", "/api/subscription/"): {"id": 1, "status": "active", "plan": "monthly",
                                            "expires_at": None, "payments": []},
            ("POST", "/api/subscription/create-payment/"): (400, "application/json",
                                                            '{"detail": "bad plan"}'),
            ("GET", "/api/groups/"): page([{"id": 7, "name": "G"}]),
            ("GET", "/api/attendance-records/"): page(),
            ("GET", "/api/gradebook/?group=7"): {"group": {"id": 7}, "students": []},
        }

    def answer(self, method, path, headers, body):
        if (method, path) in self.answers:
            return self.answers[method, path]
        if (method, path) == ("POST", "/api/jwt/token/"):
            credentials = json.loads(body)
            role = credentials["email"].split("@")[0]
            if credentials["password"] != f"password of {role}":
                return 401, "application/json", '{"detail": "No active account"}'
            return {"access": token(role), "refresh": token(role)}
        if path == "/api/me/":
            claims = headers.get("Authorization", ". .").split(".")[1]
            role = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["role"]
            return {"id": 1, "email": f"{role}@test.local", "role": role}
        return 404, "text/html", "<h1>Not Found</h1>"


def handler(site):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.requests.append((self.command, self.path, dict(self.headers), body))
            time.sleep(site.delay.get(self.path, 0))
            answer = site.answer(self.command, self.path, self.headers, body)
            if isinstance(answer, dict):
                answer = (200, "application/json", json.dumps(answer))
            status, kind, text = answer
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_HEAD = serve

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def site():
    state = Site()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def config(site, tmp_path):
    """config.env for the site; call it with keys to change."""

    def write(**keys):
        values = {
            "SITE_URL": site.url, "ALERTS": "off", "INTERNAL_BACKEND_URL": site.url,
            "SMOKE_TEACHER_EMAIL": "teacher@test.local",
            "SMOKE_TEACHER_PASSWORD": "password of teacher",
            "SMOKE_STUDENT_EMAIL": "student@test.local",
            "SMOKE_STUDENT_PASSWORD": "password of student",
            "STATE_DIR": str(tmp_path / "state"), "RUN_DIR": str(tmp_path / "run"),
            "LOG_DIR": str(tmp_path / "log"),
            "UPLINK_HOST": "127.0.0.1:9", "ALERT_LANG": "en", **keys,
        }
        path = tmp_path / "config.env"
        path.write_text("".join(f'{key}="{value}"\n' for key, value in values.items()))
        path.chmod(0o600)
        return str(path)

    return write


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def check(self, name):
        return next(check for check in self.json["checks"] if check["id"] == name)


@pytest.fixture
def run():
    def start(tool, *arguments, **environment):
        env = {"PATH": os.environ["PATH"], **environment}
        done = subprocess.run([str(BIN / tool), *map(str, arguments)], env=env, timeout=60,
                              capture_output=True, text=True, check=False)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return start


@pytest.fixture
def run_on_terminal():
    """The same with stdout on a pseudo-terminal, as a person sees it."""

    def start(tool, *arguments, columns=100, **environment):
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "cols", str(columns), "-F", os.ttyname(theirs)], check=True)
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment}
        process = subprocess.Popen([str(BIN / tool), *map(str, arguments)], env=env,
                                   stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
        os.close(theirs)
        data = b""
        while True:
            ready, _, _ = select.select([ours], [], [], 60)
            assert ready, "the tool hangs"
            try:
                chunk = os.read(ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            data += chunk
        os.close(ours)
        err = process.stderr.read().decode()
        return Outcome(process.wait(), data.decode().replace("\r\n", "\n"), err)

    return start
