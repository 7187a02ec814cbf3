#!/usr/bin/env python3
"""A stand-in for api.telegram.org that keeps the real server's rules, for tests. Standard library only.

  telegram.py --config FILE --record FILE [--listen HOST:PORT] [--cert DIR]   serve; without --cert plain HTTP; port 0: any, printed
  telegram.py show --record FILE [CHAT]                                     what a person would see in the chats

Methods: getMe, getChat, sendMessage, editMessageText, deleteMessage. Every request is one JSON line in --record, without
the token; "violations" are rules broken that Telegram itself passes over or only punishes. Messages live as long as the record:
who removes it begins anew.
--config (read at every request, may be missing; a key that is missing has its default):
  {"tokens": ["..."], "chats": {"-1001": {"type": "supergroup", "title": "...", "forum": true, "topics": [7], "closed_topics": [8]},
                                "42": {"type": "private"}},
   "migrated": {"-5": -1005}, "blocked": {"43": "Forbidden: bot was blocked by the user"},
   "flood": {"per_second": 1, "burst": 3, "per_minute": 20, "retry_after": N},    false: none. A chat gets a message a second after
                            a burst, a group also 20 a minute; else 429 until it has waited. retry_after: a fixed wait.
                            Edits are not counted
   "status": 500, "body": "not JSON",     the answer to everything, nothing is taken
   "retry_after": 30,       429 to all that sends, edits or deletes
   "hang": 30,              seconds before a request is looked at; nothing is taken if the client leaves meanwhile
   "hang_after": 30,        the same after it is taken and recorded
   "drop_after": true,      taken, then the connection is reset
   "fail_first": 2, "only_methods": ["sendMessage"]}      limit the misbehaviour to so many requests, to these methods
The stand-in's own rules, where Telegram drops or replaces something without a word: at most 100 entities, no NUL characters.
It finds no links and mentions in plain text, and knows no Markdown.
"""
import argparse
import html
import json
import math
import os
import re
import select
import socket
import ssl
import struct
import sys
import threading
import time
from email.parser import BytesParser
from email.policy import HTTP
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

TOKEN = "1234567:test-token"
CHAT = -1001
DEFAULTS = {"tokens": [TOKEN], "chats": {str(CHAT): {"type": "supergroup", "title": "Lectio", "forum": True, "topics": [7]}},
            "migrated": {}, "blocked": {}, "flood": {}}
FAULTS = ("status", "body", "retry_after", "hang", "hang_after", "drop_after")
MAX_TEXT, MAX_ENTITIES = 4096, 100
NOT_MODIFIED = ("message is not modified: specified new message content and reply markup are exactly the same as a current content"
                " and reply markup of the message")


class Refused(Exception):
    def __init__(self, status, description, **parameters):
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


def bad_request(text, **parameters):
    return Refused(400, "Bad Request: " + text, **parameters)


# --- text

SPACE = b" \t\r\n\0\v"
TYPES = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline", "s": "strikethrough",
         "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler", "tg-emoji": "custom_emoji",
         "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote"}
SPLITTABLE = {"bold", "italic", "underline", "strikethrough", "spoiler"}
PLAIN = re.compile(rb"[^<&]*")
NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}


