from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0017_knowledge_as_json"),
    ]

    operations = [
        # The version before reads and writes this table: the next one may drop it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="Thinning")],
        ),
    ]
