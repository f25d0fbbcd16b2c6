"""A followed shop's goods are its assortment: the models are called so, their tables stay."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitor", "0030_doubts_in_products")]

    # The state alone: no statement changes the database.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("shoprange", "monitor_shoprange"),
                migrations.RenameModel("ShopRange", "Assortment"),
                migrations.RenameModel("RangeEntry", "AssortmentEntry"),
                migrations.AlterField(
                    "assortment",
                    "shop",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="assortment",
                        serialize=False,
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
                migrations.AlterField(
                    "assortmententry",
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assortment_entries",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                migrations.AlterField(
                    "assortmententry",
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assortment_entries",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
            ]
        )
    ]
