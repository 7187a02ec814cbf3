from rest_framework import generics, serializers
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated

from homework.models import Homework


class WritesAreTheTeachers(IsAuthenticated):
    def has_permission(self, request, view):
        return super().has_permission(request, view) and (request.method in SAFE_METHODS or request.user.role == "teacher")


class HomeworkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Homework
        fields = ["id", "title", "description", "teacher", "lesson", "status", "is_template", "deadline", "created_at"]
        read_only_fields = ["teacher"]


class Homeworks(generics.ListCreateAPIView):
    serializer_class = HomeworkSerializer
    permission_classes = [WritesAreTheTeachers]

    def get_queryset(self):
        user = self.request.user
        if user.role == "teacher":
            rows = Homework.objects.filter(teacher=user)
        elif user.role == "student":
            rows = Homework.objects.filter(assigned_groups__students=user, status="published").distinct()
        else:
            rows = Homework.objects.none()
        if "is_template" in self.request.GET:
            rows = rows.filter(is_template=self.request.GET["is_template"] in ("1", "true", "True"))
        return rows.order_by("-created_at", "-id")

    def perform_create(self, serializer):
        serializer.save(teacher=self.request.user)
