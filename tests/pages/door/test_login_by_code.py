"""A login by a code in a mail."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import AuditEvent, AuditKind, Message, Session, User
from monitor.people import links
from monitor.telling.message import build
from tests.models.statements import statements

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def ask(client: Client, email: str = "merchant@example.com") -> Any:
    return client.post("/login/code/", {"email": email, "next": "/alerts/"})


def enter(client: Client, code: str) -> Any:
    return client.post("/login/code/enter/", {"code": code, "next": "/alerts/"})


def mailed_code() -> str:
    return links.login_code(Message.objects.latest("pk").context["seed"])


def test_a_code_logs_in_once(merchant: User) -> None:
    browser = Client(headers=ENGLISH)
    assert (
        ask(browser, " Merchant@Example.com ").headers["Location"]
        == "/login/code/enter/?next=%2Falerts%2F"
    )
    assert [(mail.kind, mail.address) for mail in Message.objects.all()] == [
        ("login_code", "merchant@example.com")
    ]
    code = mailed_code()
    letter = build(Message.objects.get()).body
    assert letter.count(f"{code[:4]} {code[4:]}") == 1
    assert "/login/code/enter/" in letter
    assert "This code is wrong." in enter(browser, "0000 0000").content.decode()
    failure = AuditEvent.objects.get()
    assert (failure.kind, failure.person, failure.details) == (
        AuditKind.LOGIN_FAILED,
        merchant,
        {"what": "wrong_code"},
    )
    assert enter(Client(), code).headers["Location"] == "/login/code/", (
        "Only the browser that asked may use it."
    )
    assert enter(browser, f"{code[:4]} {code[4:]}").headers["Location"] == "/alerts/"
    assert browser.get("/products/").status_code == 200
    browser.post("/logout/")
    assert enter(browser, code).headers["Location"] == "/login/code/"


def test_guesses_of_one_moment_are_counted_as_well(merchant: User) -> None:
    browser = Client(headers=ENGLISH)
    ask(browser)
    as_it_was = Session.objects.get().session_data
    for _ in range(5):
        enter(browser, "00000000")
        Session.objects.update(session_data=as_it_was)
    assert "This code is wrong." in enter(browser, mailed_code()).content.decode()


def test_unknown_addresses_get_the_same_answers_with_as_many_statements(merchant: User) -> None:
    stories = []
    for email in ("merchant@example.com", "nobody@example.com"):
        browser = Client(headers=ENGLISH)
        with CaptureQueriesContext(connection) as captured:
            answers = [
                ask(browser, email),
                browser.get("/login/code/enter/"),
                *(enter(browser, "1") for _ in range(3)),
            ]
        pages = []
        for answer in answers:
            text = re.sub(r"csrf\S+ value=\S+", "", answer.content.decode()).replace(email, "")
            pages.append((answer.status_code, answer.headers.get("Location"), text))
        stories.append((pages, statements(captured)))
    assert stories[0] == stories[1]
    assert Message.objects.count() == 1
