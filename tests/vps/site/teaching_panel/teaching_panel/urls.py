from django.http import HttpResponse, JsonResponse
from django.urls import path

from accounts import views as accounts
from homework import views as homework
from schedule import views as schedule


def root(request):
    return JsonResponse({"status": "ok", "service": "teaching_panel_backend", "message": "Teaching panel API"})


def metrics(request):
    return HttpResponse("# HELP teaching_panel_up 1 if the process answers.\n# TYPE teaching_panel_up gauge\nteaching_panel_up 1\n",
                        content_type="text/plain; version=0.0.4; charset=utf-8")


urlpatterns = [
    path("", root),
    path("metrics/", metrics),
    path("api/health/", accounts.health),
    path("api/jwt/token/", accounts.Token.as_view()),
    path("api/jwt/token-direct/", accounts.TokenDirect.as_view()),
    path("api/jwt/refresh/", accounts.TokenRefreshView.as_view()),
    path("api/me/", accounts.Me.as_view()),
    path("api/subscription/", accounts.SubscriptionView.as_view()),
    path("api/subscription/create-payment/", accounts.CreatePayment.as_view()),
    path("api/subscription/storage/", accounts.Storage.as_view()),
    path("schedule/api/storage/gdrive-stats/my/", accounts.Storage.as_view()),
    path("api/groups/", schedule.Groups.as_view()),
    path("api/schedule/lessons/", schedule.Lessons.as_view()),
    path("api/schedule/lessons/upload_standalone_recording/", schedule.UploadRecording.as_view()),
    path("schedule/api/recordings/", schedule.StudentRecordings.as_view()),
    path("schedule/api/recordings/teacher/", schedule.TeacherRecordings.as_view()),
    path("schedule/api/recordings/<int:pk>/stream/", schedule.Stream.as_view()),
    path("api/schedule/recordings/<int:pk>/stream/", schedule.Stream.as_view()),
    path("api/attendance-records/", schedule.AttendanceRecords.as_view()),
    path("api/gradebook/", schedule.Gradebook.as_view()),
    path("api/gradebook/group/", schedule.Gradebook.as_view()),
    path("api/homework/", homework.Homeworks.as_view()),
]
