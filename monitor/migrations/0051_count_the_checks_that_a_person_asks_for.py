import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0050_remember_a_write_that_had_no_room"),
    ]

    operations = [
        migrations.CreateModel(
            name="AskedChecks",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("calls", models.PositiveIntegerField(default=0, verbose_name="calls")),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="monitor.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "checks asked for",
                "verbose_name_plural": "checks asked for",
                "constraints": [
                    models.UniqueConstraint(fields=("person", "day"), name="asked_checks_of_person"),
                    models.UniqueConstraint(fields=("watchlist", "day"), name="asked_checks_in_watchlist"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("person__isnull", False), ("watchlist__isnull", True)),
                            models.Q(("person__isnull", True), ("watchlist__isnull", False)),
                            _connector="OR",
                        ),
                        name="asked_checks_of_person_or_watchlist",
                    ),
                ],
            },
        ),
    ]
