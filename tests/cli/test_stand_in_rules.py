"""The stand-ins for Telegram and a mail server keep the real ones' rules: what they refuse, the tools must never send."""
import base64
import contextlib
import json
import smtplib
import subprocess
import sys
import time
import urllib.parse

import pytest

from stand_in import STAND_INS, StandIn, Telegram
from stand_ins.smtp import MAIL_PASSWORD, MAIL_USER
from stand_ins.telegram import CHAT, NOT_MODIFIED, TOKEN, chat, parse_html, show


@pytest.fixture
def telegram(tmp_path):
    stand_in = Telegram(tmp_path)
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def one_for_all(tmp_path_factory):
    stand_in = Telegram(tmp_path_factory.mktemp("telegram"))
    yield stand_in
    stand_in.stop()


# --- HTML

ENTITIES = "Bad Request: can't parse entities: "
BAD_HTML = {
    "<br>": 'Unsupported start tag "br" at byte offset 0',
    "тест <p>x</p>": 'Unsupported start tag "p" at byte offset 9',
    "a <> b": 'Unsupported start tag "" at byte offset 2',
    "3 < 5 > 4": 'Unsupported start tag "" at byte offset 2',
    "<!-- x -->": 'Unsupported start tag "!--" at byte offset 0',
    "1 <2": "Unclosed start tag at byte offset 2",
    "<b>x": 'Can\'t find end tag corresponding to start tag "b"',
    "<b><i>x": 'Can\'t find end tag corresponding to start tag "i"',
    "x</b>": "Unexpected end tag at byte offset 1",
    "<b><i>x</b></i>": 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
    "<b>x</strong>": 'Unmatched end tag at byte offset 4, expected "</b>", found "</strong>"',
    "<b>x</b": "Unclosed end tag at byte offset 4",
    '<a href="http://x.ru>x</a>': "Unclosed start tag at byte offset 0",
    "<a href=http://x.ru>x</a>": "Unexpected end of name token at byte offset 8",
    "<a =x>y</a>": 'Empty attribute name in the tag "a" at byte offset 0',
    "<a href": 'Unclosed start tag "a" at byte offset 0',
    "<a href=": 'Unclosed start tag "a" at byte offset 0',
    "<b/>": 'Unsupported start tag "b/" at byte offset 0',
    '<span class="red">x</span>': 'Tag "span" must have class "tg-spoiler" at byte offset 0',
    "<tg-emoji>x</tg-emoji>": "Invalid custom emoji identifier specified",
    "&#xD800;": "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units",
}


@pytest.mark.parametrize("source", BAD_HTML)
def test_bad_html_is_refused(one_for_all, source):
    assert one_for_all.said(source, parse_mode="HTML") == ENTITIES + BAD_HTML[source]
    assert one_for_all.send(source)["result"]["text"] == source


def entity(kind, offset, length, **more):
    return {"type": kind, "offset": offset, "length": length, **more}


