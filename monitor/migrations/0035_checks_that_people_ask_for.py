from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0034_budgets_and_a_switch"),
    ]

    operations = [
        migrations.AddField("product", "asked_at", models.DateTimeField(editable=False, null=True)),
    ]
