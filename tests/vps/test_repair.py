"""health_check's ladder: each rung mends its own fault and no other, within its budget, and is told as it went."""
import contextlib
import json

import pytest

from alerts_rig import RUN, STATE
from deploys import KEPT
from faults import BUILD, UNIT
from rig import BIN

pytest_plugins = ["green_server", "deploys"]


@contextlib.contextmanager
def drop_in(server, text, unit=UNIT):
    path = "/run/systemd/system/%s.service.d/test.conf" % unit
    server.put_file(path, text)
    server.systemctl("daemon-reload")
    try:
        yield
    finally:
        server.sh("rm -f %s; systemctl daemon-reload; systemctl reset-failed %s 2>/dev/null || true; systemctl restart %s" % (path, unit, unit))
        server.wait_green()


@pytest.fixture
def health(deploys):
    """health_check as cron runs it: (exit code, what it said, the chat)."""
    def run(*args, env=None, **more):
        done = deploys.alerts.run("health_check", *args, env={"RECOVERY": "on", **(env or {})}, **more)
        return done.rc, done.out + done.err, deploys.alerts.chat()
    return run


def starts(server, unit=UNIT):
    """A restart is another process."""
    return server.show(unit, "InvocationID")


BUILD_FAULTS = {
    "chmod 000": "chmod 000 %s/index.html" % BUILD,
    "owned by root": "chown -R root: %s; chmod -R o-rwx %s" % (BUILD, BUILD),
    "directory closed": "chmod 700 %s/static; chown root: %s/static" % (BUILD, BUILD),
}


@pytest.mark.parametrize("fault", BUILD_FAULTS)
def test_a_build_that_nobody_can_read_gets_its_owner_and_modes_back(server, health, deploys, fault):
    """It is that build that serves again, though there is another to put in its place."""
    assert deploys.run("frontend", deploys.make_build("one")).rc == 0
    before = len(deploys.alerts.chat())
    server.sh(BUILD_FAULTS[fault])
    code, out, chat = health()
    assert code == 2 and "починено само" in out, out
    assert deploys.serving() == "one"
    assert len(chat) == before + 1 and chat[-1]["silent"] and "Починено само" in chat[-1]["text"], chat
    assert health()[0] == 0
    assert len(deploys.alerts.chat()) == before + 1


def test_nothing_is_mended_that_nobody_would_be_told_of(server, health):
    index = BUILD + "/index.html"
    server.sh("chmod 000 " + index)
    code, out, chat = health(env={"ALERTS": "off"})
    assert code == 2 and "починено само" not in out, out
    assert server.sh("stat -c %a " + index).strip() == "0" and chat == []
    assert "починено само" in health()[1]


@pytest.mark.parametrize("fault", ["rm {b}/static/js/main.two.js", "rm {b}/index.html", "rm -rf {b}"])
def test_a_broken_build_gives_place_to_the_newest_proven_release(server, health, deploys, fault):
    for mark in ("one", "two"):
        assert deploys.run("frontend", deploys.make_build(mark)).rc == 0
    before = len(deploys.alerts.chat())
    server.sh(fault.format(b=BUILD))
    code, out, chat = health()
    assert code == 2 and "починено само" in out, out
    assert deploys.serving() == "one"
    assert len(chat) == before + 1 and chat[-1]["silent"], chat
    assert health()[0] == 0
    states = [release["state"] for release in deploys.status()["releases"]]
    assert sorted(states) == ["bad", "proven", "proven"], "the first one is kept, what was broken is marked"


def test_what_is_broken_itself_or_was_never_proven_is_not_put_back(server, health, deploys):
    for mark in ("one", "two", "three", "four"):
        assert deploys.run("frontend", deploys.make_build(mark)).rc == 0
    four, three, two, *_ = [release["name"] for release in deploys.status()["releases"]]
    assert four == deploys.status()["serving"]
    server.sh("rm {kept}/{three}/static/js/main.three.js; sed -i s/proven/fresh/ {kept}/{two}.json; rm {build}/index.html".format(
        kept=KEPT, three=three, two=two, build=BUILD))
    code, out, _ = health()
    assert code == 2 and "починено само" in out, out
    assert deploys.serving() == "one"


