from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0011_failed_writes'),
    ]

    operations = [
        migrations.CreateModel(
            name='SystemClock',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('read_at', models.DateTimeField()),
                ('set_back_at', models.DateTimeField(null=True)),
                ('set_back_by', models.DurationField(null=True)),
            ],
        ),
    ]
