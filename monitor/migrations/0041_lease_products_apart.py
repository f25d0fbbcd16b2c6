import uuid

from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0040_keep_simulations_of_the_schedule"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimMark",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("turn", models.PositiveBigIntegerField(default=0)),
                ("looked_at", models.DateTimeField(null=True)),
                ("heads", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("products", models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name="product",
            name="queue",
            field=models.PositiveSmallIntegerField(db_default=2, default=2, editable=False),
        ),
        AddIndexWhileInUse(
            model_name="product",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["queue", "next_check_at", "id"],
                name="product_queue",
            ),
        ),
        migrations.RemoveIndex(
            model_name="product",
            name="product_due",
        ),
        # What is claimed at this moment becomes due again when its lease runs out.
        migrations.RemoveIndex(
            model_name="product",
            name="product_leased",
        ),
        migrations.RemoveField(
            model_name="product",
            name="lease",
        ),
    ]
