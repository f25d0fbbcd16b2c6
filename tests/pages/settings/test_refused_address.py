"""Every page tells a user that their address refuses mail, until it accepts mail again or is
changed."""

import pytest
from django.core import mail
from django.test import Client

from monitor.accounts import people
from monitor.delivery import outbox
from monitor.models import Message, User, Watchlist
from tests.factories import NOW, AlertFactory, UserFactory
from tests.pages.test_live import look, opened

pytestmark = pytest.mark.django_db
NOTICE = "E-mails to merchant@example.com do not arrive."


@pytest.fixture
def refused(merchant: User) -> User:
    merchant.channels.update(refused_at=NOW, answer="550 5.1.1 <b>no such user</b>")
    return merchant


def test_every_page_shows_its_user_the_refusal_and_what_to_do(web: Client, refused: User) -> None:
    for address in ("/", "/settings/"):
        page = web.get(address).content.decode()
        assert page.count(NOTICE) == 1, address
        assert "“550 5.1.1 &lt;b&gt;no such user&lt;/b&gt;”" in page
        assert 'action="/settings/address/try/"' in page
        assert 'href="/settings/#address"' in page
    other = Client()
    other.force_login(UserFactory.create())
    assert "do not arrive" not in other.get("/").content.decode()


def test_an_open_page_shows_it(web: Client, merchant: User) -> None:
    version = opened(web, "alive")
    merchant.channels.update(refused_at=NOW, answer="550 no")
    page = look(web, "alive", version)
    assert page.status_code == 200
    assert NOTICE in page.content.decode()


def test_a_test_mail_that_is_accepted_releases_the_held_mails(
    web: Client, refused: User, watchlist: Watchlist
) -> None:
    email = Message.of_alerts(refused.mailbox, NOW, status="held")
    email.save()
    alert = AlertFactory.create(watchlist=watchlist, is_delivered=True)
    email.alerts.add(alert, through_defaults={"recipient": refused, "channel": refused.mailbox})

    response = web.post(
        "/settings/address/try/",
        headers={"Referer": "http://testserver/products/?q=x"},
        follow=True,
    )
    assert response.redirect_chain == [("/products/?q=x", 302)]
    assert "A test mail goes to merchant@example.com." in response.content.decode()

    assert outbox.send_due(NOW)["sent"] == 1
    assert "do not arrive" not in web.get("/").content.decode()
    assert outbox.send_due(NOW)["sent"] == 1
    assert len(mail.outbox) == 2
    assert alert.messages.get().status == "sent"


def test_too_many_test_mails_are_throttled(web: Client, refused: User) -> None:
    for _ in range(people.MAILS_TO_ONE.burst + 1):
        response = web.post("/settings/address/try/", follow=True)
    assert "Too many attempts." in response.content.decode()
    assert Message.objects.count() == people.MAILS_TO_ONE.burst


def test_no_test_mail_is_sent_while_mails_arrive(web: Client, merchant: User) -> None:
    page = web.post("/settings/address/try/", follow=True).content.decode()
    assert "Mails to merchant@example.com arrive." in page
    assert not Message.objects.exists()


def test_another_address_clears_it(web: Client, refused: User) -> None:
    people.change_address(refused, "new@example.com", NOW)
    assert "do not arrive" not in web.get("/").content.decode()
