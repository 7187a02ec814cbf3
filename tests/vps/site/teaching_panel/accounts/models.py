from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone


class CustomUserManager(BaseUserManager):
    def create_user(self, email, password=None, **extra):
        if not email:
            raise ValueError("email is required")
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **extra):
        return self.create_user(email, password, **{"role": "admin", "is_staff": True, "is_superuser": True, **extra})


class CustomUser(AbstractBaseUser, PermissionsMixin):
    ROLES = [("student", "student"), ("teacher", "teacher"), ("admin", "admin")]

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=ROLES, default="student")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    email_verified = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = CustomUserManager()


class NotificationSettings(models.Model):
    user = models.OneToOneField(CustomUser, on_delete=models.CASCADE, related_name="notification_settings")
    email_enabled = models.BooleanField(default=True)
    telegram_enabled = models.BooleanField(default=False)


@receiver(post_save, sender=CustomUser)
def create_notification_settings(sender, instance, created, **kwargs):
    if created:
        NotificationSettings.objects.get_or_create(user=instance)


class Subscription(models.Model):
    user = models.OneToOneField(CustomUser, on_delete=models.CASCADE, related_name="subscription")
    plan = models.CharField(max_length=20, default="trial")
    status = models.CharField(max_length=20, default="pending")
    started_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=timezone.now)
    auto_renew = models.BooleanField(default=False)
    total_paid = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    base_storage_gb = models.IntegerField(default=10)
    extra_storage_gb = models.IntegerField(default=0)
    zoom_addon_expires_at = models.DateTimeField(null=True, blank=True)
    gdrive_folder_id = models.CharField(max_length=200, blank=True)


class Payment(models.Model):
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="payments")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, default="RUB")
    status = models.CharField(max_length=20, default="pending")
    payment_system = models.CharField(max_length=20)
    payment_id = models.CharField(max_length=100, unique=True)
    payment_url = models.URLField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
