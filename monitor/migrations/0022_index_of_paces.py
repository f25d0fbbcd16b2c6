"""Index again how products are checked, without hours, while others write."""

from importlib import import_module

from django.db import migrations, models

AddIndexOnline = import_module("monitor.migrations.0010_changes_in_order").AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0021_checks_at_any_hour")]

    operations = [
        AddIndexOnline(
            "watch",
            models.Index(
                fields=["watchlist", "is_paused", "interval", "pace", "soonest"],
                name="watch_asked",
            ),
        ),
    ]
