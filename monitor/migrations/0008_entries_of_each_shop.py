"""Entries of ranges get a table of their own key: a product may be in the ranges of two shops.

The former table stays for processes of the version before, and goes with the next version.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

BATCH = 10_000
COLUMNS = "shop_id, product_id, appeared_at, listed_at, reading, missed, left_at, price, sales, is_best, is_known"
NEXT = """SELECT max(product_id) FROM (
    SELECT product_id FROM monitor_rangeentry WHERE product_id > %s ORDER BY product_id LIMIT %s) AS batch"""
COPY = f"""INSERT INTO monitor_range_entry ({COLUMNS})
    SELECT {COLUMNS} FROM monitor_rangeentry WHERE product_id > %s AND product_id <= %s ON CONFLICT DO NOTHING"""


def copy_entries(apps: Any, editor: Any) -> None:
    last = -1
    with editor.connection.cursor() as cursor:
        while True:
            cursor.execute(NEXT, [last, BATCH])
            (until,) = cursor.fetchone()
            if until is None:
                return
            cursor.execute(COPY, [last, until])
            last = until


class Migration(migrations.Migration):
    # The copy is made in batches.
    atomic = False

    dependencies = [("monitor", "0007_rules_of_rivals")]

    operations = [
        # Without constraints: products and shops can be deleted, whatever the former table holds.
        migrations.AlterField(
            "rangeentry",
            "product",
            models.OneToOneField(
                "monitor.product", models.CASCADE, primary_key=True, db_constraint=False, related_name="+"
            ),
        ),
        migrations.AlterField(
            "rangeentry",
            "shop",
            models.ForeignKey("monitor.shop", models.CASCADE, db_constraint=False, db_index=False, related_name="+"),
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("RangeEntry")]),
        migrations.CreateModel(
            name="RangeEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("appeared_at", models.DateTimeField(null=True, verbose_name="appeared")),
                ("lacked_at", models.DateTimeField(null=True)),
                ("listed_at", models.DateTimeField(verbose_name="last listed")),
                ("reading", models.PositiveIntegerField()),
                ("missed", models.PositiveSmallIntegerField(default=0)),
                ("missing_since", models.DateTimeField(null=True)),
                ("left_at", models.DateTimeField(null=True, verbose_name="left")),
                ("price", models.BigIntegerField(null=True, verbose_name="price")),
                ("sales", models.BigIntegerField(null=True, verbose_name="sales")),
                ("is_best", models.BooleanField(default=False)),
                ("is_known", models.BooleanField(default=False)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="range_entries",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="range_entries",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "db_table": "monitor_range_entry",
                "indexes": [models.Index(fields=["shop", "left_at", "reading"], name="range_entry_listed")],
                "constraints": [models.UniqueConstraint(fields=("shop", "product"), name="range_entry_unique")],
            },
        ),
        migrations.RunPython(copy_entries, migrations.RunPython.noop),
        migrations.AddField("shoprange", "counted_at", models.DateTimeField(null=True, editable=False)),
        migrations.AlterField(
            "shoprange", "arrivals", models.PositiveIntegerField(default=0, db_default=0, editable=False)
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("shoprange", "arrivals")]),
    ]
