from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0036_more_channels'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('alerts', 'alerts'), ('digest', 'digest'), ('polling_stopped', 'checks stopped'), ('invitation', 'invitation'), ('password_reset', 'lost password'), ('password_changed', 'password changed'), ('join', 'new account'), ('account_exists', 'account exists'), ('address_confirm', 'new address'), ('address_changed', 'address changed'), ('address_test', 'address test'), ('data_ready', 'export of data ready'), ('account_deleted', 'account deleted'), ('new_device', 'new device'), ('second_factor', 'two-step verification changed'), ('login_code', 'code to log in'), ('channel_added', 'channel added'), ('channel_refused', 'channel refused')], default='alerts', max_length=20, verbose_name='kind'),
        ),
    ]