def test_without_a_whole_release_it_says_so(server, health):
    server.sh("rm %s/static/js/main.*.js" % BUILD)
    code, out, chat = health()
    assert code == 2 and "нет целого проверенного релиза" in out, out
    assert len(chat) == 1 and not chat[0]["silent"] and "Починить само не вышло" in chat[0]["text"], chat


def test_a_unit_that_failed_is_restarted(server, health):
    with drop_in(server, "[Service]\nRestart=no\n"):
        server.sh("systemctl kill -s KILL %s; sleep 0.5; systemctl is-failed %s" % (UNIT, UNIT))
        code, out, chat = health()
        assert code == 2 and "перезапуск " + UNIT in out, out
        assert server.show(UNIT, "ActiveState") == "active"
        assert len(chat) == 1 and chat[0]["silent"], [message["text"] for message in chat]
        assert health()[0] == 0


def test_what_new_workers_take_to_begin_is_no_second_fault(server, health):
    """The page is asked for once they answer: longer than HTTP_TIMEOUT after systemd calls the unit active."""
    server.put_file("/run/slow.py", "import time\n\ndef post_worker_init(worker):\n    time.sleep(5)\n")
    with drop_in(server, "[Service]\nRestart=no\nEnvironment=GUNICORN_CMD_ARGS=--config=/run/slow.py\n"):
        server.sh("systemctl kill -s KILL %s; sleep 0.5; systemctl is-failed %s" % (UNIT, UNIT))
        code, out, chat = health()
        assert code == 2 and "починено само" in out, out
        assert len(chat) == 1 and chat[0]["silent"], [message["text"] for message in chat]
        assert health()[0] == 0
    server.sh("rm /run/slow.py")


def test_a_unit_that_an_administrator_stopped_stays_stopped(server, health):
    with server.backend_stopped():
        for _ in range(3):
            code, out, chat = health()
            assert code == 2 and "чин" not in out.lower(), out
        assert server.show(UNIT, "ActiveState") == "inactive"
    # Also one that had fallen before, and waited for its restart.
    with drop_in(server, "[Service]\nRestartSec=60\n"):
        server.sh("systemctl kill -s KILL %s; sleep 0.5; systemctl stop %s" % (UNIT, UNIT))
        assert server.show(UNIT, "ActiveState") != "active"
        health()
        assert server.show(UNIT, "ActiveState") != "active"
    # Also one that had to be killed for it.
    with drop_in(server, "[Service]\nTimeoutStopSec=1\n"):
        server.sh("systemctl kill -s STOP %s; systemctl stop %s" % (UNIT, UNIT))
        assert (server.show(UNIT, "ActiveState"), server.show(UNIT, "Result")) == ("failed", "timeout")
        health()
        assert server.show(UNIT, "ActiveState") == "failed"
    # Also one that says so with its exit code, as Java and Node do.
    ends = "/bin/sh -c 'trap \"exit 143\" TERM; while :; do sleep 0.1; done'"
    with drop_in(server, "[Service]\nType=simple\nRestart=no\nExecStart=\nExecStart=%s\n" % ends):
        server.sh("systemctl restart %s; sleep 0.5; systemctl stop %s" % (UNIT, UNIT))
        assert (server.show(UNIT, "ActiveState"), server.show(UNIT, "Result")) == ("failed", "exit-code")
        health()
        assert server.show(UNIT, "ActiveState") == "failed"
    server.systemctl("mask", "--runtime", UNIT)
    try:
        server.systemctl("stop", UNIT)
        health()
        assert server.show(UNIT, "ActiveState") == "inactive"
    finally:
        server.sh("systemctl unmask --runtime %s; systemctl start %s" % (UNIT, UNIT))
        server.wait_green()


def test_a_backend_that_does_not_answer_is_restarted_at_the_second_run(server, health):
    before = starts(server)
    with server.backend_frozen():
        code, out, chat = health()
        assert code == 2 and starts(server) == before, out
        code, out, chat = health()
        assert code == 2 and starts(server) != before and "перезапуск" in out, out
        assert health()[0] == 0


