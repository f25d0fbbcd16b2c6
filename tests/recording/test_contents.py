"""Long content is compared only if its digest differs; the changes are the same as if it always
were compared."""

from random import Random
from typing import Any

import pytest

from monitor.changes import CONTENT_FIELDS, product_after, product_changes
from monitor.models import Snapshot
from monitor.provider.codes import Outcome
from monitor.provider.errors import NotFound
from monitor.provider.observation import FreightRule, Observation, SpecificationGroup
from monitor.recording.contents import digest
from tests.story import START, Story

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


def test_another_order_or_server_changes_the_digest_only() -> None:
    story = Story()
    story.hears(**{name: ways[1] for name, ways in PARTS.items()})
    first = story.product.content_digest
    again = {name: PARTS[name][2] for name in CONTENT_FIELDS if name != "freight"}
    assert story.hears(**again, freight=PARTS["freight"][1]).outcome is Outcome.UNCHANGED
    assert story.product.content_digest != first
    assert story.product.image == f"{SERVER}a"


def test_a_product_that_is_gone_keeps_its_content() -> None:
    story = Story()
    fields = {name: ways[1] for name, ways in PARTS.items()}
    story.hears(**fields)
    kept = (story.product.content, story.product.content_digest)
    story.hears(NotFound("", code="2000"))
    assert (story.product.content, story.product.content_digest) == kept


def test_a_digest_depends_on_the_content_only() -> None:
    def digest_of(**fields: Any) -> str:
        return digest(Observation(num_iid="1", data_time=START, **fields))

    assert digest_of() == digest_of(price=1) == ""
    assert digest_of(images=("a",)) == digest_of(images=("a",), price=7200, request_id="gw-1")
    parts = [
        digest_of(**{name: ways[number]}) for name, ways in PARTS.items() for number in (1, 2, 3)
    ]
    assert len({*parts, digest_of(images=()), digest_of(attributes=())}) == len(parts) + 2
