"""A program follows a shop, and reads what comes and goes in its range."""

import threading

import pytest

from monitor.models import Assortment, Follow
from monitor.watching.following import add_matching, follow_shop
from monitor.watching.services import create_watchlist
from tests.api import Program
from tests.models.factories import UserFactory
from tests.polling.stall import Stall
from tests.polling.threads import at_once
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db


def test_a_program_reads_the_range_of_a_shop_that_it_follows(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    stall.read()
    stall.products |= {"200": 990}
    stall.read()
    reader = Program.of(stall.user)
    [followed] = reader.get(f"/watchlists/{stall.watchlist.pk}/follows")
    assert (followed["shop"]["id"], followed["pages"], followed["interval_seconds"]) == (
        str(stall.shop.pk),
        4,
        86_400,
    )
    [row] = [row for row in reader.get("/shops")["items"] if row["id"] == followed["shop"]["id"]]
    assert row["name"] == stall.shop.name
    entries = reader.get(f"/shops/{stall.shop.pk}/range")["items"]
    assert {entry["num_iid"] for entry in entries} == set(stall.products)
    [new] = [entry for entry in entries if entry["appeared_at"]]
    assert (new["num_iid"], new["price"], new["left_at"], new["sales"]) == ("200", 990, None, 4000)
    follow_shop(create_watchlist(stall.user, "另一个"), stall.shop, stall.now, by=stall.user)
    assert reader.get(f"/shops/{stall.shop.pk}/range")["items"] == entries
    stranger = Program.of(UserFactory.create())
    assert stranger.send("GET", f"/shops/{stall.shop.pk}/range").status_code == 404


def test_a_program_follows_a_shop_of_its_users_products_only(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    writer = Program.of(stall.user, scope="write")
    other = create_watchlist(stall.user, "另一个")
    path = f"/watchlists/{other.pk}/follows"
    answer = writer.post(path, {"shop": str(stall.shop.pk), "interval_seconds": 21_600})
    assert answer["interval_seconds"] == 21_600
    assert (
        writer.send("POST", path, {"shop": str(stall.shop.pk), "interval_seconds": 60}).status_code
        == 422
    )
    assert writer.send("DELETE", f"{path}/{stall.shop.pk}").status_code == 204
    assert Assortment.objects.get().interval == stall.assortment.interval
    stranger = UserFactory.create()
    theirs = create_watchlist(stranger, "别人的")
    refused = Program.of(stranger, scope="write").send(
        "POST", f"/watchlists/{theirs.pk}/follows", {"shop": str(stall.shop.pk)}
    )
    assert refused.status_code == 422
    assert not Follow.objects.filter(watchlist=theirs).exists()


def test_a_program_says_what_joins_the_list_by_itself(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    stall.read()
    writer, path = (
        Program.of(stall.user, scope="write"),
        f"/watchlists/{stall.watchlist.pk}/follows",
    )
    address = f"{path}/{stall.shop.pk}"
    answer = writer.send(
        "PATCH", address, {"adds": "all", "words": "衬衫", "lowest": 5000, "most": 3}
    ).json()
    assert (answer["adds"], answer["lowest"], answer["most"], answer["interval_seconds"]) == (
        "all",
        5000,
        3,
        86_400,
    )
    add_matching(stall.now)
    assert writer.get(path)[0]["on_list"] == 3
    answer = writer.post(path, {"shop": str(stall.shop.pk), "interval_seconds": 21_600})
    assert (answer["adds"], answer["words"], answer["interval_seconds"]) == ("all", "衬衫", 21_600)
    for wrong, where in (
        ({"highest": 4999}, "body.highest"),
        ({"words": "衬" * 101}, "body.words"),
        ({"most": 501}, "body.most"),
        ({"adds": "old"}, "body.adds"),
    ):
        refused = writer.send("PATCH", address, wrong)
        assert (refused.status_code, refused.json()["errors"][0]["where"]) == (422, where)
    answer = writer.send("PATCH", address, {"adds": "", "lowest": None}).json()
    assert (answer["adds"], answer["lowest"], answer["words"]) == ("", None, "衬衫")


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_is_followed_by_eight_requests_at_once_is_followed_once(
    provider: ProviderServer,
) -> None:
    stall = Stall(provider)
    stall.follow()
    others, ready = create_watchlist(stall.user, "另一个"), threading.Barrier(8)
    answers = []

    def follow() -> None:
        writer = Program.of(stall.user, scope="write")
        ready.wait()
        answers.append(
            writer.send("POST", f"/watchlists/{others.pk}/follows", {"shop": str(stall.shop.pk)})
        )

    at_once(*[follow] * 8)
    assert {answer.status_code for answer in answers} == {200}
    assert Follow.objects.filter(watchlist=others).count() == 1