def test_nginx_that_does_not_answer_is_restarted_at_the_second_run(server, health):
    before = starts(server, "nginx")
    with server.nginx_frozen():
        code, out, chat = health()
        assert code == 2 and starts(server, "nginx") == before, out
        code, out, chat = health()
        assert code == 2 and starts(server, "nginx") != before and "перезапуск" in out, out
        assert health()[0] == 0


def test_a_backend_that_answers_with_an_error_is_not(server, health):
    before = starts(server)
    with server.postgres_stopped():
        for _ in range(3):
            code, out, _chat = health()
            assert code == 2 and "перезапуск" not in out, out
        assert starts(server) == before


def test_nginx_with_a_broken_configuration_is_not_restarted_into_death(server, health):
    with drop_in(server, "[Service]\nRestart=no\n", "nginx"):
        server.sh("cp /etc/nginx/nginx.conf /root/nginx.conf; echo 'nonsense;' >> /etc/nginx/nginx.conf")
        try:
            # It still runs: nobody touches it.
            before = starts(server, "nginx")
            assert health()[0] == 0 and starts(server, "nginx") == before
            server.sh("systemctl kill -s KILL nginx; sleep 0.5; systemctl is-failed nginx")
            fell = starts(server, "nginx")
            code, out, chat = health()
            assert code == 2 and "nginx -t" in out, out
            assert starts(server, "nginx") == fell, "not even tried"
            assert server.show("nginx", "ActiveState") == "failed"
            assert "nginx -t" in chat[-1]["text"] and not chat[-1]["silent"], chat
        finally:
            server.sh("cp /root/nginx.conf /etc/nginx/nginx.conf")
        code, out, chat = health()
        assert server.show("nginx", "ActiveState") == "active", out


def test_attempts_have_an_end(server, health, deploys):
    with drop_in(server, "[Service]\nRestart=no\nExecStartPre=/bin/false\n"):
        server.sh("systemctl restart %s || true" % UNIT)
        tried = []
        for _ in range(6):
            before = starts(server)
            code, out, chat = health()
            tried.append(starts(server) != before)
        assert tried == [True, True, True, False, False, False]
        loud = [message for message in chat if not message["silent"]]
        assert len(loud) == 1 and "Починить само не вышло" in chat[0]["text"], chat
        assert "Три попытки не помогли" in deploys.alerts.alerts("status").out
        server.sh("""python3 - <<'EOF'
import json
path = "%s/repair.json"
book = json.load(open(path))
for fault in book["faults"]:
    fault["attempts_ms"] = [at - 301000 for at in fault["attempts_ms"]]
json.dump(book, open(path, "w"))
EOF""" % STATE)
        before = starts(server)
        health()
        assert starts(server) != before, "the pause is over"
        server.sh("""python3 - <<'EOF'
import json
path = "%s/repair.json"
book = json.load(open(path))
for fault in book["faults"]:
    fault["attempts_ms"] = [fault["attempts_ms"][0] - 3000000 + n for n in range(6)]
json.dump(book, open(path, "w"))
EOF""" % STATE)
        before = starts(server)
        health()
        assert starts(server) == before, "six a day"
        assert "Попытки на сегодня кончились" in deploys.alerts.alerts("status").out
        assert "само не исправлялось бы: Попытки на сегодня кончились" in health("--dry-run")[1]


def test_who_asks_what_would_be_done_hears_why_nothing_would(server, health, deploys):
    def asked(**env):
        return health("--dry-run", env=env)[1]

    assert "не исправлялось бы" not in asked(), "all is well"
    with server.backend_stopped():
        assert "само не исправлялось бы: среди найденного нет того, что чинится само" in asked()
    with server.backend_frozen():
        assert "само не исправлялось бы: перезапуск teaching_panel — когда это увидит и следующий запуск" in asked()
    server.sh("chmod 000 %s/index.html" % BUILD)
    try:
        would_not = "само не исправлялось бы: "
        assert would_not + "RECOVERY=off" in asked(RECOVERY="off")
        assert would_not + "ALERTS=off" in asked(ALERTS="off")
        server.sh("touch %s/deploy_in_progress" % RUN)
        assert would_not + "идёт деплой" in asked()
        server.sh("rm %s/deploy_in_progress" % RUN)
        muted = deploys.alerts.alerts("mute", "30m", "--reason", "by hand", "--no-repair")
        assert muted.rc == 0, muted
        assert would_not + "владелец и права %s — запрещено командой alerts mute --no-repair" % BUILD in asked()
    finally:
        server.sh("chmod 644 %s/index.html; rm -f %s/deploy_in_progress" % (BUILD, RUN))


