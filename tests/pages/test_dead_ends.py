"""The pages for errors: not found, not allowed, too often, broken."""

from html.parser import HTMLParser

import pytest
from django.test import Client, RequestFactory, override_settings
from django.views.defaults import permission_denied
from pytest_django.fixtures import Settings

from monitor.people.throttle import SLOW_ANSWERS
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


class Shown(HTMLParser):
    """What a browser shows in the main part of a page, and the attributes of `<body>`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.attributes = "", list[str]()
        self._is_main = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_main = self._is_main or tag == "main"
        if tag == "body":
            self.attributes = [name for name, _value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"

    def handle_data(self, data: str) -> None:
        self.words += data if self._is_main else ""


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nope/", 404, "no longer on your watchlists"),
        ("/logout/", 405, "This address shows no page"),
        ("/products/export.csv", 429, "Wait until your other files have arrived."),
    ],
)
def test_the_reason_is_shown_below_the_headline(
    web: Client, address: str, status: int, words: str
) -> None:
    for _ in range(SLOW_ANSWERS.burst):
        web.get("/products/export.csv")
    response = web.get(address)
    shown = Shown(response.content.decode())
    assert response.status_code == status
    assert words in shown.words
    assert {name.partition("-")[0] for name in shown.attributes} <= {"data"}, (
        "No word is in the tag of the body."
    )


@pytest.mark.parametrize("is_developing", [False, True])
@pytest.mark.parametrize(
    "address",
    [
        "/nope/",
        "/products/abc/",
        "/products/12345678901234567890/",
        "/products/7123456789012345678/",
        "/watchlists/x/",
    ],
)
def test_a_missing_page_is_404_in_the_layout_of_the_site(
    web: Client, settings: Settings, address: str, is_developing: bool
) -> None:
    settings.DEBUG = is_developing
    response = web.get(address)
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()
    assert response.content.decode().count("no longer on your watchlists") == 1


@pytest.mark.parametrize(
    "address",
    ["/products/undo/", "/logout/", "/rules/1/pause/"],
)
def test_opening_an_address_that_only_takes_posts_says_so_and_links_home(
    web: Client, address: str
) -> None:
    response = web.get(address)
    text = response.content.decode()
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert "This address shows no page" in text
    assert 'href="/"' in text
    assert web.get(address, headers=HTMX).content == b""


def test_a_forbidden_page_says_403() -> None:
    request = RequestFactory().get("/")
    assert "403" in permission_denied(request, PermissionError("no")).content.decode()


@override_settings(DEBUG=False)
def test_every_page_has_the_content_security_policy(web: Client) -> None:
    for address in ("/products/", "/login/", "/nope/"):
        policy = web.get(address).headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
