"""A digest has the changes of an hour, a day or a week, and the state of the checks, even if
nothing changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from monitor.models import (
    Alert,
    Channel,
    ChannelChoice,
    Message,
    MessageAlert,
    Product,
    ProviderAccount,
    Rule,
    User,
)
from monitor.provider.errors import NetworkError
from monitor.provider.observation import Status
from monitor.telling.message import LARGEST, Mail, build
from tests.models.factories import AlertFactory, ProductFactory, WatchFactory
from tests.models.statements import queries_of
from tests.polling.story import SHOP, TELLS, Story
from tests.telling.test_words import Page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def story() -> Iterator[Story]:
    """Three products that were checked once, and a merchant who reads English."""
    story = Story(products=3)
    User.objects.update(language="en")
    with time_machine.travel(story.now, tick=False):
        hears(story, {}, {}, {}, after=timedelta(0))
        yield story


def hears(story: Story, *replies: dict[str, Any], after: timedelta = timedelta(hours=1)) -> None:
    """Record a check of each product: its usual values, replaced by those in `replies`."""
    story.now += after
    names = zip(story.num_iids, ["磨毛衬衫", "羊毛大衣", "纯棉四件套"], strict=True)
    usual = [
        replace(TELLS, num_iid=num_iid, title=title, data_time=story.now)
        for num_iid, title in names
    ]
    story.records(
        [replace(values, **changes) for values, changes in zip(usual, replies, strict=True)]
    )


def digest(story: Story, period: str = "day", **fields: Any) -> Message:
    """Return the digest of the last day, with all alerts that were not mailed, for a user who has
    chosen `period`."""
    Channel.objects.update(how={"hour": "hourly", "week": "weekly"}.get(period, "daily"))
    context = {
        "period": period,
        "since": (story.now - DAY).isoformat(),
        "until": story.now.isoformat(),
    }
    mailbox = story.user.mailbox
    email = Message.of_alerts(
        mailbox, story.now, kind=Message.Kind.DIGEST, context={**context, **fields}
    )
    email.save()
    alerts = Alert.objects.filter(is_delivered=False)
    MessageAlert.objects.bulk_create(
        MessageAlert(message=email, alert=alert, recipient=story.user, channel=mailbox)
        for alert in alerts
    )
    alerts.update(is_delivered=True)
    return Message.objects.select_related("recipient", "channel__owner").get(pk=email.pk)


def both(mail: Mail) -> tuple[str, str]:
    return " ".join(mail.body.split()), Page(mail.html).text


def test_it_shows_alerts_moves_and_the_state_of_the_checks(story: Story) -> None:
    assert SHOP.scores is not None
    Rule.objects.filter(kind="shop_score_fell").delete()
    fallen = replace(SHOP, scores=replace(SHOP.scores, product=471))
    hears(
        story,
        {"price": 6300, "shop": fallen},
        {"status": Status.BANNED, "shop": fallen},
        {"price": 9000, "shop": fallen},
        after=2 * DAY,
    )

    mail = build(digest(story))

    assert mail.subject == "Daily digest · Now banned: 羊毛大衣 (3 alerts)"
    for words in both(mail):
        for fact in (
            "Daily digest",
            "2026-11-12 08:00 – 2026-11-13 08:00",
            "3 alerts All changes: 1 price down",
            "1 price up · 1 off shelf · 1 score fell",
            "¥72.00 → ¥63.00",
            "on sale → banned",
            "Lower shop scores",
            "4.85 → 4.71",
            "3 products: 3 checked, 3 answered.",
            "Mail settings",
        ):
            assert fact in words


@pytest.mark.parametrize(
    ("language", "period", "subject", "title"),
    [
        ("en", "day", "Nothing changed · 3 products: 3 checked, 3 answered.", "Nothing changed"),
        ("zh-hans", "week", "没有变化 · 共 3 件商品：3 件已检查，3 件有应答。", "没有变化"),
    ],
)
def test_a_digest_without_changes_is_sent_too(
    story: Story, language: str, period: str, subject: str, title: str
) -> None:
    User.objects.update(language=language)
    hears(story, {}, {}, {})

    mail = build(digest(story, period))

    assert mail.subject == subject
    for words in both(mail):
        assert title in words
        assert "3 products" in words or "3 件" in words


def test_it_says_that_nothing_changed_because_nothing_was_checked(story: Story) -> None:
    Product.objects.update(answered_at=story.now - 2 * DAY)
    subject = build(digest(story)).subject
    assert subject == "Nothing changed · 3 products: 3 checked, 0 answered."

    hears(story, {}, {}, {})
    story.hears(NetworkError("gone"))
    story.now += timedelta(hours=5)
    mail = build(digest(story))
    assert mail.subject == "Nothing changed · 1 product failing for 5 h: network failu…"
    assert "1 product failing for 5 h: network failure." in mail.body

    ProviderAccount.objects.update_or_create(
        pk=1, defaults={"circuit_code": "4016", "circuit_opened_at": story.now}
    )
    mail = build(digest(story))
    assert mail.subject.startswith("Nothing changed · Checks stopped at 2026-11-11 15:00: insu")
    assert "Checks stopped at 2026-11-11 15:00: insufficient balance." in mail.body

    ProviderAccount.objects.update(circuit_opened_at=None, halted_at=story.now)
    mail = build(digest(story))
    assert mail.subject.startswith("Nothing changed · An operator stopped all checks")
    assert "An operator stopped all checks at 2026-11-11 15:00." in mail.body


@pytest.mark.parametrize("most", ["at_once", "daily"])
@pytest.mark.parametrize("how", ["at_once", "daily", "weekly"])
def test_moves_are_in_the_digest_that_is_chosen_for_their_list(
    story: Story, how: str, most: str
) -> None:
    hears(story, {"price": 6300}, {}, {})
    Alert.objects.update(is_delivered=True)
    ChannelChoice.objects.create(channel=story.user.mailbox, watchlist=story.watchlist, how=how)
    for period, way in (("day", "daily"), ("week", "weekly")):
        email = digest(story, period)
        assert email.channel is not None
        email.channel.how = most
        assert build(email).subject.startswith("Nothing changed") is (how != way)


def test_more_changes_take_no_more_queries(story: Story) -> None:
    def queries() -> int:
        email = digest(story)
        build(email)
        return queries_of(lambda: build(email))

    hears(story, {"price": 6300}, {}, {})
    few = queries()
    for price in (6100, 5900, 5700, 5500):
        hears(story, {"price": price}, {"price": price}, {"price": price})
    assert queries() == few <= 13


def test_a_digest_too_large_is_shortened_and_counts_the_rest(story: Story) -> None:
    Alert.objects.all().delete()
    wordy = {
        "watchlist": story.watchlist,
        "field": "title",
        "rule_as_it_was": {"kind": "title_changed"},
    }
    for number in range(60):
        product = ProductFactory.create(title="&" * 60)
        WatchFactory.create(watchlist=story.watchlist, product=product)
        for step in range(3):
            texts = {"before": f"{step}" + "<" * 60, "after": f"{step + 1}" + "&" * 60}
            AlertFactory.create(
                **wordy, **texts, product=product, created_at=story.now + timedelta(seconds=number)
            )

    email = digest(story)
    email.kind = Message.Kind.ALERTS
    mail = build(email)

    assert LARGEST / 2 < len(mail.html.encode()) <= LARGEST
    entries = mail.html.count("/alerts/") - 1
    assert 10 < entries < 50
    assert f"and {60 - entries} more" in mail.body
