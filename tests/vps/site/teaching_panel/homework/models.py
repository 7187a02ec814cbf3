from django.conf import settings
from django.db import models

from schedule.models import Group, Lesson


class Homework(models.Model):
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="homeworks")
    lesson = models.ForeignKey(Lesson, on_delete=models.SET_NULL, null=True, blank=True, related_name="homeworks")
    assigned_groups = models.ManyToManyField(Group, blank=True, related_name="homeworks")
    status = models.CharField(max_length=20, default="published")
    is_template = models.BooleanField(default=False)
    deadline = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
