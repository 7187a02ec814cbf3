"""Creates or repairs the monitor's accounts (and their data) through the site's own Django.

Runs in the directory of manage.py. `request` holds the users, with their passwords, and comes
by stdin: nothing of it may be printed. Answers with one line: the mark, then JSON."""
import datetime
import json
import uuid

import django

MARK = "LECTIO-SEED "
GROUP = "Smoke: мониторинг"
TITLE = "Smoke: проверка мониторинга"


class Refused(Exception):
    """The project is not what we know, or the account is not ours to change."""

    def __init__(self, code, **facts):
        super().__init__(code)
        self.answer = {"state": "failed", "code": code, **facts}


def fields_of(model):
    return {field.name: field for field in model._meta.get_fields() if not field.auto_created}


def field_of(model, name):
    field = fields_of(model).get(name)
    if field is None:
        raise Refused("field_missing", model=model._meta.label, field=name)
    return field


def require_choice(model, name, value):
    choices = [choice for choice, _ in field_of(model, name).flatchoices]
    if choices and value not in choices:
        raise Refused("choice_missing", model=model._meta.label, field=name, choice=value)


def model_named(*names):
    from django.apps import apps
    for model in apps.get_models():
        if model.__name__ in names and not model.__module__.startswith("django."):
            return model
    raise Refused("model_missing", model=names[0])


def change(row, wanted):
    """Saves what differs; the names of it."""
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, wanted[name])
    if changed:
        row.save(update_fields=changed)
    return changed


# --- accounts ---------------------------------------------------------------------------------

def seed_user(wanted):
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import check_password
    User = get_user_model()
    field_of(User, "email")
    require_choice(User, "role", wanted["role"])
    known = fields_of(User)
    values = {name: value for name, value in
              {"role": wanted["role"], "is_active": True, "first_name": wanted["first_name"],
               "last_name": wanted["last_name"]}.items() if name in known}
    email = User.objects.normalize_email(wanted["email"])
    user = User._base_manager.filter(email=email).first()
    if user is None:
        return User.objects.create_user(email=email, password=wanted["password"], **values), {"state": "created"}
    if getattr(user, "is_superuser", False) or getattr(user, "is_staff", False) or user.role == "admin":
        raise Refused("user_is_privileged")
    if not check_password(wanted["password"], user.password):
        user.set_password(wanted["password"])
        user.save(update_fields=["password"])
        changed = ["password"]
    else:
        changed = []
    changed += change(user, values)
    return user, {"state": "repaired", "changed": changed} if changed else {"state": "unchanged"}


# --- data -------------------------------------------------------------------------------------

