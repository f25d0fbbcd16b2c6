import uuid

import django.db.models.deletion
from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


def drop_functions(apps, schema_editor):
    """The functions that claimed on PostgreSQL."""
    if schema_editor.connection.vendor == "postgresql":
        for wanted in ("due", "strict", "asked", "early"):
            schema_editor.execute(f"DROP FUNCTION IF EXISTS monitor_claim_{wanted}")


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0055_drop_simulations"),
    ]

    operations = [
        migrations.RunPython(drop_functions, migrations.RunPython.noop),
        # What is claimed at this moment is claimed once more.
        migrations.DeleteModel(name="ClaimMark"),
        migrations.DeleteModel(name="Lease"),
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                ("claim", models.UUIDField(db_index=True, default=uuid.uuid4)),
                ("is_begun", models.BooleanField(default=False)),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="product",
            name="cannot_wait",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        AddIndexWhileInUse(
            model_name="product",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at", "id"],
                name="product_due",
            ),
        ),
        AddIndexWhileInUse(
            model_name="product",
            index=models.Index(
                condition=models.Q(("cannot_wait", True)), fields=["next_check_at", "id"], name="product_strict"
            ),
        ),
        migrations.RemoveIndex(model_name="product", name="product_queue"),
        migrations.RemoveField(model_name="product", name="queue"),
    ]
