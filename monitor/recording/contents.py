"""What is told of products at length: read, compared and written only where a reply tells it otherwise than before."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter

import orjson

from monitor.budget.answers import Result
from monitor.budget.retry import retried
from monitor.changes import CONTENT_FIELDS
from monitor.models import ProductContent
from monitor.provider.observation import Observation
from monitor.recording.plan import RecordingPlan, ToldAnew

_parts = attrgetter(*CONTENT_FIELDS)


def digest(observation: Observation) -> str:
    """32 hexadecimal digits for all that is told at length, as it is told; '' where nothing of it is."""
    parts = _parts(observation)
    return blake2b(orjson.dumps(parts), digest_size=16).hexdigest() if any(part is not None for part in parts) else ""


@retried
def told_anew(results: Sequence[Result]) -> dict[int, ToldAnew]:
    """By product, what replies tell otherwise than those before them. One query, or none for products new to us."""
    digests = {
        result.product.pk: told
        for result in results
        if isinstance(result.answer, Observation)
        and (told := digest(result.answer))
        and told != result.product.content_digest
    }
    known = [result.product.pk for result in results if result.product.pk in digests and result.product.data_time]
    stored = dict(ProductContent.objects.filter(pk__in=known).values_list("pk", "parts")) if known else {}
    return {pk: ToldAnew(told, stored.get(pk, {})) for pk, told in digests.items()}


def write(plans: Sequence[RecordingPlan]) -> None:
    """Store the contents that are new."""
    rows = [
        ProductContent(product_id=plan.product.pk, parts=plan.content) for plan in plans if plan.content is not None
    ]
    ProductContent.objects.bulk_create(rows, update_conflicts=True, unique_fields=["product"], update_fields=["parts"])
