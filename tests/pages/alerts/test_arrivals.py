"""An open page asks for new alerts. Without any it costs one query."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import AlertRead, User, Watchlist
from monitor.pages.alerts.arrivals import mark
from tests.factories import NOW, AlertFactory, MembershipFactory, UserFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def ask(web: Client, after: object) -> Any:
    return web.get(f"/alerts/arrived/?after={after}", headers=HTMX)


def test_without_new_alerts_the_answer_takes_one_query_beside_the_login(
    web: Client, watchlist: Watchlist
) -> None:
    AlertFactory.create(watchlist=watchlist)
    now = mark()
    with CaptureQueriesContext(connection) as captured:
        answer = ask(web, now)
    assert (answer.status_code, answer.content, answer["Alerts-Mark"]) == (204, b"", str(now))
    assert len(captured) == 3, [
        query["sql"] for query in captured
    ]  # The session, its user, the mark.


def test_new_alerts_come_with_their_links_and_the_frames_counts(
    web: Client, watchlist: Watchlist
) -> None:
    old = AlertFactory.create(watchlist=watchlist)
    new = [
        AlertFactory.create(watchlist=watchlist, product__title="<b>Shirt</b>") for _ in range(2)
    ]
    answer = ask(web, old.pk)
    page = answer.content.decode()
    assert (answer.status_code, answer["Alerts-Mark"]) == (200, str(new[-1].pk))
    assert page.count("data-alert=") == 2
    assert page.index(f'href="/alerts/{new[1].pk}/"') < page.index(f'href="/alerts/{new[0].pk}/"')
    assert "&lt;b&gt;Shirt" in page
    assert "Price ¥99.00 → ¥72.00" in page
    assert page.count('hx-swap-oob="true"><span class="count">3') == 2


def test_read_alerts_and_those_of_strangers_are_not_new(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    before = mark()
    AlertRead.objects.create(
        alert=AlertFactory.create(watchlist=watchlist), user=merchant, read_at=NOW
    )
    AlertFactory.create()
    answer = ask(web, before)
    assert answer.status_code == 204
    assert int(answer["Alerts-Mark"]) == mark() > before


def test_members_get_alerts_of_shared_lists(web: Client, merchant: User) -> None:
    alert = AlertFactory.create()
    assert ask(web, alert.pk - 1).status_code == 204
    MembershipFactory.create(watchlist=alert.watchlist, user=merchant)
    assert ask(web, alert.pk - 1).status_code == 200


@pytest.mark.parametrize("odd", ["", "x", "-1", "²", "9" * 40, "1%00"])
def test_an_odd_mark_gets_nothing(web: Client, watchlist: Watchlist, odd: str) -> None:
    AlertFactory.create(watchlist=watchlist)
    assert ask(web, odd).status_code == 204


def test_a_page_has_the_mark_of_the_newest_alert(web: Client, watchlist: Watchlist) -> None:
    alert = AlertFactory.create(watchlist=watchlist)
    UserFactory.create()
    assert f'data-after="{alert.pk}"' in web.get("/settings/").content.decode()
