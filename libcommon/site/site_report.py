"""What the site's own code says of itself: does it import, does the database answer, which migrations wait. Changes
nothing. `request` is {"path": directory of manage.py, "closely": look at the database closely}."""
import json
import os
import re
import sys
import traceback

LARGEST_LOOKED_AT = 200 << 20  # bytes of SQLite: it lets nobody write meanwhile
report = {}


def fail(code, reason):
    report.update(code=code, reason=reason)


def secrets(name, value):
    """Whatever settings call one: what the site's code complains of may quote it."""
    if isinstance(value, dict):
        for key in value:
            yield from secrets(str(key), value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets(name, item)
    elif isinstance(value, (str, bytes)) and re.search("API|TOKEN|KEY|SECRET|PASS|_URL|DSN", name, re.IGNORECASE):
        if len(value) >= 4:
            yield value if isinstance(value, str) else value.decode("utf-8", "replace")


def words_of(error):
    return (str(error).strip() or repr(error)).splitlines()[0]


def last_words():
    """Of the exception at hand, and where in the site's own code it came up."""
    lines = traceback.format_exc().strip().splitlines()
    where = [line.strip() for line in lines if line.lstrip().startswith("File ") and request["path"] in line]
    return " ".join([lines[-1]] + where[-1:])


def look_at_sqlite(cursor):
    if report["bytes"] > LARGEST_LOOKED_AT:
        report["integrity_limit_mb"] = LARGEST_LOOKED_AT >> 20
        return
    try:
        cursor.execute("PRAGMA quick_check(1)")
        said = cursor.fetchone()[0]
    except Exception as error:
        said = words_of(error)
        if "malformed" not in said and "not a database" not in said:  # SQLITE_CORRUPT, SQLITE_NOTADB
            raise
    report["damage"] = "" if said == "ok" else " ".join(said.split())


def look_closely(vendor, cursor):
    if vendor == "postgresql":
        # Of every role: who is no superuser sees no other's kind in pg_stat_activity.
        cursor.execute("SELECT sum(numbackends)::int, current_setting('max_connections')::int"
                       " - current_setting('superuser_reserved_connections')::int FROM pg_stat_database")
        report["connections"], report["most_connections"] = cursor.fetchone()
    elif vendor == "sqlite":
        look_at_sqlite(cursor)


def look():
    sys.path.insert(0, request["path"])
    import django

    try:
        from django.conf import settings

        for name in dir(settings):
            if name.isupper():
                report.setdefault("secrets", []).extend(secrets(name, getattr(settings, name)))
        django.setup()
        from django.core.checks import Error, run_checks
        from django.urls import get_resolver
        from django.utils.module_loading import import_string

        get_resolver().url_patterns
        if settings.WSGI_APPLICATION:
            import_string(settings.WSGI_APPLICATION)
        errors = [str(message) for message in run_checks() if message.level >= 40 and not message.is_silenced()]
        if errors:
            return fail("deploy_check_failed", errors[0])
    except BaseException:
        return fail("deploy_import_failed", last_words())

    from django.apps import apps
    from django.db import Error, ProgrammingError, connection
    from django.db.migrations.executor import MigrationExecutor

    values = connection.settings_dict
    report["engine"] = connection.vendor
    report["name"] = str(values["NAME"])
    for key in ("USER", "PASSWORD", "HOST", "PORT"):
        report[key.lower()] = str(values.get(key) or "")
    if connection.vendor == "sqlite":
        # The file itself: the name may count from here, and the tree that is looked at has but a link to it.
        report["name"] = os.path.realpath(report["name"])
        if not os.path.exists(report["name"]):  # asking it would make an empty one
            return fail("deploy_database_away", "there is no %s" % report["name"])
    if settings.STATIC_ROOT and apps.is_installed("django.contrib.staticfiles"):
        report["static"] = os.path.abspath(settings.STATIC_ROOT)
    try:
        report["bytes"] = os.path.getsize(report["name"]) if connection.vendor == "sqlite" else 0
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_database_size(current_database())")
                report["bytes"] = cursor.fetchone()[0]
            if request["closely"]:
                look_closely(connection.vendor, cursor)
    except Exception as error:
        return fail("deploy_database_away", words_of(error))
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        report["pending"] = ["%s.%s" % (migration.app_label, migration.name) for migration, _ in plan]
    except BaseException as error:
        is_away = isinstance(error, Error) and not isinstance(error, ProgrammingError) and not report.get("damage")
        if is_away:
            return fail("deploy_database_away", words_of(error))
        fail("deploy_migrations_broken", last_words())


look()
sys.stdout.write("\nLECTIO-REPORT " + json.dumps(report) + "\n")
