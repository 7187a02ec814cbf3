"""deploy_safe frontend, rollback, recover, cleanup: visitors notice nothing, and one whole release serves, whatever
happens."""
import json
import re
import shutil
import threading

import pytest

from alerts_rig import RUN
from deploys import KEPT, NEXT, PUBLIC
from faults import BUILD
from rig import BIN, ROOT, UNDER_LOAD, not_sanitized

pytest_plugins = ["green_server", "deploys"]


@not_sanitized
def test_twenty_deploys_and_five_rollbacks_fail_no_request(server, deploys):
    server.sh("rm -f /run/visitors.stop")
    seen = {}
    thread = threading.Thread(target=lambda: seen.update(json.loads(server.exec(
        "/usr/bin/python3", str(ROOT / "tests/vps/visitors.py"), "50", "/run/visitors.stop", timeout=600).stdout)))
    thread.start()
    try:
        for number in range(20):
            done = deploys.run("frontend", deploys.make_build("mark%02d" % number), env=UNDER_LOAD)
            assert done.rc == 0, done.out + done.err
            assert deploys.serving() == "mark%02d" % number
            if number % 4 == 3:
                assert deploys.run("rollback", env=UNDER_LOAD).rc == 0
                assert deploys.serving() == "mark%02d" % (number - 1)
    finally:
        server.sh("touch /run/visitors.stop")
        thread.join()
    assert seen["requests"] > 1000
    assert seen["failures"] == [], seen["failures"][:20]
    assert deploys.left_over() == ""
    kept = deploys.status()["releases"]
    assert len([r for r in kept if r["state"] == "proven"]) == 6, "five, and the one that serves"
    assert all(message["silent"] for message in deploys.alerts.chat())


def test_one_message_a_deploy(deploys):
    assert deploys.run("frontend", deploys.make_build("first")).rc == 0
    chat = deploys.alerts.chat()
    assert len(chat) == 1 and "фронтенд обновлён" in chat[0]["text"], chat
    assert deploys.alerts.violations() == []


BAD = {
    "no page": "rm index.html",
    "empty bundle": ": > static/js/main.bad.js",
    "missing bundle": "rm static/js/main.bad.js",
    "script is a page": "cp index.html static/js/main.bad.js",
    "names no script": "echo '<!doctype html><html></html>' > index.html",
    "link leads out": "ln -s /etc/passwd static/passwd",
    "a pipe": "mkfifo static/pipe",
}


@pytest.mark.parametrize("flaw", BAD)
def test_a_bad_build_is_refused_before_anything_is_touched(server, deploys, flaw):
    before = server.sh("stat -c %%i %s; ls -A %s" % (BUILD, BUILD))
    server.sh("cd %s && %s" % (deploys.make_build("bad"), BAD[flaw]))
    refused = deploys.run("frontend", NEXT)
    assert refused.rc == 2 and "ничего не изменено" in refused.out, refused
    assert server.sh("stat -c %%i %s; ls -A %s; ls -d %s 2>/dev/null || true" % (BUILD, BUILD, KEPT)) == before
    assert deploys.left_over() == "" and deploys.alerts.chat() == []


def test_what_the_checks_refuse_is_rolled_back_marked_and_told_once(server, deploys):
    """The script is there, but nginx hands its path to the backend."""
    server.sh("cd %s && mkdir api && mv static/js/main.bad.js api/ && sed -i s,/static/js/main.bad,/api/main.bad, index.html" %
              deploys.make_build("bad"))
    undone = deploys.run("frontend", NEXT)
    assert undone.rc == 2, undone
    assert deploys.serving() == "4f9d2c81"
    bad = [r for r in deploys.status()["releases"] if r["state"] == "bad"]
    assert len(bad) == 1 and bad[0]["reason"]
    loud = [message for message in deploys.alerts.chat() if not message["silent"]]
    assert len(loud) == 1 and bad[0]["reason"][:40] in loud[0]["text"], deploys.alerts.chat()
    assert deploys.left_over() == ""


def test_a_hotfix_lands_on_a_site_that_is_already_broken(server, deploys):
    with server.backend_stopped():
        done = deploys.run("frontend", deploys.make_build("hotfix"))
        assert done.rc == 0, done.out + done.err
        assert deploys.serving() == "hotfix"


def test_a_disk_that_is_full_or_read_only_is_refused(server, deploys):
    for options in ("size=2m", "ro"):
        server.sh("mount -t tmpfs -o size=100m none /var/www/teaching_panel/frontend; cp -r {source} {build}; mount -o remount,{options} "
                  "/var/www/teaching_panel/frontend".format(source=PUBLIC, build=BUILD, options=options))
        try:
            refused = deploys.run("frontend", deploys.make_build("next"))
            assert refused.rc == 2 and "ничего не изменено" in refused.out, refused
            assert deploys.serving() == "4f9d2c81" and deploys.left_over() == ""
        finally:
            server.sh("umount /var/www/teaching_panel/frontend")


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("error", ["EINVAL", "EXDEV"])
def test_what_cannot_be_exchanged_at_once_is_in_two_steps(deploys, error):
    done = deploys.traced("renameat2:error=" + error, "frontend", deploys.make_build("steps"))
    assert done.rc == 0 and "мгновение сборки не было" in done.out, done
    assert deploys.serving() == "steps" and deploys.left_over() == ""
    back = deploys.traced("renameat2:error=" + error, "rollback")
    assert back.rc == 0 and deploys.serving() == "4f9d2c81" and deploys.left_over() == "", back