def must_be_given(field):
    return not (field.primary_key or field.null or field.has_default()
                or (field.blank and field.empty_strings_allowed)
                or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def plausible(field, rows):
    """A value for a required field that the project has and we do not know."""
    from django.utils import timezone
    if field.is_relation:
        for row in rows:
            if isinstance(row, field.related_model):
                return row
        raise Refused("field_unfillable", model=field.model._meta.label, field=field.name)
    if field.flatchoices:
        return field.flatchoices[0][0]
    now = timezone.now()
    kind = field.get_internal_type()
    if kind in ("CharField", "TextField", "SlugField"):
        text = uuid.uuid4().hex if field.unique else "smoke"
        return text[:field.max_length]
    if kind.endswith("IntegerField") or kind in ("FloatField", "DecimalField"):
        return 0
    simple = {"BooleanField": False, "DateTimeField": now, "DateField": now.date(), "TimeField": now.time(),
              "DurationField": datetime.timedelta(0), "JSONField": {}, "UUIDField": uuid.uuid4()}
    if kind not in simple:
        raise Refused("field_unfillable", model=field.model._meta.label, field=field.name)
    return simple[kind]


class Seeder:
    """Finds or makes one row after another; later rows may refer to earlier ones."""

    def __init__(self, *rows):
        self.rows = list(rows)
        self.created, self.repaired = [], []

    def row(self, name, model, key, values, keep):
        """`key` finds the row; `values` are for a new one, of those `keep` are repaired."""
        for field in key:
            field_of(model, field)
        found = model._base_manager.filter(**key).order_by("pk").first()
        known = fields_of(model)
        values = {field: value for field, value in values.items() if field in known}
        if found is None:
            given = {**key, **values}
            for field in model._meta.concrete_fields:
                if field.name not in given and must_be_given(field):
                    given[field.name] = plausible(field, self.rows)
            found = model._base_manager.create(**given)
            self.created.append(name)
        elif change(found, {field: values[field] for field in keep if field in values}):
            self.repaired.append(name)
        self.rows.append(found)
        return found

    def link(self, name, row, field, other):
        field_of(type(row), field)
        linked = getattr(row, field)
        if not linked.filter(pk=other.pk).exists():
            linked.add(other)
            if name not in self.created + self.repaired:
                self.repaired.append(name)

    def answer(self):
        state = "created" if self.created else "repaired" if self.repaired else "unchanged"
        return {"state": state, "created": self.created, "changed": self.repaired}


def seed_data(teacher, student, drive_file):
    from django.utils import timezone
    seeder = Seeder(teacher, student)
    group = seeder.row("group", model_named("Group"), {"teacher": teacher, "name": GROUP}, {}, ())
    seeder.link("group", group, "students", student)
    # In the past: nobody is reminded of it, no meeting is opened for it.
    start = timezone.now() - datetime.timedelta(days=1)
    lesson = seeder.row("lesson", model_named("Lesson"), {"group": group},
                        {"title": TITLE, "teacher": teacher, "start_time": start,
                         "end_time": start + datetime.timedelta(hours=1)}, ("teacher",))
    Homework = model_named("Homework")
    if "status" in fields_of(Homework):
        require_choice(Homework, "status", "published")
    homework = seeder.row("homework", Homework, {"teacher": teacher, "title": TITLE},
                          {"lesson": lesson, "status": "published"}, ("status",))
    if "assigned_groups" in fields_of(Homework):
        seeder.link("homework", homework, "assigned_groups", group)
    Recording = model_named("Recording", "LessonRecording")
    require_choice(Recording, "status", "ready")
    video = {"gdrive_file_id": drive_file} if drive_file else {}
    seeder.row("recording", Recording, {"lesson": lesson},
               {"title": TITLE, "teacher": teacher, "status": "ready", "gdrive_file_id": "smoke-recording", **video},
               ("teacher", "status", *video))
    return seeder.answer()


# --- the run ----------------------------------------------------------------------------------

def error_answer(error):
    from django.db import DatabaseError, InterfaceError
    code = "database_failed" if isinstance(error, (DatabaseError, InterfaceError)) else "django_failed"
    text = str(error).strip().splitlines() or [""]
    return {"state": "failed", "code": code, "reason": type(error).__name__ + ": " + text[0]}


def seed(request):
    from django.contrib.auth import get_user_model
    from django.db import router, transaction
    database = router.db_for_write(get_user_model())
    answer, users = {}, {}
    with transaction.atomic(using=database):
        def attempt(name, work):
            try:
                with transaction.atomic(using=database):
                    answer[name] = work()
            except Refused as refusal:
                answer[name] = refusal.answer
            except Exception as error:  # whatever the project's own code raises
                answer[name] = error_answer(error)

        def user_work(name):
            users[name], told = seed_user(request["users"][name])
            return told

        for name in request["users"]:
            attempt(name, lambda: user_work(name))
        if request["with_data"] and "teacher" in users and "student" in users:
            attempt("data", lambda: seed_data(users["teacher"], users["student"], request["drive_file"]))
        if request["dry_run"]:
            transaction.set_rollback(True, using=database)
    return answer


def main():
    try:
        django.setup()
        answer = seed(request)  # noqa: F821
    except Exception as error:
        answer = {"all": error_answer(error)}
    print("\n" + MARK + json.dumps(answer), flush=True)


main()
