from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitor", "0027_bodies_in_messages")]

    operations = [
        # The mail to the old address tells of the change, and undoes it.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.DeleteModel("AddressChange")],
            state_operations=[migrations.DeleteModel("AddressChange")],
        ),
    ]
