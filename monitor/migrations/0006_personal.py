import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0005_watchlists'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(blank=True, choices=[('at_once', 'at once'), ('hourly', 'hourly digest'), ('daily', 'daily digest'), ('weekly', 'weekly digest')], max_length=10, verbose_name='alerts are mailed')),
                ('is_off', models.BooleanField(default=False, verbose_name='no mails')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mail_choices', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('watchlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mail_choices', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'choice of mails',
                'verbose_name_plural': 'choices of mails',
                'constraints': [models.UniqueConstraint(fields=('user', 'watchlist'), name='mail_choice_unique')],
            },
        ),
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to='monitor.product', verbose_name='product')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'mute',
                'verbose_name_plural': 'mutes',
                'constraints': [models.UniqueConstraint(fields=('user', 'product'), name='mute_unique')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('query', models.CharField(blank=True, max_length=1000, verbose_name='query')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'saved view',
                'verbose_name_plural': 'saved views',
                'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='saved_view_name_unique', violation_error_message='You have a view of that name already.')],
            },
        ),
    ]
