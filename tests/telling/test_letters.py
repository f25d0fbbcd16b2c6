"""Mails about an account: in the user's language, with links that work and are not stored."""

import json
import re
from collections import Counter
from datetime import UTC, timedelta
from email.message import EmailMessage

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Message, User
from monitor.people.second_factor import _KINDS as AUDITED
from monitor.telling import letters
from monitor.telling.carriers import Mails
from monitor.telling.letters import KINDS
from monitor.telling.outbox import claim, send_due
from tests.models.factories import UserFactory
from tests.telling.mailserver import MailServer, part

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https://watch\.example\.org(/\S+)")


@pytest.fixture
def person(db: None) -> User:
    person = User.objects.create_user("merchant@example.com", "a-password", language="zh-hans")
    person.channels.update(is_paused=True)
    return person


def bodies(message: EmailMessage) -> list[str]:
    return [part(message, kind) for kind in ("plain", "html")]


def send(server: MailServer, count: int = 1) -> EmailMessage:
    assert send_due(timezone.now()) == Counter(sent=count)
    return server.messages[-1]


def path(text: str) -> str:
    link = LINK.search(text)
    assert link is not None
    return link[1]


def test_a_lost_password_is_reset_by_mail(server: MailServer, person: User) -> None:
    Client().post("/forgotten/", {"email": "merchant@example.com"}, headers={"Host": "localhost"})
    message = send(server)
    assert (message["To"], message["Subject"]) == ("merchant@example.com", "重设密码")
    assert message["Message-ID"] == f"<{Message.objects.get().uid}>"
    plain, html = bodies(message)
    assert "4 小时" in plain
    assert path(plain) in html
    assert Client().get(path(plain)).status_code == 200


@pytest.mark.parametrize(
    ("configured", "language", "name"),
    [
        ("Stallwatch <stallwatch@watch.example.org>", "zh-hans", "看摊"),
        ("店铺管家 <stallwatch@watch.example.org>", "en", "店铺管家"),
    ],
)
def test_the_sender_and_the_signature_are_the_products_name(
    server: MailServer, person: User, settings: Settings, configured: str, language: str, name: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = configured
    User.objects.update(language=language)
    Client().post("/forgotten/", {"email": "merchant@example.com"}, headers={"Host": "localhost"})
    message = send(server)
    assert message["From"] == f"{name} <stallwatch@watch.example.org>"
    plain, html = bodies(message)
    ending = (
        "看摊：https://watch.example.org"
        if language == "zh-hans"
        else "Stallwatch: https://watch.example.org"
    )
    assert plain.rstrip().endswith(ending)
    assert (">Stallwatch</a>" in html, ">看摊</a>" in html) == (language == "en", language != "en")


def test_the_host_header_of_a_request_reaches_no_mail(
    server: MailServer, person: User, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    Client().post("/forgotten/", {"email": "merchant@example.com"}, headers=headers)
    for body in bodies(send(server)):
        assert "evil.example" not in body


def test_a_link_is_not_stored(server: MailServer, person: User) -> None:
    Client().post("/forgotten/", {"email": "merchant@example.com"})
    plain, _ = bodies(send(server))
    secret = path(plain).strip("/").rpartition("/")[2]
    assert secret not in json.dumps(list(Message.objects.values()), default=str)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_kind_can_be_sent_in_both_languages(
    server: MailServer, person: User, language: str
) -> None:
    person.language, person.deleted_at = language, timezone.now()
    person.save()
    kinds = [kind for kind in KINDS if kind != Message.Kind.INVITATION]
    for kind in kinds:
        context = {
            "user": person.pk,
            "new": "new@example.com",
            "event": "removed",
            "seed": "s",
        }
        context |= {"kind": "webhook", "channel": "ERP", "code": "4016"}
        Message.to(person, timezone.now(), kind=kind, context=context).save()
    send(server, len(kinds))
    subjects = {str(message["Subject"]) for message in server.messages}
    assert len(subjects) == len(kinds)
    assert all(subject.isascii() == (language == "en") for subject in subjects)
    for message in server.messages:
        assert all("https://watch.example.org/" in body for body in bodies(message))


@pytest.mark.parametrize("event", [*AUDITED, "recovery_code_used"])
def test_a_mail_says_what_happened_to_the_second_factor(person: User, event: str) -> None:
    context = {"event": event, "name": "Phone", "left": 3}
    letter = Message.to(person, timezone.now(), kind=Message.Kind.SECOND_FACTOR, context=context)
    subject, facts = letters.message(letter, UTC)
    what, at = facts["letter"]["sentences"]
    assert what not in (subject, at)
    assert ("Phone" in what) == event.startswith("webauthn")
    assert ("3" in what) == (event == "recovery_code_used")


def test_a_code_and_a_reset_go_before_a_thousand_other_mails(
    server: MailServer, person: User
) -> None:
    other, now = UserFactory.create(), timezone.now()
    Message.objects.bulk_create(
        [
            Message.to(other, now - timedelta(hours=1), kind=Message.Kind.PASSWORD_CHANGED)
            for _ in range(1000)
        ]
    )
    for kind in (Message.Kind.LOGIN_CODE, Message.Kind.PASSWORD_RESET):
        Message.to(person, now, kind=kind, context={"seed": "s"}).save()
    assert [letter.address for letter in claim(now, Mails, 4)] == [person.email] * 2