GOOD_HTML = {
    "<b>b</b><strong>s</strong>": ("bs", [entity("bold", 0, 1), entity("bold", 1, 1)]),
    "<i>1</i><em>2</em><u>3</u><ins>4</ins>": ("1234", [entity("italic", 0, 1), entity("italic", 1, 1), entity("underline", 2, 1),
                                                        entity("underline", 3, 1)]),
    "<s>1</s><strike>2</strike><del>3</del>": ("123", [entity("strikethrough", i, 1) for i in range(3)]),
    '<span class="tg-spoiler">1</span><tg-spoiler>2</tg-spoiler>': ("12", [entity("spoiler", 0, 1), entity("spoiler", 1, 1)]),
    "🔴 <B>да</B >!": ("🔴 да!", [entity("bold", 3, 2)]),
    "<b>a</>b": ("ab", [entity("bold", 0, 1)]),
    "&lt;b&gt; &amp;&quot;&#39;&#x416;": ("<b> &\"'Ж", []),
    "&apos; &nbsp; &ltx &lt": ("&apos; &nbsp; &ltx <", []),
    "&#0; &#x110000; &#00000065; &#x; &#65": ("&#0; &#x110000; &#00000065; &#x; A", []),
    '<a href="https://lectio.test/?a=1&amp;b=2">x</a>': ("x", [entity("text_link", 0, 1, url="https://lectio.test/?a=1&b=2")]),
    "<a href='https://lectio.test'>x</a>": ("x", [entity("text_link", 0, 1, url="https://lectio.test/")]),
    "<a>lectio.test</a>": ("lectio.test", [entity("text_link", 0, 11, url="http://lectio.test/")]),
    "<pre>x\ny</pre>": ("x\ny", [entity("pre", 0, 3)]),
    '<pre><code class="language-json">{}</code></pre>': ("{}", [entity("pre", 0, 2, language="json")]),
    "<blockquote>q <b>w</b></blockquote>": ("q w", [entity("blockquote", 0, 3), entity("bold", 2, 1)]),
    "<blockquote expandable>q</blockquote>": ("q", [entity("expandable_blockquote", 0, 1)]),
    "<b>x <i>y</i></b>": ("x y", [entity("bold", 0, 3), entity("italic", 2, 1)]),
    '<tg-emoji emoji-id="5">x</tg-emoji>': ("x", [entity("custom_emoji", 0, 1, custom_emoji_id="5")]),
    "<b></b>x": ("x", []),
    "  \n x <b>y </b> \n": ("x y", [entity("bold", 2, 1)]),
    "a\rb\tc\x01d": ("ab\tc d", []),
}


@pytest.mark.parametrize("source", GOOD_HTML)
def test_good_html_is_text_and_entities(one_for_all, source):
    result = one_for_all.send(source, parse_mode="html")["result"]
    assert (result["text"], result.get("entities", [])) == GOOD_HTML[source]
    assert one_for_all.violations() == []


DROPPED = {
    "<b>a <code>b</code> c</b>": ("a b c", [entity("bold", 0, 2), entity("code", 2, 1), entity("bold", 3, 2)],
                                  "Telegram takes bold away from code and pre"),
    "<pre>a <b>b</b></pre>": ("a b", [entity("pre", 0, 3)], "Telegram takes bold away from code and pre"),
    '<a href="http://x.ru/">a <code>b</code></a>': ("a b", [entity("text_link", 0, 3, url="http://x.ru/")],
                                                    "Telegram drops code that is inside or around another entity"),
    "<blockquote>a <blockquote>b</blockquote></blockquote>": ("a b", [entity("blockquote", 0, 3)],
                                                              "Telegram drops blockquote that is inside or around another entity"),
    '<a href="http://localhost/">x</a>': ("x", [], "Telegram drops the link to http://localhost/"),
}


@pytest.mark.parametrize("source", DROPPED)
def test_what_telegram_drops_without_a_word_is_a_violation(one_for_all, source):
    text, entities, why = DROPPED[source]
    result = one_for_all.send(source, parse_mode="HTML")["result"]
    assert (result["text"], result.get("entities", [])) == (text, entities)
    assert one_for_all.violations() == [why]


def test_code_inside_a_quote_stays():
    assert parse_html(b"<blockquote><code>x</code></blockquote>")[1] == [entity("code", 0, 1), entity("blockquote", 0, 1)]


# --- text

@pytest.mark.parametrize("text, mode, answer", [
    ("", None, "Bad Request: message text is empty"),
    (None, None, "Bad Request: message text is empty"),
    (" \n\t", None, "Bad Request: text must be non-empty"),
    ("<b></b>", "HTML", "Bad Request: text must be non-empty"),
    ("я" * 4097, None, "Bad Request: message is too long"),
    ("🔴" * 2048 + "x", None, "Bad Request: message is too long"),
    ("&amp;" * 4097, "HTML", "Bad Request: message is too long"),
    ("\0", None, "Bad Request: strings must be encoded in UTF-8"),
    ("\ud83d", None, "Bad Request: strings must be encoded in UTF-8"),
    ("*x*", "MarkdownV2", "Bad Request: unsupported parse_mode"),
    ("<b>x</b>" * 101, "HTML", "Bad Request: too many entities: 101 (this stand-in's rule, Telegram drops them)"),
])
def test_text_that_is_refused(one_for_all, text, mode, answer):
    assert one_for_all.said(text, parse_mode=mode) == answer
    assert not one_for_all.records()[-1]["taken"]
    assert bool(one_for_all.violations()) == ("\0" in (text or "") or "101" in answer)


