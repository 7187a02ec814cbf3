"""The stand-ins where the tools meet them: by their real names, with TLS that is verified, and away in every way."""
import json
import os
import time

import pytest

from faults import CHAT, MAIL_PASSWORD, MAIL_USER, TELEGRAM, TOKEN, Server, probe

WHY_NOT = probe()
if WHY_NOT and os.environ.get("CI"):
    raise RuntimeError("the server tests must run in CI: " + WHY_NOT)
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=str(WHY_NOT))

API = "https://api.telegram.org/bot%s/" % TOKEN


@pytest.fixture(scope="module")
def server():
    with Server() as s:
        yield s


@pytest.fixture(autouse=True)
def fresh(server):
    server.telegram(flood=False)
    server.mail()


def curl(server, url, *args, timeout=2):
    """(exit code of curl, HTTP status, body)"""
    done = server.exec("curl", "-sS", "-m", timeout, "-w", "%{stderr} %{http_code}", *args, url, check=False)
    return done.returncode, int(done.stderr.split()[-1]), done.stdout


def send(server, text="down", **params):
    body = json.dumps({"chat_id": CHAT, "text": text, **params})
    code, status, answer = curl(server, API + "sendMessage", "-H", "Content-Type: application/json", "-d", body)
    return code, status, answer


def texts(server):
    return [m["text"] for m in server.messages(CHAT)]


def test_telegram_answers_by_its_name_with_verified_tls(server):
    code, status, body = curl(server, API + "getMe")
    assert (code, status, json.loads(body)["result"]["is_bot"]) == (0, 200, True)
    send(server, "<b>down</b>", parse_mode="HTML", disable_notification=True)
    shown, = server.messages()
    assert (shown["chat"], shown["id"], shown["text"], shown["silent"]) == (CHAT, 1, "down", True)
    assert [r["method"] for r in server.telegram_requests()] == ["getme", "sendmessage"]
    seen = server.exec("/usr/bin/python3", "/opt/stand-ins/telegram.py", "show", "--record", TELEGRAM + "/requests.jsonl").stdout
    assert "#1" in seen and "    down" in seen
    assert TOKEN not in server.journal("telegram-stand-in")


AWAY = {
    # name: (fault, what curl sees, is the message taken)
    "refused": (lambda s: s.telegram_refused(), lambda code, status: code == 7, False),
    "black hole": (lambda s: s.telegram_black_hole(), lambda code, status: code == 28, False),
    "self-signed": (lambda s: s.telegram_certificate(), lambda code, status: code == 60, False),
    "wrong host": (lambda s: s.telegram_certificate("good"), lambda code, status: code == 60, False),
    "500": (lambda s: s.telegram_answers(), lambda code, status: status == 500, False),
    "502 of a proxy": (lambda s: s.telegram_answers(502, "<html>"), lambda code, status: status == 502, False),
    "429": (lambda s: s.telegram_flooded(30), lambda code, status: status == 429, False),
    "hangs": (lambda s: s.telegram_hangs(), lambda code, status: code == 28, False),
    "hangs after": (lambda s: s.telegram_hangs_after(), lambda code, status: code == 28, True),
    "drops after": (lambda s: s.telegram_drops_after(), lambda code, status: code in (52, 56), True),
    "no name": (lambda s: s.dns_failure("api.telegram.org"), lambda code, status: code == 6, False),
}


@pytest.mark.parametrize("name", AWAY)
def test_telegram_goes_away_and_comes_back(server, name):
    fault, seen, taken = AWAY[name]
    send(server, "before")
    with fault(server):
        code, status, _ = send(server, "meanwhile")
        assert seen(code, status), (code, status)
    assert send(server, "after")[:2] == (0, 200)
    assert texts(server) == ["before"] + ["meanwhile"] * taken + ["after"]


def test_misbehaviour_is_over_the_configuration_that_is_in(server):
    server.telegram(flood=False, chats={"42": {"type": "private"}})
    with server.telegram_flooded(1, fail_first=1):
        assert json.loads(send(server, chat_id=42)[2])["parameters"] == {"retry_after": 1}
        time.sleep(1.1)
        assert send(server, chat_id=42)[1] == 200
    assert send(server)[1] == 400
    assert [r["violations"] for r in server.telegram_requests()] == [[], [], []]


def test_mail_by_smtps_and_starttls(server):
    server.put_file("/tmp/mail", "From: m@mail.test\r\nTo: o@mail.test\r\nSubject: =?utf-8?Q?=D0=A1=D0=B0=D0=B9=D1=82?=\r\n"
                    "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@mail.test>\r\n\r\n.down\r\n")

    def mail(url, *args):
        return curl(server, url, "--mail-from", "m@mail.test", "--mail-rcpt", "o@mail.test", "-T", "/tmp/mail",
                    "-u", MAIL_USER + ":" + MAIL_PASSWORD, *args)[0]
    assert mail("smtps://mail.test:465") == 0
    assert mail("smtp://mail.test:587", "--ssl-reqd") == 0
    with server.mail_refused():
        assert mail("smtps://mail.test:465") == 7
    first, second = server.mails()
    assert (first["from"], first["to"], first["user"], first["tls"]) == ("m@mail.test", ["o@mail.test"], MAIL_USER, True)
    assert (second["subject"], second["body"], second["violations"]) == ("Сайт", ".down\n", [])
