"""An open page asks for new alerts. Without any it costs one query."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.models import AlertRead, User, Watchlist
from tests.models.factories import NOW, AlertFactory, MembershipFactory
from tests.pages import HTMX, Browser

pytestmark = pytest.mark.django_db


def ask(web: Browser, after: object) -> Any:
    return web.get(f"/alerts/arrived/?after={after}", headers=HTMX)


def test_new_alerts_come_once_with_their_links_and_the_frames_counts(
    web: Browser, watchlist: Watchlist
) -> None:
    old = AlertFactory.create(watchlist=watchlist)
    assert f'data-after="{old.pk}"' in web.page("/settings/")
    first, second = AlertFactory.create_batch(2, watchlist=watchlist, product__title="<b>Shirt</b>")
    answer = ask(web, old.pk)
    page = answer.content.decode()
    assert (answer.status_code, answer["Alerts-Mark"]) == (200, str(second.pk))
    assert page.count("data-alert=") == 2
    assert page.index(f'href="/alerts/{second.pk}/"') < page.index(f'href="/alerts/{first.pk}/"')
    assert "&lt;b&gt;Shirt" in page
    assert "Price ¥99.00 → ¥72.00" in page
    assert page.count('hx-swap-oob="true"><span class="count">3') == 2
    with CaptureQueriesContext(connection) as captured:
        answer = ask(web, second.pk)
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(captured) == 3, "The session, its user, the mark."


def test_read_alerts_and_those_of_strangers_are_not_new(
    web: Browser, merchant: User, watchlist: Watchlist
) -> None:
    read = AlertFactory.create(watchlist=watchlist)
    AlertRead.objects.create(alert=read, user=merchant, read_at=NOW)
    other = AlertFactory.create()
    answer = ask(web, read.pk - 1)
    assert (answer.status_code, answer["Alerts-Mark"]) == (204, str(other.pk))
    MembershipFactory.create(watchlist=other.watchlist, user=merchant)
    assert ask(web, read.pk).status_code == 200, "Members get those of shared lists."
    for odd in ("", "x", "-1", "²", "9" * 40, "1%00"):
        assert ask(web, odd).status_code == 204, odd