@pytest.mark.parametrize("text, mode", [("x" * 4096, None), ("🔴" * 2048, None), ("<b>" + "&lt;" * 4096 + "</b>", "HTML"),
                                        ("x" * 4096 + "\n\n", None), ("<b>x</b>" * 100, "HTML")])
def test_text_that_just_fits(one_for_all, text, mode):
    assert one_for_all.send(text, parse_mode=mode)["ok"]


def test_bytes_that_are_no_utf8(telegram):
    for kind, body in (("application/json", b'{"chat_id":-1001,"text":"\xff"}'), ("application/x-www-form-urlencoded", b"chat_id=-1001&text=%FF"),
                       ("application/json", b'{"chat_id":-1001,"text":"\\ud83d"}')):
        status, _, answer = telegram.request("POST", "/bot%s/sendMessage" % TOKEN, body, {"Content-Type": kind})
        assert (status, json.loads(answer)["description"]) == (400, "Bad Request: strings must be encoded in UTF-8")
    assert telegram.records()[-1]["params"]["text"] == "\ud83d"


# --- requests

def test_ways_to_say_it(telegram):
    path, form = "/bot%s/SENDmessage" % TOKEN, urllib.parse.urlencode({"chat_id": CHAT, "text": "да"})
    multipart = ('--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n-1001\r\n'
                 '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nда\r\n--b--\r\n').encode()
    answers = [telegram.request("GET", path + "?" + form),
               telegram.request("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"}),
               telegram.request("POST", path, multipart, {"Content-Type": "multipart/form-data; boundary=b"}),
               telegram.request("POST", path + "?chat_id=-1001", '{"text":"да"}'.encode(), {"Content-Type": "application/json"}),
               telegram.request("POST", path.replace(":", "%3A"), form, {"Content-Type": "application/x-www-form-urlencoded"})]
    assert [(a[0], json.loads(a[2])["result"]["text"]) for a in answers] == [(200, "да")] * 5
    assert [json.loads(a[2])["result"]["message_id"] for a in answers] == [1, 2, 3, 4, 5]
    assert TOKEN not in telegram.record.read_text()


def test_json_that_is_none(telegram):
    def answer(body):
        return json.loads(telegram.request("POST", "/bot%s/sendMessage" % TOKEN, body, {"Content-Type": "application/json"})[2])["description"]
    assert answer("{") == "Bad Request: can't parse JSON object"
    assert answer("[]") == "Bad Request: JSON object expected"


def test_tokens_methods_and_paths(telegram):
    assert telegram.call("getMe")["result"]["id"] == 1234567
    assert telegram.call("getme", token="1234567:another") == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    not_found = {"ok": False, "error_code": 404, "description": "Not Found"}
    assert telegram.call("getMe", token="nonsense") == not_found
    assert telegram.call("sendPigeon") == not_found
    assert json.loads(telegram.request("GET", "/")[2]) == not_found
    assert telegram.call("getChat", chat_id=CHAT)["result"] == {
        "id": CHAT, "type": "supergroup", "title": "Lectio", "is_forum": True, "accent_color_id": 0, "max_reaction_count": 11}
    telegram.configure(tokens=["9:other"])
    assert telegram.call("getMe")["error_code"] == 401 and telegram.call("getMe", token="9:other")["ok"]


def test_chats(telegram):
    telegram.configure(flood=False, chats={"-1001": {"type": "supergroup"}, "42": {"type": "private"}, "-7": {"username": "lectio"}},
                       migrated={"-5": -1005}, blocked={"43": "Forbidden: bot was blocked by the user",
                                                        "-8": "Forbidden: bot was kicked from the group chat"})
    assert telegram.said(chat_id=44) == telegram.said(chat_id="nobody") == "Bad Request: chat not found"
    assert telegram.said(chat_id="") == "Bad Request: chat_id is empty"
    assert telegram.send(chat_id="42")["result"]["chat"] == {"id": 42, "type": "private", "first_name": "Somebody"}
    assert telegram.send(chat_id="@Lectio")["result"]["chat"]["id"] == -7
    assert telegram.send(chat_id=-5) == {
        "ok": False, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1005}}
    assert telegram.send(chat_id=-1005)["ok"]
    for number, why in ((43, "blocked by the user"), (-8, "kicked from the group chat")):
        assert telegram.send(chat_id=number) == {"ok": False, "error_code": 403, "description": "Forbidden: bot was " + why}


