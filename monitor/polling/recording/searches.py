"""Answers of searches: stored for everybody who asks for the same page within a day."""

from dataclasses import asdict

from monitor.models import SearchPage
from monitor.polling.answers import PageResult
from monitor.provider.errors import NotFound, ProviderError
from monitor.provider.listing import ListingPage


def record_search(page: SearchPage, result: PageResult) -> None:
    """Store what a page lists, or why it could not be read. A search that finds nothing is an
    answer, too."""
    answer = result.answer
    failure = (
        answer if isinstance(answer, ProviderError) and not isinstance(answer, NotFound) else None
    )
    SearchPage.objects.filter(pk=page.pk).update(
        products=[asdict(product) for product in answer.products]
        if isinstance(answer, ListingPage)
        else [],
        read_at=result.received_at,
        outcome=failure.outcome.value if failure else "",
        code=failure.code if failure else "",
        asked_at=None,
        asked_by=None,
        claimed_until=None,
    )
