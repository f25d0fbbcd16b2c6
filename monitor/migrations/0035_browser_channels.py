from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0034_api_tokens'),
    ]

    operations = [
        migrations.AlterField(
            model_name='channel',
            name='kind',
            field=models.CharField(choices=[('feishu', 'Feishu robot'), ('dingtalk', 'DingTalk robot'), ('wecom', 'WeCom robot'), ('webhook', 'Webhook'), ('browser', 'Browser')], max_length=10, verbose_name='kind'),
        ),
    ]
