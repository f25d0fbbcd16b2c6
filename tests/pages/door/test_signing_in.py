"""Logging in and out, the page after the login, and pages without a session."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from monitor.models import Session, User

pytestmark = pytest.mark.django_db


def test_a_wrong_password_and_an_unknown_address_get_the_same_error(merchant: User) -> None:
    answers = [
        Client().post(
            reverse("monitor:login"),
            {"username": email, "password": "wrong"},
            headers={"Accept-Language": "en"},
        )
        for email in ("merchant@example.com", "nobody@example.com")
    ]
    assert (
        answers[0].context["form"].non_field_errors()
        == answers[1].context["form"].non_field_errors()
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    # The address stays in the form; the cursor is in the password field.
    assert [
        re.findall(r'name="(\w+)"[^>]* autofocus', answer.content.decode()) for answer in answers
    ] == [["password"]] * 2


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("/alerts/?show=all", "/alerts/?show=all"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_the_login_redirects_only_within_the_site(merchant: User, wanted: str, lands: str) -> None:
    form = {"username": "merchant@example.com", "password": "a-password", "next": wanted}
    assert Client().post(reverse("monitor:login"), form).headers["Location"] == lands


def test_an_htmx_request_without_a_session_redirects_the_whole_page() -> None:
    here = "http://testserver/products/?q=a"
    response = Client().get("/products/", headers={"HX-Request": "true", "HX-Current-URL": here})
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/login/?ended=1&next=/products/%3Fq%3Da"
    assert response.content == b""


@pytest.mark.parametrize(
    ("before", "next_page"),
    [
        ("http://testserver/products/add/?list=1", "/products/add/%3Flist%3D1"),
        ("https://evil.example/products/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_a_form_sent_without_a_session_leads_back_to_its_page(before: str, next_page: str) -> None:
    response = Client().post("/products/add/", {"text": "1"}, headers={"Referer": before})
    assert response.headers["Location"] == f"/login/?ended=undone&next={next_page}"


@pytest.mark.parametrize(
    "more", [{}, {"HX-Request": "true", "HX-Current-URL": "http://testserver/products/"}]
)
def test_a_form_sent_without_a_session_is_reported_as_not_done(
    merchant: User, more: dict[str, str]
) -> None:
    browser = Client(headers={"Accept-Language": "en"})
    response = browser.post(
        "/products/undo/", headers={"Referer": "http://testserver/products/", **more}
    )
    door = response.headers.get("HX-Redirect") or response.headers["Location"]
    assert "your last action was not done" in browser.get(door).content.decode()
    person = {"username": merchant.email, "password": "a-password", "next": "/products/"}
    text = browser.post(door, person, follow=True).content.decode()
    assert "your last action was not done. Please repeat it." in text
    assert "was not done" not in browser.get("/products/").content.decode()


def test_the_login_says_that_a_session_has_ended(web: Client, merchant: User) -> None:
    ended = "Your session has ended."
    english = {"Accept-Language": "en"}
    assert ended not in Client().get("/products/", headers=english, follow=True).content.decode()
    Session.objects.all().delete()
    assert ended in web.get("/products/", headers=english, follow=True).content.decode()
    assert ended not in web.get("/login/", headers=english).content.decode()
