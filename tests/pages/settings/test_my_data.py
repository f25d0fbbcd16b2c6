"""A user's data as a file, sent while it is made."""

import csv
import io
import json
import zipfile

import pytest
from django.test import Client

from monitor.models import Rule, User, Watchlist
from monitor.watching.following import follow_shop
from tests.api import Program
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ShopFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import Browser, seen_by
from tests.people.authenticators import confirm, long_after_login

pytestmark = pytest.mark.django_db
FILE = "/settings/my-data/"


def data_of(web: Client) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each table."""
    response = web.get(FILE)
    assert response["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(response.getvalue()))
    return {
        name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
        for name in archive.namelist()
    }


def test_a_user_gets_all_their_data_in_a_file(
    web: Browser, merchant: User, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="=our best seller")
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    also = [{"kind": "price_below", "threshold": 6900}]
    Rule.objects.create(watchlist=watchlist, kind="price_dropped", threshold=500, also=also)
    follow_shop(watchlist, ShopFactory.create(), NOW, adds="new", words="shirt")
    Program.of(merchant)
    for page in ("/settings/", "/settings/delete/"):
        assert f'href="{FILE}"' in web.page(page)
    data = data_of(web)
    for table, expected in {
        "profile": {"email": merchant.email},
        "watchlists": {"name": "Rivals"},
        "products": {
            "watchlist__name": "Rivals",
            "product__num_iid": watch.product.num_iid,
            "shown_note": "'=our best seller",
        },
        "alerts": {"field": "price", "before": "9900", "after": "7200", "request_id": "gw-1"},
        "followed_shops": {"watchlist__name": "Rivals", "adds": "new", "words": "shirt"},
        "api_tokens": {"name": "A program"},
    }.items():
        [row] = data[f"{table}.csv"]
        assert row.items() >= expected.items()
    assert also in [json.loads(rule["also"]) for rule in data["rules.csv"]]
    assert "exported" in [event["kind"] for event in data["activity.csv"]]


def test_the_file_holds_no_secrets_and_nothing_of_other_people(
    web: Browser, merchant: User
) -> None:
    owner = UserFactory.create(email="lin@example.com", name="Lin")
    shared = WatchlistFactory.create(owner=owner, name="Shared")
    for user in (merchant, UserFactory.create(email="wu@example.com")):
        MembershipFactory.create(watchlist=shared, user=user)
    WatchFactory.create(watchlist__name="Not mine")
    Program.of(merchant)
    data = data_of(web)
    [role] = data["roles_in_others_lists.csv"]
    assert role == {"watchlist__name": "Shared", "role": "viewer"}
    secrets = merchant.password, str(web.session.session_key), merchant.api_tokens.get().hash
    for secret in ("lin@example.com", "wu@example.com", "Not mine", *secrets):
        assert secret not in str(data)


def test_the_file_is_for_its_user_alone_who_confirms_it_long_after_the_login(
    web: Browser, merchant: User
) -> None:
    stranger = data_of(seen_by(UserFactory.create(email="other@example.com")))
    assert stranger["profile.csv"][0]["email"] == "other@example.com"
    assert Client().get(FILE).status_code == 302
    long_after_login(web)
    assert web.get(FILE).headers["Location"].startswith("/confirm/")
    confirm(web)
    assert web.get(FILE).status_code == 200
