from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from teaching_panel import faults


class _Switchable:
    def get_rate(self):
        return faults.current().get("@throttle", {}).get(self.scope) or super().get_rate()


class User(_Switchable, UserRateThrottle):
    scope = "user"


class Anon(_Switchable, AnonRateThrottle):
    scope = "anon"


class Login(_Switchable, AnonRateThrottle):
    scope = "login"

    def get_cache_key(self, request, view):
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
