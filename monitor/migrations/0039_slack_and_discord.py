from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0038_token_made_mail'),
    ]

    operations = [
        migrations.AlterField(
            model_name='channel',
            name='kind',
            field=models.CharField(choices=[('feishu', 'Feishu robot'), ('dingtalk', 'DingTalk robot'), ('wecom', 'WeCom robot'), ('bark', 'Bark'), ('serverchan', 'ServerChan'), ('wxpusher', 'WxPusher'), ('pushdeer', 'PushDeer'), ('telegram', 'Telegram'), ('slack', 'Slack'), ('discord', 'Discord'), ('webhook', 'Webhook'), ('browser', 'Browser')], max_length=10, verbose_name='kind'),
        ),
    ]
