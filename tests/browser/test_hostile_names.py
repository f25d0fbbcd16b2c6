"""Hostile text stays text in a real browser: it becomes no element, sends no request and runs no
script."""

import pytest
from django.utils import timezone

from monitor.models import (
    Alert,
    Change,
    Invitation,
    Product,
    ProductContent,
    SavedView,
    Shop,
    Snapshot,
    User,
    Watch,
    Watchlist,
)
from monitor.watching.invitations import invite, token_of
from tests.browser.conftest import Open
from tests.browser.pages import PAGES, Reader, admin_pages, places
from tests.browser.shelf import Shelf
from tests.models.factories import MembershipFactory

pytestmark = [pytest.mark.browser, pytest.mark.nightly]
#: Breaks out of text, attributes, titles, scripts and textareas, and then acts.
BAIT = (
    "\"'></title></script></textarea></option><img src=x onerror=alert(1)><script>alert(2)</script>"
    "<b data-bait hx-post=/logout/ hx-trigger=load hx-on::load=alert(3)>{{ 7 }}</b><a "
    "href=javascript:alert(4)>"
)
#: For shorter names: an element that HTMX would act on.
SHORT = "\"'><b data-bait hx-post=/logout/ hx-trigger=load>"
#: The bookmarklet is ours.
FOUND = (
    "document.querySelectorAll('[data-bait], img[src=x], "
    'a[href^="javascript:"]:not([data-bookmarklet])\').length'
)


def bait(shelf: Shelf) -> Invitation:
    """Give hostile names to everything that sellers or other users can name."""
    content = {
        "images": ["https://p3-aio.ecombdimg.com/obj/a"],
        "specification": [[BAIT, [BAIT]]],
        "attributes": [[BAIT, BAIT]],
        "freight": [
            {"provinces": [BAIT], "first": 1, "more": 0, "free_from": None, "delivers": True}
        ],
        "service_promises": [BAIT],
    }
    Product.objects.update(title=BAIT, request_id="<b data-bait>")
    ProductContent.objects.all().delete()
    ProductContent.objects.bulk_create(
        [ProductContent(product=product, parts=content) for product in Product.objects.all()]
    )
    Shop.objects.update(name=BAIT[:200], company_name=BAIT[:200])
    Watch.objects.update(note=SHORT)
    Watchlist.objects.update(name=SHORT)
    User.objects.update(name=SHORT)
    values = {"field": "title", "before": BAIT, "after": BAIT * 2, "request_id": "<b data-bait>"}
    for change in Change.objects.all()[:1]:
        Change.objects.filter(pk=change.pk).update(**values)
        Alert.objects.filter(change=change).update(**values)
    Snapshot.objects.update(request_id="<b data-bait>")
    SavedView.objects.create(user=shelf.merchant, name=SHORT, query="q=" + SHORT)
    MembershipFactory.create(watchlist=shelf.rivals, user=shelf.newcomer)
    return invite(shelf.merchant, "guest@example.com", timezone.now(), shelf.rivals)


def test_hostile_names_stay_text(tab: Open, shelf: Shelf) -> None:
    invitation = bait(shelf)
    named = places(shelf.lively, shelf.hostile, shelf.rivals)
    addresses = [page.address.format_map(named) for page in PAGES if page.reader is Reader.MERCHANT]
    addresses += [
        f"/products/?q={SHORT}",
        f"/alerts/?show={SHORT}&list={SHORT}",
        f"/products/?list=1&sort={SHORT}",
    ]
    merchants = tab(user=shelf.merchant)
    for address in addresses:
        merchants.go(address)
        assert merchants.page.evaluate(FOUND) == 0, address
    guests = tab(user=None)
    for address in (
        f"/invitations/{token_of(invitation)}/",
        f"/register/?invitation={token_of(invitation)}",
    ):
        guests.go(address)
        assert guests.page.evaluate(FOUND) == 0, address
    assert [
        text for text in merchants.all_complaints() + guests.all_complaints() if "404" not in text
    ] == []
    merchants.go("/settings/")
    assert merchants.page.locator("#sessions").is_visible(), "The merchant is still logged in."


def test_hostile_names_stay_text_on_the_operators_pages(tab: Open, shelf: Shelf) -> None:
    bait(shelf)
    shelf.newcomer.is_staff = shelf.newcomer.is_superuser = True
    shelf.newcomer.save(update_fields=["is_staff", "is_superuser"])
    operators = tab(user=shelf.newcomer)
    for page in admin_pages():
        operators.read(page.address)
        assert operators.page.locator("#user-tools").is_visible(), page.address
        assert operators.page.evaluate(FOUND) == 0, page.address
    assert operators.all_complaints() == []
