import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teaching_panel.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402

from teaching_panel.faults import FaultMiddleware  # noqa: E402

application = FaultMiddleware(get_wsgi_application())
