import datetime
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0036_find_what_people_ask_for'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScheduleFit',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('fitted_at', models.DateTimeField(null=True, verbose_name='fitted')),
                ('calls', models.PositiveIntegerField(default=0, verbose_name='daily calls')),
                ('share', models.FloatField(default=0.98)),
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
            },
        ),
        migrations.AddField(
            model_name='product',
            name='hours',
            field=models.IntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='product',
            name='known',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='product',
            name='priority',
            field=models.PositiveSmallIntegerField(db_default=2, default=2, editable=False),
        ),
        migrations.AddField(
            model_name='product',
            name='rate',
            field=models.FloatField(editable=False, null=True, verbose_name='changes a day'),
        ),
        migrations.AddField(
            model_name='product',
            name='soonest',
            field=models.DurationField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='product',
            name='weight',
            field=models.FloatField(db_default=1.0, default=1.0, editable=False),
        ),
        migrations.AddField(
            model_name='watch',
            name='hours_from',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked from'),
        ),
        migrations.AddField(
            model_name='watch',
            name='hours_until',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked until'),
        ),
        migrations.AddField(
            model_name='watch',
            name='pace',
            field=models.CharField(blank=True, choices=[('adaptive', 'as often as they change'), ('fixed', 'at a fixed interval')], db_default='', default='', help_text="Instead of the watchlist's, for this product alone.", max_length=10, verbose_name='pace'),
        ),
        migrations.AddField(
            model_name='watch',
            name='soonest',
            field=models.DurationField(blank=True, help_text="Instead of the watchlist's, for this product alone.", null=True, validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='at most every'),
        ),
        migrations.AddField(
            model_name='watchlist',
            name='hours_from',
            field=models.PositiveSmallIntegerField(blank=True, help_text="Checks are made between these hours of China's time only.", null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked from'),
        ),
        migrations.AddField(
            model_name='watchlist',
            name='hours_until',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked until'),
        ),
        migrations.AddField(
            model_name='watchlist',
            name='pace',
            field=models.CharField(choices=[('adaptive', 'as often as they change'), ('fixed', 'at a fixed interval')], default='fixed', help_text='What changes often is checked more often, as far as the budget allows; or all at the interval.', max_length=10, verbose_name='pace'),
        ),
        migrations.AddField(
            model_name='watchlist',
            name='soonest',
            field=models.DurationField(default=datetime.timedelta(seconds=300), help_text='No product is checked again sooner, however often it changes.', validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='at most every'),
        ),
        migrations.AlterField(
            model_name='import',
            name='interval',
            field=models.DurationField(default=datetime.timedelta(days=1), verbose_name='interval'),
        ),
        # Lists that are there go on as they did.
        migrations.AlterField(
            model_name='watchlist',
            name='pace',
            field=models.CharField(choices=[('adaptive', 'as often as they change'), ('fixed', 'at a fixed interval')], default='adaptive', help_text='What changes often is checked more often, as far as the budget allows; or all at the interval.', max_length=10, verbose_name='pace'),
        ),
        migrations.AlterField(
            model_name='watchlist',
            name='interval',
            field=models.DurationField(default=datetime.timedelta(days=1), help_text='Each product is checked at least so often. Each check is a paid call.', validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='interval'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from__isnull', True), ('hours_until__isnull', True)), models.Q(('hours_from__isnull', False), ('hours_from__lte', 24), ('hours_until__isnull', False), ('hours_until__lte', 24)), _connector='OR'), name='watch_hours_are_a_pair', violation_error_message='Give both hours, or neither.'),
        ),
        migrations.AddConstraint(
            model_name='watchlist',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from__isnull', True), ('hours_until__isnull', True)), models.Q(('hours_from__isnull', False), ('hours_from__lte', 24), ('hours_until__isnull', False), ('hours_until__lte', 24)), _connector='OR'), name='watchlist_hours_are_a_pair', violation_error_message='Give both hours, or neither.'),
        ),
        migrations.AddConstraint(
            model_name='schedulefit',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='schedule_fit_is_one_row'),
        ),
    ]
