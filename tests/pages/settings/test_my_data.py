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
from monitor.accounts import my_data
from monitor.budget import mail_limits
from monitor.delivery.message import build
from monitor.models import DataExport, DataExportPart, Message, Rule, User, Watchlist
from monitor.watchlists.following import follow_shop
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

pytestmark = pytest.mark.django_db
PAGE, FILE = "/settings/my-data/", "/settings/my-data/file/"


def archive_of(web: Client) -> zipfile.ZipFile:
    response = web.get(FILE)
    assert response["Content-Type"] == "application/zip"
    data = response.getvalue()
    assert len(data) == int(response["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(data))


def rows(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(f"{name}.json"))


def test_a_user_gets_all_their_data_in_a_file(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="=our best seller")
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    also = [{"kind": "price_below", "threshold": 6900}]
    Rule.objects.create(watchlist=watchlist, kind="price_dropped", threshold=500, also=also)
    follow_shop(watchlist, ShopFactory.create(), NOW, adds="new", words="shirt")
    assert "Create file" in web.get(PAGE).content.decode()
    web.post(PAGE)
    assert web.post(PAGE, follow=True).content.decode().count("The file is being made.") == 1
    assert DataExport.objects.count() == 1
    assert web.get(FILE).status_code == 404
    waiting = web.get(PAGE)
    assert 'data-refresh-every="5"' in waiting.content.decode()
    refresh = {"HX-Request": "true", "If-None-Match": f'W/"{waiting.context["version"]}"'}
    assert web.get(PAGE, headers=refresh).status_code == 304
    tasks.make_exports()
    assert "Download" in web.get(PAGE, headers=refresh).content.decode(), (
        "The open page notices by itself."
    )
    tasks.make_exports()
    mail = Message.objects.get(recipient=merchant)
    assert PAGE in build(mail).body
    archive = archive_of(web)
    assert rows(archive, "profile")[0]["email"] == merchant.email
    assert [row["name"] for row in rows(archive, "watchlists")] == ["Rivals"]
    [product] = rows(archive, "products")
    expected: dict[str, Any] = {
        "list": "Rivals",
        "product": watch.product.num_iid,
        "note": "=our best seller",
    }
    assert product.items() >= expected.items()
    [alert] = rows(archive, "alerts")
    expected = {"rule": "price_changed", "before": 9900, "after": 7200, "request_id": "gw-1"}
    assert alert.items() >= expected.items()
    [followed] = rows(archive, "followed_shops")
    assert (followed["list"], followed["adds"], followed["words"]) == ("Rivals", "new", "shirt")
    assert len(rows(archive, "rules")) == Rule.objects.count()
    assert also in [rule["also"] for rule in rows(archive, "rules")]
    assert {row["kind"] for row in rows(archive, "activity")} == {"login", "exported"}
    [head, line] = csv.reader(io.StringIO(archive.read("products.csv").decode("utf-8-sig")))
    assert line[head.index("note")] == "'=our best seller"
    names = {name.partition(".")[0] for name in archive.namelist()}
    assert names >= {
        "messages",
        "sessions",
        "saved_views",
        "imports",
        "checks_by_day",
        "invitations",
        "second_factors",
    }


def test_the_file_tells_nothing_of_other_people(web: Client, merchant: User) -> None:
    shared = WatchlistFactory.create(
        owner=UserFactory.create(email="lin@example.com", name="Lin"), name="Shared"
    )
    MembershipFactory.create(watchlist=shared, user=merchant)
    MembershipFactory.create(watchlist=shared, user=UserFactory.create(email="wu@example.com"))
    WatchFactory.create(watchlist=WatchlistFactory.create(name="Not mine"))
    password = merchant.password
    web.post(PAGE)
    tasks.make_exports()
    archive = archive_of(web)
    content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert [(row["list"], row["role"]) for row in rows(archive, "roles_in_others_lists")] == [
        ("Shared", "viewer")
    ]
    for secret in (
        "lin@example.com",
        "wu@example.com",
        "Not mine",
        password,
        str(web.session.session_key),
    ):
        assert secret not in content


def test_the_file_is_for_its_user_alone_who_confirms_it_long_after_the_login(
    web: Client, merchant: User
) -> None:
    web.post(PAGE)
    tasks.make_exports()
    other = Client()
    other.force_login(UserFactory.create())
    assert other.get(FILE).status_code == 404
    assert Client().get(FILE).status_code == 302
    long_after_login(web)
    assert web.get(FILE).headers["Location"].startswith("/confirm/")
    confirm(web)
    assert web.get(FILE).status_code == 200


def test_a_file_that_is_too_large_is_given_up(
    web: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_data, "MOST_BYTES", 100)
    web.post(PAGE)
    tasks.make_exports()
    assert "too much data for one file" in web.get(PAGE).content.decode()
    assert "too much data for one file" in build(Message.objects.get()).body
    assert not DataExportPart.objects.exists()


def test_a_large_file_is_kept_in_parts(
    web: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_data, "PART_BYTES", 500)
    web.post(PAGE)
    tasks.make_exports()
    assert DataExportPart.objects.count() > 3
    assert rows(archive_of(web), "profile")


def test_a_killed_worker_is_followed_by_another_one(merchant: User) -> None:
    my_data.ask(merchant, NOW)
    assert my_data._claim(NOW) is not None
    assert my_data.make_waiting(NOW) == 0
    assert my_data.make_waiting(NOW + my_data.LEASE) == 1
    assert Message.objects.count() == 1


def test_users_whose_mailbox_gets_no_more_letters_stop_nobodys_file(
    web: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "LETTERS", replace(mail_limits.LETTERS, burst=2))
    for number in range(2):
        my_data.ask(UserFactory.create(email=f"merchant+{number}@example.com"), NOW)
    my_data.ask(merchant, NOW)
    my_data.ask(UserFactory.create(email="lin@shop.example.com"), NOW)
    assert my_data.make_waiting(NOW) == 4
    assert not DataExport.objects.filter(ended_at=None).exists()
    assert "Download" in web.get(PAGE).content.decode()
    assert Message.objects.filter(address="lin@shop.example.com").exists()


def test_a_file_is_deleted_after_a_week(web: Client, merchant: User) -> None:
    my_data.ask(merchant, NOW)
    my_data.make_waiting(NOW)
    assert my_data.purge(NOW + timedelta(days=6, hours=23)) == 0
    assert my_data.purge(NOW + timedelta(days=7, minutes=1)) > 0
    assert not DataExportPart.objects.exists()


def test_users_cannot_ask_without_end(web: Client, merchant: User) -> None:
    for _ in range(4):
        page = web.post(PAGE, follow=True).content.decode()
        my_data.make_waiting(NOW)
    assert "Too many attempts" in page
    assert Message.objects.count() == 3
