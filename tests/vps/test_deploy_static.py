"""deploy_safe backend for a site whose static files are collected: in the tree, as Django's own template has it."""
import pytest

from code_deploys import BREAKS_THE_LOGIN, ROOT

pytest_plugins = ["green_server", "code_deploys"]

COLLECTED = ROOT + "/teaching_panel/collected"
SETTINGS = """cat >> teaching_panel/teaching_panel/settings.py <<'EOF'
INSTALLED_APPS.append("django.contrib.staticfiles")
STATIC_URL = "/assets/"
STATIC_ROOT = BASE_DIR / "collected"
EOF
"""
FILE = "mkdir -p teaching_panel/accounts/static; echo %s > teaching_panel/accounts/static/%s"


@pytest.fixture(scope="module")
def nginx(server, repository):
    with server.nginx_snippet("location /assets/ { alias %s/; }" % COLLECTED):
        yield


@pytest.fixture
def site(code, nginx):
    """Its files are collected, panel.css of "first" among them."""
    before = code.head()
    code.commit("Static files", SETTINGS + FILE % ("first", "panel.css"))
    done = code.run("backend")
    assert done.rc == 0, done.out + done.err
    yield code
    code.commit("As before", "git rm -rq teaching_panel; git checkout --quiet %s -- teaching_panel" % before)
    code.server.sh("cd {r}; git fetch --quiet; git reset --quiet --hard origin/main; chown -R www-data: .git; rm -rf {c}; systemctl restart teaching_panel".format(
        r=ROOT, c=COLLECTED))
    code.server.wait_green()


def served(server, name):
    return server.sh("curl -sf https://lectio.test/assets/%s || echo none" % name).strip()


def owners(server):
    return set(server.sh("find %s -printf '%%u\\n'" % COLLECTED).split())


def loud(code):
    return [message["text"] for message in code.alerts.chat() if not message["silent"]]


# Whoever owns the directory: the site, or an account of whoever deploys.
@pytest.mark.parametrize("owner", ["www-data", "games"])
def test_new_files_come_beside_those_of_before(server, site, owner):
    assert served(server, "panel.css") == "first" and owners(server) == {"www-data"}
    server.sh("chown -R %s %s" % (owner, COLLECTED))
    site.commit("Another", FILE % ("second", "more.css") + "; git rm --quiet teaching_panel/accounts/static/panel.css")
    done = site.run("backend")
    assert done.rc == 0, done.out + done.err
    assert served(server, "more.css") == "second" and served(server, "panel.css") == "first"
    assert owners(server) == {owner}
    assert site.clean() == "" and site.works()[0]


def test_after_a_rollback_the_files_of_before_are_served(server, site):
    before = site.head()
    site.commit("Breaks the login", FILE % ("second", "panel.css") + "; " + BREAKS_THE_LOGIN)
    undone = site.run("backend")
    assert undone.rc == 2 and site.head() == before, undone
    assert served(server, "panel.css") == "first" and owners(server) == {"www-data"}
    assert site.clean() == "" and site.works()[0]


def test_after_a_death_the_files_of_before_are_served(server, site):
    before = site.head()
    site.commit("Another look", FILE % ("second", "panel.css"))
    site.die_while_verified()
    assert served(server, "panel.css") == "second"
    recovered = site.run("recover")
    assert recovered.rc == 0 and site.head() == before, recovered
    assert served(server, "panel.css") == "first" and site.clean() == ""


def test_nothing_is_collected_as_root(server, site):
    server.sh("chown -R root:root %s" % COLLECTED)
    before = site.head()
    site.commit("Another", FILE % ("second", "more.css"))
    undone = site.run("backend")
    assert undone.rc == 2 and "collectstatic" in undone.out and "Permission denied" in undone.out, undone
    assert len(loud(site)) == 1 and "collectstatic" in loud(site)[0], site.alerts.chat()
    assert site.head() == before and site.clean() == ""
    assert served(server, "more.css") == "none" and served(server, "panel.css") == "first"
    assert site.works()[0], site.works()[1]


def test_a_place_without_the_app_that_fills_it_is_left_alone(server, code):
    code.commit("Names a place", "echo 'STATIC_ROOT = BASE_DIR / \"collected\"' >> teaching_panel/teaching_panel/settings.py")
    done = code.run("backend")
    code.commit("Mended", "git revert --no-edit --no-commit HEAD")
    assert done.rc == 0, done.out + done.err
    assert code.works()[0]
