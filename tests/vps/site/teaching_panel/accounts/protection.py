"""Bot protection and the login lockout, as the site has them: shared state in the cache."""
import hashlib

from django.conf import settings
from django.core.cache import cache

MAX_FAILURES = 5
LOCK_SECONDS = 600
FINGERPRINT_LIMIT = 50
BAN_SECONDS = 3600
WHITELIST = {"127.0.0.1", "localhost", "::1"}


def fingerprint(request, body=None):
    """Without a device fingerprint every client is the same one: the original's weakness, kept."""
    given = request.META.get("HTTP_X_DEVICE_FINGERPRINT") or (body or {}).get("deviceFingerprint") or ""
    return hashlib.sha256(str(given).encode()).hexdigest()[:32]


def client_ip(request):
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[0].strip()
    return forwarded or request.META.get("HTTP_X_REAL_IP") or request.META.get("REMOTE_ADDR", "")


def banned(fp):
    return not settings.DISABLE_BOT_PROTECTION and cache.get("bot:ban:" + fp) is not None


def ban(fp):
    cache.set("bot:ban:" + fp, 1, BAN_SECONDS)


def unban(fp):
    cache.delete("bot:ban:" + fp)


def _bump(key, ttl):
    value = cache.get(key, 0) + 1
    cache.set(key, value, ttl)
    return value


def _mail_key(kind, email):
    return "login:%s:%s" % (kind, hashlib.sha256(email.lower().encode()).hexdigest()[:32])


def locked(email):
    return cache.get(_mail_key("lock", email)) is not None


def unlock(email):
    cache.delete(_mail_key("lock", email))
    cache.delete(_mail_key("failures", email))


def login_failed(email, fp):
    if _bump(_mail_key("failures", email), LOCK_SECONDS) >= MAX_FAILURES:
        cache.set(_mail_key("lock", email), 1, LOCK_SECONDS)
    _bump("bot:failures:" + fp, BAN_SECONDS)


def login_succeeded(email):
    cache.delete(_mail_key("failures", email))


def over_limit(fp):
    return not settings.DISABLE_BOT_PROTECTION and cache.get("bot:failures:" + fp, 0) >= FINGERPRINT_LIMIT