def test_topics(telegram):
    telegram.configure(flood=False, chats={"-1001": {"type": "supergroup", "forum": True, "topics": [7, 8], "closed_topics": [8]},
                                           "-2": {"type": "group", "topics": [7]}})
    result = telegram.send(message_thread_id=7)["result"]
    assert result["message_thread_id"] == 7 and result["is_topic_message"] is True
    assert telegram.said(message_thread_id=9) == "Bad Request: message thread not found"
    assert telegram.said(message_thread_id=8) == "Bad Request: TOPIC_CLOSED"
    assert telegram.said(message_thread_id=7, chat_id=-2) == "Bad Request: message thread not found"


def test_replies(telegram):
    first = telegram.send("first")["result"]["message_id"]
    result = telegram.send("second", reply_parameters={"message_id": first})["result"]
    assert (result["reply_to_message"]["message_id"], result["reply_to_message"]["text"]) == (first, "first")
    gone = {"message_id": 99}
    assert telegram.said(reply_parameters=gone) == "Bad Request: message to be replied not found"
    assert telegram.said(reply_parameters=json.dumps(gone)) == "Bad Request: message to be replied not found"
    assert telegram.said(reply_parameters="{") == "Bad Request: can't parse reply parameters JSON object"
    assert "reply_to_message" not in telegram.send(reply_parameters={**gone, "allow_sending_without_reply": True})["result"]
    telegram.call("deleteMessage", chat_id=CHAT, message_id=first)
    assert telegram.said(reply_parameters={"message_id": first}) == "Bad Request: message to be replied not found"
    telegram.send(message_thread_id=7, reply_parameters={"message_id": 2})
    assert telegram.violations() == ["replies to a message of another topic"]


def test_edits_and_deletions(telegram):
    number = telegram.send("<b>one</b>", parse_mode="HTML")["result"]["message_id"]

    def edit(text, **params):
        return telegram.call("editMessageText", **{"chat_id": CHAT, "message_id": number, "text": text, **params})
    result = edit("two")["result"]
    assert (result["message_id"], result["text"]) == (number, "two") and "edit_date" in result
    same = "Bad Request: " + NOT_MODIFIED
    assert edit("two")["description"] == edit("tw<i></i>o", parse_mode="HTML")["description"] == same
    assert edit("<b>two</b>", parse_mode="HTML")["ok"]
    assert edit("x", message_id=99)["description"] == "Bad Request: message to edit not found"
    assert edit("x", message_id=None)["description"] == "Bad Request: message identifier is not specified"
    assert edit("")["description"] == "Bad Request: message text is empty"
    assert edit("x" * 4097)["description"] == "Bad Request: message is too long"
    assert edit("<i>", parse_mode="HTML")["description"].startswith(ENTITIES)
    assert telegram.call("deleteMessage", chat_id=CHAT, message_id=number)["result"] is True
    assert edit("x")["description"] == "Bad Request: message to edit not found"
    assert telegram.call("deleteMessage", chat_id=CHAT, message_id=number)["description"] == "Bad Request: message to delete not found"


def test_options_are_taken_and_the_unknown_is_passed_over(telegram):
    assert telegram.send(link_preview_options={"is_disabled": True}, disable_notification=True, protect_content=True, moon="full")["ok"]


# --- too many requests

def test_flood_control(telegram):
    telegram.configure(chats={"42": {}, "-1001": {}}, flood={"per_second": 0.5, "burst": 3, "per_minute": 5})
    assert [telegram.send(chat_id=42).get("error_code", 200) for _ in range(4)] == [200, 200, 200, 429]
    assert telegram.send(chat_id=42) == {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 2",
                                         "parameters": {"retry_after": 2}}
    assert "came back" in telegram.violations()[0]
    status, headers, _ = telegram.request("GET", "/bot%s/sendMessage?chat_id=42&text=x" % TOKEN)
    assert (status, headers["Retry-After"]) == (429, "2")
    assert telegram.send(chat_id=CHAT)["ok"]
    time.sleep(2.01)
    assert telegram.send(chat_id=42)["ok"] and telegram.violations() == []


