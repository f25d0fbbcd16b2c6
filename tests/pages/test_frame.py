"""The frame of every page shows the day's calls, and why checks are stopped."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import ProviderAccount, Usage, UsageDay, User
from monitor.models.usage import provider_day
from monitor.showing.reads.frame import read_frame
from tests.models.factories import NOW, ProductFactory, WatchFactory

pytestmark = pytest.mark.django_db


def page(web: Client) -> str:
    return web.get("/products/").content.decode()


def test_the_larger_count_and_the_smaller_cap_govern(merchant: User) -> None:
    day = provider_day(NOW)
    UsageDay.objects.create(day=day, reserved=120)
    UsageDay.objects.create(day=day - timedelta(days=1), reserved=9000)
    Usage.objects.create(
        day=day,
        api="item_get_app",
        code="0000",
        calls=100,
        billing="billed",
        provider_used=340,
        provider_cap=5000,
    )
    Usage.objects.create(day=day, api="item_get_app", code="4000", calls=20, billing="not_billed")
    frame = read_frame(merchant, NOW)
    assert (frame.calls, frame.budget, frame.calls_left) == (340, 5000, 4660)


def test_it_says_that_polling_is_stopped_and_links_operators_to_the_admin(
    web: Client, merchant: User
) -> None:
    ProviderAccount.objects.create(
        circuit_code="4016", circuit_opened_at=NOW, circuit_reason="no money"
    )
    assert "refused all checks since 12:00 (code 4016)" in page(web)
    assert "no money" not in page(web)
    assert "/admin/" not in page(web)
    User.objects.update(is_staff=True)
    assert "/admin/monitor/provideraccount/" in page(web)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("4013", "Today&#x27;s checks are used up."),
        ("4009", "The data provider is under maintenance."),
    ],
)
def test_it_says_why_polling_is_paused_and_until_when(web: Client, code: str, says: str) -> None:
    ProviderAccount.objects.create(pause_code=code, paused_until=NOW + timedelta(hours=2))
    assert says in page(web).replace("Today's", "Today&#x27;s")
    assert "Checks go on at 2026-11-25 14:00." in page(web)


def test_it_says_that_our_own_budget_is_used_up(web: Client) -> None:
    UsageDay.objects.create(day=provider_day(NOW), reserved=11_000)
    assert "Checks go on at midnight in China." in page(web)


def test_it_says_that_checks_are_behind(web: Client) -> None:
    ProductFactory.create(next_check_at=NOW - timedelta(minutes=1))
    assert "Checks are behind." not in page(web)
    ProductFactory.create(next_check_at=NOW - timedelta(minutes=30))
    assert "has been due since 11:30." in page(web)
    assert 'href="/#checks-title"' in page(web)
    User.objects.update(is_staff=True)
    assert 'href="/admin/health/"' in page(web)


def test_it_says_that_the_operator_has_stopped_all_checks(web: Client, merchant: User) -> None:
    WatchFactory.create(watchlist__owner=merchant)
    ProviderAccount.objects.create(halted_at=NOW, circuit_code="4016", circuit_opened_at=NOW)
    assert "The operator has stopped all checks." in page(web)
    assert "Since 12:00." in page(web)
    assert "refused all checks" not in page(web)
    assert "/admin/" not in page(web)
    assert "The operator has stopped all checks." in web.get("/").content.decode()
    User.objects.update(is_staff=True, language="zh-hans")
    assert "管理员已停止全部检查。" in page(web)
    assert "/admin/health/" in page(web)
