"""Lists and products are checked at any hour. The next migration makes the index again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitor", "0020_product_figures")]

    operations = [
        migrations.RemoveConstraint("watch", "watch_hours_are_a_pair"),
        migrations.RemoveConstraint("watchlist", "watchlist_hours_are_a_pair"),
        migrations.RemoveIndex("watch", "watch_asked"),
        migrations.RemoveField("product", "hours"),
        migrations.RemoveField("watchlist", "hours_from"),
        migrations.RemoveField("watchlist", "hours_until"),
        migrations.RemoveField("watch", "hours_from"),
        migrations.RemoveField("watch", "hours_until"),
    ]
