from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0053_remember_when_the_clock_was_read"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="watch",
            index=models.Index(fields=["watchlist", "created_at"], name="watch_first"),
        ),
    ]
