"""Every page of the admin opens, in a fixed number of queries, and foreign text stays text."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitor.models import (
    ApiToken,
    Budget,
    Channel,
    Invitation,
    Message,
    Product,
    User,
    Watch,
    Watchlist,
)
from tests.admin.conftest import HOSTILE, fill
from tests.factories import NOW

pytestmark = pytest.mark.django_db

MODELS = [model for model in django_admin.site._registry if model._meta.app_label == "monitor"]
#: Models to which operators add rows.
ADDED = {User, Watchlist, Watch, Invitation, Budget}
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)[^>]*>|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<style", re.IGNORECASE
)


def rows(model: type[Model]) -> Any:
    return model._default_manager.all()


@pytest.fixture
def pages(admin: Client, url: Callable[..., str]) -> Callable[[], dict[str, str]]:
    """Reads every page, by its address: lists, searches, rows, deletions, additions."""

    def read() -> dict[str, str]:
        contents: dict[str, str] = {}
        request = admin.get("/admin/").wsgi_request
        for model in MODELS:
            listed = url(model)
            wanted = [listed, f"{listed}?q=x", *(url(row) for row in rows(model)[:2])]
            page = django_admin.site._registry[model]
            if page.has_add_permission(request):
                wanted.append(url(model, "add"))
            if page.has_delete_permission(request):
                wanted += [url(row, "delete") for row in rows(model)[:1]]
            for address in wanted:
                response = admin.get(address)
                assert response.status_code == 200, address
                contents[address] = response.content.decode()
        return contents

    return read


def test_every_page_opens_and_foreign_text_stays_text(
    operator: User, pages: Callable[[], dict[str, str]]
) -> None:
    operator.language = "zh-hans"  # The other tests read the pages in English.
    operator.save()
    fill(2)
    contents = pages()
    assert len(contents) > 35
    for address, page in contents.items():
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        inline = INLINE.search(page.replace("onerror=alert(2)", ""))
        assert inline is None, f"{address}: {inline}"
    assert any("&lt;script&gt;alert(1)" in page for page in contents.values())


def test_the_content_security_policy_has_no_exceptions_here(admin: Client) -> None:
    policy = admin.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_lists_take_as_many_queries_for_many_rows_as_for_few(
    admin: Client, url: Callable[..., str]
) -> None:
    """One test for all lists: filling the tables takes longer than the lists do."""
    fill(1)
    few = {model: _queries(admin, url(model)) for model in MODELS}
    fill(4, email="another@example.com")
    for model in MODELS:
        many = _queries(admin, url(model))
        assert len(many) == len(few[model]) <= 9, "\n".join([model.__name__, *many])


def test_autocompletion_takes_as_many_queries_for_many_rows_as_for_few(admin: Client) -> None:
    models = {
        "owner": "watchlist",
        "user": "membership",
        "product": "watch",
        "watchlist": "watch",
    }
    shared = {"app_label": "monitor", "term": ""}
    addresses = [
        reverse("admin:autocomplete", query={**shared, "model_name": model, "field_name": field})
        for field, model in models.items()
    ]
    fill(1)
    few = [len(_queries(admin, address)) for address in addresses]
    fill(4, email="another@example.com")
    assert [len(_queries(admin, address)) for address in addresses] == few
    assert max(few) <= 6
    assert all(len(admin.get(address).json()["results"]) >= 2 for address in addresses)


def test_a_rows_page_takes_a_bounded_number_of_queries(
    admin: Client, url: Callable[..., str]
) -> None:
    fill(5)
    for model in (Watchlist, Watch, User, Message):
        assert len(_queries(admin, url(rows(model).first()))) <= 45, model


def _queries(client: Client, address: str) -> list[str]:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_a_suggested_list_names_its_owner_and_a_nul_is_looked_for_as_nothing(admin: Client) -> None:
    fill(1)
    for term in ("对手", "对\0手"):
        query = {
            "app_label": "monitor",
            "model_name": "watch",
            "field_name": "watchlist",
            "term": term,
        }
        [suggestion] = admin.get(reverse("admin:autocomplete", query=query)).json()["results"]
        assert suggestion["text"] == "对手 – merchant@example.com"


def test_staff_cannot_search_for_secrets_letter_by_letter(
    admin: Client, url: Callable[..., str]
) -> None:
    of_users = ((User, "password"), (User, "sessions__session_key"), (Watchlist, "owner__password"))
    for model, secret in (
        (Invitation, "token_hash"),
        (ApiToken, "hash"),
        (Channel, "sealed"),
        *of_users,
    ):
        assert admin.get(url(model), {f"{secret}__startswith": "a"}).status_code == 400


def test_a_product_is_found_by_title_id_and_shop(admin: Client, url: Callable[..., str]) -> None:
    fill(2)
    product = Product.objects.order_by("pk")[0]
    for term in ("<script>", product.num_iid, product.num_iid[:19], "onerror"):
        page = admin.get(url(Product), {"q": term}).content.decode()
        assert product.num_iid in page
    assert product.num_iid not in admin.get(
        url(Product), {"q": "nothing-like-it"}
    ).content.decode().replace("nothing-like-it", "")


def test_only_operators_get_in(client: Client, url: Callable[..., str]) -> None:
    client.force_login(User.objects.create_user("merchant@example.com", "a-password"))
    for browser in (Client(), client):
        for model in MODELS:
            assert browser.get(url(model)).status_code == 302


def test_recorded_rows_cannot_be_changed(admin: Client, url: Callable[..., str]) -> None:
    fill(1)
    for model in MODELS:
        if model in ADDED:
            continue
        row = rows(model)[0]
        before = list(rows(model).values())
        assert admin.post(url(row), {"_save": "Save"}).status_code == 403, model
        assert admin.post(url(row, "delete"), {"post": "yes"}).status_code == 403, model
        assert admin.get(url(model, "add")).status_code == 403, model
        assert list(rows(model).values()) == before


def test_a_hostile_title_is_cut_and_loses_its_direction_marks_in_lists(
    admin: Client, url: Callable[..., str]
) -> None:
    fill(1)
    page = admin.get(url(Product)).content.decode()
    assert HOSTILE not in page
    cell = re.search(r'<th class="field-shown_0">(.*?)</th>', page, re.DOTALL)
    assert cell
    assert "\u202e" not in cell[1]


def test_the_first_page_shows_each_model_once_in_a_named_group(admin: Client) -> None:
    groups = admin.get(reverse("admin:index")).context["app_list"]
    names = [model["object_name"] for group in groups for model in group["models"]]
    assert sorted(names) == sorted(model.__name__ for model in django_admin.site._registry)
    assert "Other" not in {str(group["name"]) for group in groups}


def test_the_next_attempt_of_an_email_is_in_the_operators_time_zone(
    admin: Client, url: Callable[..., str]
) -> None:
    email = Message.to_address("guest@example.com", NOW, kind=Message.Kind.JOIN)
    email.save()
    page = admin.get(url(email)).content.decode()
    assert "2026-11-25 12:00" in page
    assert "+00:00" not in page
