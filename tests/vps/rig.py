"""Where the binaries are, and a server for them with short time-outs."""
import contextlib
import os
from pathlib import Path

import pytest

from faults import CONFIG, Server, probe

ROOT = Path(__file__).resolve().parents[2]
BIN = (ROOT / os.environ.get("LECTIO_BIN", "build/dev/bin")).resolve()

# Each pytest worker and its servers on one processor: a page that a fork shares is dear to copy where several look at it.
_worker, _processors = os.environ.get("PYTEST_XDIST_WORKER", ""), sorted(os.sched_getaffinity(0))
if _worker:
    os.sched_setaffinity(0, {_processors[int(_worker.removeprefix("gw")) % len(_processors)]})

FULL = bool(os.environ.get("LECTIO_FULL"))


def few(values, count):
    """All of what is much alike in ./check --full, which takes its time; else the first ones."""
    return list(values) if FULL else list(values)[:count]


# What happens many times at once, or within a time, is seen with tools as people run them.
not_sanitized = pytest.mark.skipif("sanitize" in BIN.parts, reason="sanitized tools are several times slower: this is about many at once")

TEACHER, STUDENT = "smoke_teacher@test.local", "smoke_student@test.local"

# A tool that stands in a queue with fifty visitors waits as long as it does by default.
UNDER_LOAD = {"HTTP_TIMEOUT": "15"}

# Short enough for a test, long enough for a busy machine.
SETTINGS = {
    "HTTP_TIMEOUT": "3",
    "CONNECT_TIMEOUT": "2",
    "UPLINK_HOST": "hc.test:443",
    "SMOKE_TEACHER_EMAIL": TEACHER,
    "SMOKE_STUDENT_EMAIL": STUDENT,
}


def new_server():
    """Not booted yet. In CI a machine that cannot is a failure, elsewhere the test is skipped."""
    why_not = probe()
    if why_not and os.environ.get("CI"):
        raise RuntimeError("the server tests must run in CI: " + why_not)
    if why_not:
        pytest.skip(why_not)
    return Server(binds=[BIN])


@contextlib.contextmanager
def while_done(server, do, undo):
    """Between two shell scripts in the server."""
    server.sh(do)
    try:
        yield
    finally:
        server.sh(undo)


def read_config(server, path=CONFIG):
    """Values in double quotes; what follows them is a comment."""
    lines = [line for line in server.read_file(path).splitlines() if "=" in line and not line.startswith("#")]
    return {key: value.strip('"').partition('"')[0] for key, value in (line.split("=", 1) for line in lines)}
