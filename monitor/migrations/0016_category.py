from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0015_ended_channels"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="category",
            field=models.IntegerField(editable=False, null=True),
        ),
    ]
