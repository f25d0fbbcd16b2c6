from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0016_product_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScheduleFit',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('fitted_at', models.DateTimeField(null=True, verbose_name='fitted')),
                ('calls', models.PositiveIntegerField(default=0, verbose_name='daily calls')),
                ('share', models.FloatField(default=0.96)),
                ('products', models.PositiveIntegerField(default=0, verbose_name='products')),
                ('needs', models.FloatField(default=0.0)),
                ('fleet', models.JSONField(null=True)),
                ('day', models.JSONField(null=True)),
                ('day_fitted_at', models.DateTimeField(null=True)),
                ('cells', models.JSONField(null=True)),
                ('is_stale', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'fit of the schedule',
                'verbose_name_plural': 'fits of the schedule',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='schedule_fit_is_one_row')],
            },
        ),
    ]
