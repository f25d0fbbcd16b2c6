"""The notice of a used-up allowance does not change the layout."""

import pytest

from monitor.models import Charge
from monitor.models.usage import provider_day
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTH = "button => button.offsetWidth"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_reason_for_no_check_makes_the_button_no_wider(tab: Open, shelf: Shelf, language: str) -> None:
    from django.utils import timezone

    from tests.factories import WatchlistFactory

    shelf.merchant.language = language
    shelf.merchant.save()
    page = tab(width=1440).go(f"/products/{shelf.lively.num_iid}/").page
    usual = page.locator("#check-now").evaluate(WIDTH)
    WatchlistFactory.create(name="Of another user")
    Charge.objects.create(day=provider_day(timezone.now()), person=shelf.merchant, reason="asked", parts=10**9)
    page.reload()
    assert page.locator("#check-now[aria-disabled]").evaluate(WIDTH) == pytest.approx(usual, abs=30)
