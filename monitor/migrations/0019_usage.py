import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0018_sessions'),
    ]

    operations = [
        migrations.CreateModel(
            name='UsageDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False, verbose_name='day')),
                ('reserved', models.PositiveIntegerField(default=0, verbose_name='calls')),
                ('confirmations', models.PositiveIntegerField(db_default=0, default=0, verbose_name='confirming calls')),
                ('asked', models.PositiveIntegerField(db_default=0, default=0, verbose_name='calls that people asked for')),
                ('marked_at', models.DateTimeField(editable=False, null=True)),
                ('marked_calls', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
            ],
            options={
                'verbose_name': "day's budget",
                'verbose_name_plural': "days' budgets",
                'ordering': ['-day'],
            },
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('api', models.CharField(max_length=40, verbose_name='API')),
                ('code', models.CharField(max_length=32, verbose_name='code')),
                ('calls', models.PositiveIntegerField(default=0, verbose_name='calls')),
                ('billing', models.CharField(choices=[('billed', 'billed'), ('not_billed', 'not billed'), ('possibly', 'possibly billed')], max_length=12, verbose_name='billing')),
                ('provider_used', models.PositiveBigIntegerField(null=True, verbose_name="the provider's count")),
                ('provider_ahead', models.BigIntegerField(editable=False, null=True)),
                ('provider_cap', models.PositiveBigIntegerField(null=True, verbose_name="the provider's cap")),
            ],
            options={
                'verbose_name': 'usage',
                'verbose_name_plural': 'usage',
                'ordering': ['-day', 'api', 'code'],
                'constraints': [models.UniqueConstraint(fields=('day', 'api', 'code'), name='usage_unique')],
            },
        ),
        migrations.CreateModel(
            name='AskedChecks',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('calls', models.PositiveIntegerField(default=0, verbose_name='calls')),
                ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('watchlist', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.watchlist')),
            ],
            options={
                'verbose_name': 'checks asked for',
                'verbose_name_plural': 'checks asked for',
                'constraints': [models.UniqueConstraint(fields=('person', 'day'), name='asked_checks_of_person'), models.UniqueConstraint(fields=('watchlist', 'day'), name='asked_checks_in_watchlist'), models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('watchlist__isnull', True)), models.Q(('person__isnull', True), ('watchlist__isnull', False)), _connector='OR'), name='asked_checks_of_person_or_watchlist')],
            },
        ),
        migrations.CreateModel(
            name='ProviderAccount',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('circuit_code', models.CharField(blank=True, max_length=32, verbose_name='code that stopped polling')),
                ('circuit_reason', models.CharField(blank=True, max_length=200, verbose_name='what the provider said')),
                ('circuit_opened_at', models.DateTimeField(blank=True, null=True, verbose_name='polling stopped')),
                ('next_probe_at', models.DateTimeField(blank=True, null=True, verbose_name='next trial call')),
                ('paused_until', models.DateTimeField(blank=True, null=True, verbose_name='paused until')),
                ('pause_code', models.CharField(blank=True, max_length=32, verbose_name='code that paused polling')),
                ('halted_at', models.DateTimeField(blank=True, null=True, verbose_name='stopped by an operator')),
                ('halted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='operator who stopped it')),
            ],
            options={
                'verbose_name': 'provider account',
                'verbose_name_plural': 'provider account',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='provider_account_is_one_row')],
            },
        ),
    ]