def test_a_group_gets_so_many_a_minute_and_no_more(telegram):
    telegram.configure(chats={"42": {}, "-1001": {}}, flood={"burst": 100, "per_minute": 5})
    assert all(telegram.send(chat_id=42)["ok"] for _ in range(6))
    assert all(telegram.send()["ok"] for _ in range(5))
    wait = telegram.send()["parameters"]["retry_after"]
    assert 55 < wait <= 60


# --- misbehaviour

def test_status_and_body(telegram):
    telegram.configure(status=500)
    assert telegram.send() == {"ok": False, "error_code": 500, "description": "Internal Server Error"}
    telegram.configure(status=502, body="<html>Bad Gateway</html>")
    status, headers, body = telegram.request("GET", "/bot%s/getMe" % TOKEN)
    assert (status, headers["Content-Type"], body) == (502, "text/html", "<html>Bad Gateway</html>")
    telegram.configure(status=500, only_methods=["sendMessage"], fail_first=1)
    assert telegram.call("getMe")["ok"]
    assert [telegram.send()["ok"] for _ in range(2)] == [False, True]
    assert [r["status"] for r in telegram.records()] == [500, 502, 200, 500, 200]


def test_retry_after_until_it_is_removed(telegram):
    telegram.configure(flood=False, retry_after=1)
    assert telegram.send()["parameters"] == {"retry_after": 1}
    assert telegram.call("getMe")["ok"] and telegram.violations() == []
    assert telegram.send()["description"] == "Too Many Requests: retry after 1" and "came back" in telegram.violations()[0]
    time.sleep(1.01)
    assert telegram.send()["error_code"] == 429 and telegram.violations() == []
    telegram.configure(flood=False)
    assert telegram.send()["ok"] and telegram.violations() == []


def test_an_answer_that_hangs(telegram):
    path = "/bot%s/sendMessage?chat_id=-1001&text=" % TOKEN
    telegram.configure(flood=False, hang=5)
    with pytest.raises(TimeoutError):
        telegram.request("GET", path + "before", timeout=0.2)
    telegram.wait_for_records(1)
    telegram.configure(flood=False, hang_after=5)
    with pytest.raises(TimeoutError):
        telegram.request("GET", path + "after", timeout=0.2)
    telegram.wait_for_records(2)
    telegram.configure(flood=False, hang=0.1)
    telegram.request("GET", path + "patient")
    assert [(r["params"]["text"], r["taken"]) for r in telegram.records()] == [("before", False), ("after", True), ("patient", True)]


def test_a_connection_that_breaks_after_the_message_is_taken(telegram):
    telegram.configure(flood=False, drop_after=True)
    with pytest.raises(ConnectionResetError):
        telegram.send()
    assert [m["text"] for m in chat(telegram.records())] == ["hello"]


# --- what the chat shows

def test_what_the_chat_shows(telegram):
    telegram.send("<b>down</b> &amp; out", parse_mode="HTML", message_thread_id=7)
    telegram.send("reply", disable_notification=True, message_thread_id=7, reply_parameters={"message_id": 1})
    telegram.send("oops")
    telegram.call("editMessageText", chat_id=CHAT, message_id=1, text="<b>up</b>\nagain", parse_mode="HTML")
    telegram.call("deleteMessage", chat_id=CHAT, message_id=3)
    one, two = chat(telegram.records(), CHAT)
    assert (one["text"], one["html"], one["edits"], one["silent"], one["thread"]) == ("up\nagain", "<b>up</b>\nagain", 1, False, 7)
    assert (two["text"], two["html"], two["silent"], two["reply_to"], two["edits"]) == ("reply", "reply", True, 1, 0)
    assert chat(telegram.records(), 42) == []
    done = subprocess.run([sys.executable, STAND_INS / "telegram.py", "show", "--record", telegram.record, str(CHAT)],
                          capture_output=True, text=True, check=True)
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    assert done.stdout.splitlines()[0] == "=== chat -1001"
    assert (lines[1][0], lines[1][2:]) == ("#1", ["topic 7", "edited 1×"]) and lines[2:4] == [["", "", "up"], ["", "", "again"]]
    assert lines[4][2:] == ["🔕", "topic 7", "↩ #1"] and lines[6][2:] == ["deleted"] and lines[7][2] == "o̶o̶p̶s̶"
    assert show(telegram.records()) + "\n" == done.stdout


