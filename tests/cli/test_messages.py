"""Every check's messages, written and sent by the real code, at a receiver that keeps Telegram's rules."""
import itertools
import os
import re
import subprocess

import pytest

from conftest import BIN
from stand_in import Telegram
from stand_ins.telegram import MAX_TEXT, units

HARMLESS = "Ω"  # in no text of ours, one unit long

# What a stranger writes, of four units: what a reader sees of it.
HOSTILE = {
    "<b>&": None,
    "🚀👩": None,
    "\u202eא\u2066ב": "\ufffdא\ufffdב",
    "\0\x1b\x07\x7f": "\ufffd" * 4,
    b"\xff\xfe\xd0x": "\ufffd\ufffd\ufffdx",
}
# More than 10,000 characters of all that at once.
LONG = "<b>&</b>🚀\u202eא\0" * 900, "<b>&</b>🚀\ufffdא\ufffd"


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    stand_in = Telegram(tmp_path_factory.mktemp("telegram"))
    known = {}

    def shown(written):
        """(text, entities) of every message, with this in every place."""
        if written in known:
            return known[written]
        text = stand_in.config.with_name("stranger")
        text.write_bytes(written if isinstance(written, bytes) else written.encode())
        stand_in.record.unlink(missing_ok=True)
        done = subprocess.run([BIN.parent / "unit_tests", "--gtest_filter=EveryMessageTest.*"], text=True,
                              env={**os.environ, "LECTIO_TELEGRAM": f"http://127.0.0.1:{stand_in.port}", "LECTIO_STRANGER": text},
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        records = stand_in.records()
        assert all(record["taken"] and record["status"] == 200 and record["violations"] == [] for record in records)
        return known.setdefault(written, [(record["text"], record["entities"]) for record in records])
    yield shown
    stand_in.stop()


def instead(text, seen):
    """The text with as much of `seen` as there is of what is harmless."""
    def fill(run):
        left, filled = len(run.group()), []
        for c in itertools.cycle(seen):
            left -= units(c)
            if left < 0:
                return "".join(filled)
            filled.append(c)
    return re.sub(HARMLESS + "+", fill, text)


def check(hostile, harmless, seen):
    assert len(hostile) == len(harmless)
    assert sum(HARMLESS in without for without, _ in harmless) > 500
    for (text, entities), (without, its_entities) in zip(hostile, harmless):
        assert text == instead(without, seen)
        assert [entity["type"] for entity in entities] == [entity["type"] for entity in its_entities]
        assert units(text) <= MAX_TEXT
        assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("written", HOSTILE, ids=["markup", "emoji", "direction", "control", "no UTF-8"])
def test_what_a_stranger_writes_is_text(chat, written):
    check(chat(written), chat(HARMLESS * 4), HOSTILE[written] or written)


def test_ten_thousand_characters_are_cut(chat):
    written, seen = LONG
    check(chat(written), chat(HARMLESS * len(written)), seen)
