"""A throwaway server for pytest, and every fault it can have.

    with Server() as s:
        s.create_user("t@lectio.test", "pw", role="teacher")
        config = s.write_config(SMOKE_TEACHER_EMAIL="t@lectio.test")
        with s.backend_stopped():
            run = s.run_tool("/path/health_check", "--config", config)
        assert run.rc == 2

Each fault is a context manager: it returns when the fault is in, and its end waits until the site is green again.
"""
import contextlib
import json
import os
import re
import shlex
import subprocess
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from stand_ins.smtp import MAIL_PASSWORD, MAIL_USER  # noqa: F401 - for tests
from stand_ins.telegram import CHAT, TOKEN, chat as shown_in  # noqa: F401

HERE = Path(__file__).resolve().parent
VPS = str(HERE / "vps")
BUILD = "/var/www/teaching_panel/frontend/build"
PROJECT = "/var/www/teaching_panel"
UNIT = "teaching_panel"
CONFIG = "/opt/lectio-monitor/config.env"
PINGS = "/run/hc-stand-in/pings.jsonl"
TELEGRAM = "/run/telegram-stand-in"
MAIL = "/run/smtp-stand-in"

DEFAULTS = {
    "SITE_URL": "https://lectio.test",
    "BACKEND_URL": "https://lectio.test",
    "INTERNAL_BACKEND_URL": "http://127.0.0.1:8000",
    "PUBLIC_HOST": "lectio.test",
    "PROJECT_ROOT": PROJECT,
    "FRONTEND_BUILD": BUILD,
    "BACKEND_SERVICE": UNIT,
    "NGINX_SERVICE": "nginx",
    "ALERTS": "off",  # tests of the alerts switch them on
}


class Run(NamedTuple):
    rc: int
    out: str
    err: str
    seconds: float


