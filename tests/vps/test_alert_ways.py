"""Where messages go, and what is told when all is well: topics, the second way, the old bot, the proof of life."""
import time

import pytest

from alerts_rig import alerting, mail_url
from faults import CHAT, MAIL_PASSWORD, TOKEN
from rig import while_done

pytest_plugins = "green_server"

DAY = 86400
TOPICS = {"ERRORS_TOPIC_CRITICAL": "7", "ERRORS_TOPIC_WARNING": "8", "ERRORS_TOPIC_INFO": "9"}


def outage(alerts, fault):
    """From its first run until it is told as over."""
    with fault:
        for _ in range(2):
            alerts.both()
    for _ in range(2):
        alerts.both()
    assert alerts.status()["incidents"] == []


def use_topics(server, *topics):
    server.telegram(flood=False, chats={str(CHAT): {"type": "supergroup", "forum": True, "topics": list(topics)}})


def test_all_is_told_in_the_topic(server, config):
    with alerting(server, config, ERRORS_TOPIC_ID="7") as alerts:
        outage(alerts, server.certificate("expired"))
        opened, recovery = alerts.chat()
        assert (opened["thread"], recovery["thread"], recovery["reply_to"]) == (7, 7, opened["id"])
        assert alerts.violations() == []


@pytest.mark.parametrize("topic, fault", [
    (7, lambda s: s.certificate("expired")),
    (8, lambda s: s.api_500("/api/groups/")),
    (9, lambda s: s.api_500("/api/gradebook/")),
], ids=["critical", "warning", "info"])
def test_each_importance_has_its_topic(server, config, topic, fault):
    with alerting(server, config, **TOPICS) as alerts:
        use_topics(server, 7, 8, 9)
        outage(alerts, fault(server))
        opened, recovery = alerts.chat()
        assert (opened["thread"], recovery["thread"], recovery["reply_to"]) == (topic, topic, opened["id"])
        assert opened["silent"] == recovery["silent"] == (topic == 9)
        assert alerts.violations() == []


def test_its_own_topic_goes_before_the_common_one(server, config):
    with alerting(server, config, ERRORS_TOPIC_ID="7", ERRORS_TOPIC_WARNING="8") as alerts:
        use_topics(server, 7, 8)
        outage(alerts, server.api_500("/api/groups/"))
        outage(alerts, server.certificate("expired"))
        assert [message["thread"] for message in alerts.chat()] == [8, 8, 7, 7]


def test_a_topic_that_is_gone_keeps_nothing_back(server, config):
    with alerting(server, config, ERRORS_TOPIC_ID="99") as alerts:
        with server.certificate("expired"):
            assert "no topic 99" in alerts.tool("health_check").err
            opened, = alerts.chat()
            assert opened["thread"] is None and "ертификат" in opened["text"]
        for _ in range(3):
            alerts.both()
        opened, recovery = alerts.chat()
        assert recovery["reply_to"] == opened["id"]


def test_what_telegram_does_not_take_goes_out_by_mail_once(server, config):
    with alerting(server, config, ALERT_FALLBACK_URL=mail_url(), ALERT_FALLBACK_AFTER="2") as alerts:
        server.mail()
        with server.certificate("expired"):
            with server.telegram_refused():
                alerts.tool("health_check")
                alerts.clock(60)
                time.sleep(2.1)
                for _ in range(3):
                    alerts.tool("health_check")
                mail, = server.mails()
                assert "ертификат" in mail["subject"] and "ертификат" in mail["body"], mail
                assert "Что делать" in mail["body"] and "<code>" not in mail["body"], mail
                assert mail["to"] == ["owner@mail.test"] and mail["tls"] and mail["violations"] == [], mail
            alerts.clock(3600)  # the back-off is over
            for _ in range(2):
                alerts.tool("health_check")
            opened, = alerts.chat()
            assert "ертификат" in opened["text"] and not opened["silent"], opened
        for _ in range(2):
            alerts.tool("health_check")
        assert len(alerts.chat()) == 2
        assert len(server.mails()) == 1, "Telegram is back: the end is told there only"
        assert alerts.status()["waiting"] == 0


