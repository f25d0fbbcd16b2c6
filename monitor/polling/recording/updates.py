"""What one reply means for its product: new column values, changes, a snapshot, an outage. Makes no
query."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from monitor.judging.changes import (
    PRODUCT_FIELDS,
    PRODUCT_VALUE_FIELDS,
    FieldChange,
    Json,
    ProductState,
    first_image,
    product_after,
    product_changes,
)
from monitor.judging.doubts import Doubt, Resolution
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.next_check import CheckHistory, next_check
from monitor.judging.schedule.planner import CheckResult, Known, Planner
from monitor.models import Outage, Product, Snapshot
from monitor.models.watchlists import Priority
from monitor.polling.answers import Result
from monitor.provider.codes import SUCCESS, Outcome
from monitor.provider.envelope import UNTOLD
from monitor.provider.errors import NotFound, ProviderError
from monitor.provider.observation import Observation, ShopObservation, Status

#: What a page of its shop does not tell of a product: its own checks alone set these columns.
_OF_CHECKS = (
    *("asked_at", "asked_by_id", "checked_at", "answered_at"),
    *("last_outcome", "last_code", "failing_since", "failures"),
)
#: What an observation tells of each of `PRODUCT_FIELDS`; None if nothing.
_told = attrgetter(*("sku_min_price" if name == "sku_range" else name for name in PRODUCT_FIELDS))


@dataclass(slots=True)
class Recorded:
    """What was recorded of one check."""

    num_iid: str
    outcome: Outcome
    code: str = ""
    data_time: datetime | None = None
    changes: tuple[FieldChange, ...] = ()
    resolved: tuple[Doubt, Resolution] | None = None


@dataclass(slots=True, kw_only=True)
class ProductUpdate(Recorded):
    """What will be written. `product` is a copy of the `claimed` one with its next values."""

    claimed: Product
    product: Product
    before_data_time: datetime | None = None
    snapshot: Snapshot | None = None
    outage: Outage | None = None
    shop: ShopObservation | None = None
    request_id: str = ""
    #: The whole content, where it is new.
    content: Mapping[str, Json] | None = None
    history: CheckHistory | None = None
    #: What this check says about how often the product changes.
    check_result: CheckResult | None = None
    #: The age of a reply from the provider's cache.
    age: timedelta | None = None
    #: A rule compares this product with others, or others with it.
    is_compared: bool = False

    def schedule(self, limits: Limits | None, planner: Planner) -> None:
        """Learn how often the product changes, and set its next check; without `limits` it has
        none."""
        product, history = self.product, self.history
        known = Known.load(self.claimed.knowledge)
        if self.check_result is not None:
            known = planner.learned(known, self.check_result)
            product.knowledge = known.dump()
        if limits is None:
            product.next_check_at = None
        elif history is not None:
            told_at = product.data_time if history.failures == 0 else None
            wait, product.rate = planner.wait(known, limits, told_at, history.checked_at)
            product.next_check_at = next_check(history, limits, wait)
            product.cannot_wait = product.priority != Priority.LOW and planner.cannot_wait(
                limits, wait
            )

    def last_told(self, field: str, last_reply: datetime) -> datetime:
        """Return when a field was last told before this reply; usually by the `last_reply` before
        it."""
        earlier = (self.claimed.told_at or {}).get(field)
        return datetime.fromisoformat(earlier) if earlier else last_reply


@dataclass(frozen=True, slots=True)
class NewContent:
    """The digest of a reply's content, which differs from the last one, and the content stored so
    far."""

    digest: str
    stored: Mapping[str, Json]


def update_of(result: Result, new_content: NewContent | None = None) -> ProductUpdate:
    """Decide what `result` means. The claimed product stays as it was, so an update can be made
    again."""
    update = _update_of(result, new_content)
    if result.is_listed:
        update.outage = None
        for name in _OF_CHECKS:
            setattr(update.product, name, getattr(update.claimed, name))
    return update


def _update_of(result: Result, new_content: NewContent | None) -> ProductUpdate:
    answer = result.answer
    if isinstance(answer, Outcome):
        return _skipped(result, answer)
    observation = observation_of(result)
    if observation is None:
        assert isinstance(answer, ProviderError)
        return _failed(result, answer)
    code = answer.code if isinstance(answer, ProviderError) else SUCCESS
    if result.held is not None:
        return _held(result, result.held, observation, code)
    return _observed(result, observation, code, new_content)


def observation_of(result: Result) -> Observation | None:
    """Return what an answer says of its product; None if nothing."""
    answer = result.answer
    if isinstance(answer, NotFound):
        return _vanished(result, answer)
    return _in_order(answer, result.product.data_time) if isinstance(answer, Observation) else None


def _in_order(observation: Observation, known: datetime | None) -> Observation:
    """Return the observation; a fresh reply without a usable data time of its own becomes newer
    than the known data.

    After our clock was set back, the known data lie in our future; such a reply then gets the
    second after them."""
    if known is None or observation.data_time > known:
        return observation
    if observation.from_cache or UNTOLD.isdisjoint(observation.flags):
        return observation
    return replace(observation, data_time=known + timedelta(seconds=1))


def _vanished(result: Result, error: NotFound) -> Observation:
    """Return what 'nothing found' says: the product's status now, and nothing else. It is a billed,
    true answer.

    It has no data time. If the provider's clock is ahead of ours, the known data may lie in our
    future; this answer is newer all the same."""
    known = result.product.data_time
    return Observation(
        num_iid=result.product.num_iid,
        data_time=result.received_at
        if known is None
        else max(result.received_at, known + timedelta(seconds=1)),
        status=Status.NOT_FOUND,
        request_id=error.request_id,
        quota=error.quota,
    )


def _skipped(result: Result, why: Outcome) -> ProductUpdate:
    """Return the update of a check without a call: the product stays due."""
    product = _copy(result.product)
    product.next_check_at = result.received_at
    product.asked_at, product.asked_by_id = result.product.asked_at, result.product.asked_by_id
    return ProductUpdate(product.num_iid, why, claimed=result.product, product=product)


def _failed(result: Result, error: ProviderError) -> ProductUpdate:
    now = result.received_at
    product = _copy(result.product)
    update = ProductUpdate(
        product.num_iid,
        error.outcome,
        error.code,
        claimed=result.product,
        product=product,
        request_id=error.request_id,
    )
    if product.failing_since is not None and (product.last_outcome, product.last_code) != (
        error.outcome,
        error.code,
    ):
        update.outage = _ended_outage(result.product, now)
        product.failing_since, product.failures = None, 0
    product.failing_since = product.failing_since or now
    product.failures += 1
    _checked(
        update, now, CheckHistory(now, error.outcome, error.action, product.failures, error.billing)
    )
    return update


def _answered(result: Result, observation: Observation, code: str) -> ProductUpdate:
    """Return the part of an update that is the same for every reply about the product."""
    now = result.received_at
    product = _copy(result.product)
    update = ProductUpdate(
        product.num_iid,
        Outcome.UNCHANGED,
        code,
        observation.data_time,
        claimed=result.product,
        product=product,
        before_data_time=product.data_time,
        request_id=observation.request_id,
        resolved=result.resolved,
        age=now - observation.data_time if observation.from_cache else None,
    )
    if product.failing_since is not None:
        update.outage = _ended_outage(result.product, now)
    product.failing_since, product.failures, product.answered_at = None, 0, now
    if result.resolved is not None:
        doubt, resolution = result.resolved
        product.doubt = product.doubted_at = None
        if doubt.before is not None:
            product.dropped = doubt.dump() if resolution is Resolution.DROPPED else product.dropped
    return update


def _held(result: Result, doubt: Doubt, observation: Observation, code: str) -> ProductUpdate:
    """Return the update of an answer in doubt: nothing of it is stored.

    If the doubt says so, the product is checked again when a second answer counts. Else it waits
    for its usual check: no rule reads the field, or a call to confirm it was not allowed, and an
    early check would be that call."""
    update = _answered(result, observation, code)
    update.outcome = Outcome.DOUBTFUL
    update.product.doubt, update.product.doubted_at = doubt.dump(), result.received_at
    _checked(
        update,
        result.received_at,
        CheckHistory(result.received_at, update.outcome, failures=int(doubt.asked)),
    )
    return update


def _observed(
    result: Result, observation: Observation, code: str, new_content: NewContent | None
) -> ProductUpdate:
    now = result.received_at
    update = _answered(result, observation, code)
    product, known = update.product, update.before_data_time
    before = product.state_with(new_content.stored if new_content else {})
    after = product_after(before, observation, content_is_as_before=new_content is None)
    if known is None or observation.data_time > known:
        if known is None or after != before:
            update.outcome = Outcome.OK
            update.changes = product_changes(before, after)
            _take_over(update, before, after)
            update.snapshot = _snapshot(update, observation, now)
        if new_content:
            product.content_digest = new_content.digest
        if known is not None:
            update.check_result = _check_result(update, known)
        _seen(update, observation, known)
    elif after != before or observation.data_time < known:
        update.outcome = Outcome.STALE
    if observation.status is Status.NOT_FOUND:
        update.outcome = Outcome.NOT_FOUND
    _checked(update, now, CheckHistory(now, update.outcome))
    return update


def _check_result(update: ProductUpdate, known: datetime) -> CheckResult:
    """Return what data newer than `known` say about how often the product changes. Changes of sales
    alone do not count: sales change all the time."""
    assert update.data_time is not None
    changed = any(change.field != "sales" for change in update.changes)
    return CheckResult(known, update.data_time, changed, update.age)


def _take_over(update: ProductUpdate, before: ProductState, after: ProductState) -> None:
    for name in PRODUCT_VALUE_FIELDS:
        setattr(update.product, name, getattr(after, name))
    if after.content != before.content:
        update.content = after.content
        update.product.image = first_image(after.content)


def _seen(update: ProductUpdate, observation: Observation, known: datetime | None) -> None:
    """Set the columns of a product that has newer data, but for the tracked values: they are set
    already."""
    product = update.product
    product.data_time = observation.data_time
    if update.snapshot is None:
        product.unchanged_checks += 1
    else:
        product.changed_at, product.unchanged_checks = observation.data_time, 0
        product.look_back_at = observation.data_time
    if known is None:
        product.first_data_time = observation.data_time
    else:
        product.told_at = _told_at(product.told_at or {}, observation, known.isoformat())
    product.from_cache = observation.from_cache
    product.request_id = observation.request_id
    product.flags = list(observation.flags)
    for name in ("stock", "supply_status", "category", "sale_starts_at", "sale_ends_at"):
        value = getattr(observation, name)
        if value is not None:
            setattr(product, name, value)
    if observation.shop is not None:
        update.shop = observation.shop
        if observation.shop.scores is not None:
            product.shop_told_at = observation.data_time


def _told_at(
    before: Mapping[str, str], observation: Observation, known: str
) -> dict[str, str] | None:
    """Return when the fields were last told that the observation does not tell; None if it tells
    all."""
    told = zip(PRODUCT_FIELDS, _told(observation), strict=True)
    return {name: before.get(name, known) for name, value in told if value is None} or None


def _snapshot(update: ProductUpdate, observation: Observation, now: datetime) -> Snapshot:
    return Snapshot(
        product_id=update.product.pk,
        data_time=observation.data_time,
        last_seen_before=update.before_data_time,
        received_at=now,
        request_id=observation.request_id,
        from_cache=observation.from_cache,
        thin=observation.thin,
        content=update.content,
        **{name: getattr(update.product, name) for name in PRODUCT_VALUE_FIELDS},
    )


def _ended_outage(product: Product, now: datetime) -> Outage:
    began = product.failing_since or now
    return Outage(
        product_id=product.pk,
        outcome=product.last_outcome,
        code=product.last_code,
        began_at=began,
        ended_at=max(began, now),
        checks=product.failures,
    )


def _checked(update: ProductUpdate, now: datetime, history: CheckHistory) -> None:
    update.history = history
    update.product.checked_at = now
    update.product.last_outcome = update.outcome.value
    update.product.last_code = update.code
    if (doubt := update.product.open_doubt) and doubt.before is None:
        # A first check that found nothing will be repeated, also for the user who asked for it.
        update.product.asked_by_id = update.claimed.asked_by_id


def _copy(product: Product) -> Product:
    """Return a copy of the product to be written: no longer asked for, and unclaimed.

    It has its own cache of related rows: what a failed transaction has set does not reach the
    claimed product."""
    written = copy(product)
    written.asked_at = written.asked_by_id = written.claim = written.claimed_until = None
    return written