def units(text):
    """Length in UTF-16 code units: what Telegram counts in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def character(data, at):
    """The entity that begins at this "&", and where it ends; nothing if it is none."""
    match = re.compile(rb"&#x([0-9a-fA-F]*);?|&#([0-9]*);?|&([a-zA-Z]*);?").match(data, at)
    if not match:
        return None
    sixteen, ten, name = match.groups()
    if name is not None:
        return (NAMED[name].encode(), match.end()) if name in NAMED else None
    if len(match.group().rstrip(b";")) >= 10:
        return None
    code = int(sixteen or b"0", 16) if sixteen is not None else int(ten or b"0")
    if not 0 < code < 0x10ffff:
        return None
    return chr(code).encode("utf-8", "surrogatepass"), match.end()


def checked_link(url):
    """As Telegram would open it; empty if it would drop the link."""
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", url) or re.match(r"[^/?#]*:[0-9]", url):
        url = "http://" + url
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme in ("tg", "ton", "tonsite"):
        return url
    if parts.scheme not in ("http", "https", "ftp") or "." not in (parts.hostname or "").strip("."):
        return ""
    return url if parts.path else parts._replace(path="/").geturl()


def parse_html(source):
    """bytes -> plain text, entities, what was dropped."""
    def refuse(text, *values):
        raise bad_request("can't parse entities: " + text % values)

    data, out, offset, i = source + b"\0", bytearray(), 0, 0
    entities, stack, dropped = [], [], []

    def until(stop, at):
        while data[at] not in SPACE + stop:
            at += 1
        return at

    def past_space(at):
        while data[at] in SPACE and data[at]:
            at += 1
        return at

    def attributes(tag, at, begin):
        found = {}
        while data[at] != ord(">"):
            at = past_space(at)
            if data[at] == ord(">"):
                break
            end = until(b"=>/\"'", at)
            name = data[at:end].decode()
            if not name:
                refuse('Empty attribute name in the tag "%s" at byte offset %d', tag, begin)
            at = past_space(end)
            if data[at] != ord("="):
                if not data[at]:
                    refuse('Unclosed start tag "%s" at byte offset %d', tag, begin)
                found[name] = ""
                continue
            at = past_space(at + 1)
            if not data[at]:
                refuse('Unclosed start tag "%s" at byte offset %d', tag, begin)
            if data[at] in b"\"'":
                quote, value, at = data[at], bytearray(), at + 1
                while data[at] and data[at] != quote:
                    decoded = character(data, at) if data[at] == ord("&") else None
                    piece, at = decoded or (data[at:at + 1], at + 1)
                    value += piece
                at += data[at] == quote
            else:
                start = at
                at = re.compile(rb"[A-Za-z0-9.-]*").match(data, at).end()
                value = data[start:at].lower()
                if data[at] not in SPACE + b">":
                    refuse("Unexpected end of name token at byte offset %d", start)
            found[name] = bytes(value).decode("utf-8", "replace")
            if not data[at]:
                refuse("Unclosed start tag at byte offset %d", begin)
        return found, at

    while i < len(source):
        if data[i] == ord("&"):
            decoded = character(data, i)
            if decoded:
                out += decoded[0]
                offset += units(decoded[0].decode("utf-8", "surrogatepass"))
                i = decoded[1]
                continue
        if data[i] != ord("<"):
            stop = PLAIN.match(source, i + 1).end()
            out += source[i:stop]
            offset += units(source[i:stop].decode())
            i = stop
            continue
        begin = i
        i += 1
        if data[i] != ord("/"):
            i = until(b">", i)
            if not data[i]:
                refuse("Unclosed start tag at byte offset %d", begin)
            tag = data[begin + 1:i].decode().lower()
            if tag not in TYPES:
                refuse('Unsupported start tag "%s" at byte offset %d', tag, begin)
            found, i = attributes(tag, i, begin)
            if tag == "span" and found.get("class") != "tg-spoiler":
                refuse('Tag "span" must have class "tg-spoiler" at byte offset %d', begin)
            stack.append((tag, found, offset, len(out)))
        else:
            if not stack:
                refuse("Unexpected end tag at byte offset %d", begin)
            i = until(b">", i)
            name = data[begin + 2:i].decode().lower()
            i = past_space(i)
            if data[i] != ord(">"):
                refuse("Unclosed end tag at byte offset %d", begin)
            tag, found, start, out_start = stack.pop()
            if name and name != tag:
                refuse('Unmatched end tag at byte offset %d, expected "</%s>", found "</%s>"', begin, tag, name)
            if offset > start:
                entity = {"type": TYPES[tag], "offset": start, "length": offset - start}
                last = entities[-1] if entities else {}
                same = (last.get("offset"), last.get("length")) == (start, offset - start)
                language = found.get("class", "")[9:] if tag == "code" and found.get("class", "").startswith("language-") else ""
                if tag == "a":
                    target = found.get("href") or bytes(out[out_start:]).decode("utf-8", "replace")
                    entity["url"] = checked_link(target)
                    if not entity["url"]:
                        dropped.append("Telegram drops the link to " + target)
                        entity = None
                elif tag == "tg-emoji":
                    if not re.fullmatch(r"-?[0-9]+", found.get("emoji-id", "")) or not int(found["emoji-id"]):
                        refuse("Invalid custom emoji identifier specified")
                    entity["custom_emoji_id"] = found["emoji-id"]
                elif tag == "blockquote" and "expandable" in found:
                    entity["type"] = "expandable_blockquote"
                elif tag == "pre" and same and last["type"] == "code" and last.get("language"):
                    last["type"], entity = "pre", None
                elif tag == "code" and same and last["type"] == "pre" and language:
                    last["language"], entity = language, None
                elif language:
                    entity["language"] = language
                if entity:
                    entities.append(entity)
        i += 1
    if stack:
        refuse('Can\'t find end tag corresponding to start tag "%s"', stack[-1][0])
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    try:
        text = bytes(out).decode()
    except UnicodeDecodeError:
        refuse("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units")
    return text, entities, dropped


def end(entity):
    return entity["offset"] + entity["length"]


def nested(entities):
    """The entities that Telegram leaves, and what it takes away: code, pre and links hold and meet nothing of one another,
    a blockquote no blockquote; bold and the like go around code and pre."""
    entities = sorted(entities, key=lambda e: (e["offset"], -e["length"]))
    broken, kept = [], []
    for kind in ("blockquote", "continuous"):
        last = 0
        for entity in entities:
            quote = entity["type"].endswith("blockquote")
            if entity["type"] in SPLITTABLE or quote != (kind == "blockquote"):
                continue
            holds_quote = not quote and any(q["type"].endswith("blockquote") and entity["offset"] <= q["offset"] < end(entity)
                                            and end(q) <= end(entity) and q["length"] < entity["length"] for q in kept)
            if entity["offset"] < last or holds_quote:
                broken.append("Telegram drops %s that is inside or around another entity" % entity["type"])
                continue
            kept.append(entity)
            last = end(entity)
    kept_whole = list(kept)
    solid = sorted((e for e in kept if e["type"] in ("code", "pre")), key=lambda e: e["offset"])
    for entity in entities:
        if entity["type"] not in SPLITTABLE:
            continue
        at, pieces = entity["offset"], []
        for hole in solid:
            if hole["offset"] < end(entity) and end(hole) > at:
                pieces.append((at, hole["offset"]))
                at = end(hole)
        pieces.append((at, end(entity)))
        if len(pieces) > 1:
            broken.append("Telegram takes %s away from code and pre" % entity["type"])
        for a, b in (p for p in pieces if p[0] < p[1]):
            cuts = sorted({a, b} | {edge for k in kept_whole for edge in (k["offset"], end(k)) if a < edge < b
                                    and not (a <= k["offset"] and end(k) <= b)})
            kept += [dict(entity, offset=x, length=y - x) for x, y in zip(cuts, cuts[1:])]
    return sorted(kept, key=lambda e: (e["offset"], -e["length"])), broken


def tidy(text, entities):
    """Control characters become spaces, space at both ends goes."""
    first = min((e["offset"] for e in entities), default=math.inf)
    out, where, offset, new, begun = [], {}, 0, 0, False
    for c in text.rstrip(SPACE.decode()):
        where[offset] = new
        begun = begun or offset >= first or c not in SPACE.decode()
        size = 2 if c > "\uffff" else 1
        offset += size
        kept = "" if c == "\r" or not begun else " " if c < " " and c not in "\n\t" else c
        out.append(kept)
        new += size if kept else 0
    moved = []
    for entity in entities:
        start, stop = where.get(entity["offset"], new), where.get(end(entity), new)
        if stop > start:
            moved.append(dict(entity, offset=start, length=stop - start))
    return "".join(out), moved


def parsed(source, mode, violations):
    """Text and entities of a message, as Telegram takes them."""
    if not source:
        raise bad_request("message text is empty")
    entities = []
    if mode and mode.lower() not in ("html", "none"):
        raise bad_request("unsupported parse_mode")
    text = source
    if mode and mode.lower() == "html":
        text, entities, dropped = parse_html(source.encode())
        violations += dropped
        entities, broken = nested(entities)
        violations += broken
    text, entities = tidy(text, entities)
    if not text:
        raise bad_request("text must be non-empty")
    if len(entities) > MAX_ENTITIES:
        violations.append("%d entities" % len(entities))
        raise bad_request("too many entities: %d (this stand-in's rule, Telegram drops them)" % len(entities))
    return text, entities


# --- what the chats show

def apply(shown, event):
    """One record; shown is {chat: {message id: message}}."""
    if not event["taken"]:
        return
    messages, number = shown.setdefault(event["chat_id"], {}), event["message_id"]
    if event["method"] == "sendmessage":
        messages[number] = {"chat": event["chat_id"], "id": number, "text": event["text"], "html": event["html"],
                            "entities": event["entities"], "edits": 0, "silent": event["silent"], "reply_to": event["reply_to"],
                            "thread": event["thread"], "date": event["date"], "deleted": False}
    elif event["method"] == "editmessagetext":
        message = messages[number]
        message.update(text=event["text"], html=event["html"], entities=event["entities"], edits=message["edits"] + 1)
    elif event["method"] == "deletemessage":
        messages[number]["deleted"] = True


def read_record(path):
    try:
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f]
    except FileNotFoundError:
        return []


def chat(records, chat=None, deleted=False):
    """Messages in the order they came, as they read now."""
    shown = {}
    for event in records:
        apply(shown, event)
    found = [m for number, messages in shown.items() if chat in (None, number) for m in messages.values()]
    return sorted((m for m in found if deleted or not m["deleted"]), key=lambda m: (m["date"], m["id"]))


def show(records, only=None):
    lines, last = [], None
    for m in sorted(chat(records, only, deleted=True), key=lambda m: m["chat"]):
        if m["chat"] != last:
            lines.append("=== chat %d" % m["chat"])
            last = m["chat"]
        head = ["#%d" % m["id"], time.strftime("%H:%M:%S", time.localtime(m["date"]))]
        for mark, value in (("🔕", m["silent"]), ("topic %d", m["thread"]), ("↩ #%d", m["reply_to"]), ("edited %d×", m["edits"]),
                            ("deleted", m["deleted"])):
            if value:
                head.append(mark % value if "%" in mark else mark)
        lines.append("  ".join(head))
        for line in m["text"].split("\n"):
            if m["deleted"]:
                line = "".join(c + "\u0336" for c in line)
            lines.append("    " + line)
    return "\n".join(lines)


# --- the server

lock = threading.Lock()


class Bot:
    """All that is remembered between requests; used under the lock."""

    def __init__(self, records):
        self.shown = {}
        for event in records:
            apply(self.shown, event)
        self.level, self.times, self.waits = {}, {}, {}
        self.forced_until, self.failures, self.config_seen = 0, 0, None

    def too_fast(self, rule, number, violations):
        """Seconds to wait, or None; then the message is counted."""
        now = time.monotonic()
        if now < self.waits.get(number, 0):
            left = self.waits[number] - now
            violations.append("came back %.1f s too early" % left)
            return math.ceil(left)
        if rule is False:
            return None
        rate, burst, per_minute = rule.get("per_second", 1), rule.get("burst", 3), rule.get("per_minute", 20)
        level, stamp = self.level.get(number, (burst, now))
        level = min(burst, level + (now - stamp) * rate)
        recent = [t for t in self.times.get(number, []) if t > now - 60]
        wait = (1 - level) / rate if level < 1 else 0
        if number < 0 and len(recent) >= per_minute:
            wait = max(wait, recent[-per_minute] + 60 - now)
        if wait > 0:
            wait = math.ceil(rule.get("retry_after", wait))
            self.waits[number] = now + wait
            return wait
        self.level[number] = (level - 1, now)
        self.times[number] = recent + [now]
        return None

    def misbehaviour(self, config, text, method, violations):
        """The part of the configuration that makes this request fail."""
        if text != self.config_seen:
            self.config_seen, self.failures, self.forced_until = text, 0, 0
        faults = {k: config[k] for k in FAULTS if k in config}
        if method not in [m.lower() for m in config.get("only_methods", [method])]:
            return {}
        writes = method in ("sendmessage", "editmessagetext", "deletemessage")
        if not writes:
            faults.pop("retry_after", None)
        early = writes and time.monotonic() < self.forced_until
        if early:
            left = self.forced_until - time.monotonic()
            violations.append("came back %.1f s too early" % left)
            return {"retry_after": math.ceil(left)}
        if not faults or ("fail_first" in config and self.failures >= config["fail_first"]):
            return {}
        self.failures += 1
        if "retry_after" in faults:
            self.forced_until = time.monotonic() + faults["retry_after"]
        return faults


def too_many(seconds):
    return Refused(429, "Too Many Requests: retry after %d" % seconds, retry_after=seconds)


def number(value):
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def truth(value):
    return str(value).lower() in ("true", "yes", "1")


def find_chat(config, params):
    """(id, what is known of it)"""
    name = str(params.get("chat_id", ""))
    if not name:
        raise bad_request("chat_id is empty")
    if name in config["migrated"]:
        raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=config["migrated"][name])
    for key, known in config["chats"].items():
        if name == key or (name.startswith("@") and name[1:].lower() == known.get("username", "").lower()):
            return int(key), known
    if name in map(str, config["migrated"].values()):
        return int(name), {"type": "supergroup"}
    if name in config["blocked"]:
        return int(name), {"type": "private" if int(name) > 0 else "group"}
    raise bad_request("chat not found")


def chat_object(number, known):
    kind = known.get("type", "private")
    shape = {"id": number, "type": kind}
    shape.update({"first_name": known.get("title", "Somebody")} if kind == "private" else {"title": known.get("title", "A chat")})
    if known.get("username"):
        shape["username"] = known["username"]
    if known.get("forum"):
        shape["is_forum"] = True
    return shape


def bot_object(token):
    return {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Stand-in", "username": "stand_in_bot"}


def message_object(token, known, message, messages):
    shape = {"message_id": message["id"], "from": bot_object(token), "chat": chat_object(message["chat"], known), "date": message["date"],
             "text": message["text"]}
    if message["entities"]:
        shape["entities"] = message["entities"]
    if message["thread"]:
        shape.update(message_thread_id=message["thread"], is_topic_message=True)
    if message["edits"]:
        shape["edit_date"] = int(time.time())
    if message["reply_to"]:
        shape["reply_to_message"] = message_object(token, known, dict(messages[message["reply_to"]], reply_to=None), messages)
    return shape


def reply_wanted(params):
    """(message id, may be missing)"""
    reply = params.get("reply_parameters")
    if isinstance(reply, str):
        try:
            reply = json.loads(reply)
        except ValueError:
            raise bad_request("can't parse reply parameters JSON object") from None
    if reply is None:
        reply = {"message_id": params.get("reply_to_message_id"), "allow_sending_without_reply": params.get("allow_sending_without_reply")}
    if not isinstance(reply, dict):
        raise bad_request("object expected as reply parameters")
    return number(reply.get("message_id")), truth(reply.get("allow_sending_without_reply"))


def perform(bot, config, token, method, params, event):
    """The result; fills the record in. Raises Refused."""
    violations = event["violations"]
    if method == "getme":
        return dict(bot_object(token), can_join_groups=True, can_read_all_group_messages=False, supports_inline_queries=False)
    if method not in ("getchat", "sendmessage", "editmessagetext", "deletemessage"):
        raise Refused(404, "Not Found")
    if method in ("sendmessage", "editmessagetext"):
        source, mode = str(params.get("text", "")), str(params.get("parse_mode") or "")
        text, entities = parsed(source, mode, violations)
        event.update(text=text, entities=entities, html=source if mode.lower() == "html" else html.escape(source, quote=False))
    chat_number, known = find_chat(config, params)
    event["chat_id"] = chat_number
    if method == "getchat":
        return dict(chat_object(chat_number, known), accent_color_id=0, max_reaction_count=11)
    if str(chat_number) in config["blocked"]:
        raise Refused(403, config["blocked"][str(chat_number)])
    messages = bot.shown.get(chat_number, {})
    message_id = number(params.get("message_id"))
    if method == "sendmessage":
        thread = number(params.get("message_thread_id"))
        if thread and known.get("forum") and thread in known.get("closed_topics", []):
            raise bad_request("TOPIC_CLOSED")
        if thread and not (known.get("forum") and thread in known.get("topics", [])):
            raise bad_request("message thread not found")
        reply_to, optional = reply_wanted(params)
        target = messages.get(reply_to)
        if reply_to and (not target or target["deleted"]):
            if not optional:
                raise bad_request("message to be replied not found")
            reply_to = 0
        elif reply_to and target["thread"] != (thread or None):
            violations.append("replies to a message of another topic")
        event.update(message_id=max(messages, default=0) + 1, date=int(time.time()), silent=truth(params.get("disable_notification")),
                     thread=thread or None, reply_to=reply_to or None)
    else:
        verb = "edit" if method == "editmessagetext" else "delete"
        if not message_id:
            raise bad_request("message identifier is not specified")
        if message_id not in messages or messages[message_id]["deleted"]:
            raise bad_request("message to %s not found" % verb)
        event["message_id"] = message_id
    if method != "deletemessage" and units(event["text"]) > MAX_TEXT:
        raise bad_request("message is too long")
    if method == "editmessagetext" and (messages[message_id]["text"], messages[message_id]["entities"]) == (text, entities):
        raise bad_request(NOT_MODIFIED)
    if method == "sendmessage":
        wait = bot.too_fast(config["flood"], chat_number, violations)
        if wait:
            raise too_many(wait)
    event["taken"] = True
    apply(bot.shown, event)
    if method == "deletemessage":
        return True
    messages = bot.shown[chat_number]
    return message_object(token, known, messages[event["message_id"]], messages)


def check_strings(value, event):
    if isinstance(value, dict):
        for key, inner in value.items():
            check_strings(key, event)
            check_strings(inner, event)
    elif isinstance(value, list):
        for inner in value:
            check_strings(inner, event)
    elif isinstance(value, str):
        if "\0" in value:
            event["violations"].append("a NUL character")
            raise bad_request("strings must be encoded in UTF-8")
        if re.search("[\ud800-\udfff]", value):
            raise bad_request("strings must be encoded in UTF-8")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    wbufsize = -1  # head and body in one piece: else a kept connection waits 40 ms for the body

    def setup(self):
        self.request.settimeout(60)
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def log_message(self, *args):
        pass

    def config(self):
        try:
            with open(self.server.config, encoding="utf-8") as f:
                text = f.read()
            return {**DEFAULTS, **json.loads(text)}, text
        except (OSError, ValueError):
            return dict(DEFAULTS), ""

    def answer(self):
        config, config_text = self.config()
        body = self.read_body()
        url = urlsplit(self.path)
        match = re.fullmatch(r"/bot([^/]*)/([^/]*)", unquote(url.path))
        token, method = match.groups() if match else ("", "")
        event = {"time": time.time(), "method": method.lower(), "chat_id": None, "params": {}, "status": None, "description": "",
                 "taken": False, "violations": [], "user_agent": self.headers.get("User-Agent", "")}
        with lock:
            bot = self.server.current()
            faults = bot.misbehaviour(config, config_text, event["method"], event["violations"])
        params, problem = {}, None
        try:
            params = event["params"] = self.params(url.query, body)
            event["chat_id"] = number(params.get("chat_id")) or params.get("chat_id")
        except Refused as refused:
            problem = refused
        if "hang" in faults and self.client_left(faults["hang"]):
            event["description"] = "the client left"
            with lock:
                return self.record(bot, event)
        reply, raw = None, None
        with lock:
            try:
                if "status" in faults or "body" in faults:
                    event["status"], raw = faults.get("status", 200), faults.get("body")
                    if raw is None:
                        raise Refused(event["status"], responses.get(event["status"], "Error"))
                else:
                    if "retry_after" in faults:
                        raise too_many(faults["retry_after"])
                    if not match or not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token):
                        raise Refused(404, "Not Found")
                    if token not in config["tokens"]:
                        raise Refused(401, "Unauthorized")
                    if problem:
                        raise problem
                    check_strings(params, event)
                    reply = {"ok": True, "result": perform(bot, config, token, event["method"], params, event)}
                    event["status"] = 200
            except Refused as refused:
                event["status"], event["description"] = refused.status, refused.description
                reply = {"ok": False, "error_code": refused.status, "description": refused.description}
                if refused.parameters:
                    reply["parameters"] = refused.parameters
            self.record(bot, event)
        if faults.get("drop_after"):
            return self.reset()
        if "hang_after" in faults and self.client_left(faults["hang_after"]):
            return None
        return self.send(event["status"], raw, reply)

    do_GET = do_POST = answer

    def send(self, status, raw, reply):
        data = (raw if raw is not None else json.dumps(reply, ensure_ascii=False, separators=(",", ":"))).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if raw is not None else "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 429 and raw is None and "parameters" in reply:
            self.send_header("Retry-After", str(reply["parameters"]["retry_after"]))
        self.end_headers()
        self.wfile.write(data)

    def record(self, bot, event):
        if bot is not self.server.current():
            return
        # A half of a surrogate pair in it becomes its JSON escape.
        with open(self.server.record, "a", encoding="utf-8", errors="backslashreplace") as f:
            f.write(json.dumps(event, ensure_ascii=False) + "\n")

    def client_left(self, seconds):
        """Waits that long; whoever waits for an answer says nothing meanwhile."""
        left = bool(select.select([self.connection], [], [], seconds)[0])
        self.close_connection = self.close_connection or left
        return left

    def reset(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def params(self, query, body):
        def pairs(text):
            return dict(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))
        found = pairs(query)
        kind = self.headers.get("Content-Type", "")
        if not body:
            return found
        if kind.startswith("application/json"):
            try:
                more = json.loads(body.decode("utf-8", "surrogateescape"))
            except ValueError:
                raise bad_request("can't parse JSON object") from None
            if not isinstance(more, dict):
                raise bad_request("JSON object expected")
            return {**found, **{k: v for k, v in more.items() if v is not None}}
        if kind.startswith("multipart/form-data"):
            form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            return {**found, **{part.get_param("name", header="content-disposition"):
                                part.get_payload(decode=True).decode("utf-8", "surrogateescape") for part in form.iter_parts()}}
        return {**found, **pairs(body.decode("utf-8", "surrogateescape"))}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def current(self):
        """All begins anew when the record was removed; call it under the lock."""
        if not os.path.exists(self.record):
            with open(self.record, "w", encoding="utf-8"):
                self.bot = Bot([])
        return self.bot

    def handle_error(self, request, client_address):
        pass


def main():
    if sys.argv[1:2] == ["show"]:
        parser = argparse.ArgumentParser(prog="telegram.py show", description="What a person would see in the chats.")
        parser.add_argument("--record", required=True)
        parser.add_argument("chat", nargs="?", type=int)
        args = parser.parse_args(sys.argv[2:])
        print(show(read_record(args.record), args.chat))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.4:443")
    parser.add_argument("--cert", help="directory with fullchain.pem and privkey.pem; without it plain HTTP")
    parser.add_argument("--config", required=True)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    host, port = args.listen.rsplit(":", 1)
    server = Server((host, int(port)), Handler)
    if args.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert + "/fullchain.pem", args.cert + "/privkey.pem")
        context.set_alpn_protocols(["http/1.1"])
        # The handshake happens in the connection's own thread: a silent client holds up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.config, server.record, server.bot = args.config, args.record, Bot(read_record(args.record))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
