from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0037_ask_for_a_pace_and_learn"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="pace",
            field=models.CharField(blank=True, choices=[("adaptive", "as often as they change"), ("fixed", "at a fixed interval")], db_default="", default="", max_length=10, verbose_name="pace"),
        ),
        migrations.AddField(
            model_name="productindex",
            name="soonest",
            field=models.DurationField(null=True),
        ),
        migrations.AddField(
            model_name="productindex",
            name="hours",
            field=models.IntegerField(null=True),
        ),
        AddIndexWhileInUse(
            model_name="productindex",
            index=models.Index(condition=models.Q(("interval__isnull", False)), fields=["interval", "soonest", "hours"], name="product_index_paces"),
        ),
        AddIndexWhileInUse(
            model_name="watch",
            index=models.Index(fields=["watchlist", "is_paused", "interval", "pace"], name="watch_tallies"),
        ),
        migrations.RemoveIndex(
            model_name="watch",
            name="watch_paces",
        ),
    ]
