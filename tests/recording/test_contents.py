"""What is told at length is compared only where it is told otherwise, and the outcome is as if it always were."""

from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.changes import CONTENT_FIELDS, product_after, product_changes
from monitor.models import ProductContent, Snapshot
from monitor.provider.codes import Outcome
from monitor.provider.errors import NotFound
from monitor.provider.observation import FreightRule, Observation, SpecificationGroup
from monitor.recording.contents import digest
from tests.story import START, Story

pytestmark = pytest.mark.django_db

SERVER, OTHER_SERVER = "https://p3-aio.ecombdimg.com/obj/", "https://p9-aio.byteimg.com/obj/"
#: Of each part: not told, told, the same in other words or another order, and told differently.
TOLD: dict[str, list[Any]] = {
    "images": [None, (f"{SERVER}a", f"{SERVER}b"), (f"{OTHER_SERVER}a", f"{OTHER_SERVER}b"), (f"{SERVER}c",)],
    "specification": [
        None,
        (SpecificationGroup("颜色", ("白色", "黑色")),),
        (SpecificationGroup("颜色", ("黑色", "白色")),),
        (SpecificationGroup("尺码", ("S",)),),
    ],
    "freight": [None, (FreightRule(provinces=("新疆",), first=1500),), (FreightRule(first=300),), ()],
    "attributes": [None, (("品牌", "甲"), ("面料", "棉")), (("面料", "棉"), ("品牌", "甲")), (("品牌", "乙"),)],
    "service_promises": [None, ("pay_for_bad", "refund"), ("refund", "pay_for_bad"), ("refund",)],
}


@pytest.mark.parametrize("seed", range(6))
def test_it_records_what_comparing_every_reply_whole_would(seed: int) -> None:
    chance, story = Random(seed), Story()
    told: dict[str, Any] = dict.fromkeys(CONTENT_FIELDS)
    story.hears(**told)
    for _ in range(25):
        if chance.random() < 0.5:
            told = {name: chance.choice(ways) for name, ways in TOLD.items()}
        before = story.product.state
        recorded = story.hears(**told)
        state = product_after(before, Observation(num_iid=story.num_iids[0], data_time=START, **told))
        assert recorded.changes == product_changes(before, state)
        assert story.product.content == state.content
        assert story.product.image == (state.content.get("images") or [""])[0]  # type: ignore[index]
    kept: dict[str, Any] = {}
    for snapshot in Snapshot.objects.order_by("data_time"):
        kept = kept if snapshot.content is None else snapshot.content
    assert kept == story.product.content


def test_it_reads_nothing_of_what_a_reply_tells_in_the_same_words() -> None:
    story = Story()
    told = {name: ways[1] for name, ways in TOLD.items()}
    story.hears(**told)
    with CaptureQueriesContext(connection) as queries:
        story.hears(**told, price=6300)
    assert not [query for query in queries if ProductContent._meta.db_table in query["sql"]]


def test_it_tells_other_words_for_the_same_from_a_change() -> None:
    story = Story()
    story.hears(**{name: ways[1] for name, ways in TOLD.items()})
    first = story.product.content_digest
    again = {name: TOLD[name][2] for name in CONTENT_FIELDS if name != "freight"}
    assert story.hears(**again, freight=TOLD["freight"][1]).outcome is Outcome.UNCHANGED
    assert story.product.content_digest != first
    assert story.product.image == f"{SERVER}a"


def test_a_product_that_is_gone_keeps_what_it_told() -> None:
    story = Story()
    told = {name: ways[1] for name, ways in TOLD.items()}
    story.hears(**told)
    kept = (story.product.content, story.product.content_digest)
    story.hears(NotFound("", code="2000"))
    assert (story.product.content, story.product.content_digest) == kept


def test_older_data_brings_no_older_content() -> None:
    story = Story()
    story.hears(images=TOLD["images"][1])
    assert story.hears(images=TOLD["images"][3], data_time=START).outcome is Outcome.STALE
    assert story.product.content["images"] == list(TOLD["images"][1])
    assert story.hears(images=TOLD["images"][3]).changes[0].field == "images"


def test_a_digest_is_of_what_is_told_at_length_alone() -> None:
    def told(**fields: Any) -> str:
        return digest(Observation(num_iid="1", data_time=START, **fields))

    assert told() == told(price=1) == ""
    assert told(images=("a",)) == told(images=("a",), price=7200, request_id="gw-1")
    parts = [told(**{name: ways[number]}) for name, ways in TOLD.items() for number in (1, 2, 3)]
    assert len({*parts, told(images=()), told(attributes=())}) == len(parts) + 2
