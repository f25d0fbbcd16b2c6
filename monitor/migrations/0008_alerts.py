import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0007_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_as_it_was', models.JSONField(verbose_name='rule as it was')),
                ('field', models.CharField(choices=[('price', 'price'), ('list_price', 'list price'), ('sku_range', 'SKU price range'), ('sales', 'sales'), ('status', 'status'), ('presale', 'presale'), ('title', 'title'), ('images', 'images'), ('specification', 'specification'), ('freight', 'freight'), ('attributes', 'attributes'), ('service_promises', 'service promises'), ('score_scale', 'scale of the scores'), ('product_score', 'product score'), ('logistics_score', 'logistics score'), ('service_score', 'service score'), ('product_gap', 'product score against the average'), ('logistics_gap', 'logistics score against the average'), ('service_gap', 'service score against the average'), ('name', 'shop name'), ('company_name', 'company'), ('checks', 'successful checks')], max_length=20, verbose_name='field')),
                ('before', models.JSONField(null=True, verbose_name='before')),
                ('after', models.JSONField(null=True, verbose_name='after')),
                ('reference', models.BigIntegerField(null=True, verbose_name='compared with')),
                ('data_time', models.DateTimeField(verbose_name='data time')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request ID')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='times')),
                ('began_at', models.DateTimeField(null=True, verbose_name='began')),
                ('moments', models.JSONField(default=list, verbose_name='moments')),
                ('group', models.CharField(editable=False, max_length=100, null=True)),
                ('held_until', models.DateTimeField(null=True, verbose_name='held until')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('is_delivered', models.BooleanField(default=False, help_text='E-mails to all who want one have been written.', verbose_name='handed to delivery')),
                ('change', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='monitor.change', verbose_name='change')),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='monitor.product', verbose_name='product')),
                ('rule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alerts', to='monitor.rule', verbose_name='rule')),
                ('shop', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='monitor.shop', verbose_name='shop')),
                ('watchlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'alert',
                'verbose_name_plural': 'alerts',
            },
        ),
        migrations.CreateModel(
            name='AlertRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reads', to='monitor.alert')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Email',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(max_length=254, verbose_name='address')),
                ('kind', models.CharField(choices=[('alerts', 'alerts'), ('digest', 'digest'), ('polling_stopped', 'polling stopped'), ('invitation', 'invitation'), ('password_reset', 'lost password'), ('password_changed', 'password changed'), ('join', 'address to be confirmed, new account'), ('account_exists', 'account exists already'), ('address_confirm', 'address to be confirmed'), ('address_changed', 'address changed'), ('address_test', 'address to be tried again')], default='alerts', max_length=20, verbose_name='kind')),
                ('context', models.JSONField(default=dict, editable=False, verbose_name='context')),
                ('period', models.CharField(blank=True, choices=[('hour', 'hourly digest'), ('day', 'daily digest'), ('week', 'weekly digest')], editable=False, max_length=4, verbose_name='period')),
                ('until', models.DateTimeField(editable=False, null=True, verbose_name='until')),
                ('message_id', models.CharField(max_length=200, unique=True, verbose_name='Message-ID')),
                ('status', models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('refused', 'refused for good'), ('failed', 'given up'), ('dropped', 'no longer wanted'), ('held', 'waits for the address')], default='pending', max_length=10, verbose_name='status')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(verbose_name='next attempt')),
                ('lease', models.UUIDField(editable=False, null=True)),
                ('answer', models.CharField(blank=True, max_length=500, verbose_name="the server's last answer")),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent')),
                ('recipient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='emails', to=settings.AUTH_USER_MODEL, verbose_name='recipient')),
            ],
            options={
                'verbose_name': 'e-mail',
                'verbose_name_plural': 'e-mails',
            },
        ),
        migrations.CreateModel(
            name='EmailAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.PositiveIntegerField(db_default=1, default=1)),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.alert')),
                ('email', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.email')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='email',
            name='alerts',
            field=models.ManyToManyField(related_name='emails', through='monitor.EmailAlert', to='monitor.alert'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['watchlist', '-created_at', '-id'], name='alert_newest'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('is_delivered', False)), fields=['id'], name='alert_undelivered'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('rule', 'change'), name='alert_unique'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('change__isnull', True), ('group__isnull', True)), fields=('rule', 'product', 'data_time', 'reference'), name='alert_without_change_unique'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('rule', 'group'), name='alert_gathered_unique'),
        ),
        migrations.AddIndex(
            model_name='alertread',
            index=models.Index(fields=['user', 'read_at'], name='alert_read_at_once'),
        ),
        migrations.AddConstraint(
            model_name='alertread',
            constraint=models.UniqueConstraint(fields=('alert', 'user'), name='alert_read_unique'),
        ),
        migrations.AddConstraint(
            model_name='emailalert',
            constraint=models.UniqueConstraint(fields=('alert', 'recipient'), name='email_alert_once'),
        ),
        migrations.AddIndex(
            model_name='email',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['next_attempt_at'], name='email_due'),
        ),
        migrations.AddIndex(
            model_name='email',
            index=models.Index(fields=['-created_at'], name='email_newest'),
        ),
        migrations.AddIndex(
            model_name='email',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['recipient'], name='email_held'),
        ),
        migrations.AddIndex(
            model_name='email',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['recipient'], name='email_waiting'),
        ),
        migrations.AddConstraint(
            model_name='email',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'digest')), fields=('recipient', 'period', 'until'), name='email_digest_once'),
        ),
    ]
