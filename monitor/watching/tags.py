"""Writes the tags of watches."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from monitor.models import WatchTag
from monitor.polling.planning.rescheduling import CHUNK


@transaction.atomic
def set_tags(tags: Mapping[int, Sequence[str]]) -> None:
    """Give watches, by their keys, these tags and no others."""
    WatchTag.objects.filter(watch__in=tags).delete()
    rows = (WatchTag(watch_id=watch, name=name) for watch, names in tags.items() for name in names)
    # Of two requests at the same time, both may add the same tag.
    WatchTag.objects.bulk_create(rows, ignore_conflicts=True, batch_size=CHUNK)
