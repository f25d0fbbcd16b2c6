"""Products that have been due for some time."""

from datetime import timedelta

from monitor.models import Product
from tests.story import Story


def due_since(story: Story, number: int, minutes: int, *, cannot_wait: bool = False) -> int:
    """Makes a product of the story due since `minutes` ago and returns its key."""
    rows = Product.objects.filter(num_iid=story.num_iids[number])
    rows.update(next_check_at=story.now - timedelta(minutes=minutes), cannot_wait=cannot_wait)
    return rows.get().pk
