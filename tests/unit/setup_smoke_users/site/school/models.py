import os

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

VARIANT = os.environ.get("SITE_VARIANT", "")


class People(BaseUserManager):
    def create_user(self, email, password=None, **extra):
        if VARIANT == "leaky":
            raise ValueError("cannot create %r with %r" % (email, password))
        person = self.model(email=self.normalize_email(email), **extra)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser):
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, default="student",
                            choices=[(r, r) for r in (("pupil",) if VARIANT == "pupils" else ("student",)) + ("teacher", "admin")])
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    writes = models.IntegerField(default=0)
    USERNAME_FIELD = "email"
    objects = People()

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        Person.objects.filter(pk=self.pk).update(writes=models.F("writes") + 1)


class Group(models.Model):
    name = models.CharField(max_length=200)
    teacher = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="groups_taught")
    if VARIANT != "no_students":
        students = models.ManyToManyField(Person, related_name="groups_joined")
    # Required, and unknown to us.
    invite_code = models.CharField(max_length=12, unique=True)
    level = models.CharField(max_length=10, choices=[("easy", "Easy"), ("hard", "Hard")])
    opened = models.DateField()


class Room(models.Model):
    number = models.IntegerField()


class Lesson(models.Model):
    title = models.CharField(max_length=200)
    group = models.ForeignKey(Group, on_delete=models.CASCADE)
    teacher = models.ForeignKey(Person, on_delete=models.CASCADE)
    start_time = models.DateTimeField()
    if VARIANT == "rooms":
        room = models.ForeignKey(Room, on_delete=models.CASCADE)


class Homework(models.Model):
    title = models.CharField(max_length=200)
    teacher = models.ForeignKey(Person, on_delete=models.CASCADE)
    assigned_groups = models.ManyToManyField(Group)
    status = models.CharField(max_length=20, default="draft")


class LessonRecording(models.Model):
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE)
    status = models.CharField(max_length=20, default="processing", choices=[("processing", "1"), ("ready", "2")])
    gdrive_file_id = models.CharField(max_length=200)
