"""The rules of a list as CSV and Excel: of the list and of its products, each as a sentence and in
its parts."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Rule, Watch, Watchlist
from tests.factories import NOW, AlertFactory
from tests.pages.sheets import csv_rows, xlsx_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alerts_on_any_change")]


def address(watchlist: Watchlist, ending: str = "csv") -> str:
    return f"/watchlists/{watchlist.pk}/rules/export.{ending}"


def test_it_has_the_lists_rules_and_those_of_its_products(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    Rule.objects.create(
        watchlist=watchlist, watch=watch, kind="price_below", threshold=6990, is_active=False
    )
    *of_list, own = csv_rows(web, address(watchlist))
    assert len(of_list) == watchlist.rules.filter(watch=None).count()
    assert {row["Product ID"] for row in of_list} == {""}
    assert own["Product ID"] == watch.product.num_iid
    assert own["Rule"] == "Price below ¥69.90"
    assert (own["Threshold"], own["Unit"], own["On"]) == ("69.90", "yuan", "no")


def test_it_tells_how_often_each_alerted_in_30_days(
    web: Client, watchlist: Watchlist, watch: Watch
) -> None:
    dropped = Rule.objects.create(watchlist=watchlist, kind="price_dropped", threshold=500)
    for days in (1, 29, 31):
        AlertFactory.create(
            watchlist=watchlist,
            product=watch.product,
            rule=dropped,
            created_at=NOW - timedelta(days=days),
        )
    counts = {row["Rule"]: row["Alerts in 30 days"] for row in csv_rows(web, address(watchlist))}
    assert counts["Price drops ≥ 5%"] == "2"
    assert counts["Price changes"] == "0"


def test_excel_has_the_same_as_numbers(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    Rule.objects.create(watchlist=watchlist, kind="price_dropped", threshold=550)
    last = xlsx_rows(web, address(watchlist, "xlsx"))[-1]
    assert (last["Threshold"], last["Unit"], last["Alerts in 30 days"]) == (5.5, "%", 0)


def test_the_pages_of_rules_offer_it(web: Client, watchlist: Watchlist, watch: Watch) -> None:
    for page in (
        f"/watchlists/{watchlist.pk}/",
        f"/watchlists/{watchlist.pk}/rules/",
        f"/watches/{watch.pk}/rules/",
    ):
        text = web.get(page).content.decode()
        assert f'href="{address(watchlist)}"' in text, page
        assert f'href="{address(watchlist, "xlsx")}"' in text, page