@pytest.mark.parametrize("how", ["RECOVERY=off", "--dry-run", "deploy", "mute", "other checks"])
def test_nothing_is_repaired(server, health, deploys, config, how):
    server.sh("chmod 000 %s/index.html" % BUILD)
    try:
        if how == "RECOVERY=off":
            health(env={"RECOVERY": "off"})
        elif how == "--dry-run":
            code, out, chat = health("--dry-run")
            assert code == 2 and "было бы сделано" in out and chat == [], out
        elif how == "deploy":
            server.sh("touch %s/deploy_in_progress" % RUN)
            health()
        elif how == "mute":
            muted = deploys.alerts.alerts("mute", "30m", "--reason", "by hand", "--no-repair")
            assert muted.rc == 0, muted
            health()
        else:
            assert health("--only", "disk")[0] == 0
        assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == "0"
    finally:
        server.sh("chmod 644 %s/index.html; rm -f %s/deploy_in_progress" % (BUILD, RUN))


def test_a_deploy_that_was_killed_is_ended_once(server, health, deploys):
    before = deploys.serving()
    deploys.make_build("killed")
    killed = deploys.traced("syncfs:signal=KILL:when=1", "frontend", "/root/next")
    assert killed.rc not in (0, 1, 2, 3) and deploys.journal(), killed
    code, out, chat = health()
    assert "deploy_safe recover" in out, out
    server.sh("for i in $(seq 200); do [ -e %s/deploy.json ] || exit 0; sleep 0.1; done; exit 1" % STATE)
    assert deploys.serving() == before
    server.sh("for i in $(seq 100); do systemctl is-active --quiet lectio-recover || exit 0; sleep 0.1; done; exit 1")
    assert any("доведён до конца" in message["text"] for message in deploys.alerts.chat()), deploys.alerts.chat()
    assert deploys.left_over() == ""


def test_a_deploy_that_was_killed_and_cannot_be_ended_is_told(server, health, deploys):
    """The one attempt ends in a unit of its own, where nobody reads why."""
    deploys.make_build("killed")
    killed = deploys.traced("syncfs:signal=KILL:when=1", "frontend", "/root/next")
    assert killed.rc not in (0, 1, 2, 3) and deploys.journal(), killed
    foreign = "%s/foreign.json" % KEPT
    server.sh("echo no release > " + foreign)
    try:
        health()
        server.sh("for i in $(seq 100); do systemctl is-active --quiet lectio-recover || exit 0; sleep 0.1; done; exit 1")
        told = [message for message in deploys.alerts.chat() if "foreign.json" in message["text"]]
        assert [message["silent"] for message in told if message["reply_to"]] == [False], told
        assert deploys.journal()
    finally:
        server.sh("rm " + foreign)
    assert deploys.run("recover").rc == 0
    assert deploys.left_over() == ""


def test_what_is_no_service_that_fell_is_left_alone(server, health):
    """A job that runs once, and a database; a service beside them is restarted."""
    units = {"lectio-job": "oneshot", "postgres-lectio": "simple", "lectio-service": "simple"}
    for unit, kind in units.items():
        server.put_file("/run/systemd/system/%s.service" % unit, "[Service]\nType=%s\nExecStart=/bin/false\n" % kind)
    server.sh("systemctl daemon-reload; systemctl start {u} || true; for i in $(seq 100); do "
              "[ $(systemctl is-failed {u} | grep -c failed) = 3 ] && exit 0; sleep 0.05; done; exit 1".format(u=" ".join(units)))
    before = {unit: starts(server, unit) for unit in units}
    try:
        health(env={"WATCH_UNITS": " ".join(units)})
        assert [unit for unit in units if starts(server, unit) != before[unit]] == ["lectio-service"]
    finally:
        server.sh("systemctl reset-failed {u}; rm /run/systemd/system/lectio-job.service /run/systemd/system/postgres-lectio.service "
                  "/run/systemd/system/lectio-service.service; systemctl daemon-reload".format(u=" ".join(units)))


