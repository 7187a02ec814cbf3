"""`alerts send`, `test` and `flush` say what has become of a message, and nothing else."""
import time

import pytest

from alerts_desk import desk  # noqa: F401
from stand_ins.telegram import CHAT


def test_an_event_is_sent(desk):
    assert desk.send() == (0, {"outcome": "sent", "sent": True})
    assert "it failed" in desk.chat()[0]["text"]


def test_a_note_of_the_run_is_no_failure(desk):
    """Of a group that has become a supergroup the new address is noted."""
    desk.telegram.configure(flood=False, migrated={str(CHAT): -1005})
    code, said = desk.send()
    assert (code, said["outcome"], said["sent"]) == (0, "sent", True), said


def test_a_book_that_cannot_be_read_is_set_aside_and_named(desk):
    desk.state.mkdir()
    (desk.state / "book.json").write_text("{")
    done = desk.run("send", "--title", "Offsite", stdin="it failed")
    assert (done.code, done.out) == (0, "Sent\n") and "book.json" in done.err, done.err


def test_one_that_waits_for_telegram(desk):
    desk.config(TELEGRAM_API_URL="http://127.0.0.1:9")
    code, said = desk.send()
    assert (code, said["outcome"], said["sent"]) == (1, "queued", False)
    assert "not told yet" in said["trouble"]
    desk.config()
    assert desk.ask("flush") == (0, {"sent": 1, "waiting": 0})
    assert len(desk.chat()) == 1


def test_one_that_telegram_refuses(desk):
    desk.config(ERRORS_BOT_TOKEN="7654321:another-token")
    code, said = desk.send()
    assert (code, said["outcome"], said["sent"]) == (2, "refused", False)
    assert "Unauthorized" in said["trouble"]
    code, said = desk.ask("flush")
    assert (code, said["sent"], said["waiting"]) == (1, 0, 1)


@pytest.mark.parametrize("reason, detail", [("mute", "moving house"), ("deploy", None)])
def test_one_that_is_held_back_names_the_reason(desk, reason, detail):
    if reason == "mute":
        desk.run("mute", "30m", "--reason", detail)
    else:
        (desk.run_dir / "deploy_in_progress").touch()
    code, said = desk.send()
    assert (code, said["outcome"], said["sent"], said["reason"]) == (1, "held", False, reason)
    assert detail is None or said["detail"] == detail
    told = desk.run("send", "--title", "Offsite", stdin="it failed").out
    assert "held back" in told and "It comes once that is over" in told
    assert desk.chat() == []
    assert desk.run("send", "--title", "Offsite", "--dry-run", stdin="it failed").code == 1
    assert len(desk.book()["facts"]) == 2


def test_one_that_is_too_unimportant_to_be_told(desk):
    code, said = desk.send("--severity", "low")
    assert (code, said["outcome"], said["sent"], said["reason"]) == (1, "held", False, "low")
    told = desk.run("send", "--title", "Offsite", "--severity", "low", stdin="x").out
    assert "Not sent" in told and "comes" not in told
    assert desk.chat() == []


def test_a_dry_run_sends_no_event(desk):
    assert desk.send("--dry-run") == (0, {"outcome": "dry_run", "sent": False})
    assert desk.run("send", "--title", "x", "--dry-run", stdin="x").out == "Would be sent\n"
    assert desk.telegram.records() == [] and not desk.state.exists()


def test_alerts_off_sends_nothing(desk):
    desk.config(TELEGRAM_API_URL="http://127.0.0.1:9")
    desk.send()
    desk.config(ALERTS="off")
    assert desk.send() == (1, {"outcome": "off", "sent": False})
    assert "ALERTS=off" in desk.run("send", "--title", "x", stdin="x").out
    code, said = desk.ask("flush")
    assert (code, said["sent"], said["waiting"]) == (1, 0, 1) and "ALERTS=off" in said["trouble"]
    assert "ALERTS=off" in desk.run("flush").out
    assert desk.telegram.records() == []


def test_the_test_message(desk):
    code, said = desk.ask("test")
    assert (code, said["delivered"], said["chat"]) == (0, True, str(CHAT)) and said["message"] > 0
    assert len(desk.chat()) == 1
    desk.config(ERRORS_BOT_TOKEN="7654321:another-token")
    code, said = desk.ask("test")
    assert (code, said["delivered"]) == (2, False) and "Unauthorized" in said["reason"]


@pytest.mark.parametrize("tool, arguments", [("alerts", ["test"]), ("health_check", ["--test-alert"])])
def test_a_dry_run_of_the_test_says_where_it_would_go(desk, tool, arguments):
    code, said = desk.ask(*arguments, "--dry-run", tool=tool)
    assert (code, said["delivered"], said["chat"]) == (0, False, str(CHAT)) and "A test" in said["would_send"]
    told = desk.run(*arguments, "--dry-run", tool=tool)
    assert (told.code, told.out.startswith(f"Would be sent to chat {CHAT}: ")) == (0, True)
    desk.config(ERRORS_CHAT_ID="")
    assert "ERRORS_CHAT_ID" in desk.run(*arguments, "--dry-run", tool=tool).out
    assert desk.telegram.records() == []


def test_flush_has_nothing_to_do(desk):
    assert desk.ask("flush") == (0, {"sent": 0, "waiting": 0})
    assert desk.run("flush").out == "Sent: 0, left: 0\n"


def test_a_held_event_comes_when_its_mute_is_over(desk):
    desk.run("mute", "30m", "--reason", "moving house")
    desk.send()
    desk.run("unmute")
    desk.settle()
    time.sleep(0.1)
    assert desk.send("--severity", "critical")[1]["outcome"] == "sent"
    assert len(desk.chat()) == 2
