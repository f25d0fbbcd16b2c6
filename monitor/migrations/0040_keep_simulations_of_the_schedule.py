from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0039_quotas_of_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='Simulation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ran_at', models.DateTimeField(verbose_name='ran')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('days', models.PositiveSmallIntegerField(verbose_name='days')),
                ('calls', models.PositiveIntegerField(verbose_name='daily calls')),
                ('products', models.PositiveIntegerField(verbose_name='products')),
                ('seed', models.BigIntegerField(verbose_name='seed')),
                ('figures', models.JSONField(verbose_name='figures')),
            ],
            options={
                'verbose_name': 'simulation of the schedule',
                'verbose_name_plural': 'simulations of the schedule',
                'ordering': ['-ran_at', '-pk'],
            },
        ),
    ]
