from django.conf import settings
from django.db import models
from django.utils import timezone


class Group(models.Model):
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="teaching_groups")
    students = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="enrolled_groups", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Lesson(models.Model):
    title = models.CharField(max_length=200)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="lessons")
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lessons")
    start_time = models.DateTimeField(default=timezone.now)
    end_time = models.DateTimeField(default=timezone.now)
    location = models.CharField(max_length=200, blank=True)


class Recording(models.Model):
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="recordings", null=True, blank=True)
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recordings")
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, default="ready")
    storage_provider = models.CharField(max_length=20, default="gdrive")
    gdrive_file_id = models.CharField(max_length=200, blank=True)
    file_size = models.BigIntegerField(default=0)
    views_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)


class AttendanceRecord(models.Model):
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="attendance")
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attendance")
    status = models.CharField(max_length=20, default="attended")
    auto_recorded = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(auto_now_add=True)