def probe():
    """None if this machine can run servers, else why not."""
    done = subprocess.run([VPS, "probe"], capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


class Server:
    def __init__(self, name=None, site=True, binds=(), attach=False):
        self.name = name or "t" + uuid.uuid4().hex[:8]
        self.site, self.binds, self.attach = site, [str(b) for b in binds], attach
        self._faults, self._telegram = {}, {}

    # --- life

    def up(self):
        if not self.attach:
            args = [VPS, "up", self.name] + ([] if self.site else ["--no-site"])
            env = dict(os.environ, VPS_BINDS=":".join(self.binds))
            done = subprocess.run(args, env=env, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError("vps up %s: %s" % (self.name, done.stderr))
        return self

    def down(self):
        if not self.attach:
            subprocess.run([VPS, "down", self.name], check=True)

    def __enter__(self):
        return self.up()

    def __exit__(self, *exc):
        self.down()

    # --- doing things in it

    def exec(self, *argv, input=None, check=True, timeout=120, text=True):
        done = subprocess.run([VPS, "exec", self.name, *map(str, argv)], input=input, capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL if input is None else None, text=text)
        if check and done.returncode != 0:
            raise RuntimeError("%s: exit %d\n%s%s" % (shlex.join(map(str, argv)), done.returncode, done.stdout, done.stderr))
        return done

    def sh(self, script, check=True, timeout=120):
        return self.exec("bash", "-euc", script, check=check, timeout=timeout).stdout

    def put_file(self, path, content, mode=0o644, owner="root:root"):
        """Atomically, parents are made."""
        data = content if isinstance(content, bytes) else content.encode()
        script = 'mkdir -p "$(dirname "$1")"; cat > "$1.new"; chmod "$2" "$1.new"; chown "$3" "$1.new"; mv -f "$1.new" "$1"'
        self.exec("bash", "-euc", script, "put", path, "%o" % mode, owner, input=data, text=False)

    def read_file(self, path):
        return self.exec("cat", path).stdout

    def write_config(self, values=None, path=CONFIG, **more):
        """DEFAULTS, then values; None leaves a key out. Returns the path."""
        merged = {**DEFAULTS, **(values or {}), **more}
        self.put_file(path, "".join('%s="%s"\n' % (k, v) for k, v in merged.items() if v is not None), mode=0o600)
        return path

    def run_tool(self, binary, *args, env=None, timeout=120, input=None, user=None):
        """Standard input, output and error are no terminal, as under cron."""
        # AddressSanitizer looks for leaks where nobody traces, and wants to be loaded before others.
        asan = {"strace": "detect_leaks=0", "faketime": "verify_asan_link_order=0"}.get(str(binary))
        env = {**({"ASAN_OPTIONS": asan} if asan else {}), **(env or {})}
        argv = ["env", *("%s=%s" % kv for kv in env.items()), str(binary), *map(str, args)]
        if user:
            argv = ["runuser", "-u", user, "--", *argv]
        start = time.monotonic()
        done = self.exec(*argv, input=input, check=False, timeout=timeout, text=False)
        return Run(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"),
                   time.monotonic() - start)

    def systemctl(self, *args):
        return self.exec("systemctl", *args).stdout

    def show(self, unit, prop):
        return self.exec("systemctl", "show", "-P", prop, unit).stdout.strip()

    def journal(self, unit=UNIT):
        return self.exec("journalctl", "-u", unit, "--no-pager", "-o", "cat").stdout

    def wait_green(self, times=3):
        self.exec("lectio-green", str(times))

    # --- the site's data

    def manage(self, *args, input=None):
        return self.exec(PROJECT + "/venv/bin/python", PROJECT + "/teaching_panel/manage.py", *args, input=input).stdout

    def django(self, code):
        return self.manage("shell", input=code)

    def sql(self, statement):
        """Rows as lines, columns separated by |."""
        return self.exec("runuser", "-u", "postgres", "--", "psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", "teaching_panel",
                         "-c", statement).stdout.strip()

    def create_user(self, email, password, role="student", **fields):
        self.django("from accounts.models import CustomUser\nCustomUser.objects.filter(email=%r).delete()\n"
                    "CustomUser.objects.create_user(%r, %r, role=%r, **%r)\n" % (email, email, password, role, fields))

    def pings(self):
        """What the ping receiver at https://hc.test/ got."""
        return self._lines(PINGS)

    def set_pings(self, **config):
        """Its configuration (see stand_ins/healthchecks.py); forgets what it got and its rate."""
        self.put_file("/run/hc-stand-in/config.json", json.dumps(config))
        self.sh("rm -f %s; systemctl restart hc-stand-in; %s" % (PINGS, self._listens("127.0.0.3", 443)))

    def telegram(self, **config):
        """The configuration of https://api.telegram.org/ (see stand_ins/telegram.py); its chats are empty and its patience new.
        Without a word of them, TOKEN and CHAT are known."""
        self._telegram = config
        self._write_telegram(config)
        self.sh("rm -f %s/requests.jsonl" % TELEGRAM)

    def telegram_requests(self):
        """Every request, as the record of stand_ins/telegram.py has it."""
        return self._lines(TELEGRAM + "/requests.jsonl")

    def messages(self, chat=None, deleted=False):
        """What the chats show now: [{chat, id, text, html, entities, edits, silent, reply_to, thread, date, deleted}]."""
        return shown_in(self.telegram_requests(), chat, deleted)

    def mail(self, **config):
        """The configuration of mail.test (see stand_ins/smtp.py); forgets the mail it got."""
        self.put_file(MAIL + "/config.json", json.dumps(config))
        self.sh("rm -f %s/mails.jsonl" % MAIL)

    def mails(self):
        """What mail.test took: [{from, to, user, tls, headers, subject, body, html, raw, violations}]."""
        return self._lines(MAIL + "/mails.jsonl")

    def _lines(self, path):
        return [json.loads(line) for line in self.sh("cat %s 2>/dev/null || true" % path).splitlines()]

    @staticmethod
    def _listens(address, port):
        return "for i in $(seq 100); do (: < /dev/tcp/%s/%d) 2>/dev/null && exit 0; sleep 0.05; done; exit 1" % (address, port)

    def _start_telegram(self):
        return "systemctl restart telegram-stand-in; " + self._listens("127.0.0.4", 443)

    def _write_telegram(self, config):
        self.put_file(TELEGRAM + "/config.json", json.dumps(config))

    # --- plumbing of the faults

    @contextlib.contextmanager
    def _broken(self, do, undo, green=True):
        """do and undo are shell scripts or functions."""
        def act(step):
            return self.sh(step) if isinstance(step, str) else step()
        try:
            act(do)
            yield self
        finally:
            act(undo)
            if green:
                self.wait_green()

    def _write_faults(self):
        if self._faults:
            self.put_file("/run/lectio-site/faults.json", json.dumps(self._faults))
        else:
            self.sh("rm -f /run/lectio-site/faults.json")

    def _reload_nginx(self):
        # A reload returns before the old workers stopped listening.
        self.sh("""old=$(pgrep -P "$(cat /run/nginx.pid)")
systemctl reload nginx
for i in $(seq 200); do
    left=0
    for p in $old; do grep -qs 'nginx: worker process$' <(tr '\\0' ' ' < /proc/$p/cmdline 2>/dev/null | sed 's/ *$//') && left=1; done
    [ $left = 1 ] || [ -z "$(pgrep -P "$(cat /run/nginx.pid)")" ] || exit 0
    sleep 0.05
done
exit 1""")

    @contextlib.contextmanager
    def nginx_snippet(self, server="", http=""):
        """More configuration for nginx, in its server and http blocks."""
        name = uuid.uuid4().hex[:8]
        paths = ["/etc/nginx/lectio/faults-server.d/%s.conf" % name, "/etc/nginx/lectio/faults-http.d/%s.conf" % name]

        def do():
            self.put_file(paths[0], server + "\n")
            self.put_file(paths[1], http + "\n")
            self._reload_nginx()

        def undo():
            self.sh("rm -f " + " ".join(paths))
            self._reload_nginx()
        with self._broken(do, undo):
            yield self

    @contextlib.contextmanager
    def fault(self, path, **what):
        """Anything of site/teaching_panel/teaching_panel/faults.py, at a path. Pages that nginx serves itself
        (such as "/") go through the backend meanwhile. Both the public and the inside address show it."""
        with contextlib.ExitStack() as stack:
            bare = path.split(" ")[-1]
            if not path.startswith("@") and not bare.startswith(("/api/", "/schedule/")):
                match = "= " + bare if not bare.endswith("*") else bare[:-1]
                stack.enter_context(self.nginx_snippet("location %s { include /etc/nginx/lectio/proxy.conf; }" % match))
            before = self._faults.get(path)
            self._faults[path] = what
            try:
                self._write_faults()
                yield self
            finally:
                self._faults.pop(path)
                if before is not None:
                    self._faults[path] = before
                self._write_faults()
                if not self._faults:
                    self.wait_green(1)

    # --- units

    def backend_stopped(self):
        return self._broken("systemctl stop " + UNIT, "systemctl start " + UNIT)

    @contextlib.contextmanager
    def _drop_in(self, text, unit=UNIT):
        path = "/run/systemd/system/%s.service.d/fault.conf" % unit

        def do():
            self.put_file(path, text)
            self.systemctl("daemon-reload")

        def undo():
            self.sh("rm -f %s; systemctl daemon-reload; systemctl reset-failed %s 2>/dev/null || true; systemctl restart %s" % (path, unit, unit))
        with self._broken(do, undo):
            yield self

    @contextlib.contextmanager
    def backend_killed(self, restart_sec=60):
        """kill -9 of master and workers; systemd waits restart_sec before the restart (the unit's own value is 2)."""
        with self._drop_in("[Service]\nRestartSec=%s\n" % restart_sec):
            self.sh("systemctl kill -s KILL %s; for i in $(seq 100); do [ \"$(systemctl show -P SubState %s)\" = auto-restart ] && exit 0;"
                    " sleep 0.02; done; exit 1" % (UNIT, UNIT))
            yield self

    @contextlib.contextmanager
    def backend_failed(self):
        """Cannot start; systemd gave up: state failed."""
        with self._drop_in("[Service]\nRestart=no\nExecStart=\nExecStart=/bin/false\n"):
            self.sh("systemctl restart %s || true; for i in $(seq 100); do systemctl is-failed -q %s && exit 0; sleep 0.05; done; exit 1"
                    % (UNIT, UNIT))
            yield self

    def backend_frozen(self):
        """SIGSTOP: connections are accepted by the kernel, nobody answers; systemd sees an active unit."""
        return self._broken("systemctl kill -s STOP " + UNIT, "systemctl kill -s CONT " + UNIT)

    def nginx_frozen(self):
        return self._broken("systemctl kill -s STOP nginx", "systemctl kill -s CONT nginx")

    def zero_workers(self, how="killed"):
        """killed: the master is stopped and its workers are dead (zombies). config: gunicorn runs with --workers 0."""
        if how == "killed":
            do = """main=$(systemctl show -P MainPID %s); workers=$(pgrep -P "$main"); kill -STOP "$main"; kill -KILL $workers
for i in $(seq 100); do [ -n "$(ps -o stat= -p $(echo $workers | tr ' ' ,) | grep -v Z)" ] || exit 0; sleep 0.02; done; exit 1""" % UNIT
            return self._broken(do, "systemctl restart " + UNIT)
        return self.workers(0)

    def workers(self, count):
        """As many workers as this, by its environment file and a restart."""
        set_to = "sed -i 's/^GUNICORN_WORKERS=.*/GUNICORN_WORKERS=%d/' /etc/lectio-site.env; systemctl restart " + UNIT
        wait = """; for i in $(seq 200); do (: < /dev/tcp/127.0.0.1/8000) 2>/dev/null && [ "$(pgrep -c -P "$(systemctl show -P MainPID %s)" || true)" = %d ] && exit 0; sleep 0.05; done; exit 1"""
        return self._broken(set_to % count + wait % (UNIT, count), set_to % 3)

    def fewer_workers(self, drop=1):
        """SIGTTOU makes the master end one worker each; never below one."""
        do = """main=$(systemctl show -P MainPID %s); before=$(pgrep -c -P "$main"); for i in $(seq %d); do kill -TTOU "$main"; sleep 0.1; done
for i in $(seq 200); do [ "$(pgrep -c -P "$main")" = $((before - %d)) ] && exit 0; sleep 0.05; done; exit 1""" % (UNIT, drop, drop)
        return self._broken(do, "systemctl restart " + UNIT)

    def nginx_stopped(self):
        return self._broken("systemctl stop nginx", "systemctl start nginx")

    def nginx_failed(self):
        """A broken configuration: restart fails, the unit is failed."""
        return self._broken("echo nonsense > /etc/nginx/lectio/faults-server.d/broken.conf; systemctl restart nginx && exit 1 || true",
                            "rm /etc/nginx/lectio/faults-server.d/broken.conf; systemctl reset-failed nginx; systemctl start nginx")

    def postgres_stopped(self):
        # Workers keep connections that died: each would fail once more. So they are restarted in the end.
        return self._broken("systemctl stop postgresql postgresql@*", "systemctl start postgresql; systemctl start postgresql@$(cat /etc/lectio-rig/postgresql)-lectio;"
                            " systemctl restart " + UNIT)

    # --- the build

    def bundle_missing(self, kind="js"):
        """The main script (or style) that index.html names is gone from the disk."""
        pattern = "%s/static/%s/main.*.%s" % (BUILD, kind, kind)
        return self._broken("for f in %s; do mv $f $f.away; done" % pattern, "for f in %s.away; do mv $f ${f%%.away}; done" % pattern)

    def index_mode(self, mode=0o000):
        return self._broken("chmod %o %s/index.html" % (mode, BUILD), "chmod 644 %s/index.html" % BUILD)

    def index_missing(self):
        return self._broken("mv %s/index.html %s/.away" % (BUILD, BUILD), "mv %s/.away %s/index.html" % (BUILD, BUILD))

    def build_root_only(self):
        """As after an scp by root with a strict umask: root:root 0700."""
        return self._broken("chown root:root %s; chmod 700 %s" % (BUILD, BUILD), "chown www-data:www-data %s; chmod 755 %s" % (BUILD, BUILD))

    # --- answers

    def answers(self, path, status, body="", **more):
        return self.fault(path, status=status, body=body, **more)

    def api_500(self, path):
        return self.fault(path, status=500, body="<!doctype html><h1>Server Error (500)</h1>")

    def spa_fallback(self, path):
        """200 and the single page's HTML where JSON belongs."""
        return self.fault(path, spa=True)

    def trailing_slash_lost(self, path):
        """Something on the way strips the slash; Django answers 301 to the very same path with a slash."""
        return self.fault(path, strip_slash=True)

    def hang(self, path, seconds=20):
        return self.fault(path, hang=seconds)

    def endless_body(self, path, rate=0):
        return self.fault(path, endless=True, rate=rate)

    def huge_body(self, path, size=1 << 30):
        return self.fault(path, huge=size)

    def truncated(self, path):
        return self.fault(path, truncate=True)

    def invalid_utf8(self, path):
        return self.fault(path, invalid_utf8=True)

    def deep_nesting(self, path, depth=200000):
        return self.fault(path, nested=depth)

    def redirects(self, path, to, status=302):
        return self.fault(path, redirect=to, status=status)

    # --- logins

    def _user(self, email, do, undo):
        return self._broken(lambda: self._touch("UPDATE accounts_customuser SET %s WHERE email = '%s' RETURNING id" % (do, email)),
                            lambda: self._touch("UPDATE accounts_customuser SET %s RETURNING id" % undo))

    def _touch(self, statement):
        if not self.sql(statement):
            raise RuntimeError("no such user: " + statement)

    def login_401(self, email):
        """The account is deactivated."""
        return self._user(email, "is_active = false", "is_active = true WHERE email = '%s'" % email)

    def login_403(self):
        """The fingerprint that all plain clients share is banned."""
        return self._broken(lambda: self.manage("protection", "ban"), lambda: self.manage("protection", "clear"))

    @contextlib.contextmanager
    def login_429(self):
        """The throttle of the login, for real: Retry-After and DRF's body (which names the wait only without a history)."""
        self.manage("protection", "clear")
        with self.fault("@throttle", login="0/hour"):
            yield self

    @contextlib.contextmanager
    def login_503(self):
        """nginx's limit_req at the public address, already used up (the backend's own address is not limited)."""
        with self.nginx_snippet("location = /api/jwt/token/ { limit_req zone=login; include /etc/nginx/lectio/proxy.conf; }",
                                "limit_req_zone $server_name zone=login:1m rate=1r/m;"):
            self.sh("for i in $(seq 100); do c=$(curl -s -o /dev/null -w '%{http_code}' -X POST https://lectio.test/api/jwt/token/); [ $c = 503 ] && exit 0;"
                    " sleep 0.05; done; exit 1")
            yield self

    def account_locked(self, email):
        """Five failed logins, made for real."""
        body = json.dumps({"email": email, "password": "certainly-wrong"})
        attempt = ("curl -s -H 'Host: lectio.test' -H 'X-Forwarded-Proto: https' -H 'Content-Type: application/json' -d %s"
                   " http://127.0.0.1:8000/api/jwt/token/" % shlex.quote(body))
        return self._broken("for i in 1 2 3 4 5; do %s >/dev/null; done; %s | grep -q 'Слишком много'" % (attempt, attempt),
                            lambda: self.manage("protection", "unlock", email))

    def smoke_user_missing(self, email):
        """Renamed away, with all that hangs on it."""
        return self._user(email, "email = 'away-' || email", "email = '%s' WHERE email = 'away-%s'" % (email, email))

    def wrong_role(self, email, role="admin"):
        before = self.sql("SELECT role FROM accounts_customuser WHERE email = '%s'" % email)
        return self._user(email, "role = '%s'" % role, "role = '%s' WHERE email = '%s'" % (before, email))

    # --- TLS and the network

    def certificate(self, kind):
        """soon (10 days), expired, wrong-host, self-signed, untrusted (a CA nobody knows)."""
        return self._broken("lectio-cert " + kind, "lectio-cert good")

    def dns_failure(self, name="lectio.test"):
        # No name server answers in the server either: resolving fails at once.
        return self._broken("cp /etc/hosts /etc/hosts.fault; sed '/[[:space:]]%s$/d' /etc/hosts.fault > /etc/hosts; ! getent hosts %s"
                            % (re.escape(name), name), "cat /etc/hosts.fault > /etc/hosts; rm /etc/hosts.fault")

    def _filter(self, action, address, port, green=True):
        table = "inet fault_" + uuid.uuid4().hex[:8]
        return self._broken("nft add table {0}; nft 'add chain {0} input {{ type filter hook input priority 0; }}';"
                            " nft add rule {0} input ip daddr {1} tcp dport {2} {3}".format(table, address, port, action),
                            "nft delete table " + table, green)

    def connection_refused(self, address="127.0.0.1", port=443):
        return self._filter("reject with tcp reset", address, port)

    def black_hole(self, address="127.0.0.1", port=443):
        """Packets are dropped: a connection attempt hears nothing."""
        return self._filter("drop", address, port)

    # --- Telegram is away. The site is well meanwhile, so nothing waits for green; what the chats show stays.

    @contextlib.contextmanager
    def telegram_misbehaves(self, **how):
        """Any misbehaviour of stand_ins/telegram.py, over the configuration that is in."""
        before = self._telegram
        self._telegram = {**before, **how}
        try:
            self._write_telegram(self._telegram)
            yield self
        finally:
            self._telegram = before
            self._write_telegram(before)

    def telegram_refused(self):
        return self._broken("systemctl stop telegram-stand-in", self._start_telegram(), green=False)

    def telegram_black_hole(self):
        return self._filter("drop", "127.0.0.4", 443, green=False)

    def telegram_certificate(self, kind="self-signed"):
        """self-signed, expired, untrusted, or good: the site's own, so a wrong host."""
        drop_in = "/run/systemd/system/telegram-stand-in.service.d"
        return self._broken("mkdir -p %s; printf '[Service]\\nEnvironment=CERT=/etc/lectio-tls/%s\\n' > %s/fault.conf; systemctl daemon-reload; %s"
                            % (drop_in, kind, drop_in, self._start_telegram()),
                            "rm -r %s; systemctl daemon-reload; %s" % (drop_in, self._start_telegram()), green=False)

    def telegram_answers(self, status=500, body=None, **more):
        """Without a body the JSON of an error, with one just that (as of a proxy on the way)."""
        return self.telegram_misbehaves(status=status, **({} if body is None else {"body": body}), **more)

    def telegram_flooded(self, retry_after=5, **more):
        """429 to whatever sends; coming back earlier is a violation in the record."""
        return self.telegram_misbehaves(retry_after=retry_after, **more)

    def telegram_hangs(self, seconds=30, **more):
        """Not taken unless the client waits that long."""
        return self.telegram_misbehaves(hang=seconds, **more)

    def telegram_hangs_after(self, seconds=30, **more):
        """Taken, and shown in the chat, but the answer does not come."""
        return self.telegram_misbehaves(hang_after=seconds, **more)

    def telegram_drops_after(self, **more):
        """Taken, and shown in the chat; then the connection is reset."""
        return self.telegram_misbehaves(drop_after=True, **more)

    def mail_refused(self):
        return self._broken("systemctl stop smtp-stand-in", "systemctl start smtp-stand-in; " + self._listens("127.0.0.5", 465), green=False)

    # --- the machine. These yield the path or nothing; the tool is told by its configuration (DISK_PATHS).

    @contextlib.contextmanager
    def _small(self, options, fill):
        path = "/mnt/small-" + uuid.uuid4().hex[:6]
        self.sh("mkdir -p %s; mount -t tmpfs -o %s small %s; cd %s; %s" % (path, options, path, path, fill))
        try:
            yield path
        finally:
            self.sh("umount %s; rmdir %s" % (path, path))

    def disk_almost_full(self, percent=97, size_mb=64):
        return self._small("size=%dm" % size_mb, "head -c %d /dev/zero > filler" % (size_mb * 1048576 * percent // 100))

    def no_inodes(self, count=200, left=0):
        """Space enough, inodes used up but for `left`."""
        return self._small("size=16m,nr_inodes=%d" % count, "n=$(($(df --output=iavail . | tail -1) - %d)); for i in $(seq $n); do : > f$i; done" % left)

    @contextlib.contextmanager
    def low_memory(self, available_mb=64):
        """/proc/meminfo tells of this much MemAvailable."""
        self.sh("sed 's/^MemAvailable:.*/MemAvailable: %d kB/' /proc/meminfo > /run/meminfo; mount --bind /run/meminfo /proc/meminfo"
                % (available_mb * 1024))
        try:
            yield self
        finally:
            self.sh("umount /proc/meminfo")
