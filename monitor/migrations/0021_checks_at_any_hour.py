"""Lists and products are checked at any hour. The next migration makes the index again."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0020_product_figures")]

    operations = [
        migrations.RemoveIndex("watch", "watch_asked"),
        # The version before reads and writes these columns: the next one may drop them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("watch", "watch_hours_are_a_pair"),
                migrations.RemoveConstraint("watchlist", "watchlist_hours_are_a_pair"),
                migrations.RemoveField("product", "hours"),
                migrations.RemoveField("watchlist", "hours_from"),
                migrations.RemoveField("watchlist", "hours_until"),
                migrations.RemoveField("watch", "hours_from"),
                migrations.RemoveField("watch", "hours_until"),
            ]
        ),
    ]
