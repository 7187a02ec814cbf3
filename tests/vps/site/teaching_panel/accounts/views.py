import time
import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.http import JsonResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.views import TokenRefreshView as _TokenRefreshView

from accounts import protection, throttles
from accounts.models import Payment, Subscription

PRICES = {"monthly": (1590, 30), "yearly": (15900, 365)}
PROVIDERS = ("tbank", "yookassa")


def health(request):
    start = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        error = None
    except Exception as exc:
        error = str(exc)
    checks = {"database": error is None, "response_time_ms": round((time.monotonic() - start) * 1000, 2)}
    if error is not None:
        checks["database_error"] = error
    return JsonResponse({"status": "unhealthy" if error else "ok", "service": "teaching_panel", "checks": checks},
                        status=503 if error else 200)


class TokenSerializer(TokenObtainPairSerializer):
    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["role"] = user.role
        token["is_superuser"] = user.is_superuser
        token["email"] = user.email
        return token


class TokenDirect(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []

    def post(self, request):
        serializer = TokenSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


class Token(TokenDirect):
    throttle_classes = [throttles.Login]

    def post(self, request):
        data = request.data if isinstance(request.data, dict) else {}
        email = str(data.get("email", ""))
        fp = protection.fingerprint(request._request, data)
        if protection.client_ip(request) not in protection.WHITELIST:
            if protection.banned(fp):
                return Response({"error": "device_banned", "detail": "Устройство заблокировано"}, status=403)
            if protection.over_limit(fp):
                protection.ban(fp)
                return Response({"error": "rate_limit", "detail": "Слишком много попыток входа"}, status=429)
        if email and protection.locked(email):
            return Response({"detail": "Слишком много попыток входа. Попробуйте через 10 минут."}, status=401)
        try:
            response = super().post(request)
        except AuthenticationFailed:
            protection.login_failed(email, fp)
            raise
        protection.login_succeeded(email)
        return response

    def get_authenticate_header(self, request):
        return 'Bearer realm="api"'


class TokenRefreshView(_TokenRefreshView):
    pass


def profile(user):
    return {
        "id": user.id, "email": user.email, "first_name": user.first_name, "last_name": user.last_name, "middle_name": "",
        "role": user.role, "is_superuser": user.is_superuser, "email_verified": user.email_verified,
        "date_joined": user.date_joined.isoformat(), "zoom_connected": False, "available_platforms": [],
        "school": None, "school_membership": None,
    }


class Me(APIView):
    def get(self, request):
        return Response(profile(request.user))

    def patch(self, request):
        for field in ("first_name", "last_name"):
            if field in request.data:
                setattr(request.user, field, str(request.data[field]))
        request.user.save()
        return Response(profile(request.user))

    put = patch


def payment_json(payment):
    return {"id": payment.id, "amount": str(payment.amount), "currency": payment.currency, "status": payment.status,
            "payment_system": payment.payment_system, "payment_id": payment.payment_id, "payment_url": payment.payment_url,
            "created_at": payment.created_at.isoformat()}


def subscription_json(sub):
    return {
        "id": sub.id, "plan": sub.plan, "status": sub.status, "started_at": sub.started_at.isoformat(),
        "expires_at": sub.expires_at.isoformat(), "auto_renew": sub.auto_renew, "total_paid": str(sub.total_paid),
        "base_storage_gb": sub.base_storage_gb, "extra_storage_gb": sub.extra_storage_gb,
        "total_storage_gb": sub.base_storage_gb + sub.extra_storage_gb, "used_storage_gb": "0.00",
        "zoom_addon_expires_at": sub.zoom_addon_expires_at and sub.zoom_addon_expires_at.isoformat(), "zoom_addon_active": False,
        "gdrive_folder_id": sub.gdrive_folder_id, "gdrive_folder_link": None,
        "payments": [payment_json(p) for p in sub.payments.order_by("-id")],
    }


class SubscriptionView(APIView):
    def get(self, request):
        sub, _ = Subscription.objects.get_or_create(user=request.user)
        if sub.status == "active" and sub.expires_at < timezone.now():
            sub.status = "expired"
            sub.save(update_fields=["status"])
        return Response(subscription_json(sub))


class CreatePayment(APIView):
    def post(self, request):
        plan, provider = request.data.get("plan"), request.data.get("provider", "tbank")
        if plan not in PRICES:
            return Response({"detail": "Неверный план подписки"}, status=400)
        if provider not in PROVIDERS:
            return Response({"detail": "Неверный платёжный провайдер"}, status=400)
        with transaction.atomic():
            sub, _ = Subscription.objects.get_or_create(user=request.user)
            if sub.status == "active" and sub.expires_at > timezone.now():
                return Response({"status": "already_active", "subscription": subscription_json(sub)})
            price, days = PRICES[plan]
            sub.plan, sub.status, sub.expires_at = plan, "pending", timezone.now() + timedelta(days=days)
            sub.save()
            order = uuid.uuid4().hex
            payment = Payment.objects.create(subscription=sub, amount=price, payment_system=provider, payment_id=order,
                                             payment_url="https://pay.test/" + order)
        return Response({"subscription": subscription_json(sub), "payment": payment_json(payment),
                         "payment_url": payment.payment_url, "provider": provider}, status=status.HTTP_201_CREATED)


class Storage(APIView):
    def get(self, request):
        if request.user.role != "teacher":
            return Response({"detail": "Доступно только преподавателям"}, status=403)
        return Response({"used_bytes": 0, "used_gb": 0.0, "total_gb": 10, "recordings_count": 0, "files_count": 0})
