"""The outbox, the ledger and the account."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from monitor.budget import ledger
from monitor.delivery import outbox
from monitor.models import Alert, Message, ProviderAccount, Usage, UsageDay, User
from monitor.provider.codes import Action
from monitor.provider.errors import ApiError
from tests.factories import AlertFactory, UserFactory
from tests.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_do_not_wait")]


@pytest.fixture
def email() -> Message:
    story = Story()
    story.hears()
    story.hears(price=6300)
    outbox.send_due(timezone.now())
    return Message.objects.get()


def test_a_sent_email_has_no_next_attempt(
    admin: Client, url: Callable[..., str], email: Message
) -> None:
    Message.objects.update(
        status=Message.Status.PENDING, next_attempt_at=datetime(2042, 1, 4, 4, tzinfo=UTC)
    )
    assert "2042-01-04" in admin.get(url(Message)).content.decode()
    Message.objects.update(status=Message.Status.SENT)
    assert "2042-01-04" not in admin.get(url(Message)).content.decode()


def test_the_reason_why_an_email_was_not_sent_is_in_the_operators_language(
    admin: Client, operator: User, url: Callable[..., str], email: Message
) -> None:
    User.objects.filter(pk=operator.pk).update(language="zh-hans")
    Message.objects.update(
        status=Message.Status.DROPPED, answer="The recipient no longer wants mail."
    )
    for address in (url(Message), url(email)):
        assert "收件人不再接收邮件。" in admin.get(address).content.decode()
    Message.objects.update(status=Message.Status.REFUSED, answer="550 no such user")
    for address in (url(Message), url(email)):
        assert "550 no such user" in admin.get(address).content.decode()
    Message.objects.update(answer="")
    assert "Content-Type" not in admin.get(url(email)).content.decode()


def test_an_email_lists_its_alerts(admin: Client, url: Callable[..., str], email: Message) -> None:
    alert = email.alerts.get()
    assert url(alert) in admin.get(url(email)).content.decode()


def test_an_email_shows_its_subject_and_text(
    admin: Client, url: Callable[..., str], email: Message
) -> None:
    [sent] = mail.outbox
    page = unescape(admin.get(url(email)).content.decode())
    assert str(sent.subject) in page
    assert str(sent.body).strip()[:300] in page
    assert "/u/" in sent.body
    assert "/u/" not in page


def test_an_email_with_a_link_for_the_recipient_alone_is_not_shown(
    admin: Client, url: Callable[..., str]
) -> None:
    owner = UserFactory.create(email="owner@example.com", language="en")
    reset = Message.to(owner, timezone.now(), kind=Message.Kind.PASSWORD_RESET)
    reset.save()
    page = admin.get(url(reset)).content.decode()
    assert "Choose a new password" in page
    assert "Hidden: it has a link for the recipient alone." in page
    assert "/reset/" not in page


def test_an_email_that_cannot_be_written_says_why(
    admin: Client, url: Callable[..., str], email: Message
) -> None:
    User.objects.filter(received=email).update(is_active=False)
    assert "The recipient no longer wants mail." in admin.get(url(email)).content.decode()


def test_an_alert_is_listed_when_there_is_no_rule_of_its_kind_any_more(
    admin: Client, url: Callable[..., str]
) -> None:
    AlertFactory.create(rule_as_it_was={"kind": "of a later version", "threshold": 5})
    assert admin.get(url(Alert)).status_code == 200


def test_the_account_shows_why_the_provider_refused(admin: Client, url: Callable[..., str]) -> None:
    ledger.open_circuit(
        ApiError("authentication failed", code="4005", action=Action.STOP), timezone.now()
    )
    page = admin.get(url(ProviderAccount)).content.decode()
    assert "checks stopped" in page
    assert "authentication failed" in page


def test_a_day_links_to_its_codes(admin: Client, url: Callable[..., str]) -> None:
    for day in (date(2026, 11, 10), date(2026, 11, 11)):
        UsageDay.objects.create(day=day, reserved=1)
        Usage.objects.create(
            day=day, api=f"api_of_{day.day}", code="0000", calls=1, billing="billed"
        )
    address = f"{url(Usage)}?day=2026-11-11"
    assert address in admin.get(url(UsageDay)).content.decode()
    page = admin.get(address).content.decode()
    assert 'class="field-api">api_of_11<' in page
    assert 'class="field-api">api_of_10<' not in page


def test_a_day_shows_how_its_calls_ended(admin: Client, url: Callable[..., str]) -> None:
    day = date(2026, 11, 11)
    UsageDay.objects.create(day=day, reserved=20)
    UsageDay.objects.create(day=date(2026, 11, 12), reserved=4)
    for code, calls, billing in (
        ("0000", 12, "billed"),
        ("2000", 1, "billed"),
        ("4000", 2, "not_billed"),
    ):
        Usage.objects.create(
            day=day,
            api="item_get_app",
            code=code,
            calls=calls,
            billing=billing,
            provider_used=40,
            provider_cap=90,
        )
    page = admin.get(url(UsageDay)).content.decode()
    cells = {
        name: [part.split("<")[0] for part in page.split(f'class="field-{name}">')[1:]]
        for name in (
            "called",
            "billed",
            "possibly",
            "not_billed",
            "unknown",
            "provider_used",
            "provider_cap",
        )
    }
    assert cells == {
        "called": ["4", "20"],
        "billed": ["0", "13"],
        "possibly": ["0", "0"],
        "not_billed": ["0", "2"],
        "unknown": ["4", "5"],
        "provider_used": ["—", "40"],
        "provider_cap": ["—", "90"],
    }
