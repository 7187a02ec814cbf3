"""gunicorn, nginx and PostgreSQL stopped, killed, frozen, broken: what each tool says, and of whom."""
import contextlib
from typing import Callable, NamedTuple

import pytest

from rig import while_done
from verdicts import ALL_WELL, Expected, ask, ask_both, assert_says, nobody_logs_in, says

pytest_plugins = "green_server"


class Case(NamedTuple):
    fault: Callable
    health: Expected
    smoke: Expected
    config: dict = {}


def no_backend(service):
    """The unit does not run: its port refuses, nginx answers 502 for it, the static page is served."""
    return dict(
        health=says(2, backend_service=service, workers="skipped needs <- backend_service",
                    backend="critical refused <- backend_service"),
        smoke=says(2, nobody_logs_in("critical refused", "api_health"), api_health="critical bad_gateway"))


def mute_backend(**health):
    """The kernel accepts connections, nobody answers."""
    return dict(health=says(2, **health),
                smoke=says(2, nobody_logs_in("critical timeout", "api_health"), api_health="critical timeout"))


def no_nginx(service):
    """gunicorn itself is fine, and so is everything that is asked past nginx."""
    return dict(
        health=says(2, nginx_service=service, public_page="critical refused <- nginx_service",
                    response_time="skipped needs <- nginx_service"),
        smoke=says(2, frontend="critical refused", api_health="critical refused"))


def nginx_masked(server):
    return while_done(server, "systemctl mask --runtime nginx; systemctl stop nginx",
                      "systemctl unmask --runtime nginx; systemctl start nginx; lectio-green")


@contextlib.contextmanager
def fewer_workers_than_exec_start(server):
    """Behind a wrapper, as behind a process title, gunicorn's command line does not show the number that the unit asks for."""
    wrapper = "/usr/local/sbin/lectio-wrapper"
    server.put_file("/etc/lectio-gunicorn.py",
                    'bind = "127.0.0.1:8000"\nworkers = int("2")\nworker_class = "gthread"\nthreads = 4\n')
    server.put_file(wrapper, "#!/bin/sh\nexec /var/www/teaching_panel/venv/bin/gunicorn -c /etc/lectio-gunicorn.py"
                    " teaching_panel.wsgi:application\n", mode=0o755)
    with server._drop_in("[Service]\nExecStart=\nExecStart=%s --workers 3\n" % wrapper):
        server.sh("systemctl restart teaching_panel; for i in $(seq 100); do curl -fs -o /dev/null -H 'Host: lectio.test' "
                  "http://127.0.0.1:8000/api/health/ && exit 0; sleep 0.1; done; exit 1")
        yield


def upstream_dead(server):
    """nginx runs, gunicorn runs, but nginx asks where nobody listens."""
    to_nobody = "{ proxy_pass http://127.0.0.1:9; }"
    return server.nginx_snippet("location = / %s location = /api/health/ %s" % (to_nobody, to_nobody))


CASES = {
    "gunicorn stopped by hand": Case(lambda s: s.backend_stopped(), **no_backend("critical unit_stopped")),
    "gunicorn cannot start": Case(lambda s: s.backend_failed(), **no_backend("critical unit_failed")),
    "gunicorn killed, systemd waits a minute": Case(
        lambda s: s.backend_killed(60), **no_backend("critical unit_restarting")),
    "gunicorn frozen": Case(lambda s: s.backend_frozen(), **mute_backend(backend="critical timeout")),
    "all workers dead": Case(lambda s: s.zero_workers(), **mute_backend(
        workers="critical workers_none", backend="critical timeout <- workers")),
    "configured to no workers": Case(lambda s: s.zero_workers("config"), **mute_backend(
        workers="critical workers_none", backend="critical timeout <- workers")),
    "gunicorn runs, its port refuses": Case(
        lambda s: s.connection_refused(port=8000),
        says(2, backend="critical refused"),
        says(2, nobody_logs_in("critical refused", "api_health"), api_health="critical bad_gateway")),
    "one worker less": Case(lambda s: s.fewer_workers(1), says(1, workers="warning workers_few"), ALL_WELL),
    "fewer workers than the unit wants": Case(
        fewer_workers_than_exec_start, says(1, workers="warning workers_few"), ALL_WELL),
    "fewer workers than config.env wants": Case(
        lambda s: s.workers(2), says(1, workers="warning workers_few"), ALL_WELL, dict(BACKEND_WORKERS="3")),
    "nginx stopped by hand": Case(lambda s: s.nginx_stopped(), **no_nginx("critical unit_stopped")),
    "nginx cannot start": Case(lambda s: s.nginx_failed(), **no_nginx("critical unit_failed")),
    "nginx masked": Case(nginx_masked, **no_nginx("critical unit_masked")),
    "nginx frozen": Case(
        lambda s: s.nginx_frozen(),
        says(2, public_page="critical nginx_silent", response_time="skipped needs <- public_page"),
        says(2, frontend="critical timeout", api_health="critical timeout")),
    "nginx up, upstream dead": Case(
        upstream_dead,
        says(2, public_page="critical bad_gateway", response_time="skipped needs <- public_page"),
        says(2, frontend="critical bad_gateway", api_health="critical bad_gateway")),
}


@pytest.mark.parametrize("name", CASES)
def test_fault(server, config, name):
    case = CASES[name]
    path = config(**case.config)
    with case.fault(server):
        health, smoke = ask_both(server, path)
    assert_says(health, case.health)
    assert_says(smoke, case.smoke)


def test_a_restart_in_progress_is_waited_for(server, config):
    path = config()
    with server.backend_killed(restart_sec=1):
        assert_says(ask(server, "health_check", path), ALL_WELL)


def test_postgresql_stopped(server, config):
    """The database's unit is the root once it is watched; nginx and the static page stay well."""
    unit = "postgresql@%s-lectio" % server.read_file("/etc/lectio-rig/postgresql").strip()
    watched, unwatched = config(WATCH_UNITS=unit), server.write_config(server.settings)
    with server.postgres_stopped():
        health, smoke = ask_both(server, watched)
        without = ask(server, "health_check", unwatched)
    assert_says(health, says(2, {"unit:" + unit: "warning unit_stopped"},
                             backend="critical database_down <- unit:" + unit))
    assert_says(without, says(2, backend="critical database_down"))
    assert_says(smoke, says(2, nobody_logs_in("critical server_error", "api_health"),
                            api_health="critical database_down"))


def test_the_facts_are_those_of_the_unit(server, config):
    path = config()
    with server.backend_failed():
        unit = ask(server, "health_check", path, "--only", "backend_service").check("backend_service")
    assert unit["severity"] == "critical"
    facts = unit["facts"]
    assert facts["unit"] == "teaching_panel"
    assert (facts["active_state"], facts["result"], facts["exit_status"]) == ("failed", "exit-code", 1)
