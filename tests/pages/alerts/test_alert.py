"""One alert: what happened, the evidence, and what became of its mail."""

import re
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import (
    Alert,
    Message,
    MessageAlert,
    User,
    Watchlist,
)
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ShopFactory,
    WatchFactory,
)
from tests.pages import Browser

pytestmark = pytest.mark.django_db
#: The key of an own product.
MINE = 10**9
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def rule(kind: str, threshold: int | None = None, **more: object) -> dict[str, object]:
    return {"kind": kind, "threshold": threshold, **more}


def evidence_of(web: Browser, alert: Alert) -> str:
    """Return the evidence, the same on its own page and in the row of the inbox."""
    address = f"/alerts/{alert.pk}/"
    evidence = web.region(address)
    assert evidence.strip() in web.page(address)
    return evidence


def test_it_shows_what_happened_and_the_evidence(web: Browser, watchlist: Watchlist) -> None:
    change = ChangeFactory.create(product__title="磨毛衬衫")
    alert = AlertFactory.create(
        watchlist=watchlist,
        change=change,
        product=change.product,
        reference=12000,
        rule_as_it_was=rule("price_dropped", 1000),
        request_id="gw-9",
    )
    inbox = web.page("/alerts/")
    for shown in ("磨毛衬衫", "¥120.00 → ¥99.00 → ¥72.00", "40%", "Today", ">11:55</time>"):
        assert shown in inbox, shown
    evidence = evidence_of(web, alert)
    for shown in (
        f'href="/watchlists/{watchlist.pk}/#rules-title">price drops ≥ 10%',
        *("Rivals", "¥99.00 → ¥72.00", "gw-9", "¥120.00", "2026-11-24 11:00", "2026-11-24 12:00"),
    ):
        assert shown in evidence, shown
    assert Alert.objects.unread_by(watchlist.owner).exists(), "Its page marks it by a POST."
    assert web.get(f"/alerts/{2**63}/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        (
            {"before": None, "reference": 8000, "rule_as_it_was": rule("price_below", 8000)},
            ["none: already true when the rule was made", "price below ¥80.00"],
        ),
        (
            {
                "count": 7,
                "began_at": NOW - 3 * HOUR,
                "moments": [[(NOW - 50 * MINUTE).isoformat(), 6300]],
                "rule_as_it_was": rule("price_changed", cooldown=21600, is_urgent=True),
            },
            [
                *("7 times since 2026-11-25 09:00", "2026-11-25 11:10 ¥63.00", "At most one in"),
                "mailed immediately, also in quiet hours",
            ],
        ),
        (
            {
                "field": "range",
                "before": None,
                "after": "listed",
                "reference": 8890,
                "rule_as_it_was": rule("range_new"),
            },
            ["at ¥88.90"],
        ),
        (
            {
                "before": None,
                "reference": 8000,
                "rule_as_it_was": rule("under_mine_by", 500, own=MINE, own_name="Mine"),
            },
            [
                *("<dt>My product</dt>", "price ≥ ¥5.00 under my product", "Mine ¥80.00"),
                "none: another condition of the rule came true",
            ],
        ),
        ({"rule_as_it_was": {}}, ["Before → after"]),
    ],
)
def test_the_evidence_is_of_what_the_rule_counts(
    web: Browser, watchlist: Watchlist, fields: dict[str, Any], shown: list[str]
) -> None:
    WatchFactory.create(watchlist=watchlist, product__pk=MINE)
    evidence = evidence_of(web, AlertFactory.create(watchlist=watchlist, **fields))
    for each in shown:
        assert each in evidence, each
    assert "8890" not in evidence
    assert web.get("/alerts/").status_code == 200


