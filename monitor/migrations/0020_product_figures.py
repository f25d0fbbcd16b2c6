"""The figures that lists sort by move from a table of their own to the products.

They are copied in batches, each a short transaction. The table goes at once: nothing deletes its
rows any more, so they would keep their products from being deleted. Stop the processes of the
version before."""

from importlib import import_module
from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


AddIndexOnline = import_module("monitor.migrations.0010_changes_in_order").AddIndexOnline
BATCH = 1000
FLOATS = (
    *("risen_14", "risen_30", "risen_7", "risen_error"),
    *("units", "units_before", "units_high", "units_low"),
)
WHOLE = ("price_a_day_ago", "price_a_week_ago")


def copy_figures(apps: Any, editor: Any) -> None:
    products = apps.get_model("monitor", "Product").objects
    past = apps.get_model("monitor", "ProductIndex").objects
    own = past.filter(product=OuterRef("pk"))
    columns = {
        name: Subquery(own.values(name)[:1]) for name in ("look_back_at", *WHOLE, *FLOATS)
    }
    last = 0
    while True:
        known = past.filter(pk__gt=last).order_by("pk")
        keys = list(known.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        products.filter(pk__in=keys).update(**columns)
        last = keys[-1]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0019_no_feed")]

    operations = [
        migrations.AddField(
            "product", "look_back_at", models.DateTimeField(editable=False, null=True)
        ),
        *(
            migrations.AddField("product", name, models.BigIntegerField(editable=False, null=True))
            for name in WHOLE
        ),
        *(
            migrations.AddField("product", name, models.FloatField(editable=False, null=True))
            for name in FLOATS
        ),
        migrations.RunPython(copy_figures, migrations.RunPython.noop),
        AddIndexOnline(
            "product",
            models.Index(
                fields=["look_back_at"],
                name="product_look_back",
                condition=models.Q(look_back_at__isnull=False),
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.DeleteModel("ProductIndex")],
            state_operations=[migrations.DeleteModel("ProductIndex")],
        ),
    ]
