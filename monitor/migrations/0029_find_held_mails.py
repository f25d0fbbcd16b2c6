from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0028_ledger_of_attempts_and_refused_addresses"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="email",
            index=models.Index(condition=models.Q(status="held"), fields=["recipient"], name="email_held"),
        ),
    ]
