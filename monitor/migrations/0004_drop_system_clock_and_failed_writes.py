from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0003_mail_is_a_channel'),
    ]

    operations = [
        migrations.DeleteModel(name='SystemClock'),
        migrations.DeleteModel(name='FailedWrite'),
        migrations.RemoveField(model_name='schedulefit', name='cells'),
        migrations.AddField(
            model_name='usageday',
            name='set_back_by',
            field=models.DurationField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='provideraccount',
            name='trial_calls',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
