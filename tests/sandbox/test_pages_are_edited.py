from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from monitor.sandbox.catalogue import Edit
from monitor.sandbox.pages import Page
from monitor.sandbox.world import World

PARTS = {
    Edit.TITLE: lambda page: page.title,
    Edit.PICTURE: lambda page: page.pictures,
    Edit.SPECIFICATION: lambda page: page.choices,
    Edit.FREIGHT: lambda page: page.freight,
    Edit.PROMISES: lambda page: page.promises,
    Edit.PRESALE: lambda page: page.presale,
}


@pytest.fixture(scope="module")
def pages(world: World, now: datetime) -> dict[str, list[Page]]:
    """Every product's page on ninety days."""
    moments = [now + timedelta(days=days) for days in range(90)]
    states = {num_iid: [world.state(num_iid, moment) for moment in moments] for num_iid in world.products()}
    return {num_iid: [state.page for state in told if state] for num_iid, told in states.items()}


@pytest.mark.parametrize("edit", PARTS)
def test_a_part_changes_now_and_then_where_its_seller_edits_it(
    world: World, pages: dict[str, list[Page]], edit: Edit
) -> None:
    editors = others = 0
    for num_iid, told in pages.items():
        product = world.product(num_iid)
        versions = {PARTS[edit](page) for page in told}
        if product and edit in product.edits:
            editors += 1
            assert 2 <= len(versions) <= 8
        else:
            others += 1
            assert len(versions) == 1
    assert editors == 24
    assert others == 276


def test_pictures_are_on_hosts_that_are_listed(pages: dict[str, list[Page]]) -> None:
    for first, *_ in pages.values():
        assert len(set(first.pictures)) == 5
        for address in first.pictures:
            assert urlsplit(address).scheme == "https"
            assert str(urlsplit(address).hostname).endswith(".ecombdimg.com")
