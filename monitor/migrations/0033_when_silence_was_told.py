from django.db import migrations, models
from django.db.models import Max, OuterRef, Subquery


def take_over(apps, schema_editor):
    """What the alerts tell of it so far."""
    alerts = apps.get_model("monitor", "Alert").objects.filter(rule=OuterRef("pk")).order_by().values("rule")
    rules = apps.get_model("monitor", "Rule").objects.filter(kind="silent")
    rules.update(silence_told_at=Subquery(alerts.annotate(latest=Max("created_at")).values("latest")))


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0032_count_what_a_mail_told"),
    ]

    operations = [
        migrations.AddField("rule", "silence_told_at", models.DateTimeField(editable=False, null=True)),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