def test_alerts_of_a_shop_and_of_many_products_name_them(
    web: Browser, watchlist: Watchlist
) -> None:
    scores = {"field": "service_score", "before": 496, "after": 480}
    AlertFactory.create(
        watchlist=watchlist, product=None, shop=ShopFactory.create(name="古蒂歌"), **scores
    )
    silence = AlertFactory.create(
        watchlist=watchlist,
        product=None,
        count=12,
        field="checks",
        before=None,
        after="none",
        rule_as_it_was=rule("silent", 6),
    )
    inbox, page = web.page("/alerts/"), web.page(f"/alerts/{silence.pk}/")
    for shown in ("古蒂歌", "4.96 → 4.80", "12 products"):
        assert shown in inbox
    for shown in ("12 products", "Last success", f'href="/products/?list={watchlist.pk}"'):
        assert shown in page
    assert "no longer watched" not in page


def test_an_alert_of_a_removed_product_offers_to_add_it_again(
    web: Browser, watchlist: Watchlist
) -> None:
    removed = WatchFactory.create(product__title="旧衬衫").product
    alert = AlertFactory.create(watchlist=watchlist, product=removed)
    WatchFactory.create(watchlist=watchlist)
    adding = f"/products/add/?product={removed.num_iid}&amp;list={watchlist.pk}"
    for address in ("/alerts/", f"/alerts/{alert.pk}/"):
        page = web.page(address)
        assert "旧衬衫" in page
        assert "no longer watched" in page
        assert f'"/products/{removed.num_iid}/' not in page
    assert adding in page
    form = web.get(adding.replace("&amp;", "&")).context["form"]
    assert (form["text"].value(), form["watchlist"].value()) == (removed.num_iid, str(watchlist.pk))
    assert web.get("/products/add/?product=<b>").context["form"]["text"].value() == ""
    WatchFactory.create(watchlist=watchlist, product=removed)
    assert "no longer watched" not in web.page(f"/alerts/{alert.pk}/")


@pytest.fixture
def alert(watchlist: Watchlist) -> Alert:
    return AlertFactory.create(watchlist=watchlist, is_delivered=True)


def mailed(alert: Alert, user: User, **fields: Any) -> None:
    email = Message.of_alerts(user.mailbox, NOW - HOUR)
    for name, value in fields.items():
        setattr(email, name, value)
    email.save()
    MessageAlert.objects.create(alert=alert, message=email, recipient=user, channel=user.mailbox)


def told_of_mail(web: Browser, alert: Alert) -> str:
    [told] = re.findall(r"<dt>E-mail to you</dt><dd>(.*?)</dd>", evidence_of(web, alert))
    return str(told)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"status": "sent", "sent_at": NOW, "answer": "200 <OK>"},
            "sent 2026-11-25 12:00: 200 &lt;OK&gt;",
        ),
        (
            {"next_attempt_at": NOW + HOUR, "attempts": 3, "answer": "451 try later"},
            "waits until 2026-11-25 13:00: 451 try later",
        ),
        ({"next_attempt_at": NOW - HOUR}, "on its way"),
        ({"status": "held", "answer": "550 no such user"}, "held: 550 no such user"),
        (
            {"status": "dropped", "answer": "The recipient no longer wants mail."},
            "no longer wanted: The recipient no longer wants mail.",
        ),
    ],
)
def test_it_says_what_became_of_the_readers_mail(
    web: Browser, merchant: User, alert: Alert, fields: dict[str, Any], told: str
) -> None:
    mailed(alert, merchant, **fields)
    assert told_of_mail(web, alert) == told


def test_without_a_mail_it_says_why_or_for_what_the_alert_waits(web: Browser, alert: Alert) -> None:
    alerts = Alert.objects.filter(pk=alert.pk)
    assert "muted, or mails of this list are off" in told_of_mail(web, alert)
    alerts.update(is_delivered=False)
    assert told_of_mail(web, alert) == "on its way"
    alerts.update(held_until=NOW + HOUR)
    assert told_of_mail(web, alert) == "waits until 2026-11-25 13:00"


def test_nobody_learns_what_other_members_got(web: Browser, alert: Alert) -> None:
    member = MembershipFactory.create(watchlist=alert.watchlist).user
    mailed(alert, member, status="held", answer="550 secret")
    page = web.page(f"/alerts/{alert.pk}/")
    assert page.count("<dt>E-mail to") == 1
    assert "secret" not in page
