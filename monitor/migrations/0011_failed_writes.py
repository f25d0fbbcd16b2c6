from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0010_budgets'),
    ]

    operations = [
        migrations.CreateModel(
            name='FailedWrite',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('failed_at', models.DateTimeField()),
                ('size', models.PositiveBigIntegerField()),
                ('proof', models.BinaryField(default=b'')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='failed_write_is_one_row')],
            },
        ),
    ]
