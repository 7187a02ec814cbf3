"""The Debian package's whole life on a server: installed, configured, upgraded, removed, installed again, purged."""
import gzip
import re
import subprocess
from pathlib import Path

import pytest

from faults import CHAT, CONFIG, PROJECT, TOKEN
from rig import BIN, FULL, ROOT, STUDENT, TEACHER, new_server, read_config

pytestmark = pytest.mark.skipif("sanitize" in BIN.parts, reason="sanitized programs are not for a package: it has no sanitizer's library")

HOME, STATE, LOGS, SCHEDULE = "/opt/lectio-monitor", "/var/lib/lectio-monitor", "/var/log/lectio-monitor", "/etc/cron.d/lectio-monitor"
PACKAGE = "/root/lectio-monitor.deb"
SETTINGS = {
    "SMOKE_TEACHER_EMAIL": TEACHER,
    "SMOKE_STUDENT_EMAIL": STUDENT,
    "UPLINK_HOST": "hc.test:443",
    "ALERTS": "telegram",
    "ERRORS_BOT_TOKEN": TOKEN,
    "ERRORS_CHAT_ID": CHAT,
    "HEARTBEAT": "off",
    "DEPLOY_SETTLE": "1",
    "RECOVERY": "off",
}
TOOLS = sorted(main.parent.name for main in (ROOT / "tools").glob("*/main.cpp"))
TREE = "cd %s && find . -path ./cron.before-removal -prune -o -type f -exec sha256sum {} + | sort -k 2"


NAMES = " -o ".join("-name '%s'" % name for name in ("*lectio-monitor*", "lectio-errors*", "failure-notifier*", "*.8lectio*"))
PLACES = "/etc /opt /var /run /usr/lib/systemd /usr/lib/tmpfiles.d /usr/share/doc /usr/share/lintian /usr/share/man"


def of_our_names(server):
    return set(server.sh("find %s -xdev \\( %s \\)" % (PLACES, NAMES)).splitlines())


