"""deploy_safe on a server whose build can be renamed, and what visitors then get."""
import json
import re

import pytest

from alerts_rig import RUN, STATE, alerting
from faults import BUILD
from rig import BIN, ROOT

KEPT = BUILD + ".releases"
NEXT = "/root/next"
PUBLIC = ROOT / "tests/vps/site/frontend/public"


class Deploys:
    def __init__(self, server, alerts):
        self.server, self.alerts = server, alerts
        self.argv = [BIN / "deploy_safe", "--config", alerts.config]

    def run(self, *args, **more):
        return self.server.run_tool(*self.argv, *args, **more)

    def traced(self, inject, *args):
        return self.server.run_tool("strace", "-f", "-o", "/dev/null", "-e", "trace=" + inject.split(":")[0], "-e",
                                    "inject=" + inject, *self.argv, *args)

    def make_build(self, mark):
        """A build of its own, whose script is named after `mark`."""
        self.server.sh("""rm -rf {next}; cp -r {source} {next}; cd {next}
mv static/js/main.4f9d2c81.js static/js/main.{mark}.js; sed -i s/main.4f9d2c81/main.{mark}/g index.html asset-manifest.json""".format(
            next=NEXT, source=PUBLIC, mark=mark))
        return NEXT

    def serving(self):
        """The mark of the release that visitors get, all of whose files they get too."""
        page = self.server.sh("curl -sf https://lectio.test/")
        for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
            assert "<!doctype" not in self.server.sh("curl -sf https://lectio.test" + path)
        return re.search(r"main\.(\w+)\.js", page).group(1)

    def status(self):
        return json.loads(self.run("status", "--format", "json").out)

    def journal(self):
        return json.loads(self.server.sh("cat %s/deploy.json 2>/dev/null || echo {}" % STATE))

    def left_over(self):
        return self.server.sh("ls %s/deploy_in_progress %s/deploy.json 2>/dev/null || true; ls -A %s 2>/dev/null | grep '^\\.' || true" % (
            RUN, STATE, KEPT))


@pytest.fixture
def deploys(server, config):
    # A directory of the server's lower layer cannot be renamed: it is made anew.
    server.sh("rm -rf {build} {kept}; cp -r {source} {build}; chown -R www-data: {build}".format(
        build=BUILD, kept=KEPT, source=PUBLIC))
    with alerting(server, config, DEPLOY_ROUNDS="1") as alerts:
        yield Deploys(server, alerts)
    server.sh("rm -rf %s" % KEPT)
