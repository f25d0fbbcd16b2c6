"""The rows of a list can be downloaded as a CSV file, in which no spreadsheet sees formulas."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.db.models import Model
from django.test import Client

from monitor.models import Product, User, Watchlist
from tests.admin.conftest import fill
from tests.factories import ProductFactory
from tests.story import Story

pytestmark = pytest.mark.django_db
#: The models of which `fill` creates rows.
MODELS = [
    model
    for model in django_admin.site._registry
    if model._meta.app_label == "monitor" and model._meta.model_name != "invitation"
]


@pytest.fixture
def download(admin: Client, url: Callable[..., str]) -> Callable[..., list[list[str]]]:
    def run(model: type[Model], *rows: Any, query: str = "", **data: str) -> list[list[str]]:
        chosen: dict[str, Any] = {
            "action": "download_csv",
            "_selected_action": [row.pk for row in rows],
            **data,
        }
        response = admin.post(url(model) + query, chosen)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        text = response.getvalue().decode("utf-8-sig")
        return list(csv.reader(StringIO(text)))

    return run


def test_the_file_has_the_chosen_rows_in_the_columns_of_the_list(
    download: Callable[..., list[list[str]]],
) -> None:
    story = Story(products=2)
    [head, row] = download(Watchlist, story.watchlist)
    assert head[:3] == ["name", "owner", "products"]
    assert row[:3] == [story.watchlist.name, story.user.email, "2"]


def test_formulas_stay_text_and_times_are_in_the_operators_time_zone(
    operator: User, download: Callable[..., list[list[str]]]
) -> None:
    operator.time_zone = "Asia/Shanghai"
    operator.save()
    checked_at = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    product = ProductFactory.create(title='=HYPERLINK("http://evil.test")', checked_at=checked_at)
    [_head, row] = download(Product, product)
    assert row[0] == '\'=HYPERLINK("http://evil.test")'
    assert "2026-03-02 04:00:00" in row


def test_all_rows_of_a_filtered_list_can_be_downloaded(
    download: Callable[..., list[list[str]]],
) -> None:
    ProductFactory.create_batch(105)
    deleted = ProductFactory.create(status="deleted")
    assert len(download(Product, deleted, query="?status__exact=on_sale", select_across="1")) == 106


def test_every_list_can_be_downloaded(download: Callable[..., list[list[str]]]) -> None:
    fill(2)
    for model in MODELS:
        rows = list(model._default_manager.all()[:2])
        assert len(download(model, *rows)) == 1 + len(rows), model
