"""Users make tokens for their programs, see which work, and end them."""

import re

import pytest

from monitor.models import ApiToken, User, Watchlist
from monitor.people import api_tokens
from tests.api import Program, problem_of
from tests.models.factories import NOW, WatchlistFactory
from tests.pages import Browser

pytestmark = pytest.mark.django_db
PAGE, NEW = "/settings/tokens/", "/settings/tokens/new/"
VALUES = {"name": "Sheet", "scope": "read", "watchlist": "", "lasts": "365"}


def secret_on(page: str) -> str:
    found = re.search(r'id="secret">(sw_[\w-]+)<', page)
    assert found
    return found[1]


def test_a_user_makes_a_token_which_is_shown_once(
    web: Browser, merchant: User, watchlist: Watchlist
) -> None:
    assert NEW in web.page(PAGE)
    response = web.post(NEW, VALUES)
    assert "no-store" in response["Cache-Control"]
    secret = secret_on(response.content.decode())
    assert [row["name"] for row in Program(secret).get("/watchlists")] == ["Rivals"]
    web.post(NEW, VALUES | {"scope": "write", "watchlist": watchlist.pk, "lasts": "30"})
    token = ApiToken.objects.latest("pk")
    assert (token.scope, token.watchlist, (token.expires_at - NOW).days) == ("write", watchlist, 30)
    page = web.page(PAGE)
    assert secret not in page
    for shown in (f"…{secret[-4:]}", "Sheet", "All lists", "Read and change", "Rivals"):
        assert shown in page


def test_a_bad_value_or_a_strangers_list_makes_no_token(web: Browser, merchant: User) -> None:
    strangers = {"watchlist": str(WatchlistFactory.create().pk)}
    for bad in (
        {"name": ""},
        {"name": "x" * 61},
        {"name": "a\0b"},
        {"lasts": "9999"},
        {"scope": "all"},
        strangers,
    ):
        assert web.post(NEW, VALUES | bad).status_code == 200
        assert not ApiToken.objects.exists(), bad


def test_a_user_ends_a_token(web: Browser, merchant: User) -> None:
    program = Program.of(merchant)
    token = ApiToken.objects.get()
    page = web.post(f"{PAGE}{token.pk}/end/", follow=True).content.decode()
    assert "Token ended." in page
    assert token.last_four not in page
    problem_of(program.send("GET", "/watchlists"), 401)
    activity = web.page("/settings/activity/")
    assert "API token created" in activity
    assert "API token ended" in activity


def test_too_many_tokens_are_refused(
    web: Browser, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "MOST_TOKENS", 2)
    for _ in range(2):
        Program.of(merchant)
    assert "end one first" in web.post(NEW, VALUES).content.decode()
    assert ApiToken.objects.count() == 2
