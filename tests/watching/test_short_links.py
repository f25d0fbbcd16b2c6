"""Short links of an import: followed once, remembered, and within limits."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.provider.links import Problem
from monitor.watching import short_links
from monitor.watching.imports import Source
from monitor.watching.uploads.lines import read_text
from tests.models.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
ID = "3514453298386183303"
SHARED = "8.43 复制打开抖音，看看【小林的橱窗】 https://v.douyin.com/{}/"


class Douyin:
    """Stands in for the follower: knows where its links lead, and remembers which were asked
    for."""

    def __init__(self, **products: str) -> None:
        self.products, self.asked = products, list[str]()

    def products_of(self, codes: Iterable[str]) -> Mapping[str, str]:
        self.asked += (asked := list(codes))
        return {code: self.products[code] for code in asked if code in self.products}


@pytest.fixture
def douyin(monkeypatch: pytest.MonkeyPatch) -> Douyin:
    stand_in = Douyin(Shirt1=ID, Shop22="", Short3="1234")
    monkeypatch.setattr(short_links, "follower", stand_in)
    return stand_in


def read(text: str) -> list[tuple[str | None, Problem | None]]:
    source = short_links.with_products(
        Source(text, tuple(read_text(text))), UserFactory.create(), NOW
    )
    return [(line.num_iid, line.problem) for line in source.lines]


def test_where_a_link_leads_is_remembered(douyin: Douyin) -> None:
    text = "\n".join(map(SHARED.format, ["Shirt1", "Shop22", "Short3", "Shirt1"]))
    expected = [(ID, None), (None, Problem.NO_ID_IN_LINK), ("1234", Problem.TOO_SHORT), (ID, None)]
    assert read(text) == read(text) == expected
    assert douyin.asked == ["Shirt1", "Shop22", "Short3"]


def test_the_links_followed_for_a_user_are_limited(douyin: Douyin) -> None:
    person = UserFactory.create()
    lines = tuple(read_text("\n".join(SHARED.format(f"Link{number}") for number in range(70))))
    short_links.with_products(Source(lines=lines), person, NOW)
    assert len(douyin.asked) == 60
    short_links.with_products(Source(lines=lines[60:]), person, NOW + timedelta(minutes=1))
    assert len(douyin.asked) == 62
    short_links.with_products(Source(lines=lines[62:]), UserFactory.create(), NOW)
    assert len(douyin.asked) == 70


def test_an_installation_may_refuse_to_follow_links(douyin: Douyin, settings: Settings) -> None:
    settings.SHARE_LINKS = "REFUSE"
    assert read(SHARED.format("Shirt1")) == [(None, Problem.SHORT_LINK)]
    assert douyin.asked == []
