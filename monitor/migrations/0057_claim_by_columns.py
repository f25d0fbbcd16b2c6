from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0056_lease_products_one_by_one"),
    ]

    operations = [
        # What is claimed at this moment is claimed once more.
        migrations.DeleteModel(name="Lease"),
        migrations.AddField(
            model_name="product", name="claim", field=models.UUIDField(editable=False, null=True)
        ),
        migrations.AddField(
            model_name="product", name="claimed_until", field=models.DateTimeField(editable=False, null=True)
        ),
        AddIndexWhileInUse(
            model_name="product",
            index=models.Index(
                condition=models.Q(("claimed_until__isnull", False)), fields=["claimed_until"], name="product_claimed"
            ),
        ),
    ]
