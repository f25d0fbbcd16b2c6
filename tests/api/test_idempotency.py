"""A write that is sent twice with the same key is done once."""

from datetime import timedelta

import pytest
import time_machine

from monitor.accounts.upkeep import clean_up
from monitor.models import AlertRead, KeptAnswer, Mute, User, Watchlist
from tests.api import Program, problem_of
from tests.factories import NOW, AlertFactory, WatchFactory
from tests.threads import at_once

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "a-key"}


def test_the_second_time_gets_the_first_answer(writer: Program, watchlist: Watchlist) -> None:
    for _ in range(2):
        AlertFactory.create(watchlist=watchlist)
    assert writer.post("/alerts/read", {"all": True}, **KEY) == {"read": 2}
    AlertRead.objects.all().delete()
    AlertFactory.create(watchlist=watchlist)
    assert writer.post("/alerts/read", {"all": True}, **KEY) == {"read": 2}
    assert not AlertRead.objects.exists()
    assert writer.post("/alerts/read", {"all": True}, **{"Idempotency-Key": "another"}) == {"read": 3}


def test_an_answer_outlives_what_it_is_about(writer: Program, watchlist: Watchlist) -> None:
    alert = AlertFactory.create(watchlist=watchlist)
    body = {"ids": [str(alert.pk)]}
    assert writer.post("/alerts/read", body, **KEY) == {"read": 1}
    alert.delete()
    assert writer.post("/alerts/read", body, **KEY) == {"read": 1}


def test_times_come_back_as_they_were(writer: Program, watchlist: Watchlist) -> None:
    path = f"/products/{WatchFactory.create(watchlist=watchlist).product.num_iid}/mute"
    first = writer.post(path, {"for": "day"}, **KEY)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert writer.post(path, {"for": "day"}, **KEY) == first
    assert Mute.objects.get().until == NOW + timedelta(days=1)


def test_a_key_belongs_to_one_request(writer: Program, watchlist: Watchlist) -> None:
    alert = AlertFactory.create(watchlist=watchlist)
    writer.post("/alerts/read", {"all": True}, **KEY)
    problem_of(writer.send("POST", "/alerts/read", {"ids": [str(alert.pk)]}, KEY), 422)
    problem_of(writer.send("POST", "/alerts/read", {"all": True, "kind": "price_changed"}, KEY), 422)
    problem_of(writer.send("POST", "/alerts/read", {"all": True}, {"Idempotency-Key": "x" * 101}), 422)


def test_a_key_belongs_to_one_token(merchant: User, writer: Program, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    assert writer.post("/alerts/read", {"all": True}, **KEY) == {"read": 1}
    assert Program.of(merchant, scope="write").post("/alerts/read", {"all": True}, **KEY) == {"read": 0}


def test_a_refused_request_leaves_its_key_free(writer: Program, watchlist: Watchlist) -> None:
    path = f"/watchlists/{watchlist.pk}/products"
    problem_of(writer.send("POST", path, {"products": []}, KEY), 422)
    assert not KeptAnswer.objects.exists()
    assert writer.post(path, {"products": ["3514453298386183303"]}, **KEY)["added"] == ["3514453298386183303"]


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
