"""The site's code with packaging/django/lectio_errors.py, as the operator's guide says, and a place in it that raises."""
from rig import ROOT

PROJECT = "/var/www/teaching_panel/teaching_panel"
SPOOL = "/run/lectio-errors"
ENV = "/etc/lectio-site.env"
SECRET = "said-by-an-error"

# /api/broken/KIND/ raises KIND.
BROKEN = """class Middleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith("/api/broken/"):
            raise type(request.path.split("/")[3], (Exception,), {})("no <b>lesson</b> & password=%s")
        return self.get_response(request)
""" % SECRET
RAISING = """from teaching_panel.settings import *  # noqa: F401,F403
MIDDLEWARE = ["broken.Middleware", *MIDDLEWARE]  # noqa: F405
"""
HANDLED = RAISING + """LOGGING["handlers"]["lectio"] = {"class": "lectio_errors.SpoolHandler"}  # noqa: F405
LOGGING["loggers"] = {"django.request": {"handlers": ["lectio"], "level": "ERROR"}}  # noqa: F405
"""


def lay_handler(server):
    """Settings modules: settings_errors, and settings_raising without the handler."""
    server.put_file(PROJECT + "/lectio_errors.py", (ROOT / "packaging/django/lectio_errors.py").read_text())
    server.put_file(PROJECT + "/broken.py", BROKEN)
    server.put_file(PROJECT + "/teaching_panel/settings_errors.py", HANDLED)
    server.put_file(PROJECT + "/teaching_panel/settings_raising.py", RAISING)


def take_handler(server):
    server.sh("cd %s; rm -f lectio_errors.py broken.py teaching_panel/settings_errors.py teaching_panel/settings_raising.py" % PROJECT)
