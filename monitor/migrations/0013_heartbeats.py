from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0012_system_clock'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('worker', models.CharField(max_length=200, verbose_name='worker')),
                ('work', models.CharField(max_length=40, verbose_name='work')),
                ('seen_at', models.DateTimeField(verbose_name='last seen')),
                ('expected_at', models.DateTimeField(verbose_name='expected again by')),
            ],
            options={
                'verbose_name': 'sign of life',
                'verbose_name_plural': 'signs of life',
                'constraints': [models.UniqueConstraint(fields=('worker', 'work'), name='heartbeat_unique')],
            },
        ),
    ]
