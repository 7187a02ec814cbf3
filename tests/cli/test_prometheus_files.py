"""packaging/prometheus and packaging/grafana against the tools: they name what there is."""

import json
import re

import pytest

from conftest import ROOT

METRIC = re.compile(r"\blectio_[a-z][a-z0-9_]*(?!\S*\.prom)")


def written():
    """Names of all metrics in the code."""
    sources = [path for folder in ("libcommon", "tools") for path in (ROOT / folder).rglob("*.cpp")]
    return {name for path in sources for name in re.findall(r'"(lectio_[a-z0-9_]+)"', path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", ["prometheus/rules.yml", "prometheus/rules_test.yml", "grafana/lectio.json"])
def test_every_metric_is_one_that_the_code_writes(path):
    named = set(METRIC.findall((ROOT / "packaging" / path).read_text(encoding="utf-8")))
    assert len(named) > 5
    assert named - written() == set()


def test_the_dashboard_asks_the_source_that_its_owner_chooses():
    dashboard = json.loads((ROOT / "packaging/grafana/lectio.json").read_text(encoding="utf-8"))
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for panel in dashboard["panels"]:
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all("$site" in target["expr"] for target in panel["targets"]), panel["title"]
    cells = [(x, y) for place in places for x in range(place["x"], place["x"] + place["w"])
             for y in range(place["y"], place["y"] + place["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24


def explained(run, path):
    """{cause: what its failure explains}, as the tools have it."""
    explains, needed_by, checks = {}, {}, []
    for tool in ("health_check", "smoke_check", "deep_check", "heartbeat", "backup"):
        for check in json.loads(run(tool, "--config", path, "--list", "--format", "json").out)["checks"]:
            checks.append(check["id"])
            for cause in check["needs"] + check["explained_by"]:
                explains.setdefault(cause, set()).add(check["id"])
            for cause in check["needs"]:
                needed_by.setdefault(cause, set()).add(check["id"])

    def all_of(cause):  # a check that was skipped is not seen to fail: what it explains is its need's
        return explains.get(cause, set()).union(*map(all_of, needed_by.get(cause, set()))) - {cause}

    return {cause: all_of(cause) for cause in checks if cause in explains}


def test_alertmanager_holds_back_what_the_tools_explain(run, config):
    text = (ROOT / "packaging/prometheus/alertmanager.yml").read_text(encoding="utf-8")
    rules = re.findall(r'alertname = LectioExplains, check = (\w+)\]\n'
                       r'    target_matchers:\n      - alertname =~ "LectioCheck\.\*\|LectioSiteDown"\n      - check =~ "([^"]+)"\n'
                       r'    equal: \[site, instance, reach\]\n', text)
    assert len(rules) == len(dict(rules)) == text.count("alertname = LectioExplains, check = ")
    shipped = {cause: set(names.split("|")) for cause, names in rules}
    assert shipped == explained(run, config())
