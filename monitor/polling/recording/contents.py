"""Long contents of products (images, specification, …): read, compared and written only when their
digest changes."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter

import orjson

from monitor.judging.changes import CONTENT_FIELDS
from monitor.models import ProductContent
from monitor.polling.answers import Result
from monitor.polling.recording.updates import NewContent, ProductUpdate
from monitor.provider.observation import Observation

_parts = attrgetter(*CONTENT_FIELDS)


def digest(observation: Observation) -> str:
    """Return 32 hexadecimal digits of the reply's long contents; '' when it has none."""
    parts = _parts(observation)
    return (
        blake2b(orjson.dumps(parts), digest_size=16).hexdigest()
        if any(part is not None for part in parts)
        else ""
    )


def new_contents(results: Sequence[Result]) -> dict[int, NewContent]:
    """Return the contents whose digest differs from the last one, by product. One query, or none
    for products without data."""
    digests = {
        result.product.pk: new
        for result in results
        if isinstance(result.answer, Observation)
        and (new := digest(result.answer))
        and new != result.product.content_digest
    }
    known = [
        result.product.pk
        for result in results
        if result.product.pk in digests and result.product.data_time
    ]
    stored = (
        dict(ProductContent.objects.filter(pk__in=known).values_list("pk", "parts"))
        if known
        else {}
    )
    return {pk: NewContent(new, stored.get(pk, {})) for pk, new in digests.items()}


def write(updates: Sequence[ProductUpdate]) -> None:
    """Store the new contents."""
    rows = [
        ProductContent(product_id=update.product.pk, parts=update.content)
        for update in updates
        if update.content is not None
    ]
    ProductContent.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["product"], update_fields=["parts"]
    )
