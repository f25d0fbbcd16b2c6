"""Calls for pages of products: of followed shops, and of searches. One billed call and one claim a
page."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from monitor.models import Assortment, SearchPage
from monitor.models.polled import CLAIM_LASTS
from monitor.people.allowances import lock_at_once
from monitor.polling.answers import PageResult, Result
from monitor.polling.budget import charges, ledger
from monitor.polling.budget.first_checks import grant_page, put_off
from monitor.polling.budget.ledger import CallsLeft, Grant
from monitor.polling.checking import claims, confirming
from monitor.polling.checking.batch import apply_errors
from monitor.polling.checking.fetch import provider_client
from monitor.polling.recording import assortments, record, searches
from monitor.polling.retry import retried
from monitor.polling.shutdown import stopping
from monitor.provider.errors import BadReply, NotFound, ProviderError
from monitor.provider.listing import SEARCH_API, SHOP_API, ListingPage

logger = logging.getLogger(__name__)

#: How many due shops are tried whether somebody's allowance pays their next page.
MOST_TRIED = 20
#: How long a task goes on with pages that are due.
CONTINUE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class PageClaim:
    """The assortment or the search whose next page may be called for."""

    subject: Assortment | SearchPage
    grant: Grant

    @property
    def is_asked(self) -> bool:
        return self.subject.asked_at is not None


def read_due(
    wake_another: Callable[[], object], clock: Callable[[], datetime] = timezone.now
) -> None:
    """Read due pages one after another for `CONTINUE_SECONDS`: a worker's task.

    What users ask for comes first, searches before assortments; other readings spend what the
    schedule may spend. After a failure the rest waits for the next tick; when the time is over,
    `wake_another` goes on."""
    ends = time.monotonic() + CONTINUE_SECONDS
    while not stopping.is_set() and (claim := begin(clock)) and _read(claim, clock):
        if time.monotonic() >= ends:
            wake_another()
            return


@retried
@transaction.atomic
def begin(clock: Callable[[], datetime] = timezone.now) -> PageClaim | None:
    """Claim what is called for next, and reserve the call; None without anything to call for, or
    without budget."""
    left = ledger.left(clock(), catches_up=True)
    now = (
        clock()
    )  # After the wait for the day's row: another worker may have recorded a page meanwhile.
    subject = (_claimed_search(now) if left.calls else None) or _claimed_assortment(now, left)
    if subject is None:
        return None
    grant = ledger.reserve(1, now)
    if not grant.calls:
        transaction.set_rollback(True)  # The claim, too.
        return None
    if isinstance(subject, Assortment):
        assortments.begin_reading(subject, now)
    return PageClaim(subject, grant)


def _claimed_search(now: datetime) -> SearchPage | None:
    page = SearchPage.objects.waiting(now).select_for_update(skip_locked=True, no_key=True).first()
    if page is not None:
        page.claimed_until = now + CLAIM_LASTS
        page.save(update_fields=["claimed_until"])
    return page


def _claimed_assortment(now: datetime, left: CallsLeft) -> Assortment | None:
    """Claim the shop whose next page somebody's allowance pays. What nobody's pays is put off."""
    asked, due = Assortment.objects.asked(now), Assortment.objects.due(now)
    for rows, calls in ((asked, left.calls), (due, left.of_schedule)):
        waiting = rows.free(now).select_related("asked_by")
        for assortment in waiting[:MOST_TRIED] if calls else ():
            by = assortment.asked_by
            # Whose requests are counted at this moment is left to the next time: no deadlock.
            if by is not None and not lock_at_once(by.payer_id(now)):
                continue
            for claimed in claims.claim(rows.filter(pk=assortment.pk), now, 1):
                if grant_page(claimed, now):
                    return claimed
    return None


def _read(claim: PageClaim, clock: Callable[[], datetime]) -> bool:
    """Call for one page and record it; return whether another call may follow at once."""
    began_at = clock()
    result = PageResult(_ask(claim.subject, clock), clock(), began_at)
    answer = result.answer
    _finish(claim, result, clock)
    apply_errors([answer], clock())
    is_answered = isinstance(answer, ListingPage | NotFound)
    if claim.grant.is_probe and is_answered and ledger.end_trial(clock()):
        logger.warning("Polling goes on: a trial call was answered.")
    return is_answered


def _ask(
    subject: Assortment | SearchPage, clock: Callable[[], datetime]
) -> ListingPage | ProviderError:
    client = provider_client()
    try:
        if isinstance(subject, SearchPage):
            return client.search(subject.words, subject.page, now=clock)
        return client.list_shop(
            subject.shop.shop_id, subject.next_page, name=subject.shop.name or "", now=clock
        )
    except ProviderError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever a reply breaks, the call is paid and must be booked
        logger.error(
            "%s %s: reading the reply failed: %s",
            type(subject).__name__,
            subject.pk,
            type(error).__name__,
        )
        return BadReply("The reply could not be read.")


@retried
@transaction.atomic
def _finish(claim: PageClaim, result: PageResult, clock: Callable[[], datetime]) -> None:
    """Book the call and record the page, both or neither."""
    answer, now, day, subject, assortment = (
        result.answer,
        result.received_at,
        claim.grant.day,
        claim.subject,
        None,
    )
    if isinstance(subject, SearchPage):
        searches.record_search(subject, result)
    else:
        if isinstance(answer, ListingPage) and assortments.is_held(subject):
            _record_listed(assortments.products_of_page(subject, answer, now), subject, clock)
        assortment = assortments.record_page(subject, result)
    # Last and in this order, as batches do: no deadlock, and all workers wait for the row of the
    # day.
    api = SEARCH_API if isinstance(subject, SearchPage) else SHOP_API
    ledger.settle([result], api=api, day=day)
    charges.charge_page(subject, result, day)
    ledger.refund(0, day, asked=int(claim.is_asked))
    if assortment is not None and assortment.is_in_slots and not assortment.failures:
        put_off(assortment, now)


def _record_listed(
    results: Sequence[Result], assortment: Assortment, clock: Callable[[], datetime]
) -> None:
    """Record what a page tells of products. Odd prices are held in doubt: no rule reads them, so no
    call confirms them. The next page that agrees ends the doubt, unless the whole shop moved."""
    waiting: list[Result] = []
    if any(result.product.open_doubt for result in results) and not assortments.may_settle_prices(
        assortment
    ):
        doubted = ((result, result.product.open_doubt) for result in results)
        waiting = [replace(result, held=doubt) for result, doubt in doubted if doubt]
        results = [result for result in results if not result.product.open_doubt]
    record([*confirming.settled(list(results), lambda products: []), *waiting], now=clock())
