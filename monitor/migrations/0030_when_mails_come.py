import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

HOW = [
    ("at_once", "at once"),
    ("hourly", "hourly digest"),
    ("daily", "daily digest"),
    ("weekly", "weekly digest"),
]
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]
WEEKDAYS = [
    (0, "Monday"),
    (1, "Tuesday"),
    (2, "Wednesday"),
    (3, "Thursday"),
    (4, "Friday"),
    (5, "Saturday"),
    (6, "Sunday"),
]
NO_QUIET_HOURS = models.Q(quiet_from__isnull=True, quiet_to__isnull=True)
QUIET_HOURS = models.Q(
    ("quiet_from__isnull", False),
    ("quiet_to__isnull", False),
    models.Q(("quiet_from", models.F("quiet_to")), _negated=True),
)


def forget_other_choices(apps, schema_editor):
    apps.get_model("monitor", "MailChoice").objects.exclude(is_off=True).delete()


def key(to, name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name="mail_choices", to=to, verbose_name=name
    )


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0029_find_held_mails"),
    ]

    operations = [
        migrations.RenameModel("MailOff", "MailChoice"),
        migrations.AlterModelOptions(
            "mailchoice", {"verbose_name": "choice of mails", "verbose_name_plural": "choices of mails"}
        ),
        # Whoever stands in this table by now wants no mails.
        migrations.AddField("mailchoice", "is_off", models.BooleanField(default=True, verbose_name="no mails")),
        migrations.AddField(
            "mailchoice",
            "how",
            models.CharField(blank=True, choices=HOW, default="", max_length=10, verbose_name="alerts are mailed"),
            preserve_default=False,
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_other_choices),
        migrations.AlterField("mailchoice", "is_off", models.BooleanField(default=False, verbose_name="no mails")),
        migrations.AlterField("mailchoice", "user", key(settings.AUTH_USER_MODEL, "user")),
        migrations.AlterField("mailchoice", "watchlist", key("monitor.watchlist", "watchlist")),
        migrations.RemoveConstraint("mailchoice", "mail_off_unique"),
        migrations.AddConstraint(
            "mailchoice", models.UniqueConstraint(fields=("user", "watchlist"), name="mail_choice_unique")
        ),
        migrations.AddField(
            "user",
            "mail_how",
            models.CharField(
                choices=HOW,
                default="at_once",
                help_text="Those of watchlists for which nothing else is chosen.",
                max_length=10,
                verbose_name="alerts are mailed",
            ),
        ),
        migrations.AddField(
            "user",
            "digest_hour",
            models.PositiveSmallIntegerField(choices=HOURS, default=9, verbose_name="digests come at"),
        ),
        migrations.AddField(
            "user",
            "digest_weekday",
            models.PositiveSmallIntegerField(choices=WEEKDAYS, default=0, verbose_name="weekly digests come on"),
        ),
        migrations.AddField(
            "user",
            "quiet_from",
            models.PositiveSmallIntegerField(blank=True, choices=HOURS, null=True, verbose_name="quiet from"),
        ),
        migrations.AddField(
            "user",
            "quiet_to",
            models.PositiveSmallIntegerField(blank=True, choices=HOURS, null=True, verbose_name="quiet until"),
        ),
        migrations.AddField(
            "user",
            "next_digest_at",
            models.DateTimeField(editable=False, null=True, verbose_name="next digest"),
        ),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=NO_QUIET_HOURS | QUIET_HOURS,
                name="user_quiet_hours_begin_and_end",
                violation_error_message="Quiet hours begin at one hour and end at another.",
            ),
        ),
        migrations.AddField(
            "email",
            "period",
            models.CharField(
                blank=True,
                choices=[("hour", "hourly digest"), ("day", "daily digest"), ("week", "weekly digest")],
                default="",
                editable=False,
                max_length=4,
                verbose_name="period",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "email", "until", models.DateTimeField(editable=False, null=True, verbose_name="until")
        ),
    ]
