"""An operator who is logged in to the admin, and rows of every model."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitor.models import (
    ApiToken,
    Budget,
    Charge,
    Membership,
    ProviderAccount,
    Rule,
    Shop,
    Usage,
    UsageDay,
    User,
)
from monitor.people import channels
from monitor.people.api_tokens import make_token
from monitor.provider.errors import NetworkError
from monitor.telling import outbox
from monitor.watching.following import follow_shop
from monitor.watching.imports import Source, Target, start_import
from monitor.watching.uploads.lines import read_rows
from tests.models.factories import NOW
from tests.polling.story import SHOP, TELLS, Story

#: A product's or shop's name that must never reach a page unescaped.
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7 }}\u202e衫"


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator@example.com", "a-password", language="en")


@pytest.fixture
def admin(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def operator_with(db: None) -> Callable[..., Client]:
    """Logs in an operator who has these rights alone, by their code names."""

    def log_in(*rights: str) -> Client:
        helper = User.objects.create_user(
            "helper@example.com", "a-password", is_staff=True, language="en"
        )
        helper.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client = Client()
        client.force_login(helper)
        return client

    return log_in


@pytest.fixture
def url() -> Callable[..., str]:
    """`url(Watch)` lists the watches, `url(watch)` is the page of that watch, `url(Watch, "add")`
    adds one."""

    def find(of: Model | type[Model], page: str = "") -> str:
        meta = of._meta
        name = f"admin:{meta.app_label}_{meta.model_name}_"
        if isinstance(of, type):
            return reverse(f"{name}{page or 'changelist'}")
        return reverse(f"{name}{page or 'change'}", args=[of.pk])

    return find


@pytest.fixture
def act(admin: Client, url: Callable[..., str]) -> Callable[..., str]:
    """Runs an action on the chosen rows of a list and returns the page that follows."""

    def run(action: str, *rows: Any, **data: str) -> str:
        data = {"action": action, "_selected_action": [str(row.pk) for row in rows], **data}  # type: ignore[dict-item]
        response = admin.post(url(type(rows[0])), data, follow=True)
        assert response.status_code == 200
        return str(response.content.decode())

    return run


def fill(times: int, *, email: str = "merchant@example.com") -> None:
    """Create a merchant with `times` rows of every model that the admin lists, some with hostile
    texts."""
    story = Story(products=times, email=email)
    story.now += timedelta(days=len(email))
    shops = [replace(SHOP, shop_id=f"{email}{number}", name=HOSTILE) for number in range(times)]
    observations = [replace(TELLS, num_iid=num_iid, title=HOSTILE) for num_iid in story.num_iids]
    for number, price in enumerate((7200, 6300, None, 5100)):
        story.now += timedelta(hours=1)
        story.records(
            NetworkError("refused")
            if price is None
            else replace(
                observation, price=price, data_time=story.now, shop=_fallen(shops[at], number)
            )
            for at, observation in enumerate(observations)
        )
    outbox.send_due(timezone.now())
    for shop in Shop.objects.filter(products__num_iid__in=story.num_iids):
        follow_shop(story.watchlist, shop, story.now, adds="new", words=HOSTILE, highest=9900)
    for number in range(times):
        channels.add(
            story.user,
            "webhook",
            f"{number} {HOSTILE}"[:60],
            {"url": "https://canary.example"},
            "…hook",
            story.now,
        )
        make_token(
            story.user,
            f"{number} {HOSTILE}"[:60],
            timedelta(days=30),
            story.now,
            scope=ApiToken.Scope.READ,
        )
    _import(story, [*story.num_iids, HOSTILE, "12"])
    for number in range(times):
        member = User.objects.create_user(f"member{number}.{email}", "a-password", name=HOSTILE)
        Membership.objects.create(watchlist=story.watchlist, user=member)
        Rule.objects.create(
            watchlist=story.watchlist,
            watch=story.watchlist.watches.all()[number],
            kind="price_below",
            threshold=1,
        )
        day = story.now.date() - timedelta(days=len(email) * 100 + number)
        UsageDay.objects.create(day=day, reserved=5)
        Charge.objects.create(day=day, person=story.user, reason="schedule", parts=4500)
        Usage.objects.create(
            day=day, api="item_get_app", code="0000", calls=4, billing="billed", provider_used=4
        )
        Budget.objects.create(calls=9000 + number, begins_at=NOW, set_by=member, note=HOSTILE)
    ProviderAccount.objects.get_or_create(pk=1)


def _import(story: Story, texts: list[str]) -> None:
    rows = tuple(read_rows((number, [text]) for number, text in enumerate(texts, start=1)))
    source = Source(file_name=HOSTILE, lines=rows)
    start_import(story.user, source, Target(story.watchlist), timezone.now(), is_decided=True)


def _fallen(shop: Any, points: int) -> Any:
    return replace(shop, scores=replace(shop.scores, product=shop.scores.product - points))
