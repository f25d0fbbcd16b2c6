from django.db import migrations, models, transaction

from monitor.migrations._indexes import AddIndexWhileInUse

#: `monitor.models.triggers` makes it again after the migrations, for the new columns too.
DROP = "DROP TRIGGER IF EXISTS product_index_update ON monitor_product"
#: What was asked for since there is more to ask for. SQLite's rows are all written anew after the migrations.
FILL = """
    UPDATE monitor_productindex AS i SET soonest = p.soonest, hours = p.hours
    FROM monitor_product AS p WHERE p.id = i.product_id AND (p.soonest IS NOT NULL OR p.hours IS NOT NULL)
"""


def follow_more(apps, schema_editor):
    """The trigger goes and comes back within one transaction, so that no write slips through."""
    if schema_editor.connection.vendor != "postgresql":
        return
    from monitor.models import triggers

    with transaction.atomic(using=schema_editor.connection.alias):
        schema_editor.execute(DROP, params=None)
        triggers.install(schema_editor.connection)
    schema_editor.execute(FILL, params=None)


def follow_less(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP, params=None)


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
        migrations.RunPython(follow_more, follow_less),
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
