from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitorConfig(AppConfig):
    name = "monitor"
    verbose_name = _("Stallwatch")

    def ready(self) -> None:
        import_module("monitor.checks")
        import_module("monitor.people.sign_ins")
        # It notes every login.
        import_module("monitor.people.proof")
