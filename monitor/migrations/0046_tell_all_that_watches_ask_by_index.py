from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0043_keep_what_is_learned_as_text"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="watch",
            index=models.Index(fields=["watchlist", "is_paused", "interval", "pace", "soonest", "hours_from", "hours_until"], name="watch_asked"),
        ),
        migrations.RemoveIndex(
            model_name="watch",
            name="watch_tallies",
        ),
    ]
