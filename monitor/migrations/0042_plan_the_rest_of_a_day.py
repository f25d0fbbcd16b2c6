from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0041_lease_products_apart'),
    ]

    operations = [
        migrations.AddField(
            model_name='usageday',
            name='marked_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='usageday',
            name='marked_calls',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
