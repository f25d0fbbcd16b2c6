"""The app's registration."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MonitorConfig(AppConfig):
    name = "monitor"
    verbose_name = _("Stallwatch")

    def ready(self) -> None:
        import_module("monitor.checks")
        post_migrate.connect(_keep_the_index, sender=self)


def _keep_the_index(using: str, **kwargs: Any) -> None:
    """After every `migrate`, because SQLite drops triggers with each table that a migration makes anew."""
    from monitor.models import triggers

    connection = connections[using]
    if "monitor_productindex" in connection.introspection.table_names():
        triggers.install(connection)
        triggers.fill(connection)
