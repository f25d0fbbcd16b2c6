import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0032_tags_and_sheets'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='email', name='email_digest_once'),
        migrations.RemoveConstraint(model_name='emailalert', name='email_alert_once'),
        migrations.RemoveIndex(model_name='email', name='email_due'),
        migrations.RenameIndex(model_name='email', old_name='email_newest', new_name='message_newest'),
        migrations.RenameIndex(model_name='email', old_name='email_held', new_name='message_held'),
        migrations.RenameIndex(model_name='email', old_name='email_waiting', new_name='message_waiting'),
        migrations.RenameModel(old_name='Email', new_name='Message'),
        migrations.RenameModel(old_name='EmailAlert', new_name='MessageAlert'),
        migrations.RenameField(model_name='message', old_name='message_id', new_name='uid'),
        migrations.RenameField(model_name='messagealert', old_name='email', new_name='message'),
        migrations.RenameField(model_name='attempt', old_name='email', new_name='message'),
        migrations.AlterModelOptions(
            name='messagealert',
            options={'verbose_name': 'alert in a message', 'verbose_name_plural': 'alerts in messages'},
        ),
        migrations.AlterField(
            model_name='alert',
            name='is_delivered',
            field=models.BooleanField(default=False, help_text='All its messages have been written.', verbose_name='handed to delivery'),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='code',
            field=models.PositiveIntegerField(null=True, verbose_name='code'),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='monitor.message', verbose_name='message'),
        ),
        migrations.AlterField(
            model_name='message',
            name='address',
            field=models.EmailField(blank=True, max_length=254, verbose_name='address'),
        ),
        migrations.AlterField(
            model_name='message',
            name='alerts',
            field=models.ManyToManyField(related_name='messages', through='monitor.MessageAlert', to='monitor.alert'),
        ),
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('alerts', 'alerts'), ('digest', 'digest'), ('polling_stopped', 'checks stopped'), ('invitation', 'invitation'), ('password_reset', 'lost password'), ('password_changed', 'password changed'), ('join', 'new account'), ('account_exists', 'account exists'), ('address_confirm', 'new address'), ('address_changed', 'address changed'), ('address_test', 'address test'), ('data_ready', 'export of data ready'), ('account_deleted', 'account deleted'), ('new_device', 'new device'), ('second_factor', 'two-step verification changed'), ('login_code', 'code to log in'), ('channel_refused', 'channel refused')], default='alerts', max_length=20, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='message',
            name='recipient',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='received', to=settings.AUTH_USER_MODEL, verbose_name='recipient'),
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('feishu', 'Feishu robot'), ('dingtalk', 'DingTalk robot'), ('wecom', 'WeCom robot'), ('webhook', 'Webhook')], max_length=10, verbose_name='kind')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('sealed', models.TextField(editable=False)),
                ('ending', models.CharField(editable=False, max_length=80, verbose_name='address')),
                ('how', models.CharField(choices=[('at_once', 'at once'), ('hourly', 'hourly digest'), ('daily', 'daily digest'), ('weekly', 'weekly digest')], default='at_once', max_length=10, verbose_name='alerts')),
                ('only_urgent', models.BooleanField(default=False, verbose_name='only urgent rules')),
                ('is_paused', models.BooleanField(default=False, verbose_name='paused')),
                ('confirmed_at', models.DateTimeField(editable=False, verbose_name='tested')),
                ('next_send_at', models.DateTimeField(editable=False)),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='failures in a row')),
                ('failing_since', models.DateTimeField(editable=False, null=True, verbose_name='failing since')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused since')),
                ('answer', models.CharField(blank=True, editable=False, max_length=500, verbose_name='last answer')),
                ('advice', models.CharField(blank=True, editable=False, max_length=200)),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('left_out', models.ManyToManyField(blank=True, related_name='+', to='monitor.watchlist', verbose_name='watchlists left out')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='channels', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'channel',
                'verbose_name_plural': 'channels',
            },
        ),
        migrations.AddField(
            model_name='message',
            name='channel',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='monitor.channel', verbose_name='channel'),
        ),
        migrations.AddField(
            model_name='messagealert',
            name='channel',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.channel'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('channel__isnull', True), ('status', 'pending')), fields=['next_attempt_at'], name='message_due'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('channel__isnull', False), ('status', 'pending')), fields=['channel', 'next_attempt_at'], name='message_channel_due'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('channel__isnull', True), ('kind', 'digest')), fields=('recipient', 'period', 'until'), name='message_digest_once'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('channel__isnull', False), ('kind', 'digest')), fields=('channel', 'period', 'until'), name='message_channel_digest_once'),
        ),
        migrations.AddConstraint(
            model_name='messagealert',
            constraint=models.UniqueConstraint(condition=models.Q(('channel__isnull', True)), fields=('alert', 'recipient'), name='message_alert_once'),
        ),
        migrations.AddConstraint(
            model_name='messagealert',
            constraint=models.UniqueConstraint(condition=models.Q(('channel__isnull', False)), fields=('alert', 'channel'), name='message_on_channel_once'),
        ),
        migrations.AddIndex(
            model_name='channel',
            index=models.Index(fields=['next_send_at'], name='channel_due'),
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='channel_name_unique'),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='kind',
            field=models.CharField(choices=[('login', 'log-in'), ('login_failed', 'failed log-in'), ('logout', 'log-out'), ('sessions_ended', 'devices logged out'), ('not_me', 'log-in reported'), ('password_changed', 'password changed'), ('address_changed', 'address changed'), ('address_restored', 'address restored'), ('factor_added', 'two-step verification added'), ('factor_removed', 'two-step verification removed'), ('codes_made', 'recovery codes created'), ('site_connected', 'login site connected'), ('site_disconnected', 'login site disconnected'), ('account_made', 'account created'), ('account_deleted', 'account deleted'), ('account_restored', 'account restored'), ('account_purged', 'account purged'), ('list_transferred', 'watchlist transferred'), ('list_deleted', 'watchlist deleted'), ('list_restored', 'watchlist restored'), ('list_purged', 'watchlist purged'), ('invited', 'invitation sent'), ('invitation_accepted', 'invitation accepted'), ('invitation_closed', 'invitation declined or withdrawn'), ('role_changed', 'role changed'), ('member_removed', 'member removed'), ('rights_changed', 'rights changed'), ('channel_added', 'channel added'), ('channel_changed', 'channel changed'), ('channel_removed', 'channel removed'), ('exported', 'data exported'), ('budget_set', 'budget set'), ('allowance_changed', 'allowance changed'), ('checks_stopped', 'checks stopped'), ('checks_started', 'checks started'), ('trial_call', 'trial call'), ('admin_added', 'added in the admin'), ('admin_changed', 'changed in the admin'), ('admin_deleted', 'deleted in the admin'), ('admin_action', 'action in the admin')], max_length=20, verbose_name='event'),
        ),
    ]
