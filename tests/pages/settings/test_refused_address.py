"""Whoever's address refuses mail is told on every page, until it takes mail again or is another one."""

import pytest
from django.core import mail
from django.test import Client

from monitor.accounts import people
from monitor.delivery import outbox
from monitor.models import Email, User, Watchlist
from tests.factories import NOW, AlertFactory, UserFactory
from tests.pages.test_live import look, opened

pytestmark = pytest.mark.django_db
SAYS = "E-mails to merchant@example.com do not arrive."


@pytest.fixture
def refused(merchant: User) -> User:
    merchant.refused_address, merchant.refused_at = merchant.email, NOW
    merchant.refusal = "550 5.1.1 <b>no such user</b>"
    merchant.save()
    return merchant


@pytest.mark.parametrize("address", ["/", "/products/", "/alerts/", "/watchlists/", "/usage/", "/settings/"])
def test_every_page_says_what_the_server_said_and_what_to_do(web: Client, refused: User, address: str) -> None:
    page = web.get(address).content.decode()
    assert page.count(SAYS) == 1
    assert "“550 5.1.1 &lt;b&gt;no such user&lt;/b&gt;”" in page
    assert 'action="/settings/address/try/"' in page
    assert 'href="/settings/#address"' in page


def test_nobody_else_is_told(refused: User) -> None:
    other = Client()
    other.force_login(UserFactory.create())
    assert "do not arrive" not in other.get("/").content.decode()


def test_a_page_that_is_open_is_told(web: Client, merchant: User) -> None:
    version = opened(web, "alive")
    User.objects.update(refused_address=merchant.email, refused_at=NOW, refusal="550 no")
    page = look(web, "alive", version)
    assert page.status_code == 200
    assert SAYS in page.content.decode()


def test_trying_again_sends_one_mail_and_its_acceptance_ends_it(
    web: Client, refused: User, watchlist: Watchlist
) -> None:
    held = Email.to(refused, NOW, status="held")
    held.save()
    alert = AlertFactory.create(watchlist=watchlist, is_delivered=True)
    held.alerts.add(alert, through_defaults={"recipient": refused})

    response = web.post("/settings/address/try/", headers={"Referer": "http://testserver/products/?q=x"}, follow=True)
    assert response.redirect_chain == [("/products/?q=x", 302)]
    assert "A mail is on its way to merchant@example.com." in response.content.decode()

    assert outbox.send_due(NOW)["sent"] == 1
    assert "do not arrive" not in web.get("/").content.decode()
    assert outbox.send_due(NOW)["sent"] == 1
    assert len(mail.outbox) == 2
    assert alert.emails.get().status == "sent"


def test_trying_again_and_again_has_to_wait(web: Client, refused: User) -> None:
    for _ in range(20):
        response = web.post("/settings/address/try/", follow=True)
    assert "Too many attempts." in response.content.decode()
    assert Email.objects.count() < 10


def test_there_is_nothing_to_try_while_mails_arrive(web: Client, merchant: User) -> None:
    page = web.post("/settings/address/try/", follow=True).content.decode()
    assert "E-mails to merchant@example.com arrive." in page
    assert not Email.objects.exists()


def test_another_address_ends_it_too(web: Client, refused: User) -> None:
    people.change_address(refused, "new@example.com", NOW)
    assert "do not arrive" not in web.get("/").content.decode()
