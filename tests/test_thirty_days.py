"""'Highest' and 'lowest in 30 days' are of every price that held in the 30 days, on each page and
in each message."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Change, Message, Product, Rule, Snapshot, User
from monitor.provider.observation import GONE, Status
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import ChannelTarget
from monitor.telling.compose import write_messages
from monitor.telling.message import build
from monitor.text.formatting import money
from tests.api import Program
from tests.models.factories import ChangeFactory, SnapshotFactory
from tests.pages.products.test_files import rows
from tests.polling.story import Story
from tests.telling.channels.contents import content_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_do_not_wait")]
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
#: A day's first two prices are its extremes; the last five lie between them.
MORNING, LATER = (13_080, 9_010), range(9_500, 12_900, 50)


@pytest.fixture
def story(settings: Settings) -> Story:
    """A merchant who reads English, and a product whose price has changed seven times a day for 40
    days."""
    settings.SITE_URL = "https://watch.example.org"
    story, chance = Story(), random.Random(1)
    User.objects.update(language="en")
    midnight, story.now = story.now - 40 * DAY, story.now + chance.randrange(2, 24) * HOUR
    Product.objects.update(next_check_at=story.now)
    states = [
        (midnight + day * DAY + (number * 3 + 1) * HOUR, price + chance.randrange(9))
        for day in range(40)
        for number, price in enumerate((*MORNING, *chance.sample(LATER, 5)))
    ]
    first, (last, price) = states[0][0], states[-1]
    story.hears(price=price, data_time=last, after=timedelta(0))
    product = story.product
    Product.objects.update(first_data_time=first)
    Snapshot.objects.bulk_create(
        SnapshotFactory.build(product=product, data_time=at, price=price)
        for at, price in states[:-1]
    )
    Change.objects.bulk_create(
        ChangeFactory.build(
            product=product, before=before, after=after, first_seen_after=at, last_seen_before=seen
        )
        for (seen, before), (at, after) in pairwise(states)
    )
    return story


def truth(story: Story) -> tuple[int, int]:
    """Return the lowest and the highest price by every row: the one that held when the 30 days
    began, and all later ones. While the product was gone it had none."""
    states = list(
        Snapshot.objects.order_by("data_time").values_list("data_time", "price", "status")
    )
    ends = [*(at for at, *_ in states[1:]), story.now]
    held = [
        price or 0
        for (_, price, status), end in zip(states, ends, strict=True)
        if end > story.now - MONTH and status not in GONE
    ]
    return min(held), max(held)


def told(story: Story, price: int) -> tuple[str, str]:
    """Return the mail and the card of an alert about a new price."""
    story.hears(price=price)
    write_messages(story.now)
    mail = build(Message.objects.select_related("recipient").latest("pk"))
    with translation.override("en"):
        card = POSTS["feishu"].write(
            ChannelTarget("https://x"), content_of(story.user, story.now), story.now
        )
    return str(mail.body), card.body.decode()


def test_pages_files_and_programs_know_every_price_of_30_days(story: Story) -> None:
    story.hears(price=11_000)
    low, high = truth(story)
    between = f"{money(low)} – {money(high)}"
    num_iid = story.product.num_iid
    with time_machine.travel(story.now, tick=False):
        web = Client()
        web.force_login(story.user)
        assert (
            f"Price over 30 days: from {money(low)} to {money(high)}"
            in web.get("/products/").content.decode()
        )
        page = web.get(f"/products/{num_iid}/").content.decode()
        assert between in page
        assert all(f"<dd>{money(price)} <small>" in page for price in (low, high))
        assert between in " ".join(
            web.get(f"/products/{num_iid}/compare/").content.decode().split()
        )
        [row] = rows(web)
        points = Program.of(story.user).get(f"/products/{num_iid}/points")["price"]
    assert (row["Lowest in 30 days"], row["Highest in 30 days"]) == (
        f"{low / 100:.2f}",
        f"{high / 100:.2f}",
    )
    known = [point["value"] for point in points if point["value"] is not None]
    assert (min(known), max(known)) == (low, high)


def test_the_price_before_the_30_days_counts_until_another_is_told() -> None:
    """Also if no check confirmed it in the 30 days."""
    story = Story()
    User.objects.update(language="en")
    story.hears(price=9_900)
    story.hears(price=7_200, after=40 * DAY)
    story.hears(price=7_200, after=5 * DAY)
    assert truth(story) == (7_200, 9_900)
    with time_machine.travel(story.now, tick=False):
        web = Client()
        web.force_login(story.user)
        for path in ("/products/", f"/products/{story.product.num_iid}/"):
            text = web.get(path).content.decode()
            assert "¥72.00 – ¥99.00" in text or "from ¥72.00 to ¥99.00" in text
        [row] = rows(web)
    assert (row["Lowest in 30 days"], row["Highest in 30 days"]) == ("72.00", "99.00")


def test_a_product_that_is_gone_has_no_price_on_any_page_in_any_file_mail_or_rule() -> None:
    """A shirt costs ¥88.90, is deleted for 13 days, and is back at ¥95.90. Two weeks later it costs
    less."""
    story = Story()
    User.objects.update(language="en")
    Rule.objects.all().delete()
    for kind in (Kind.PRICE_LOWEST, Kind.PRICE_CHANGED):
        story.rule(kind, days=30)
    story.hears(price=8_890)
    story.hears(price=8_890, status=Status.DELETED)
    story.hears(price=9_590, after=13 * DAY)
    for price in (9_990, 9_590):
        story.hears(price=price, after=10 * DAY)
    assert truth(story) == (9_590, 9_990)
    with time_machine.travel(story.now, tick=False):
        web = Client()
        web.force_login(story.user)
        assert "Price over 30 days: from ¥95.90 to ¥99.90" in web.get("/products/").content.decode()
        page = " ".join(web.get(f"/products/{story.product.num_iid}/").content.decode().split())
        assert "¥95.90 – ¥99.90" in page
        assert "<dd>¥95.90 <small>" in page
        [row] = rows(web)
    assert (row["Lowest in 30 days"], row["Highest in 30 days"]) == ("95.90", "99.90")
    for text in told(story, 9_500):
        assert "lowest in 30 days" in text
    fired = Alert.objects.filter(rule_as_it_was__kind="price_lowest").order_by("pk")
    assert list(fired.values_list("after", "reference")) == [(9_500, 9_590)]


def test_messages_call_a_price_the_highest_only_if_it_is(story: Story) -> None:
    low, high = truth(story)
    for price in (12_920, 9_400):
        for text in told(story, price):
            assert money(price) in text
            assert "in 30 days" not in text
    for price, words in ((high + 1, "highest in 30 days"), (low - 1, "lowest in 30 days")):
        for text in told(story, price):
            assert words in text


def test_a_rule_compares_with_the_same_extremes(story: Story) -> None:
    Rule.objects.all().delete()
    for kind in (Kind.PRICE_HIGHEST, Kind.PRICE_LOWEST):
        story.rule(kind, days=30)
    for kind in (Kind.PRICE_BELOW_HIGH, Kind.PRICE_ABOVE_LOW):
        story.rule(kind, 3_000, days=30)
    expected = {}
    for price in (11_800, 9_100, 13_900, 8_900):
        low, high = truth(story)
        story.hears(price=price)
        if price > high or price < low:
            kind = Kind.PRICE_HIGHEST if price > high else Kind.PRICE_LOWEST
            expected[kind.value, price] = high if price > high else low
        low, high = truth(story)
        expected |= {("price_below_high", price): high} if price <= high * 0.7 else {}
        expected |= {("price_above_low", price): low} if price >= low * 1.3 else {}
    alerts = Alert.objects.values_list("rule_as_it_was__kind", "after", "reference")
    assert {(kind, price): reference for kind, price, reference in alerts} == expected
    assert {kind for kind, _ in expected} == {
        "price_highest",
        "price_lowest",
        "price_below_high",
        "price_above_low",
    }