@pytest.mark.parametrize("how", ["just booted", "not root", "a deploy holds the lock", "a mute of that check"])
def test_nothing_is_repaired_either(server, health, deploys, how):
    server.sh("chmod 000 %s/index.html" % BUILD)
    tool = [BIN / "health_check", "--config", deploys.alerts.config]
    try:
        if how == "just booted":
            uptime = float(server.sh("cat /proc/uptime").split()[0])
            booted = ["unshare", "--time", "--boottime", int(100 - uptime), "--", *tool]
            server.run_tool(*booted, env={"RECOVERY": "on"})
            done = server.run_tool(*booted, "--dry-run", env={"RECOVERY": "on"})
            assert "само не исправлялось бы: сервер загрузился меньше двух минут назад" in done.err, done
        elif how == "not root":
            server.sh("chmod 644 {b}/index.html; mv {b}/static {b}/gone".format(b=BUILD))
            server.sh("chmod 644 %s; install -d -o www-data /run/of-www-data" % deploys.alerts.config)
            done = server.run_tool(*tool, "--dry-run", env={"RECOVERY": "on", "STATE_DIR": "/run/of-www-data"}, user="www-data")
            server.sh("mv {b}/gone {b}/static; chmod 000 {b}/index.html".format(b=BUILD))
            assert done.rc == 2 and "само не исправлялось бы: чинит только root" in done.err, done
        elif how == "a deploy holds the lock":
            server.sh("mkdir -p %s" % STATE)
            done = server.run_tool("flock", STATE + "/deploy_safe.lock", *tool, env={"RECOVERY": "on"})
            assert done.rc == 2, done
        else:
            muted = deploys.alerts.alerts("mute", "30m", "--check", "build_permissions", "--reason", "by hand", "--no-repair")
            assert muted.rc == 0, muted
            health()
        assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == "0"
    finally:
        server.sh("chmod 644 %s/index.html" % BUILD)


