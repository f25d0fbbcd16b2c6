"""The project's admin site."""

from django.contrib.admin.apps import AdminConfig

from config import telemetry


class OperatorAdminConfig(AdminConfig):
    default_site = "config.admin.OperatorSite"

    def ready(self) -> None:
        super().ready()
        telemetry.start()
