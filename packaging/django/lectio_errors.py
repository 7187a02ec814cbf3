"""Hands the errors of a Django site to Lectio Monitor, which tells its owner. One file, nothing but the standard library.

Copy it beside manage.py and name it in the settings:

    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"lectio": {"class": "lectio_errors.SpoolHandler"}},
        "loggers": {"django.request": {"handlers": ["lectio"], "level": "ERROR"}},
    }

An error is a file in DIRECTORY, named by what the error is: whoever sees it first, in whichever worker, writes what
there is to tell; whoever sees it again adds a byte. The monitor takes the files away. Nothing here waits, talks to
anybody or raises: what cannot be written is not told, and the request goes on.
"""
import hashlib
import itertools
import json
import logging
import os
import sys
import time
import traceback

DIRECTORY = "/run/lectio-errors"  # the monitor's ERROR_SPOOL; or: {"class": ..., "directory": ...}
MOST_FILES = 150  # kinds of errors that wait at once; what is more is counted together
MOST_TEXT = 2000  # characters of an error's own words
MOST_FRAMES = 6
OWN_REQUESTS = "lectio-monitor"  # the monitor's, which tells of them itself
OTHERS = "0" * 16

_numbers = itertools.count()
_libraries = tuple({os.path.join(prefix, "lib") + os.sep for prefix in (sys.prefix, sys.base_prefix)})


class SpoolHandler(logging.Handler):
    def __init__(self, directory=DIRECTORY, level=logging.ERROR):
        super().__init__(level)
        self.directory = directory

    def handle(self, record):
        """Without the lock of other handlers: every file is written by one call, and no thread waits for another."""
        try:
            if self.filter(record):
                self.emit(record)
        except Exception:  # pylint: disable=broad-except
            pass
        return record

    def emit(self, record):
        request = getattr(record, "request", None)
        if not _is_own(request):
            _hand_over(self.directory, record, request)


def _hand_over(directory, record, request):
    frames, error = _frames(record), record.exc_info[1] if record.exc_info else None
    where = _place(record, frames)
    name = type(error).__qualname__ if error is not None else record.name
    kind = "\n".join([name, *where[:3]]) + ("" if error is not None else "\n" + _route(request))
    path = _path(directory, hashlib.sha256(kind.encode("utf-8", "replace")).hexdigest()[:16])
    if _add(path):
        return
    told = {
        "schema": 1,
        "status": int(getattr(record, "status_code", 0) or 0),
        "error": _cut(name),
        "text": _cut(_words(error) if error is not None else record.getMessage()),
        "file": where[0],
        "line": int(where[1]),
        "function": where[2],
        "method": getattr(request, "method", None) or "",
        "path": _cut(_route(request)),
        "frames": ["%s:%d %s" % (_short(file), line, function) for file, line, function in frames[-MOST_FRAMES:]],
        "at": int(time.time()),
    }
    if len(os.listdir(directory)) >= MOST_FILES:
        path = _path(directory, OTHERS)
        if _add(path):
            return
    _make(directory, path, json.dumps(told, ensure_ascii=True).encode("ascii") + b"\n")


def _path(directory, signature):
    return os.path.join(directory, signature + ".error")


def _is_own(request):
    return getattr(request, "META", {}).get("HTTP_USER_AGENT", "").startswith(OWN_REQUESTS)


def _words(error):
    try:
        return str(error)
    except Exception:  # pylint: disable=broad-except
        return ""


def _frames(record):
    trace = record.exc_info[2] if record.exc_info else None
    return [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in traceback.walk_tb(trace)]


def _is_site(file):
    return not file.startswith(_libraries) and "-packages" + os.sep not in file and not file.startswith("<")


def _place(record, frames):
    """Of the site's own code, where there is any: file, line, function."""
    for file, line, function in reversed(frames):
        if _is_site(file):
            return _short(file), str(line), function
    if frames:
        file, line, function = frames[-1]
        return _short(file), str(line), function
    return _short(record.pathname), str(record.lineno), record.funcName or ""


def _route(request):
    """As the site's urls name it: what stands in the address itself may be somebody's secret."""
    route = getattr(getattr(request, "resolver_match", None), "route", None)
    return "/" + route if route else getattr(request, "path", None) or ""


def _short(file):
    return os.sep.join(file.split(os.sep)[-3:])


def _cut(text):
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"


def _add(path):
    """One more of what waits already."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        os.write(file, b".")
    finally:
        os.close(file)
    return True


def _make(directory, path, content):
    """Whole, or not at all. Of two that come at once one makes it and the other adds to it."""
    part = os.path.join(directory, ".%d-%d.part" % (os.getpid(), next(_numbers)))
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.write(file, content)
        finally:
            os.close(file)
        try:
            os.link(part, path)
        except FileExistsError:
            _add(path)
    finally:
        os.unlink(part)