def build(directory):
    """From the programs that are tested; gzip is soon done."""
    config = BIN.parent / "CPackConfig.cmake"
    packed = subprocess.run(["cpack", "--config", config, "-B", directory, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip"],
                            capture_output=True, text=True)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    deb, = directory.glob("lectio-monitor_*.deb")
    return deb


@pytest.fixture(scope="module")
def deb(tmp_path_factory):
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def files(deb, tmp_path_factory):
    """What is in it."""
    directory = tmp_path_factory.mktemp("files")
    subprocess.run(["dpkg-deb", "-x", deb, directory], check=True)
    return directory


@pytest.fixture(scope="module")
def machine(deb):
    with new_server() as s:
        # The schedule is looked at, and run by hand; the index of manual pages is not ours.
        s.sh("systemctl stop cron; rm -f /var/lib/man-db/auto-update")
        s.not_ours = of_our_names(s)  # a checkout, say: the machine below is the developer's
        s.put_file(PACKAGE, deb.read_bytes())
        s.sh("""cd /root; dpkg-deb -R lectio-monitor.deb newer; sed -i 's/^Version: .*/&.1/' newer/DEBIAN/control
sed -i 's/^Description=.*/&, newer/' newer/usr/lib/systemd/system/lectio-errors.path
dpkg-deb -Zgzip -z1 -b newer newer.deb; rm -r newer""")
        s.settings = {}
        yield s


@pytest.fixture
def installed(machine):
    said = machine.sh("dpkg -i " + PACKAGE)
    ours = [line for line in said.splitlines() if not line.startswith("Processing triggers")]
    assert ours[-1].endswith("Next, as root: lectio-monitor-setup"), said
    yield machine
    machine.sh("crontab -r 2>/dev/null || true; dpkg --purge lectio-monitor 2>&1; [ ! -e %s ]" % HOME)


@pytest.fixture
def configured(installed):
    """As an owner does it, by the README's second command (once). The chat is the stand-in's."""
    installed.telegram()
    if not installed.settings:
        answers = "".join('%s="%s"\n' % item for item in SETTINGS.items())
        done = installed.run_tool("lectio-monitor-setup", "--answers", "-", "--lang", "en", input=answers.encode())
        assert done.rc == 2 and "cron does not run" in done.out, done.out + done.err  # as said above
        assert "1 of 14 not ok" in done.out, done.out
        installed.settings, installed.schedule = read_config(installed), installed.read_file(SCHEDULE)
        installed.telegram()
    installed.write_config(installed.settings)
    installed.put_file(SCHEDULE, installed.schedule)
    assert tool(installed, "health_check").rc == 0
    return installed


def tool(server, name, *args):
    return server.run_tool("%s/%s" % (HOME, name), *args)


def kept(server):
    """All that is the owner's, byte for byte. What is made beside the marker would look like the end of a deploy."""
    return server.sh("stat -c '%n %U %G %a' {0}; stat -c '%n %y' /run/lectio-monitor; sha256sum {0}; {1}".format(CONFIG, TREE % STATE))


def remove(server, check=True, **waits):
    """waits: LECTIO_DEPLOY_WAIT, LECTIO_TOOLS_WAIT in seconds."""
    done = server.run_tool("dpkg", "-r", "lectio-monitor", env={key: str(value) for key, value in waits.items()})
    assert not check or done.rc == 0, done
    return done


def units_of_ours(server):
    told = server.sh("for what in 'list-units --all' list-unit-files --failed; do systemctl $what --plain --no-legend; done")
    return [line for line in told.splitlines() if re.search("lectio-errors|failure.*notifier", line)]


def active(server, *units):
    return [server.show(unit, "ActiveState") for unit in units]


EXITED = ["1", "0"]


def how_it_ended(server, unit):
    """By itself or by a signal (CLD_EXITED, CLD_KILLED), and its code or the signal."""
    return [server.show(unit, "ExecMainCode"), server.show(unit, "ExecMainStatus")]


# --- what it is


def test_it_asks_for_what_it_needs(deb):
    fields = subprocess.run(["dpkg-deb", "-f", deb, "Depends", "Recommends"], capture_output=True, text=True, check=True).stdout
    depends, recommends = (line.split(": ")[1].split(", ") for line in fields.splitlines())
    # Names with t64 are those of newer systems, which provide the old ones.
    names = sorted(re.sub(r" \(.*|t64", "", name) for name in depends)
    assert names == ["ca-certificates", "cron | cron-daemon", "libc6", "libcurl4", "libpq5", "libssl3", "libsystemd0", "zlib1g"], depends
    assert {"git", "postgresql-client"} <= set(recommends)


@pytest.mark.parametrize("name", TOOLS)
def test_a_program_serves_older_systems_too(files, name):
    """Built where releases are built, on Debian 12, it runs on what is newer: the library of C++ is inside."""
    told = subprocess.run(["objdump", "-p", "-T", files / HOME[1:] / name], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"NEEDED +(libstdc\+\+|libgcc|libfmt)", told)
    newest = max(tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([\d.]+)", told))
    if "bookworm" in Path("/etc/os-release").read_text():
        assert newest <= (2, 36)


@pytest.mark.parametrize("name", TOOLS)
def test_each_program_has_a_manual_page_with_its_own_flags(files, name):
    page = gzip.decompress((files / ("usr/share/man/man8/%s.8lectio.gz" % name)).read_bytes()).decode()
    page = page.replace("\\-", "-")
    told = subprocess.run([BIN / name, "--help"], capture_output=True, text=True, check=True).stdout
    flags = re.findall(r"^  (?:-\w,)?(--[\w-]+)", told, re.M)
    commands = re.findall(r"^  ([a-z-]+) {2,}", told.partition("Subcommands:")[2], re.M)
    assert "--version" in flags and ".SH EXIT STATUS" in page and ".SH EXAMPLES" in page
    assert [flag for flag in flags if flag not in page and flag != "--help"] == []
    for command in commands:
        own = subprocess.run([BIN / name, command, "--help"], capture_output=True, text=True, check=True).stdout
        assert re.search(r"^\.SS %s\b" % command, page, re.M)
        assert [flag for flag in re.findall(r"^  (--[\w-]+)", own, re.M) if flag not in page] == []


@pytest.mark.skipif(not FULL, reason="lintian takes longer than all the rest: ./check --full asks it")
def test_lintian_finds_nothing_that_is_not_explained(deb):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", deb], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


# --- installed


def test_installed_it_is_whole_and_nothing_runs(installed):
    owners = installed.sh("cd %s && stat -c '%%n %%U:%%G %%a' * django/*" % HOME).splitlines()
    readable = ["config.env.example", "crontab.example", "django/lectio_errors.py"]
    modes = {**dict.fromkeys([*TOOLS, "django"], "755"), **dict.fromkeys(readable, "644")}
    assert sorted(owners) == sorted("%s root:root %s" % of for of in modes.items())
    places = installed.sh("stat -c '%%n %%U:%%G %%a' %s %s /run/lectio-monitor /run/lectio-errors" % (STATE, LOGS)).splitlines()
    assert places == [STATE + " root:root 700", LOGS + " root:adm 750",
                      "/run/lectio-monitor root:root 700", "/run/lectio-errors www-data:root 700"]
    for name in TOOLS:
        assert tool(installed, name, "--version").out.startswith(name + " ")
    assert installed.sh("ls /etc/cron.d; crontab -l 2>/dev/null || true").find("lectio") < 0
    assert installed.exec("systemctl", "is-enabled", "lectio-errors.path", check=False).stdout.strip() == "disabled"
    assert active(installed, "lectio-errors.path", "lectio-errors.service") == ["inactive", "inactive"]
    missing = tool(installed, "health_check")
    assert missing.rc == 3 and CONFIG in missing.err

    installed.sh("echo told > %s/health_check.log; logrotate -f /etc/logrotate.d/lectio-monitor" % LOGS)
    assert installed.sh("cd %s && stat -c '%%n %%U:%%G %%a' *" % LOGS).split("\n")[0] == "health_check.log root:adm 640"
    assert installed.sh("zcat %s/health_check.log.1.gz" % LOGS) == "told\n"


def test_a_spool_that_was_given_to_the_site_stays_its(installed):
    installed.sh("chown nobody /run/lectio-errors; dpkg -i " + PACKAGE)
    assert installed.sh("stat -c %U /run/lectio-errors").strip() == "nobody"


def test_a_unit_that_names_the_old_suites_notifier_is_told_of(configured):
    for name in ("failure-notifier@%n", "failure-notifier@%n.service"):
        configured.put_file("/run/systemd/system/mailer.service", "[Unit]\nOnFailure=%s\n[Service]\nExecStart=/bin/false\n" % name)
        configured.telegram()
        configured.sh("""systemctl daemon-reload; systemctl start mailer || true
for i in $(seq 300); do grep -qs mailer /run/telegram-stand-in/requests.jsonl && break; sleep 0.05; done; systemctl reset-failed mailer""")
        message, = configured.messages(CHAT)
        assert "mailer" in message["text"]
    configured.sh("rm /run/systemd/system/mailer.service; systemctl daemon-reload")


# --- upgraded


def test_an_upgrade_changes_programs_only_and_none_at_work_is_disturbed(configured):
    configured.sh("printf '* * * * * %s/health_check\\n' | crontab -; systemctl enable -q --now lectio-errors.path" % HOME)
    configured.sh("chmod 755 %s; echo '# mine' >> /etc/logrotate.d/lectio-monitor" % LOGS)
    schedule, before = configured.read_file(SCHEDULE), kept(configured)
    old = configured.sh("dpkg-query -W -f '${Version}' lectio-monitor")
    with configured.hang("/api/homework/", 6):
        configured.sh("""systemd-run -q --unit=at-work -p RemainAfterExit=yes %s/smoke_check --dry-run --skip payment
for i in $(seq 200); do pgrep -x smoke_check >/dev/null && break; sleep 0.02; done; sleep 0.5; pkill -STOP -x smoke_check""" % HOME)
        said = configured.sh("dpkg -i /root/newer.deb")
        assert "lectio-monitor-setup" not in said
        configured.sh("""pkill -CONT -x smoke_check
for i in $(seq 400); do [ "$(systemctl show -P SubState at-work)" = running ] || exit 0; sleep 0.05; done; exit 1""")
    assert how_it_ended(configured, "at-work") == EXITED, configured.journal("at-work")
    configured.sh("systemctl stop at-work")
    assert configured.sh("dpkg-query -W -f '${Version}' lectio-monitor") == old + ".1"
    assert (configured.read_file(SCHEDULE), kept(configured)) == (schedule, before)
    assert configured.exec("crontab", "-l").stdout == "* * * * * %s/health_check\n" % HOME
    assert configured.sh("stat -c %%a %s; tail -n 1 /etc/logrotate.d/lectio-monitor" % LOGS) == "755\n# mine\n"
    assert active(configured, "lectio-errors.path") == ["active"]
    assert configured.show("lectio-errors.path", "Description").endswith(", newer")
    assert tool(configured, "health_check").rc == 0 and tool(configured, "smoke_check").rc == 0


# --- removed


def test_removed_nothing_runs_and_installed_again_it_goes_on(configured):
    configured.sh("systemctl enable -q --now lectio-errors.path")
    with configured.backend_stopped():
        assert tool(configured, "health_check").rc == 2
        assert len(configured.messages(CHAT)) == 1
        before = kept(configured)
        remove(configured)
        assert kept(configured) == before
        assert configured.exec("test", "-e", SCHEDULE, check=False).returncode == 1
        assert configured.sh("ls -A " + HOME).split() == ["config.env"]
        assert units_of_ours(configured) == []
        assert configured.sh("find /etc/systemd /usr/lib/systemd -name '*lectio-errors*' -o -name 'failure-notifier*'") == ""
        configured.sh("sh /var/lib/dpkg/info/lectio-monitor.postrm remove")  # whatever is done twice

        configured.sh("dpkg -i " + PACKAGE)
        assert tool(configured, "health_check").rc == 2
        assert len(configured.messages(CHAT)) == 1
    for _ in range(2):
        assert tool(configured, "health_check").rc == 0
    first, end = configured.messages(CHAT)
    assert end["reply_to"] == first["id"]


OURS = b"""* * * * *    /opt/lectio-monitor/health_check
*/5 * * * *\tnice -n 10 /opt/lectio-monitor/smoke_check >/dev/null 2>&1
@hourly LANG=C timeout 50 /opt/lectio-monitor/deep_check; echo done
0 3 * * * /opt/lectio-monitor/backup && rsync -a /var/backups/ far:
* * * * * [ -x /opt/lectio-monitor/heartbeat ] && /opt/lectio-monitor/heartbeat
"""
# What else there is, and whether the removal shows it.
FOREIGN = [
    (b"# Is the site up?  * * * * * /opt/lectio-monitor/health_check\n", False),
    (b"PATH=/usr/bin:/bin:/opt/lectio-monitor/\n", True),
    (b"  MAILTO = owner@example.org\n\n", False),
    (b"\t*/7  *\t* * 1-5   /usr/local/bin/backup.sh   --all   # \xf0\xff \\ 100\\%\n", False),
    (b"0 4 * * * /usr/local/bin/offsite.sh || echo failed | /opt/lectio-monitor/alerts send --title Offsite\n", True),
    (b"0 5 * * * test -x /usr/bin/certbot && certbot renew && /opt/lectio-monitor/health_check\n", True),
    (b"0 6 * * * /usr/local/bin/report --with /opt/lectio-monitor/health_check\n", True),
    (b"#*/5 * * * * /opt/lectio-monitor/smoke_check\n", False),
    (b"* * * * * /opt/lectio-monitor/health_check.sh\n", True),
    (b"* * * * * /opt/lectio-monitor/own_check\n", True),
    (b"* * * * * /srv/opt/lectio-monitor-stage/health_check\n", False),
    (b"@reboot cd /tmp && sleep 1\n", False),
]


def test_only_our_lines_leave_the_crontab(installed):
    ours = OURS.splitlines(keepends=True)
    table = b"".join(line for line, _ in FOREIGN[:4]) + b"".join(ours[:3]) + b"".join(line for line, _ in FOREIGN[4:]) + b"".join(ours[3:])
    installed.put_file("/run/table", table)
    installed.sh("crontab /run/table; sh /var/lib/dpkg/info/lectio-monitor.prerm upgrade 9; crontab -l | cmp - /run/table")
    said = installed.exec("dpkg", "-r", "lectio-monitor", text=False).stdout
    left = installed.exec("crontab", "-l", text=False).stdout
    assert left == b"".join(line for line, _ in FOREIGN)
    shown = said.partition(b"look at them:\n")[2]
    assert [line for line, is_shown in FOREIGN if (line in shown) != is_shown] == []
    installed.sh("cmp %s/crontab.before-removal /run/table; [ $(stat -c %%a %s/crontab.before-removal) = 600 ]" % (STATE, STATE))


def test_schedules_go_with_the_programs_and_are_kept_as_copies(installed):
    mine = "PATH=/usr/bin\n7 7 * * * root %s/health_check\n" % HOME
    for name in (SCHEDULE, SCHEDULE + "-stage"):
        installed.put_file(name, mine + "# " + name)
    remove(installed)
    for name in (SCHEDULE, SCHEDULE + "-stage"):
        assert installed.read_file("%s/cron.before-removal/%s" % (STATE, Path(name).name)) == mine + "# " + name
    installed.sh("! ls /etc/cron.d | grep lectio")


def test_what_the_old_suites_installer_has_left_is_no_obstacle(machine):
    machine.put_file("/etc/logrotate.d/lectio-monitor", "/var/log/lectio-monitor/*.log { create 0640 www-data www-data }\n")
    machine.sh("mkdir -p {0} {1}; chown www-data: {0}; chown games: {1}".format(LOGS, HOME))
    machine.sh("dpkg -i %s < /dev/null" % PACKAGE)
    try:
        assert machine.sh("stat -c %%U:%%G:%%a %s %s" % (LOGS, HOME)).split() == ["root:adm:750", "root:root:755"]
        assert "root adm" in machine.read_file("/etc/logrotate.d/lectio-monitor")
        machine.sh("logrotate -d /etc/logrotate.d 2>&1 | grep -v dpkg-old")
    finally:
        machine.sh("dpkg --purge lectio-monitor 2>&1; rm -f /etc/logrotate.d/lectio-monitor.dpkg-old")


# The root of a container: a tmpfs with a program of the same name at the same place.
BOX = """mount -t tmpfs box /mnt; mkdir -p /mnt/usr /mnt/old /mnt/opt/lectio-monitor; mount --rbind /usr /mnt/usr; cd /mnt
ln -s usr/lib usr/lib64 .; cp /usr/bin/sleep opt/lectio-monitor/alerts; pivot_root . old; exec chroot . /opt/lectio-monitor/alerts 1000"""


def test_what_still_runs_may_end_or_is_ended_and_nothing_else_is(installed):
    installed.sh("""cd %s; for tool in alerts deploy_safe heartbeat; do cp --remove-destination /usr/bin/sleep $tool; done
cp --remove-destination /usr/bin/bash backup""" % HOME)
    installed.put_file(SCHEDULE, "")
    start = "systemd-run -q --unit=%s -p RemainAfterExit=yes "
    begun = "while [ -e %s ]; do sleep 0.02; done; " % SCHEDULE  # the removal has
    installed.exec(*(start % "ends").split(), HOME + "/backup", "-c", begun + "sleep 1; exit 0")
    installed.exec(*(start % "obeys").split(), HOME + "/alerts", "1000")
    installed.exec(*(start % "deaf").split(), "sh", "-c", "trap '' TERM; exec %s/heartbeat 1000" % HOME)
    installed.exec(*(start % "named").split(), "bash", "-c", "exec -a %s/alerts sleep 1000" % HOME)
    installed.exec(*(start % "late").split(), "sh", "-c", begun + "exec %s/deploy_safe 1000" % HOME)
    installed.exec(*(start % "boxed").split(), "unshare", "-m", "bash", "-euc", BOX)
    installed.sh("for i in $(seq 200); do [ $(pgrep -cx alerts) = 2 ] && exit 0; sleep 0.05; done; exit 1")
    installed.sh("systemctl start failure-notifier@x || true")  # it fails, for there is no config.env
    assert len(units_of_ours(installed)) > 3
    try:
        remove(installed, LECTIO_TOOLS_WAIT=4)
        assert units_of_ours(installed) == []
        assert [how_it_ended(installed, unit) for unit in ("ends", "obeys", "deaf")] == [EXITED, ["2", "15"], ["2", "9"]]
        assert [installed.show(unit, "SubState") for unit in ("named", "boxed", "late")] == ["running"] * 3
        assert installed.sh("readlink /proc/%s/exe" % installed.show("late", "MainPID")).startswith(HOME + "/deploy_safe")
    finally:
        installed.sh("systemctl stop ends obeys deaf named boxed late; systemctl reset-failed")


def test_a_deploy_is_waited_for_and_never_ended(installed):
    installed.put_file(SCHEDULE, "* * * * * root %s/health_check\n" % HOME)
    installed.sh("cp --remove-destination /usr/bin/sleep {0}/deploy_safe; systemctl enable -q --now lectio-errors.path".format(HOME))
    start = ["systemd-run", "-q", "--unit=deploy", "-p", "RemainAfterExit=yes", HOME + "/deploy_safe"]
    installed.exec(*start, "1000")
    refused = remove(installed, check=False, LECTIO_DEPLOY_WAIT=1)
    pid = installed.show("deploy", "MainPID")
    assert refused.rc != 0 and "deploy_safe is at work" in refused.err and pid in refused.err, refused
    assert installed.show("deploy", "SubState") == "running"
    assert installed.sh("dpkg-query -W -f '${db:Status-Status}' lectio-monitor; cat " + SCHEDULE).startswith("installed* * * * *")
    assert active(installed, "lectio-errors.path") == ["active"]

    installed.sh("systemctl stop deploy")
    installed.exec(*start, "3")
    remove(installed)
    assert how_it_ended(installed, "deploy") == EXITED
    installed.sh("systemctl stop deploy")


# --- purged


def test_purged_nothing_of_ours_is_left_and_nothing_of_the_sites_is_touched(configured):
    configured.sh("mkdir -p {0}/backups /run/lectio-errors-stage; echo rows > {0}/backups/database-1.dump".format(PROJECT))
    configured.sh("mkdir -p /run/lectio-monitor.alerts; echo INSTANCE=stage > %s/stage.env" % HOME)
    configured.sh("echo mine > %s/notes.txt; echo told > %s/health_check.log" % (HOME, LOGS))
    site = configured.sh(TREE % PROJECT)
    for _ in range(2):
        configured.sh("dpkg --purge lectio-monitor 2>&1")
    assert configured.sh(TREE % PROJECT) == site
    assert of_our_names(configured) - configured.not_ours == {HOME}, "what somebody else has put there"
    assert configured.sh("ls -A " + HOME).split() == ["notes.txt"]
    configured.sh("rm -r " + HOME)
