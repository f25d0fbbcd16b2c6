"""Long content is compared only if its digest differs; the changes are the same as if it always
were compared."""

from random import Random
from typing import Any

import pytest

from monitor.judging.changes import CONTENT_FIELDS, product_after, product_changes
from monitor.models import Snapshot
from monitor.provider.errors import NotFound
from monitor.provider.observation import FreightRule, Observation, SpecificationGroup
from tests.polling.story import START, Story

pytestmark = pytest.mark.django_db

SERVER, OTHER_SERVER = "https://p3-aio.ecombdimg.com/obj/", "https://p9-aio.byteimg.com/obj/"
#: For each field: missing, a value, an equal one in another order or from another server, and a
#: different value.
PARTS: dict[str, list[Any]] = {
    "images": [
        None,
        (f"{SERVER}a", f"{SERVER}b"),
        (f"{OTHER_SERVER}a", f"{OTHER_SERVER}b"),
        (f"{SERVER}c",),
    ],
    "specification": [
        None,
        (SpecificationGroup("颜色", ("白色", "黑色")),),
        (SpecificationGroup("颜色", ("黑色", "白色")),),
        (SpecificationGroup("尺码", ("S",)),),
    ],
    "freight": [
        None,
        (FreightRule(provinces=("新疆",), first=1500),),
        (FreightRule(first=300),),
        (),
    ],
    "attributes": [
        None,
        (("品牌", "甲"), ("面料", "棉")),
        (("面料", "棉"), ("品牌", "甲")),
        (("品牌", "乙"),),
    ],
    "service_promises": [None, ("pay_for_bad", "refund"), ("refund", "pay_for_bad"), ("refund",)],
}


@pytest.mark.parametrize("seed", range(2))
def test_the_changes_are_those_of_comparing_every_reply_in_full(seed: int) -> None:
    chance, story = Random(seed), Story()
    fields: dict[str, Any] = dict.fromkeys(CONTENT_FIELDS)
    story.hears(**fields)
    for _ in range(25):
        if chance.random() < 0.5:
            fields = {name: chance.choice(ways) for name, ways in PARTS.items()}
        before = story.product.state
        recorded = story.hears(**fields)
        state = product_after(
            before, Observation(num_iid=story.num_iids[0], data_time=START, **fields)
        )
        assert recorded.changes == product_changes(before, state)
        assert story.product.content == state.content
        assert story.product.image == (state.content.get("images") or [""])[0]  # type: ignore[index]
    content: dict[str, Any] = {}
    for snapshot in Snapshot.objects.order_by("data_time"):
        content = content if snapshot.content is None else snapshot.content
    assert content == story.product.content


def test_a_product_that_is_gone_keeps_its_content() -> None:
    story = Story()
    fields = {name: ways[1] for name, ways in PARTS.items()}
    story.hears(**fields)
    kept = (story.product.content, story.product.content_digest)
    story.hears(NotFound("", code="2000"))
    assert (story.product.content, story.product.content_digest) == kept