def test_the_record_is_the_memory(telegram):
    telegram.send("one")
    telegram.stop()
    telegram.start()
    assert telegram.call("editMessageText", chat_id=CHAT, message_id=1, text="uno")["ok"]
    assert telegram.send("two")["result"]["message_id"] == 2
    telegram.record.unlink()
    assert telegram.send("three")["result"]["message_id"] == 1 and len(telegram.records()) == 1


# --- mail

MAIL = ("From: Monitor <monitor@mail.test>\r\nTo: owner@mail.test\r\nSubject: =?utf-8?B?0KHQsNC50YI=?=\r\n"
        "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@mail.test>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n"
        % base64.b64encode("лежит\n.\n".encode()).decode())


@pytest.fixture
def mail(tmp_path):
    stand_in = StandIn(tmp_path, "smtp.py")
    yield stand_in
    stand_in.stop()


@contextlib.contextmanager
def session(mail, login=True):
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=10) as client:
        if login:
            client.login(MAIL_USER, MAIL_PASSWORD)
        yield client


def post(client, text=MAIL, to=("owner@mail.test",)):
    return client.sendmail("monitor@mail.test", list(to), text)


def test_a_mail_is_taken_and_decoded(mail):
    with session(mail) as client:
        post(client)
    got, = mail.records()
    assert (got["from"], got["to"], got["user"], got["subject"], got["body"], got["violations"]) == (
        "monitor@mail.test", ["owner@mail.test"], MAIL_USER, "Сайт", "лежит\n.\n", [])


def test_dots_are_unstuffed_and_bad_habits_told(mail):
    with session(mail) as client:
        post(client, "Subject: x\r\n\r\n.a\r\n..b\r\n" + "y" * 999 + "\r\n")
        client.sendmail("monitor@mail.test", ["owner@mail.test"], "Subject: \u0448\r\n\r\n\u0448".encode())
    first, second = mail.records()
    assert first["body"].startswith(".a\n..b\n")
    assert first["violations"] == ["no From", "no To", "no Date", "no Message-ID", "a line of more than 998 bytes"]
    assert second["violations"][-2:] == ["bytes beyond ASCII in the header", "bytes beyond ASCII in the body without BODY=8BITMIME"]


@pytest.mark.parametrize("kind", ["PLAIN", "LOGIN"])
def test_login(mail, kind):
    with session(mail, login=False) as client:
        assert client.docmd("MAIL", "FROM:<a@mail.test>")[0] == 503
        client.ehlo()
        assert client.docmd("MAIL", "FROM:<a@mail.test>")[0] == 530
        client.user, client.password = MAIL_USER, "wrong"
        authenticate = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}[kind]
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.auth(kind, authenticate)
        client.password = MAIL_PASSWORD
        assert client.auth(kind, authenticate)[0] == 235
        assert client.docmd("RCPT", "TO:<b@mail.test>")[0] == client.docmd("DATA")[0] == 503


def test_mail_that_is_refused(mail):
    mail.configure(replies={"RCPT": "550 5.1.1 No such user"})
    with session(mail) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        post(client)
    mail.configure(size=10)
    with session(mail) as client, pytest.raises(smtplib.SMTPSenderRefused):
        post(client)
    mail.configure(replies={"END": "451 4.3.0 Try again later"}, auth=False)
    with session(mail, login=False) as client, pytest.raises(smtplib.SMTPDataError):
        post(client)
    mail.configure(replies={"GREETING": "421 4.3.2 Busy"})
    with pytest.raises(smtplib.SMTPConnectError), session(mail):
        pass
    assert mail.records() == []
    mail.configure(drop_after=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)), session(mail) as client:
        post(client)
    assert len(mail.records()) == 1