def test_an_end_that_telegram_does_not_take_goes_out_by_mail_too(server, config):
    with alerting(server, config, ALERT_FALLBACK_URL=mail_url(), ALERT_FALLBACK_AFTER="2") as alerts:
        server.mail()
        with server.telegram_refused():
            with server.certificate("expired"):
                alerts.tool("health_check")
                time.sleep(2.1)
                alerts.tool("health_check")
            for _ in range(2):
                alerts.tool("health_check")
            time.sleep(2.1)
            alerts.tool("smoke_check")
            told, ended = server.mails()
            assert "уже работает" not in told["body"] and "уже работает" in ended["subject"], (told, ended)
        alerts.clock(3600)
        alerts.tool("health_check")
        whole, = alerts.chat()
        assert "уже работает" in whole["text"]
        assert len(server.mails()) == 2


def test_a_short_absence_is_no_reason_for_a_mail(server, config):
    with alerting(server, config, ALERT_FALLBACK_URL=mail_url()) as alerts:
        server.mail()
        with server.certificate("expired"), server.telegram_refused():
            for _ in range(3):
                alerts.tool("health_check")
        assert server.mails() == []


def test_mail_that_is_refused_loses_nothing(server, config):
    with alerting(server, config, ALERT_FALLBACK_URL=mail_url(), ALERT_FALLBACK_AFTER="1") as alerts:
        server.mail()
        with server.certificate("expired"), server.telegram_refused():
            with server.mail_refused():
                alerts.tool("health_check")
                time.sleep(1.1)
                run = alerts.tool("health_check")
                assert "mail.test" in run.err and MAIL_PASSWORD not in run.err, run.err
            alerts.tool("health_check")
            assert len(server.mails()) == 1


@pytest.mark.parametrize("often, days", [("weekly", 7), ("daily", 1)])
def test_a_word_of_life_once_in_its_time(server, config, often, days):
    with alerting(server, config, ALERT_PROOF_OF_LIFE=often) as alerts:
        alerts.both()
        alerts.clock(days * DAY - 120)
        alerts.both()
        assert alerts.chat() == []
        for period in (1, 2):
            alerts.clock(period * (days * DAY + 60))  # from the first word on, however late its run was
            for _ in range(2):
                alerts.both()
            chat = alerts.chat()
            assert len(chat) == period, [message["text"] for message in chat]
        assert all("всё работает" in message["text"] and "0 инцидентов" in message["text"] for message in chat), chat
        assert all(message["silent"] and message["reply_to"] is None for message in chat)
        assert alerts.violations() == []


def test_a_word_of_life_counts_what_there_was(server, config):
    with alerting(server, config) as alerts:
        outage(alerts, server.certificate("expired"))
        alerts.clock(7 * DAY + 60)
        alerts.both()
        assert "1 инцидент с прошлого" in alerts.chat()[-1]["text"], alerts.chat()


def test_no_word_of_life_when_switched_off(server, config):
    with alerting(server, config, ALERT_PROOF_OF_LIFE="off") as alerts:
        for day in (0, 8, 16):
            alerts.clock(day * DAY)
            alerts.both()
        assert alerts.chat() == []


OLD_KEYS = {"ERRORS_BOT_TOKEN": None, "ERRORS_CHAT_ID": None, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": str(CHAT)}


def test_the_old_bot_still_tells(server, config):
    with alerting(server, config, **OLD_KEYS) as alerts:
        outage(alerts, server.certificate("expired"))
        assert len(alerts.chat()) == 2


def test_the_old_bot_is_warned_of_where_a_person_looks(server, config):
    with alerting(server, config, **OLD_KEYS) as alerts:
        for flag in ("-v", "--check-config"):
            run = alerts.tool("health_check", flag)
            assert "TELEGRAM_BOT_TOKEN, the site's own bot" in run.out + run.err, run


def test_the_old_bot_is_warned_of_in_every_run(server, config):
    with alerting(server, config, **OLD_KEYS) as alerts:
        for _ in range(2):
            run = alerts.tool("health_check")
            assert run.rc == 1 and "TELEGRAM_BOT_TOKEN" in run.out + run.err, run


def test_a_run_that_its_checks_use_up_still_tells(server, config):
    """Everything hangs, and the time-outs are longer than the run may be."""
    with alerting(server, config, HTTP_TIMEOUT="60", CONNECT_TIMEOUT="60", ALERT_BUDGET="4") as alerts:
        with server.black_hole(), while_done(server, "systemctl stop teaching_panel", "systemctl start teaching_panel"):
            run = alerts.tool("health_check", "--deadline", "9")
            assert run.rc == 2 and "not told yet" not in run.err, run
            assert len(alerts.chat()) == 1, alerts.chat()
