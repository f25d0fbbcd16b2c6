"""Each user's language and time zone."""

import pytest
from django.test import Client
from django.utils import timezone, translation

from monitor.models import User, Watchlist
from tests.models.factories import AlertFactory

pytestmark = pytest.mark.django_db


def test_pages_use_the_users_language_and_time_zone(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    AlertFactory.create(watchlist=watchlist)
    merchant.language, merchant.time_zone = "zh-hans", "America/New_York"
    merchant.save()
    response = web.get("/alerts/?show=all", headers={"Accept-Language": "en"})
    text = response.content.decode()
    assert '<html lang="zh-hans">' in text
    assert response.headers["Content-Language"] == "zh-hans"
    assert "依据" in text
    assert "2026-11-24 22:55" in text


def test_a_request_leaves_no_time_zone_active(web: Client, merchant: User) -> None:
    User.objects.update(time_zone="America/New_York")
    web.get("/products/")
    assert timezone.get_current_timezone_name() == "UTC"


def test_the_switch_saves_the_language(web: Client, merchant: User) -> None:
    response = web.post("/language/", {"language": "zh-hans", "next": "/alerts/?show=all"})
    assert response.headers["Location"] == "/alerts/?show=all"
    merchant.refresh_from_db()
    assert merchant.language == "zh-hans"
    assert "提醒" in web.get("/alerts/").content.decode()


@pytest.mark.parametrize(("language", "target"), [("xx", "/alerts/"), ("en", "//evil.example/")])
def test_the_switch_refuses_unknown_languages_and_foreign_addresses(
    web: Client, merchant: User, language: str, target: str
) -> None:
    response = web.post("/language/", {"language": language, "next": target})
    assert "evil" not in response.headers["Location"]
    merchant.refresh_from_db()
    assert merchant.language == "en"


def test_every_text_of_the_pages_is_translated(web: Client, merchant: User) -> None:
    User.objects.update(language="zh-hans")
    for address in ("/products/", "/alerts/", "/watchlists/", "/settings/"):
        with translation.override("zh-hans"):
            assert "Stallwatch" not in web.get(address).content.decode().replace("stallwatch", "")
