import datetime
import django.core.validators
import django.db.models.deletion
import monitor.models.names
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0004_address_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Watchlist',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, validators=[monitor.models.names.refuse_web_addresses], verbose_name='name')),
                ('interval', models.DurationField(default=datetime.timedelta(days=1), help_text='Each product is checked at least so often. Each check is a paid call.', validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='interval')),
                ('pace', models.CharField(choices=[('adaptive', 'as often as they change'), ('fixed', 'at a fixed interval')], default='adaptive', help_text='What changes often is checked more often, as far as the budget allows; or all at the interval.', max_length=10, verbose_name='pace')),
                ('soonest', models.DurationField(default=datetime.timedelta(seconds=300), help_text='No product is checked again sooner, however often it changes.', validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='at most every')),
                ('hours_from', models.PositiveSmallIntegerField(blank=True, help_text="Checks are made between these hours of China's time only.", null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked from')),
                ('hours_until', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked until')),
                ('is_paused', models.BooleanField(default=False, help_text='Products that only paused lists watch are not checked.', verbose_name='paused')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'normal'), (3, 'high')], default=2, verbose_name='priority')),
                ('quota', models.PositiveIntegerField(blank=True, help_text='For products that no other list watches. Without a number the list shares in the whole budget.', null=True, verbose_name='calls a day at most')),
                ('slowed', models.FloatField(db_default=1.0, default=1.0, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('deleted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='deleted')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watchlists', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'watchlist',
                'verbose_name_plural': 'watchlists',
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('is_paused', models.BooleanField(default=False, verbose_name='paused')),
                ('interval', models.DurationField(blank=True, help_text="Instead of the watchlist's, for this product alone.", null=True, validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='interval')),
                ('priority', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'low'), (2, 'normal'), (3, 'high')], help_text="Instead of the watchlist's, for this product alone.", null=True, verbose_name='priority')),
                ('pace', models.CharField(blank=True, choices=[('adaptive', 'as often as they change'), ('fixed', 'at a fixed interval')], db_default='', default='', help_text="Instead of the watchlist's, for this product alone.", max_length=10, verbose_name='pace')),
                ('soonest', models.DurationField(blank=True, help_text="Instead of the watchlist's, for this product alone.", null=True, validators=[django.core.validators.MinValueValidator(datetime.timedelta(seconds=60), 'The shortest interval is one minute.'), django.core.validators.MaxValueValidator(datetime.timedelta(days=30), 'The longest interval is 30 days.')], verbose_name='at most every')),
                ('hours_from', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked from')),
                ('hours_until', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(24, 'A day has 24 hours.')], verbose_name='checked until')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='added')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='monitor.product', verbose_name='product')),
                ('watchlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'watch',
                'verbose_name_plural': 'watches',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('viewer', 'may view'), ('editor', 'may edit')], default='viewer', max_length=10, verbose_name='role')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('watchlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'members',
            },
        ),
        migrations.AddConstraint(
            model_name='watchlist',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('owner', 'name'), name='watchlist_name_unique', violation_error_message='This owner has a watchlist of that name already.'),
        ),
        migrations.AddConstraint(
            model_name='watchlist',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from__isnull', True), ('hours_until__isnull', True)), models.Q(('hours_from__isnull', False), ('hours_from__lte', 24), ('hours_until__isnull', False), ('hours_until__lte', 24)), _connector='OR'), name='watchlist_hours_are_a_pair', violation_error_message='Give both hours, or neither.'),
        ),
        migrations.AddIndex(
            model_name='watch',
            index=models.Index(fields=['watchlist', 'is_paused', 'interval', 'pace', 'soonest', 'hours_from', 'hours_until'], name='watch_asked'),
        ),
        migrations.AddIndex(
            model_name='watch',
            index=models.Index(fields=['product', 'watchlist'], name='watch_of_product'),
        ),
        migrations.AddIndex(
            model_name='watch',
            index=models.Index(fields=['watchlist', 'created_at'], name='watch_first'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.UniqueConstraint(fields=('watchlist', 'product'), name='watch_unique', violation_error_message='This product is on the watchlist already.'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from__isnull', True), ('hours_until__isnull', True)), models.Q(('hours_from__isnull', False), ('hours_from__lte', 24), ('hours_until__isnull', False), ('hours_until__lte', 24)), _connector='OR'), name='watch_hours_are_a_pair', violation_error_message='Give both hours, or neither.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('watchlist', 'user'), name='membership_unique'),
        ),
    ]
