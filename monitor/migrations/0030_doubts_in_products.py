import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0029_lines_of_imports")]

    operations = [
        # The version before writes this table: the next one may drop it. Meanwhile products must be
        # deleted without its rows.
        migrations.AlterField(
            model_name="doubtedreading",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="doubted_readings",
                to="monitor.product",
                verbose_name="product",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="DoubtedReading")],
        ),
    ]
