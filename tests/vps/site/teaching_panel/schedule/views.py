from django.db.models import Q
from django.http import StreamingHttpResponse
from rest_framework import generics, serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from schedule.models import AttendanceRecord, Group, Lesson, Recording

# What "Google Drive" returns for every file: an MP4's first box, then a pattern.
MEDIA_BYTES = 4 << 20
_BLOCK = bytes(range(256)) * 4096
_HEAD = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"


def media(start, stop):
    step = len(_BLOCK)
    while start < stop:
        base = start - start % step
        block = _HEAD + _BLOCK[len(_HEAD):] if base == 0 else _BLOCK
        end = min(stop, base + step)
        yield block[start - base:end - base]
        start = end


def person(user):
    return {"id": user.id, "email": user.email, "first_name": user.first_name, "last_name": user.last_name}


class GroupSerializer(serializers.ModelSerializer):
    teacher = serializers.SerializerMethodField()
    students = serializers.SerializerMethodField()
    student_count = serializers.SerializerMethodField()

    class Meta:
        model = Group
        fields = ["id", "name", "description", "teacher", "students", "student_count", "created_at"]

    def get_teacher(self, group):
        return person(group.teacher)

    def get_students(self, group):
        return [] if self.context["request"].GET.get("light") == "1" else [person(s) for s in group.students.all()]

    def get_student_count(self, group):
        return len(group.students.all())


class Groups(generics.ListAPIView):
    serializer_class = GroupSerializer

    def get_queryset(self):
        groups = Group.objects.select_related("teacher").prefetch_related("students").order_by("id")
        role = self.request.user.role
        if role == "teacher":
            return groups.filter(teacher=self.request.user)
        return groups.filter(students=self.request.user) if role == "student" else groups.none()


class LessonSerializer(serializers.ModelSerializer):
    group_name = serializers.CharField(source="group.name")

    class Meta:
        model = Lesson
        fields = ["id", "title", "group", "group_name", "teacher", "start_time", "end_time", "location"]


class Lessons(generics.ListAPIView):
    serializer_class = LessonSerializer

    def get_queryset(self):
        lessons = Lesson.objects.select_related("group").order_by("start_time", "id")
        user = self.request.user
        if user.role == "teacher":
            return lessons.filter(teacher=user)
        return lessons.filter(group__students=user) if user.role == "student" else lessons.none()

    def list(self, request, *args, **kwargs):
        # As on the real site: everything is serialised before it is paginated.
        data = self.get_serializer(self.get_queryset(), many=True).data
        if request.GET.get("include_recurring") == "1":
            return Response(data)
        return self.get_paginated_response(self.paginate_queryset(data))


class RecordingSerializer(serializers.ModelSerializer):
    lesson_info = serializers.SerializerMethodField()
    file_size_mb = serializers.SerializerMethodField()
    streaming_url = serializers.SerializerMethodField()
    use_direct_stream = serializers.SerializerMethodField()

    class Meta:
        model = Recording
        fields = ["id", "lesson_info", "title", "file_size", "file_size_mb", "streaming_url", "use_direct_stream",
                  "storage_provider", "gdrive_file_id", "status", "views_count", "created_at"]

    def get_lesson_info(self, r):
        return r.lesson and {"id": r.lesson_id, "title": r.lesson.title, "group": r.lesson.group.name,
                             "start_time": r.lesson.start_time.isoformat()}

    def get_file_size_mb(self, r):
        return round(r.file_size / 1048576, 2)

    def get_streaming_url(self, r):
        return "/schedule/api/recordings/%d/stream/" % r.id

    def get_use_direct_stream(self, r):
        return r.file_size > 100 * 1048576


class _Recordings(generics.ListAPIView):
    serializer_class = RecordingSerializer
    rows = Recording.objects.select_related("lesson__group").order_by("-created_at", "-id")


class TeacherRecordings(_Recordings):
    def list(self, request, *args, **kwargs):
        if request.user.role != "teacher":
            return Response({"detail": "Только для преподавателей"}, status=403)
        return super().list(request, *args, **kwargs)

    def get_queryset(self):
        rows, query = self.rows.filter(teacher=self.request.user), self.request.GET
        if query.get("group_id", "").isdigit():
            rows = rows.filter(lesson__group_id=query["group_id"])
        if query.get("status"):
            rows = rows.filter(status=query["status"])
        if query.get("search"):
            rows = rows.filter(Q(title__icontains=query["search"]) | Q(lesson__title__icontains=query["search"]))
        return rows


