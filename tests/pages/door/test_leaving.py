"""The page to unsubscribe from mails: by a mail program's POST, by the user's; scanners' GETs
change nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from monitor.models import ChannelChoice, User, Watchlist
from monitor.telling.leaving import token
from monitor.watching.deletion import delete_for_now
from tests.models.factories import NOW, MembershipFactory

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def of_list(merchant: User, watchlist: Watchlist) -> str:
    return f"/u/{token(merchant, watchlist)}/"


@pytest.fixture
def of_all(merchant: User) -> str:
    return f"/u/{token(merchant)}/"


@pytest.fixture
def program() -> Client:
    """A mail program: no cookies, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def gets_mail(merchant: User) -> bool:
    return not merchant.mailbox.is_paused


def headline(response: Any) -> str:
    title = re.search(r"<h1>(.*?)</h1>", response.content.decode())
    return title[1] if title else ""


def test_opening_the_page_changes_nothing(
    program: Client, web: Client, merchant: User, of_list: str, of_all: str
) -> None:
    for client in (program, web):
        for address, question in (
            (of_list, "Unsubscribe from “Rivals”?"),
            (of_all, "Unsubscribe from all alert mails?"),
        ):
            response = client.get(address)
            assert (response.status_code, headline(response)) == (200, question)
            assert client.head(address).status_code == 200
    assert not ChannelChoice.objects.exists()
    assert gets_mail(merchant)


def test_one_click_in_a_mail_program_unsubscribes_and_the_page_offers_to_subscribe_again(
    program: Client, merchant: User, watchlist: Watchlist, of_list: str, of_all: str
) -> None:
    for address, left in (
        (of_list, "Unsubscribed from “Rivals”"),
        (of_all, "Unsubscribed from all alert mails"),
    ):
        for _ in range(2):
            response = program.post(address, ONE_CLICK)
            assert headline(response) == left
        assert gets_mail(merchant) == (address == of_list)
        off = ChannelChoice.objects.filter(channel__owner=merchant, watchlist=watchlist)
        assert off.exists() == (address == of_list)
        assert '<button class="btn" name="again" value="1">' in response.content.decode()
        for _ in range(2):
            assert headline(program.post(address, {"again": "1"})).endswith(" again")
        assert gets_mail(merchant)
        assert not ChannelChoice.objects.exists()


def test_an_invalid_link_is_404_with_a_headline(
    program: Client, merchant: User, watchlist: Watchlist, of_list: str, of_all: str
) -> None:
    membership = MembershipFactory.create(watchlist=watchlist)
    of_former_member = f"/u/{token(membership.user, watchlist)}/"
    membership.delete()
    delete_for_now(watchlist, NOW)
    made_up = (
        of_list[:-4] + "/",
        "/u/nonsense/",
        "/u/..%00/",
        "/u/" + "é" * 20 + "/",
        "/u/" + "x" * 3000 + "/",
    )
    User.objects.filter(pk=merchant.pk).update(is_active=False)
    for address in (*made_up, of_former_member, of_list, of_all):
        for response in (
            program.get(address),
            program.post(address, ONE_CLICK),
            program.post(address, {"again": "1"}),
        ):
            assert response.status_code == 404, address
            assert headline(response), address
    assert not ChannelChoice.objects.exists()
    assert gets_mail(merchant)
