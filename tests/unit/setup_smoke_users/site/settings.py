"""A school of the size of a test. SITE_VARIANT says in what it differs from the one we know."""
import os

SECRET_KEY = "test"
USE_TZ = True
AUTH_USER_MODEL = "school.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "school"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}}