class StudentRecordings(_Recordings):
    def get_queryset(self):
        return self.rows.filter(lesson__group__students=self.request.user, status="ready")


class Stream(APIView):
    """GET only; the token is in the query. HEAD is refused, as the real view does."""
    permission_classes = [AllowAny]
    http_method_names = ["get"]

    def get(self, request, pk):
        auth = JWTAuthentication()
        try:
            user = auth.get_user(auth.get_validated_token(request.GET.get("token", "").encode()))
        except AuthenticationFailed as error:
            return Response({"detail": "Требуется токен" if not request.GET.get("token") else str(error.detail["detail"])}, status=401)
        recording = Recording.objects.select_related("lesson").filter(pk=pk).first()
        if recording is None or not recording.gdrive_file_id:
            return Response({"detail": "Запись не найдена"}, status=404)
        lesson = recording.lesson
        if not (user.is_superuser or recording.teacher_id == user.id or (lesson and lesson.group.students.filter(pk=user.pk).exists())):
            return Response({"detail": "Нет доступа"}, status=403)
        if recording.gdrive_file_id == "drive-error":
            return Response({"detail": "Google Drive error"}, status=502)
        start, stop, status = 0, MEDIA_BYTES, 200
        wanted = request.META.get("HTTP_RANGE", "")
        if wanted.startswith("bytes="):
            first, _, last = wanted[6:].partition("-")
            try:
                start = int(first) if first else MEDIA_BYTES - int(last)
                stop = min(MEDIA_BYTES, int(last) + 1) if first and last else MEDIA_BYTES
            except ValueError:
                start = MEDIA_BYTES
            if not 0 <= start < stop:
                return Response({"detail": "Google Drive error"}, status=502)
            status = 206
        response = StreamingHttpResponse(media(start, stop), status=status, content_type="video/mp4")
        response["Accept-Ranges"] = "bytes"
        response["Content-Length"] = stop - start
        response["Content-Disposition"] = 'inline; filename="recording_%d.mp4"' % pk
        response["Cache-Control"] = "no-store"
        if status == 206:
            response["Content-Range"] = "bytes %d-%d/%d" % (start, stop - 1, MEDIA_BYTES)
        return response


class UploadRecording(APIView):
    def post(self, request):
        subscription = getattr(request.user, "subscription", None)
        if request.user.role != "teacher" or subscription is None or subscription.status != "active":
            return Response({"detail": "Требуется активная подписка"}, status=403)
        video = request.FILES.get("video")
        if video is None:
            return Response({"detail": "Файл не передан"}, status=400)
        recording = Recording.objects.create(teacher=request.user, title=request.data.get("title", ""), file_size=video.size,
                                             gdrive_file_id="uploaded")
        return Response({"status": "success", "recording_id": recording.id}, status=201)


class AttendanceSerializer(serializers.ModelSerializer):
    class Meta:
        model = AttendanceRecord
        fields = ["id", "lesson", "student", "status", "auto_recorded", "recorded_at"]


class AttendanceRecords(generics.ListAPIView):
    serializer_class = AttendanceSerializer

    def get_queryset(self):
        records, user = AttendanceRecord.objects.order_by("id"), self.request.user
        if user.role == "teacher":
            return records.filter(lesson__teacher=user)
        return records.filter(student=user) if user.role == "student" else records


class Gradebook(APIView):
    def get(self, request):
        wanted = request.GET.get("group", "")
        if not wanted:
            return Response({"detail": "group параметр обязателен"}, status=400)
        group = Group.objects.filter(pk=wanted).first() if wanted.isdigit() else None
        if group is None:
            return Response({"detail": "Группа не найдена"}, status=404)
        if not (request.user.role == "admin" or group.teacher_id == request.user.id
                or group.students.filter(pk=request.user.pk).exists()):
            return Response({"detail": "Нет доступа к группе"}, status=403)
        lessons = group.lessons.count()
        students = []
        for student in group.students.order_by("id"):
            attended = AttendanceRecord.objects.filter(student=student, lesson__group=group, status="attended").count()
            students.append({"id": student.id, "name": ("%s %s" % (student.first_name, student.last_name)).strip(),
                             "email": student.email, "attended": attended, "lessons": lessons, "homework": [], "total": 0})
        return Response({"group": {"id": group.id, "name": group.name}, "students": students})
