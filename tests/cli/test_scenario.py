"""An owner's own steps, as the documents teach them."""

import textwrap

import pytest

from conftest import ROOT, page


def example(document):
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith('    {"steps"'))
    last = next(i for i in range(first, len(lines)) if not lines[i].strip())
    return textwrap.dedent("\n".join(lines[first:last]))


@pytest.mark.parametrize("document", ["docs/architecture.md", "docs/architecture.ru.md"])
def test_the_documents_example_works_as_it_stands(run, config, site, tmp_path, document):
    own = tmp_path / "own.json"
    own.write_text(example(document))
    site.answers["GET", "/api/calendar/"] = page()
    done = run("smoke_check", "--config", config(SMOKE_SCENARIO=own), "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert len(done.json["checks"]) == 15
    assert done.check("calendar")["status"] == "ok"
    site.answers["GET", "/api/calendar/"] = {"results": 7}
    done = run("smoke_check", "--config", config(SMOKE_SCENARIO=own), "--format", "json")
    assert done.code == 1
    assert done.check("calendar")["meaning"] == "The calendar does not open."


def test_a_step_with_a_built_in_id_replaces_it(run, config, site, tmp_path):
    own = tmp_path / "own.json"
    own.write_text(example("docs/architecture.md").replace("calendar", "lessons"))
    site.answers["GET", "/api/lessons/"] = page()
    done = run("smoke_check", "--config", config(SMOKE_SCENARIO=own), "--format", "json")
    assert (done.code, len(done.json["checks"])) == (0, 14)
    assert "/api/lessons/" in [path for _, path, _, _ in site.requests]
    assert "/api/schedule/lessons/" not in [path for _, path, _, _ in site.requests]


@pytest.mark.parametrize("change, named", [
    (('"severity": "high"', '"severity": "urgent"'), "severity"),
    (('"base"', '"bse"'), "bse"),
    (('"as": "teacher"', '"as": "director"'), "director"),
    (("{", "{{"), "own.json"),
])
def test_a_mistake_is_named_with_file_step_and_key(run, config, tmp_path, change, named):
    own = tmp_path / "own.json"
    own.write_text(example("docs/architecture.md").replace(*change, 1))
    done = run("smoke_check", "--config", config(SMOKE_SCENARIO=own))
    assert (done.code, done.out) == (3, "")
    assert str(own) in done.err and named in done.err


def test_a_missing_scenario_is_named(run, config):
    done = run("smoke_check", "--config", config(SMOKE_SCENARIO="/nonexistent/own.json"))
    assert done.code == 3 and "/nonexistent/own.json" in done.err
