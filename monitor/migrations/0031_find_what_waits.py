from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse, AddUniqueWhileInUse


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0030_when_mails_come"),
    ]

    operations = [
        AddIndexWhileInUse(
            "email", models.Index(fields=["recipient"], condition=models.Q(status="pending"), name="email_waiting")
        ),
        AddUniqueWhileInUse(
            "email",
            models.UniqueConstraint(
                fields=("recipient", "period", "until"), condition=models.Q(kind="digest"), name="email_digest_once"
            ),
        ),
        AddIndexWhileInUse(
            "user",
            models.Index(
                fields=["next_digest_at"], condition=models.Q(next_digest_at__isnull=False), name="user_digest_due"
            ),
        ),
    ]
