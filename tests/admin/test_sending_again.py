"""E-mails are sent again after the operator confirms it, and every attempt is shown."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitor.delivery import outbox
from monitor.models import Attempt, Message, User
from tests.delivery.stories import fallen

pytestmark = pytest.mark.django_db
CONFIRMED = {"confirmed": "yes"}


@pytest.fixture
def email() -> Message:
    story = fallen()
    assert outbox.send_due(timezone.now())["sent"] == 1
    return Message.objects.get(recipient=story.user)


def viewer(*rights: str) -> Client:
    user = User.objects.create_user("viewer@example.com", "a-password", is_staff=True, language="en")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def test_it_asks_before_it_sends_again(act: Callable[..., str], email: Message) -> None:
    page = act("send_again", email)
    assert "1 e-mail will be sent again, with the same Message-ID." in page
    assert "1 was accepted before and arrives a second time." in page
    assert Message.objects.get().status == "sent"
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("status", [Message.Status.SENT, Message.Status.REFUSED, Message.Status.FAILED])
def test_an_email_is_sent_again_with_its_message_id(act: Callable[..., str], email: Message, status: str) -> None:
    Message.objects.update(status=status, attempts=17, answer="550 no such user")
    assert "1 e-mail is queued" in act("send_again", email, **CONFIRMED)
    again = Message.objects.get()
    assert (again.status, again.attempts, again.answer, again.uid) == ("pending", 1, "", email.uid)
    assert not Message.objects.waiting().exists()  # No alert is added to it: a mail program may know its Message-ID.
    assert LogEntry.objects.get().change_message == "Sent again."
    assert outbox.send_due(timezone.now())["sent"] == 1
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert Attempt.objects.filter(message=email, outcome="sent").count() == 2


@pytest.mark.parametrize(("status", "message"), [("pending", "1 is pending"), ("held", "1 waits for an address")])
def test_an_unsent_email_is_left_alone(act: Callable[..., str], email: Message, status: str, message: str) -> None:
    Message.objects.update(status=status, attempts=3)
    page = act("send_again", email)
    assert message in page
    assert 'value="Send again"' not in page
    assert "0 e-mails are queued" in act("send_again", email, **CONFIRMED)
    assert Message.objects.values_list("status", "attempts").get() == (status, 3)


def test_an_operator_who_may_only_view_sends_nothing_again(url: Callable[..., str], email: Message) -> None:
    client = viewer("view_message")
    chosen = {"action": "send_again", "_selected_action": email.pk, **CONFIRMED}
    page = client.post(url(Message), chosen, follow=True).content.decode()
    assert 'value="send_again"' not in page
    assert Message.objects.get().status == "sent"
    assert client.post(url(email), chosen).status_code in (302, 403)
    assert Message.objects.get().status == "sent"


def test_an_email_shows_every_attempt_and_none_can_be_changed(url: Callable[..., str], email: Message) -> None:
    Attempt.objects.create(
        message=email,
        sender="worker-1:77",
        began_at=timezone.now(),
        ended_at=timezone.now() + timedelta(seconds=2.5),
        outcome="retry",
        code=451,
        enhanced_code="4.7.1",
        answer="451 4.7.1 <b>Greylisted</b>",
    )
    Attempt.objects.create(message=email, sender="worker-1:78", began_at=timezone.now(), outcome="interrupted")
    page = viewer("view_message").get(url(email)).content.decode()
    for text in (
        "worker-1:77",
        "will retry",
        "2.5",
        "4.7.1",
        "&lt;b&gt;Greylisted",
        "worker-1:78",
        "interrupted",
    ):
        assert text in page, text
    assert "<input" not in page.split('id="tries-heading"')[1].split("</table>")[0]
    assert ">None<" not in page


def test_many_attempts_take_as_many_queries_as_few(admin: Client, url: Callable[..., str], email: Message) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(url(email)).status_code == 200
        return len(captured)

    queries()  # The first page also reads the content types.
    few = queries()
    for _ in range(8):
        Attempt.objects.create(message=email, sender="worker-1:77", began_at=timezone.now(), outcome="retry")
    assert queries() == few


@pytest.mark.parametrize("query", ["tries__outcome__exact=interrupted", "q=Greylisted", "status__exact=sent"])
def test_emails_are_found_by_status_answer_and_attempts(
    admin: Client, url: Callable[..., str], email: Message, query: str
) -> None:
    Message.objects.update(answer="451 Greylisted")
    for number in range(2):
        Attempt.objects.create(message=email, sender=f"w:{number}", began_at=timezone.now(), outcome="interrupted")
    assert email.recipient is not None
    other = Message.to(email.recipient, timezone.now())
    other.save()
    page = admin.get(f"{url(Message)}?{query}").content.decode()
    assert page.count(f'href="{url(email)}?') + page.count(f'href="{url(email)}"') == 2  # Two links of one row.
    assert url(other) not in page


def with_refused_address(email: Message) -> User:
    assert email.recipient is not None
    User.objects.filter(pk=email.recipient.pk).update(
        refused_address=email.address, refused_at=timezone.now(), refusal="550 5.1.1 <i>nobody</i>"
    )
    Message.objects.update(status="held")
    return User.objects.get(pk=email.recipient.pk)


def test_a_refused_address_is_shown_and_cleared(
    admin: Client, act: Callable[..., str], url: Callable[..., str], email: Message
) -> None:
    user = with_refused_address(email)
    assert "550 5.1.1 &lt;i&gt;nobody" in admin.get(url(user)).content.decode()
    assert url(user) in admin.get(f"{url(User)}?refuses=yes").content.decode()
    assert url(user) not in admin.get(f"{url(User)}?refuses=no").content.decode()

    assert "1 address marked as working" in act("clear_refusal", user)
    assert "0 addresses marked as working" in act("clear_refusal", user)
    assert "No problems." in admin.get(url(user)).content.decode()
    assert outbox.send_due(timezone.now())["sent"] == 1


def test_the_health_page_counts_refusing_addresses_and_their_held_emails(admin: Client, email: Message) -> None:
    user = with_refused_address(email)
    Message.to(user, timezone.now(), status="held").save()
    page = admin.get("/admin/health/").content.decode()
    assert "Addresses that refuse mail: 1; e-mails held for them: 2." in page
    assert "?refuses=yes" in page
