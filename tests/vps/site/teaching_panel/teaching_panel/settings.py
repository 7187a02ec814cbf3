"""Settings of the stand-in site. Values come from the environment, else from site.env beside manage.py or
/etc/lectio-site.env (so that manage.py works from any shell, as root or as www-data)."""
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


def _env_file():
    values, own = {}, BASE_DIR / "site.env"
    try:
        text = (own if own.exists() else Path("/etc/lectio-site.env")).read_text(encoding="utf-8")
    except OSError:
        return values
    for line in text.splitlines():
        line = line.strip()
        if line and not line.startswith("#") and "=" in line:
            key, value = line.split("=", 1)
            values[key.strip()] = value.strip().strip('"')
    return values


_FILE = _env_file()


def env(key, default=""):
    return os.environ.get(key, _FILE.get(key, default))


def _database(url):
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path[1:] or str(BASE_DIR / "db.sqlite3"),
                "OPTIONS": {"timeout": 20}}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": int(env("CONN_MAX_AGE", "60")),
        "OPTIONS": {"connect_timeout": 3},
    }


SECRET_KEY = env("SECRET_KEY", "stand-in-only")
DEBUG = False
ALLOWED_HOSTS = [h for h in env("ALLOWED_HOSTS", "lectio.test").split(",") if h]
DATABASES = {"default": _database(env("DATABASE_URL", "sqlite:///" + str(BASE_DIR / "db.sqlite3")))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.CustomUser"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "accounts",
    "schedule",
    "homework",
]
MIDDLEWARE = [
    "accounts.middleware.RequestDurationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.middleware.BotProtectionMiddleware",
]
ROOT_URLCONF = "teaching_panel.urls"
WSGI_APPLICATION = "teaching_panel.wsgi.application"
APPEND_SLASH = True
SECURE_SSL_REDIRECT = env("SECURE_SSL_REDIRECT", "1") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^api/health/$"]
USE_TZ = True
TIME_ZONE = "Europe/Moscow"
LANGUAGE_CODE = "en-us"
AUTH_PASSWORD_VALIDATORS = []

FRONTEND_BUILD = env("FRONTEND_BUILD", "/var/www/teaching_panel/frontend/build")
DISABLE_BOT_PROTECTION = env("DISABLE_BOT_PROTECTION", "0") == "1"

# Shared by all workers: throttles, the login lockout and the bans live here.
CACHES = {"default": {
    "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
    "LOCATION": env("CACHE_DIR", "/var/cache/lectio-site"),
    "OPTIONS": {"MAX_ENTRIES": 10000},
}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttles.User", "accounts.throttles.Anon"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env("THROTTLE_USER", "5000/hour"),
        "anon": env("THROTTLE_ANON", "500/hour"),
        "login": env("THROTTLE_LOGIN", "300/hour"),
    },
    "NUM_PROXIES": 1,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=12),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=12),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING")},
}
