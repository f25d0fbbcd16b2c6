from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('monitor', '0013_content_apart_from_products'),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name='watch',
            index=models.Index(fields=['watchlist', 'is_paused', 'interval'], name='watch_paces'),
        ),
        migrations.RemoveIndex(
            model_name='watch',
            name='watch_paused',
        ),
    ]
