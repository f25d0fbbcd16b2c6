"""Every page tells a user that their address refuses mail, until it accepts mail again or is
changed."""

import pytest
from django.core import mail

from monitor.models import Message, User, Watchlist
from monitor.people import people
from monitor.telling import outbox
from tests.models.factories import NOW, AlertFactory, UserFactory
from tests.pages import HTMX, Browser, seen_by

pytestmark = pytest.mark.django_db
NOTICE = "E-mails to merchant@example.com do not arrive."
TRY = "/settings/address/try/"


def refuse(merchant: User) -> None:
    merchant.channels.update(refused_at=NOW, answer="550 5.1.1 <b>no such user</b>")


def test_every_page_shows_its_user_the_refusal_and_what_to_do(web: Browser, merchant: User) -> None:
    page = web.post(TRY, follow=True).content.decode()
    assert "Mails to merchant@example.com arrive." in page
    assert not Message.objects.exists()
    refuse(merchant)
    refresh = HTMX | {"If-None-Match": '""'}
    assert NOTICE in web.page("/frame/", **refresh), "An open page shows it."
    for address in ("/", "/settings/"):
        page = web.page(address)
        assert page.count(NOTICE) == 1, address
        for shown in (
            *("“550 5.1.1 &lt;b&gt;no such user&lt;/b&gt;”", f'action="{TRY}"'),
            'href="/settings/#address"',
        ):
            assert shown in page
    assert "do not arrive" not in seen_by(UserFactory.create()).page("/")
    people.change_address(merchant, "new@example.com", NOW)
    assert "do not arrive" not in web.page("/")


def test_a_test_mail_that_is_accepted_releases_the_held_mails(
    web: Browser, merchant: User, watchlist: Watchlist
) -> None:
    refuse(merchant)
    email = Message.of_alerts(merchant.mailbox, NOW, status="held")
    email.save()
    alert = AlertFactory.create(watchlist=watchlist, is_delivered=True)
    email.alerts.add(alert, through_defaults={"recipient": merchant, "channel": merchant.mailbox})
    referer = {"Referer": "http://testserver/products/?q=x"}
    response = web.post(TRY, headers=referer, follow=True)
    assert response.redirect_chain == [("/products/?q=x", 302)]
    assert "A test mail goes to merchant@example.com." in response.content.decode()
    assert outbox.send_due(NOW)["sent"] == 1
    assert "do not arrive" not in web.page("/")
    assert outbox.send_due(NOW)["sent"] == 1
    assert len(mail.outbox) == 2
    assert alert.messages.get().status == "sent"
    refuse(merchant)
    for _ in range(people.MAILS_TO_ONE.burst):
        response = web.post(TRY, follow=True)
    assert "Too many attempts." in response.content.decode()
