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
    User,
    Watch,
    Watchlist,
)
from tests.admin.conftest import fill

pytestmark = pytest.mark.django_db

MODELS = [model for model in django_admin.site._registry if model._meta.app_label == "monitor"]
#: Models to which operators add rows.
ADDED = {User, Watchlist, Invitation, Budget}
CHANGED = {*ADDED, Watch}
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


def _queries(client: Client, address: str) -> list[str]:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


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


def test_only_operators_get_in(client: Client, url: Callable[..., str]) -> None:
    client.force_login(User.objects.create_user("merchant@example.com", "a-password"))
    for browser in (Client(), client):
        for model in MODELS:
            assert browser.get(url(model)).status_code == 302


def test_recorded_rows_cannot_be_changed(admin: Client, url: Callable[..., str]) -> None:
    fill(1)
    for model in MODELS:
        if model in CHANGED:
            continue
        row = rows(model)[0]
        before = list(rows(model).values())
        assert admin.post(url(row), {"_save": "Save"}).status_code == 403, model
        assert admin.post(url(row, "delete"), {"post": "yes"}).status_code == 403, model
        assert admin.get(url(model, "add")).status_code == 403, model
        assert list(rows(model).values()) == before


def test_the_first_page_shows_each_model_once_in_a_named_group(admin: Client) -> None:
    groups = admin.get(reverse("admin:index")).context["app_list"]
    names = [model["object_name"] for group in groups for model in group["models"]]
    assert sorted(names) == sorted(model.__name__ for model in django_admin.site._registry)
    assert "Other" not in {str(group["name"]) for group in groups}
