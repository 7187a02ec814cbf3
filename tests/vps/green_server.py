"""Fixtures, for tests that say pytest_plugins = "green_server": one green server for the whole session, its smoke
users made by the tool itself. (A plugin, not a conftest.py: tests/cli imports its own by that name.)"""
import pytest

from faults import CONFIG
from rig import BIN, SETTINGS, new_server, read_config


@pytest.fixture(scope="session")
def server():
    with new_server() as s:
        s.write_config(SETTINGS)
        made = s.run_tool(BIN / "setup_smoke_users", "--config", CONFIG, "--rotate", "--with-data", "--verify")
        assert made.rc == 0, made.out + made.err
        s.settings = read_config(s)
        yield s


@pytest.fixture
def config(server):
    """config.env with some keys changed; None leaves a key out."""
    def write(**keys):
        return server.write_config({**server.settings, **keys}, path="/run/lectio-test/config.env")
    return write
