"""The operator sets the budget of calls a day, and sees earlier budgets."""

import html
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitor.models import Budget, Usage, UsageDay, User
from monitor.models.usage import provider_day
from monitor.polling.budget import ledger
from monitor.polling.budget.limit import daily_calls

pytestmark = pytest.mark.django_db


def post(client: Client, address: str, calls: object, **more: str) -> str:
    form = {"calls": str(calls), "begins_at": "", "note": "", **more}
    return client.post(address, form, follow=True).content.decode()


def test_a_budget_is_in_force_at_once_and_shows_who_set_it_and_why(
    admin: Client, operator: User, url: Callable[..., str]
) -> None:
    page = post(admin, url(Budget, "add"), 12345, note="Singles\u2019 Day")
    assert "12,345” was added" in page
    assert "Singles\u2019 Day" in page
    assert operator.email in page
    assert daily_calls(timezone.now()) == ledger.left(timezone.now()).calls == 12345
    assert Budget.objects.get().set_by == operator


def test_a_future_budget_is_not_in_force_yet(admin: Client, url: Callable[..., str]) -> None:
    begins_at = timezone.localtime(timezone.now() + timedelta(days=2))
    when = {"begins_at": f"{begins_at:%Y-%m-%dT%H:%M}"}
    post(admin, url(Budget, "add"), 5, **when)
    assert daily_calls(timezone.now()) == 11_000


@pytest.mark.parametrize(
    ("calls", "message", "begins_at"),
    [
        (-1, "greater than or equal to 0.", ""),
        (10_000_001, "less than or equal to 10000000.", ""),
        ("many", "Enter a whole number.", ""),
        (5, "The start cannot be in the past", "2020-01-01T00:00"),
    ],
)
def test_an_invalid_budget_is_refused_with_a_reason(
    admin: Client, url: Callable[..., str], calls: object, message: str, begins_at: str
) -> None:
    page = post(admin, url(Budget, "add"), calls, begins_at=begins_at)
    assert message in page
    assert page.count('class="errorlist"') == 1
    assert not Budget.objects.exists()


def test_a_budget_from_the_current_minute_is_in_force(
    admin: Client, operator: User, url: Callable[..., str]
) -> None:
    begins_at = f"{timezone.localtime(timezone=ZoneInfo(operator.time_zone)):%Y-%m-%dT%H:%M}"
    post(admin, url(Budget, "add"), 5, begins_at=begins_at)
    assert daily_calls(timezone.now()) == 5


def test_zero_is_allowed_and_explained(admin: Client, url: Callable[..., str]) -> None:
    assert "0 stops all checks" in admin.get(url(Budget, "add")).content.decode()
    post(admin, url(Budget, "add"), 0)
    assert ledger.reserve(1, timezone.now()).calls == 0
    assert "The budget is 0: no product is checked." in admin.get("/admin/health/").content.decode()


@pytest.fixture
def capped() -> None:
    """The provider reported a cap of 11,000 calls yesterday, and nothing today."""
    yesterday = provider_day(timezone.now()) - timedelta(days=1)
    Usage.objects.create(
        day=yesterday,
        api="item_get_app",
        code="0000",
        calls=115,
        billing="billed",
        provider_used=115,
        provider_cap=11_000,
    )


@pytest.mark.usefixtures("capped")
def test_all_pages_show_the_providers_cap_where_it_is_below_the_budget(
    admin: Client, url: Callable[..., str]
) -> None:
    governs = "cap of 11,000; the budget is 20,000."
    post(admin, url(Budget, "add"), 20_000)
    page = html.unescape(admin.get(reverse("admin:health")).content.decode())
    assert governs in page
    assert "11,000 of 11,000 calls are left today." in page
    usage = admin.get(reverse("monitor:usage"))
    assert (
        usage.context["frame"].budget,
        usage.context["account"]["outlook"]["forecast"].budget,
    ) == (11_000, 11_000)
    assert "cap; the budget is 20,000" in usage.content.decode()
    assert admin.get(reverse("monitor:today")).context["frame"].budget == 11_000


@pytest.mark.usefixtures("capped")
def test_no_page_says_to_raise_the_budget_where_the_providers_cap_governs(
    admin: Client, url: Callable[..., str]
) -> None:
    post(admin, url(Budget, "add"), 20_000)
    day = UsageDay.objects.create(day=provider_day(timezone.now()), reserved=11_000)
    page = html.unescape(admin.get(reverse("admin:health")).content.decode())
    assert "Checks resume at midnight in China. Have the cap raised, or lengthen intervals." in page
    assert "Raise the budget" not in page
    day.delete()
    Usage.objects.update(provider_cap=0)
    page = html.unescape(admin.get(reverse("admin:health")).content.decode())
    assert (
        "Limited by the provider's cap of 0; the budget is 20,000. No product is checked." in page
    )
    assert "Ask the provider to raise its cap." in page
    assert "Raise the budget" not in page
