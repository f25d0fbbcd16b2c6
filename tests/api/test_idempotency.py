"""A write that is sent twice with the same key is done once."""

from datetime import timedelta

import pytest

from monitor.api import idempotency
from monitor.models import AlertRead, Import, KeptAnswer, User, Watchlist
from monitor.people.throttle import Limit
from monitor.watching.deletion import delete_for_good
from monitor.watching.upkeep import clean_up
from tests.api import Program, problem_of
from tests.factories import NOW, AlertFactory, WatchFactory
from tests.threads import at_once

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "a-key"}
ID = "3514453298386183303"


def test_the_second_time_gets_the_first_answer(writer: Program, watchlist: Watchlist) -> None:
    for _ in range(2):
        AlertFactory.create(watchlist=watchlist)
    assert writer.post("/alerts/read", {"all": True}, **KEY) == {"read": 2}
    AlertRead.objects.all().delete()
    AlertFactory.create(watchlist=watchlist)
    assert writer.post("/alerts/read", {"all": True}, **KEY) == {"read": 2}
    assert not AlertRead.objects.exists()
    assert writer.post("/alerts/read", {"all": True}, **{"Idempotency-Key": "another"}) == {
        "read": 3
    }


def test_a_user_has_only_so_many_keys(
    writer: Program, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        idempotency, "KEYS", Limit("idempotency-keys", burst=2, every=timedelta(minutes=1))
    )
    body = {"all": True}
    for key in ("1", "2", "2"):
        writer.post("/alerts/read", body, **{"Idempotency-Key": key})
    refused = writer.send("POST", "/alerts/read", body, {"Idempotency-Key": "3"})
    assert (problem_of(refused, 429)["type"], refused["Retry-After"]) == (
        "urn:stallwatch:problem:too-many-requests",
        "60",
    )
    assert KeptAnswer.objects.count() == 2
    assert writer.post("/alerts/read", body) == {"read": 0}, "without a key nothing is kept"


def test_the_second_time_gets_the_first_answer_though_all_is_gone(
    writer: Program, watchlist: Watchlist
) -> None:
    watch, list_path = WatchFactory.create(watchlist=watchlist), f"/watchlists/{watchlist.pk}"
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    terms = {
        "kind": "price_below",
        "threshold": 6900,
        "also": [{"kind": "sales_grew", "threshold": 5, "days": 7}],
    }
    requests = {
        "/alerts/read": {"all": True, "watchlist": str(watchlist.pk)},
        f"/products/{watch.product.num_iid}/mute": {"for": "day"},
        "/watchlists": {"name": "Suppliers", "interval_seconds": 3600},
        f"{list_path}/products": {"products": [ID, "no product"]},
        f"{list_path}/rules": {**terms, "product": watch.product.num_iid},
        f"{list_path}/follows": {"shop": str(watch.product.shop_id), "words": "linen"},
        "/imports": {"watchlist": str(watchlist.pk), "products": [ID, ID]},
    }
    answers = {
        path: writer.send("POST", path, body, {"Idempotency-Key": path})
        for path, body in requests.items()
    }
    assert [answer.status_code for answer in answers.values()] == [
        200,
        200,
        201,
        200,
        201,
        200,
        202,
    ]
    Import.objects.all().delete()
    for each in Watchlist.objects.all():
        delete_for_good(each, NOW)
    for path, body in requests.items():
        again = writer.send("POST", path, body, {"Idempotency-Key": path})
        first = answers[path]
        assert (again.status_code, again.json()) == (first.status_code, first.json()), path
        assert again.get("Location") == first.get("Location")


def test_a_key_belongs_to_one_request(writer: Program, watchlist: Watchlist) -> None:
    alert = AlertFactory.create(watchlist=watchlist)
    writer.post("/alerts/read", {"all": True}, **KEY)
    problem_of(writer.send("POST", "/alerts/read", {"ids": [str(alert.pk)]}, KEY), 422)
    problem_of(
        writer.send("POST", "/alerts/read", {"all": True, "kind": "price_changed"}, KEY), 422
    )
    problem_of(
        writer.send("POST", "/alerts/read", {"all": True}, {"Idempotency-Key": "x" * 101}), 422
    )


def test_a_key_belongs_to_one_token(merchant: User, writer: Program, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    assert writer.post("/alerts/read", {"all": True}, **KEY) == {"read": 1}
    assert Program.of(merchant, scope="write").post("/alerts/read", {"all": True}, **KEY) == {
        "read": 0
    }


def test_a_refused_request_leaves_its_key_free(writer: Program, watchlist: Watchlist) -> None:
    path = f"/watchlists/{watchlist.pk}/products"
    problem_of(writer.send("POST", path, {"products": []}, KEY), 422)
    assert not KeptAnswer.objects.exists()
    assert writer.post(path, {"products": ["3514453298386183303"]}, **KEY)["added"] == [
        "3514453298386183303"
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_one_is_done(merchant: User, watchlist: Watchlist) -> None:
    for _ in range(3):
        AlertFactory.create(watchlist=watchlist)
    program = Program.of(merchant, scope="write")
    answers: list[object] = []

    def send() -> None:
        answers.append(program.post("/alerts/read", {"all": True}, **KEY))

    at_once(send, send, send)
    assert answers == [{"read": 3}] * 3


def test_an_answer_is_kept_for_a_day(writer: Program, watchlist: Watchlist) -> None:
    writer.post("/alerts/read", {"all": True}, **KEY)
    clean_up(NOW + timedelta(days=1))
    assert KeptAnswer.objects.exists()
    clean_up(NOW + timedelta(days=1, seconds=1))
    assert not KeptAnswer.objects.exists()
