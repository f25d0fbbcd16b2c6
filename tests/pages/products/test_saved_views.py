"""Saved views of the products table: saving, opening, changing, and deleting."""

import pytest
from django.test import Client

from monitor.models import SavedView, User, Watchlist
from tests.models.factories import WatchFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _something_to_see(watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)


def save(web: Client, name: str, query: str = "max=50&sort=day") -> str:
    return web.post(f"/views/save/?{query}", {"name": name}, headers=HTMX).content.decode()


def tabs(web: Client, query: str = "") -> dict[str, bool]:
    return {tab.name: tab.is_current for tab in web.get(f"/products/?{query}").context["tabs"]}


def test_a_view_saves_only_values_that_are_understood(web: Client, merchant: User) -> None:
    text = save(
        web, " Cheap  ones ", "max=50&page=3&sort=day&status=nonsense&cols=price&size=50&evil=1"
    )
    assert "Saved as “Cheap ones”." in text
    assert 'id="views" class="views" hx-swap-oob="true"' in text
    view = SavedView.objects.get()
    assert (view.user, view.name, view.query) == (
        merchant,
        "Cheap ones",
        "max=50&sort=day&cols=price",
    )


def test_the_tab_of_the_current_view_is_marked(web: Client) -> None:
    save(web, "Cheap")
    assert tabs(web)["All"]
    assert tabs(web, "sort=day&max=50") == {
        "All": False,
        "Changed in 24 h": False,
        "Checks failing": False,
        "Paused": False,
        "Cheap": True,
    }
    assert tabs(web, "status=paused&sort=price")["Paused"]
    assert not any(tabs(web, "max=60").values())
    common = {
        tab.name: tab.query for tab in web.get("/products/?max=60&sort=price").context["tabs"]
    }
    assert common["Paused"] == "sort=price&status=paused"


def test_a_view_keeps_its_columns_when_others_are_chosen_later(web: Client) -> None:
    web.get("/products/?columns=product&columns=price")
    save(web, "Cheap")
    assert SavedView.objects.get().query == "max=50&sort=day&cols=price"
    assert tabs(web, "max=50&sort=day")["Cheap"]
    web.get("/products/?columns=product&columns=sold")
    assert not tabs(web, "max=50&sort=day")["Cheap"]
    opened = web.get("/products/?max=50&sort=day&cols=price")
    assert [head["column"].name for head in opened.context["heads"]] == ["product", "price"]
    assert tabs(web, "max=50&sort=day&cols=price")["Cheap"]


def test_saving_under_an_existing_name_replaces_the_view(web: Client) -> None:
    save(web, "Cheap")
    assert "Saved as “Cheap”." in save(web, "Cheap", "max=60")
    assert SavedView.objects.get().query == "max=60"


def test_the_table_stays_as_it_is_when_its_view_is_deleted(web: Client) -> None:
    save(web, "Cheap")
    key = SavedView.objects.get().pk
    deleted = web.post(f"/views/{key}/delete/?max=50&sort=day")
    assert deleted.headers["Location"] == "/products/?max=50&sort=day"
    assert "The view “Cheap” was deleted." in web.get("/products/").content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "complaint"),
    [
        ("", "max=50", "This field is required."),
        ("\u202e \u200e", "max=50", "This field is required."),
        ("x" * 61, "max=50", "at most 60 characters"),
        ("Long", f"q={'衬' * 200}", "too long to save"),
    ],
)
def test_it_says_why_a_view_is_not_saved(
    web: Client, name: str, query: str, complaint: str
) -> None:
    assert complaint in save(web, name, query)
    assert not SavedView.objects.exists()


def test_a_user_may_have_fifty_views(web: Client, merchant: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(user=merchant, name=f"View {n}", query=f"min={n}") for n in range(50)
    )
    assert "You have 50 views" in save(web, "One more")
    assert "Saved as “View 7”." in save(web, "View 7")
