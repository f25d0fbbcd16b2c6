"""Whatever the provider replies, in any order: one odd answer alone is never believed, and no
doubt lasts."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from monitor.judging.changes import PRODUCT_VALUE_FIELDS, ProductState, product_changes
from monitor.judging.doubts import BELIEVED_AFTER, Doubt, Resolution, suspicion
from monitor.models import Alert, Change, Product, Snapshot
from monitor.polling.answers import Answer
from monitor.polling.checking import claims, confirming
from monitor.polling.recording import Result, record
from monitor.provider.errors import BadReply, NotFound
from monitor.provider.observation import Observation, Status
from tests.polling.story import TELLS, Story

INTERVAL = timedelta(minutes=30)

answers = st.one_of(
    st.fixed_dictionaries(
        {
            "price": st.sampled_from([7200, 7200, 6000, 3600, 1, None]),
            "status": st.sampled_from(
                [Status.ON_SALE, Status.ON_SALE, Status.OFF_SHELF, Status.DELETED]
            ),
            "from_cache": st.sampled_from([False, False, True]),
            "age": st.sampled_from([0, 0, 0, 5, 90]),
        }
    ),
    st.sampled_from(["gone", "bad"]),
)


class Replies:
    """A product's checks, each with the reply to the first call and to the second one, if it is
    made."""

    def __init__(self) -> None:
        self.story = Story()
        self.story.hears()
        self.calls = 0
        #: The doubts that ended, each with its resolution, by the time of the reply that ended it.
        self.resolutions: dict[datetime, tuple[Doubt, Resolution]] = {}

    def check(self, first: Any, second: Any, *, may_ask: bool) -> None:
        story = self.story
        story.now += INTERVAL
        [product] = claims.seize([story.product.pk], story.now)

        def ask(products: Sequence[Product]) -> list[Result]:
            self.calls += len(products)
            story.now += timedelta(seconds=1)
            return [Result(product, self.answer(second), story.now)] if may_ask else []

        results = confirming.settled([Result(product, self.answer(first), story.now)], ask)
        for result in results:
            if result.resolved is not None:
                self.resolutions[result.received_at] = result.resolved
        record(results, now=story.now)

    def answer(self, reply: Any) -> Answer:
        if reply == "gone":
            return NotFound("nothing found", code="2000")
        if reply == "bad":
            return BadReply("The reply could not be read.")
        data_time = self.story.now - timedelta(minutes=reply["age"])
        return replace(
            TELLS,
            data_time=data_time,
            **{name: reply[name] for name in ("price", "status", "from_cache")},
        )


def states(snapshots: Sequence[Snapshot]) -> list[ProductState]:
    return [
        ProductState(**{name: getattr(snapshot, name) for name in PRODUCT_VALUE_FIELDS})
        for snapshot in snapshots
    ]


class AnyReplies(TestCase):
    @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
    @given(checks=st.lists(st.tuples(answers, answers, st.booleans()), max_size=12))
    def test_nothing_odd_is_recorded_at_one_reading(
        self, checks: list[tuple[Any, Any, bool]]
    ) -> None:
        replies = Replies()
        for first, second, may_ask in checks:
            replies.check(first, second, may_ask=may_ask)
            self._no_doubt_lasts(replies.story)
        snapshots = list(Snapshot.objects.order_by("data_time"))
        for (before, after), snapshot in zip(
            itertools.pairwise(states(snapshots)), snapshots[1:], strict=True
        ):
            observation = Observation(
                num_iid="1",
                data_time=snapshot.data_time,
                price=after.price,
                status=None if after.status == before.status else Status(str(after.status)),
            )
            if odd := suspicion(before, observation):
                assert self._was_doubted(replies, odd.field, snapshot)
        replayed = [
            (snapshot.data_time, change.field, change.before, change.after)
            for pair, snapshot in zip(
                itertools.pairwise(states(snapshots)), snapshots[1:], strict=True
            )
            for change in product_changes(*pair)
        ]
        stored = Change.objects.exclude(product=None).values_list(
            "first_seen_after", "field", "before", "after"
        )
        assert sorted(map(repr, replayed)) == sorted(map(repr, stored)), (
            "the changes between the snapshots"
        )
        # Fewer, as an alert collects the changes during its rule's cool-down.
        assert Alert.objects.count() <= sum(
            field in ("price", "status") for _, field, _, _ in replayed
        )
        assert replies.calls <= len(checks)

    def _was_doubted(self, replies: Replies, field: str, snapshot: Snapshot) -> bool:
        """Return whether this snapshot's answer confirmed a doubt, or ended one of another kind:
        it contradicted it, or came when the product had been in doubt for so long that the next
        answer is believed."""
        change = Change.objects.get(field=field, first_seen_after=snapshot.data_time)
        doubt, resolution = replies.resolutions[snapshot.received_at]
        if change.doubted_at is None:
            return resolution in (Resolution.DROPPED, Resolution.PERSISTED)
        return change.doubted_at == doubt.seen_at and resolution is not Resolution.DROPPED

    def _no_doubt_lasts(self, story: Story) -> None:
        product = story.product
        doubt = product.open_doubt
        assert (doubt is None) == (product.doubted_at is None)
        if doubt is not None and product.answered_at == story.now:
            # Thin replies and old data settle no doubt.
            assert story.now - doubt.since < BELIEVED_AFTER or product.last_outcome != "doubtful"
