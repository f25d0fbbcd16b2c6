"""A user's data as a file: asked for on a page, made by a worker, mailed as a link, and gone after
some days."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor import tasks
from monitor.models import DataExport, DataExportPart, Message, Rule, User, Watchlist
from monitor.people import mail_limits, my_data
from monitor.telling.message import build
from monitor.watching.following import follow_shop
from tests.authenticators import confirm, long_after_login
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ShopFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX, Browser, seen_by

pytestmark = pytest.mark.django_db
PAGE, FILE = "/settings/my-data/", "/settings/my-data/file/"


def archive_of(web: Client) -> zipfile.ZipFile:
    response = web.get(FILE)
    assert response["Content-Type"] == "application/zip"
    data = response.getvalue()
    assert len(data) == int(response["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(data))


def rows(archive: zipfile.ZipFile, name: str, *fields: str) -> list[Any]:
    """Return the rows of a table; of each only these fields, if there are any."""
    every = json.loads(archive.read(f"{name}.json"))
    return [[row[each] for each in fields] for row in every] if fields else every


def test_a_user_gets_all_their_data_in_a_file(
    web: Browser, merchant: User, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="=our best seller")
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    also = [{"kind": "price_below", "threshold": 6900}]
    Rule.objects.create(watchlist=watchlist, kind="price_dropped", threshold=500, also=also)
    follow_shop(watchlist, ShopFactory.create(), NOW, adds="new", words="shirt")
    assert "Create file" in web.page(PAGE)
    for _ in range(2):
        page = web.post(PAGE, follow=True).content.decode()
        assert page.count("The file is being made.") == 1
    assert DataExport.objects.count() == 1
    assert web.get(FILE).status_code == 404
    waiting = web.get(PAGE)
    assert 'data-refresh-every="5"' in waiting.content.decode()
    refresh = HTMX | {"If-None-Match": f'W/"{waiting.context["version"]}"'}
    assert web.get(PAGE, headers=refresh).status_code == 304
    tasks.make_exports()
    assert "Download" in web.page(PAGE, **refresh), "The open page notices by itself."
    tasks.make_exports()
    assert PAGE in build(Message.objects.get(recipient=merchant)).body
    archive = archive_of(web)
    assert rows(archive, "profile", "email") == [[merchant.email]]
    assert rows(archive, "watchlists", "name") == [["Rivals"]]
    product = ["Rivals", watch.product.num_iid, "=our best seller"]
    assert rows(archive, "products", "list", "product", "note") == [product]
    alert = ["price_changed", 9900, 7200, "gw-1"]
    assert rows(archive, "alerts", "rule", "before", "after", "request_id") == [alert]
    assert rows(archive, "followed_shops", "list", "adds", "words") == [["Rivals", "new", "shirt"]]
    assert [also] in rows(archive, "rules", "also")
    assert rows(archive, "activity", "kind") == [["login"], ["exported"]]
    [head, line] = csv.reader(io.StringIO(archive.read("products.csv").decode("utf-8-sig")))
    assert line[head.index("note")] == "'=our best seller"
    assert {name.partition(".")[0] for name in archive.namelist()} >= {
        *("messages", "sessions", "saved_views", "imports", "checks_by_day", "invitations"),
        "second_factors",
    }


def test_the_file_tells_nothing_of_other_people(web: Browser, merchant: User) -> None:
    owner = UserFactory.create(email="lin@example.com", name="Lin")
    shared = WatchlistFactory.create(owner=owner, name="Shared")
    for user in (merchant, UserFactory.create(email="wu@example.com")):
        MembershipFactory.create(watchlist=shared, user=user)
    WatchFactory.create(watchlist__name="Not mine")
    web.post(PAGE)
    tasks.make_exports()
    archive = archive_of(web)
    content = b"".join(map(archive.read, archive.namelist())).decode()
    roles = rows(archive, "roles_in_others_lists", "list", "role")
    assert roles == [["Shared", "viewer"]]
    secrets = merchant.password, str(web.session.session_key)
    for secret in ("lin@example.com", "wu@example.com", "Not mine", *secrets):
        assert secret not in content


def test_the_file_is_for_its_user_alone_who_confirms_it_long_after_the_login(
    web: Browser, merchant: User
) -> None:
    web.post(PAGE)
    tasks.make_exports()
    assert seen_by(UserFactory.create()).get(FILE).status_code == 404
    assert Client().get(FILE).status_code == 302
    long_after_login(web)
    assert web.get(FILE).headers["Location"].startswith("/confirm/")
    confirm(web)
    assert web.get(FILE).status_code == 200


def test_a_large_file_is_kept_in_parts_and_one_that_is_too_large_given_up(
    web: Browser, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_data, "PART_BYTES", 500)
    web.post(PAGE)
    tasks.make_exports()
    assert DataExportPart.objects.count() > 3
    assert rows(archive_of(web), "profile")
    monkeypatch.setattr(my_data, "MOST_BYTES", 100)
    web.post(PAGE)
    tasks.make_exports()
    for told in (web.page(PAGE), build(Message.objects.latest("pk")).body):
        assert "too much data for one file" in told
    assert not DataExportPart.objects.exists()


def test_a_killed_worker_is_followed_by_another_one(
    merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    my_data.ask(merchant, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(my_data, "tables", killed)
        with pytest.raises(SystemExit):
            my_data.make_waiting(NOW)
    assert my_data.make_waiting(NOW) == 0
    assert my_data.make_waiting(NOW + my_data.LEASE) == 1
    assert Message.objects.count() == 1


def test_users_whose_mailbox_gets_no_more_letters_stop_nobodys_file(
    web: Browser, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "LETTERS", replace(mail_limits.LETTERS, burst=2))
    others = ("merchant+1@example.com", "merchant+2@example.com", "lin@shop.example.com")
    for user in (merchant, *(UserFactory.create(email=email) for email in others)):
        my_data.ask(user, NOW)
    assert my_data.make_waiting(NOW) == 4
    assert not DataExport.objects.filter(ended_at=None).exists()
    assert "Download" in web.page(PAGE)
    assert Message.objects.filter(address="lin@shop.example.com").exists()


def test_a_file_is_deleted_after_a_week_and_users_cannot_ask_without_end(
    web: Browser, merchant: User
) -> None:
    for _ in range(4):
        page = web.post(PAGE, follow=True).content.decode()
        my_data.make_waiting(NOW)
    assert "Too many attempts" in page
    assert Message.objects.count() == 3
    week = timedelta(days=7)
    assert my_data.purge(NOW + week - timedelta(minutes=1)) == 0
    assert my_data.purge(NOW + week + timedelta(minutes=1)) > 0
    assert not DataExportPart.objects.exists()