def test_a_build_of_overlayfs_lower_layer_says_how_to_make_it_anew(server, deploys):
    server.sh("""mkdir -p /run/layers/lower /run/layers/upper /run/layers/work; cp -a {build} /run/layers/lower/build
mount -t overlay none -o lowerdir=/run/layers/lower,upperdir=/run/layers/upper,workdir=/run/layers/work,redirect_dir=off \
  /var/www/teaching_panel/frontend""".format(build=BUILD))
    try:
        undone = deploys.run("frontend", deploys.make_build("next"))
        assert undone.rc == 2 and "нельзя переименовать" in undone.out, undone
        assert deploys.serving() == "4f9d2c81" and deploys.left_over() == ""
        assert [release["state"] for release in deploys.status()["releases"]] == ["fresh"], "nobody has judged the other one"
        server.sh("cp -a {b} {b}.copy; rm -r {b}; mv {b}.copy {b}".format(b=BUILD))
        assert deploys.run("frontend", NEXT).rc == 0 and deploys.serving() == "next"
    finally:
        server.sh("umount /var/www/teaching_panel/frontend; rm -rf /run/layers")


def test_a_second_deploy_is_told_who_is_at_it(server, deploys):
    deploys.make_build("first")
    server.sh("""SUDO_USER=ivan DEPLOY_ROUNDS=8 {tool} --config {config} frontend {next} > /run/first.out 2>&1 < /dev/null & echo $! > /run/first.pid
for i in $(seq 100); do [ -e {run}/deploy_in_progress ] && exit 0; sleep 0.02; done; exit 1""".format(
        tool=BIN / "deploy_safe", config=deploys.alerts.config, next=NEXT, run=RUN))
    second = deploys.run("frontend", NEXT)
    assert second.rc == 3 and re.search(r"frontend \(ivan\), pid \d+, с 20", second.err), second
    assert deploys.status()["running"] == "frontend (ivan)"
    server.sh("tail --pid=$(cat /run/first.pid) -f /dev/null")
    assert deploys.serving() == "first" and deploys.left_over() == ""


@pytest.mark.parametrize("signal", ["INT", "TERM", "HUP"])
def test_a_signal_stops_it_where_the_site_is_whole(server, deploys, signal):
    deploys.make_build("stopped")
    for after in (0.1, 0.6, 1.2):
        out = server.sh("""{tool} --config {config} frontend {next} > /run/deploy.out 2>&1 < /dev/null & pid=$!
sleep {after}; kill -{signal} $pid 2>/dev/null || true; sleep 0.1; kill -{signal} $pid 2>/dev/null || true
wait $pid && echo rc=0 || echo rc=$?; cat /run/deploy.out""".format(
            tool=BIN / "deploy_safe", config=deploys.alerts.config, next=NEXT, after=after, signal=signal))
        code = int(re.search(r"rc=(\d+)", out).group(1))
        # Before it has begun anything it may simply end.
        assert code in (0, 2, {"INT": 130, "TERM": 143, "HUP": 129}[signal]), out
        assert deploys.serving() == ("stopped" if code == 0 else "4f9d2c81"), out
        assert deploys.left_over() == "", out
        if code == 0:
            assert deploys.run("rollback").rc == 0


def test_cleanup_goes_by_when_a_release_was_made(server, deploys):
    for mark in ("one", "two", "three"):
        assert deploys.run("frontend", deploys.make_build(mark)).rc == 0
    server.sh("mkdir %s/somebody-elses; touch -d '2 years ago' %s/somebody-elses" % (KEPT, KEPT))
    server.sh("sed -i 's/\"made_ms\":[0-9]*/\"made_ms\":1000/' %s/*.json" % KEPT)
    assert deploys.run("cleanup", "30").rc == 0
    left = deploys.status()
    assert len(left["releases"]) == 2, "the one that serves and the last proven one"
    assert deploys.serving() == "three"
    assert "somebody-elses" in server.sh("ls " + KEPT)
    assert deploys.run("rollback").rc == 0 and deploys.serving() == "two"


def test_files_of_open_pages_go_after_their_time(server, deploys):
    assert deploys.run("frontend", deploys.make_build("one")).rc == 0
    assert "main.4f9d2c81.js" in server.sh("ls %s/static/js" % BUILD)
    server.sh(r"""sed -i 's/\(main.4f9d2c81.js":\)[0-9]*/\11000/' %s/*.json""" % KEPT)
    assert deploys.run("cleanup").rc == 0
    assert "main.4f9d2c81.js" not in server.sh("ls %s/static/js" % BUILD)
    assert deploys.serving() == "one"


def test_a_dry_run_changes_nothing(server, deploys):
    before = server.sh("find %s /var/www/teaching_panel/frontend -printf '%%p %%T@\\n' | sort" % BUILD)
    run = deploys.run("frontend", deploys.make_build("dry"), "--dry-run")
    assert run.rc == 0 and "renameat2" in run.out
    assert server.sh("find %s /var/www/teaching_panel/frontend -printf '%%p %%T@\\n' | sort" % BUILD) == before
    assert deploys.alerts.chat() == []


def test_wrong_words(deploys):
    for args in ([], ["fronted", NEXT], ["frontend"], ["rollback", "20200101-000000"], ["cleanup", "-3"]):
        run = deploys.run(*args)
        assert run.rc in (2, 3) and (run.err or run.out), args
