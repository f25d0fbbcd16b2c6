
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0035_token_scopes'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='channel',
            name='channel_due',
        ),
        migrations.AlterField(
            model_name='channel',
            name='kind',
            field=models.CharField(choices=[('feishu', 'Feishu robot'), ('dingtalk', 'DingTalk robot'), ('wecom', 'WeCom robot'), ('bark', 'Bark'), ('serverchan', 'ServerChan'), ('wxpusher', 'WxPusher'), ('pushdeer', 'PushDeer'), ('telegram', 'Telegram'), ('webhook', 'Webhook'), ('browser', 'Browser')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='message',
            name='status',
            field=models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('refused', 'refused for good'), ('failed', 'given up'), ('dropped', 'no longer wanted'), ('held', 'held')], default='pending', max_length=10, verbose_name='status'),
        ),
    ]
