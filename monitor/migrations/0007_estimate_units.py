"""Makes products due whose units a day have not been estimated yet."""

from django.db import migrations
from django.utils import timezone


def make_due(apps, schema_editor):
    rows = apps.get_model("monitor", "ProductIndex").objects.filter(sales__isnull=False)
    rows.update(look_back_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("monitor", '0006_targets_beside_rules')]

    operations = [migrations.RunPython(make_due, migrations.RunPython.noop)]
