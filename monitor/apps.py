"""The app's registration."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class MonitorConfig(AppConfig):
    name = "monitor"
    verbose_name = _("Stallwatch")

    def ready(self) -> None:
        import_module("monitor.checks")
        pre_migrate.connect(_let_go_of_the_index, sender=self)
        post_migrate.connect(_keep_the_index, sender=self)


def _let_go_of_the_index(using: str, plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """SQLite makes no table anew while a trigger elsewhere names it."""
    from monitor.models import triggers

    if plan and connections[using].vendor == "sqlite":
        triggers.uninstall(connections[using])


def _keep_the_index(using: str, plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """After every `migrate` the triggers are there, and every product has its row in the index."""
    from monitor.models import triggers

    connection = connections[using]
    if "monitor_productindex" in connection.introspection.table_names():
        triggers.install(connection)
        triggers.fill(connection, anew=bool(plan) and connection.vendor == "sqlite")
