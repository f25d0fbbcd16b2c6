import struct
from binascii import a2b_base64, b2a_base64

from django.db import migrations, models

#: Products whose rows are written by one transaction.
CHUNK = 5000
#: What a list holds, of numbers and two marks, as `monitor.schedule.Known` packs it.
NUMBERS, PACKED = 8, struct.Struct("<6fIB")


class AddColumn(migrations.AddField):
    """An attempt that was broken off may have left the column there."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, "monitor_product")
        if self.name not in {column.name for column in columns}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


def pack(numbers):
    """None of what no version that is in use has stored."""
    if not isinstance(numbers, list) or len(numbers) != NUMBERS:
        return None
    changes, days, first, second, third, is_away, before, cached = numbers
    bits = bool(is_away) | (before is not None) << 1
    floats = (one or 0.0 for one in (changes, days, first, second, third, cached))
    return b2a_base64(PACKED.pack(*floats, before or 0, bits), newline=False).decode()


def unpack(stored):
    *floats, cached, before, bits = PACKED.unpack(a2b_base64(stored))
    return [*(round(one, 5) for one in floats), bits & 1, before if bits & 2 else None, round(cached, 5)]


def moved(source, target, convert):
    """Fill one column from the other, from key to key, so that nobody waits for many rows at once."""

    def move(apps, schema_editor):
        from monitor.recording.bulk import update_rows

        products = apps.get_model("monitor", "Product").objects.order_by("pk")
        known = products.filter(**{f"{source}__isnull": False}).only("pk", source)
        after = 0
        while some := list(known.filter(pk__gt=after)[:CHUNK]):
            for one in some:
                setattr(one, target, convert(getattr(one, source)))
            update_rows(some, [target])
            after = some[-1].pk

    return move


class Migration(migrations.Migration):
    # Rows are converted beside running writers.
    atomic = False

    dependencies = [
        ("monitor", "0042_plan_the_rest_of_a_day"),
    ]

    operations = [
        AddColumn("product", "learned", models.CharField(editable=False, max_length=40, null=True)),
        migrations.RunPython(moved("known", "learned", pack), moved("learned", "known", unpack)),
        migrations.RemoveField("product", "known"),
        migrations.RenameField("product", "learned", "known"),
    ]