UNKNOWN = {
    "attempts": ("echo '{' > %s/repair.json" % STATE, "repair.json"),
    "mutes": ("rm -f {0}/book.json; mkdir {0}/book.json".format(STATE), "book.json"),
    "a deploy": ("ln -s deploy_in_progress %s/deploy_in_progress" % RUN, ""),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_nothing_is_repaired_where_it_cannot_be_known_whether_it_may(server, health, what):
    fault, named = UNKNOWN[what]
    server.sh("mkdir -p %s; %s; chmod 000 %s/index.html" % (STATE, fault, BUILD))
    try:
        code, out, _ = health()
        assert code == 2 and named in out, out
        assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == "0"
    finally:
        server.sh("rm -rf %s/book.json %s/deploy_in_progress; chmod 644 %s/index.html" % (STATE, RUN, BUILD))


def test_a_build_that_is_whole_by_the_time_of_its_repair_stays(server, deploys):
    for mark in ("one", "two"):
        assert deploys.run("frontend", deploys.make_build(mark)).rc == 0
    server.sh("mv {0}/index.html /root/; rm -f {1}/deploy_safe.lock".format(BUILD, STATE))
    server.sh("nohup sh -c 'until [ -e {1}/deploy_safe.lock ]; do sleep 0.02; done; mv /root/index.html {0}/' > /dev/null 2>&1 &".format(BUILD, STATE))
    done = server.run_tool("strace", "-f", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:delay_exit=2s:when=2",
                           BIN / "health_check", "--config", deploys.alerts.config, env={"RECOVERY": "on"})
    assert done.rc == 2 and deploys.serving() == "two", done


@pytest.mark.parametrize("kind", ["", "unit"])
def test_a_mute_of_a_kind_keeps_the_repair_of_all_of_it_away(server, health, deploys, kind):
    server.put_file("/run/systemd/system/lectio-service.service", "[Service]\nExecStart=/bin/false\n")
    server.sh("systemctl daemon-reload; systemctl start lectio-service || true; for i in $(seq 100); do "
              "systemctl is-failed --quiet lectio-service && exit 0; sleep 0.05; done; exit 1")
    before = starts(server, "lectio-service")
    try:
        if kind:
            assert deploys.alerts.alerts("mute", "30m", "--check", kind, "--reason", "by hand", "--no-repair").rc == 0
        health(env={"WATCH_UNITS": "lectio-service"})
        assert (starts(server, "lectio-service") == before) is bool(kind)
    finally:
        server.sh("systemctl reset-failed lectio-service; rm /run/systemd/system/lectio-service.service; systemctl daemon-reload")


@pytest.mark.parametrize("check", [[], ["--check", "disk"]])
def test_a_mute_of_something_else_keeps_no_repair_away(server, health, deploys, check):
    muted = deploys.alerts.alerts("mute", "30m", *check, "--reason", "by hand", *(["--no-repair"] if check else []))
    assert muted.rc == 0, muted
    server.sh("chmod 000 %s/index.html" % BUILD)
    health()
    assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == "644"


@pytest.mark.parametrize("minutes, mode", [(10, "0"), (16, "644")])
def test_a_marker_touched_for_ever_keeps_repairs_away_as_long_as_it_holds_messages_back(server, health, minutes, mode):
    """Three times DEPLOY_GRACE_PERIOD, as the runs remember its touches."""
    health()
    book = json.loads(server.read_file(STATE + "/book.json"))
    book["marker"] = {"identity": "of the last touch", "first": book["tick"] - minutes * 60_000, "touched": book["tick"] - 30_000,
                      "active": True, "label": "x"}
    server.put_file(STATE + "/book.json", json.dumps(book), mode=0o600)
    server.sh("touch %s/deploy_in_progress; chmod 000 %s/index.html" % (RUN, BUILD))
    try:
        health()
        assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == mode
    finally:
        server.sh("chmod 644 %s/index.html; rm -f %s/deploy_in_progress" % (BUILD, RUN))


def test_the_third_repair_within_an_hour_is_told_with_sound(server, health):
    for _ in range(3):
        server.sh("chmod 000 %s/index.html" % BUILD)
        chat = health()[2]
    assert [message["silent"] for message in chat] == [True, True, False], chat


def test_a_repair_that_left_no_time_to_look_again_has_not_helped_yet(server, deploys):
    server.sh("chmod 000 %s/index.html" % BUILD)
    done = server.run_tool("strace", "-f", "-o", "/dev/null", "-e", "trace=fchmod", "-e", "inject=fchmod:delay_exit=9s:when=1",
                           BIN / "health_check", "--config", deploys.alerts.config, "--deadline", "12",
                           env={"RECOVERY": "on", "ALERT_BUDGET": "4"})
    [message] = deploys.alerts.chat()
    assert done.rc == 2 and not message["silent"] and "Починить само не вышло" in message["text"], (done, message)


def test_an_attempt_counts_before_it_is_made_and_is_not_made_uncounted(server, health, deploys):
    server.sh("chmod 000 %s/index.html" % BUILD)

    def traced(inject, *of):
        return server.run_tool("strace", "-f", "-o", "/dev/null", *of, "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject,
                               BIN / "health_check", "--config", deploys.alerts.config, env={"RECOVERY": "on"})
    traced("rename:error=ENOSPC")
    assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == "0"
    traced("fchmod:signal=KILL:when=1", "-P", BUILD + "/index.html")
    assert '"attempts_ms":[1' in server.sh("cat %s/repair.json" % STATE)


def test_a_recovery_that_does_not_begin_is_told_with_sound_and_left_to_a_person(server, health, deploys):
    deploys.make_build("killed")
    deploys.traced("syncfs:signal=KILL:when=1", "frontend", "/root/next")
    assert deploys.journal()
    server.sh("chmod 000 %s/index.html; systemd-run --quiet --unit=lectio-recover sleep 1000" % BUILD)
    try:
        chat = health()[2]
        assert any("ждёт deploy_safe recover" in message["text"] and not message["silent"] for message in chat), chat
        assert server.sh("stat -c %%a %s/index.html" % BUILD).strip() == "0", "a recovery comes first, and alone"
        assert "deploy_safe recover" not in health()[1]
    finally:
        server.sh("systemctl stop lectio-recover; chmod 644 %s/index.html" % BUILD)
    assert deploys.run("recover").rc == 0
