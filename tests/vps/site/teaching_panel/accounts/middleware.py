import json
import time

from django.http import JsonResponse

from accounts import protection


class RequestDurationMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        start = time.monotonic()
        response = self.get_response(request)
        response["X-Request-Duration"] = "%.3fs" % (time.monotonic() - start)
        return response


class BotProtectionMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method in ("POST", "PUT", "PATCH"):
            body = None
            if request.content_type == "application/json":
                try:
                    body = json.loads(request.body)
                except ValueError:
                    pass
            if protection.banned(protection.fingerprint(request, body if isinstance(body, dict) else None)):
                return JsonResponse({"error": "access_denied", "message": "Доступ временно ограничен"}, status=403,
                                    json_dumps_params={"ensure_ascii": False})
        return self.get_response(request)
