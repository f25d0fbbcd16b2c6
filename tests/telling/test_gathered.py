"""Mails of rules that fired repeatedly, of silence, and of comparisons with an own product."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Membership, Message, Product, Rule, User
from monitor.people.timing.times import zone_of
from monitor.polling.recording.silence import raise_silence_alerts
from monitor.telling import entries
from monitor.telling.compose import write_messages
from monitor.telling.report import contents
from monitor.watching.rules import Terms, add_rule
from monitor.watching.services import add_products, create_watchlist
from tests.models.factories import AlertFactory
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def story_with(
    condition: Condition, *, products: int = 1, cooldown: timedelta = timedelta(0)
) -> Story:
    story = Story(products=products)
    Rule.objects.all().delete()
    add_rule(story.watchlist, Terms(condition, cooldown), story.now)
    return story


def mail_entries(story: Story) -> list[entries.MailEntry]:
    """Return the entries of a mail with all alerts to the merchant, in English."""
    alerts = Alert.objects.for_reader(story.user, story.now).order_by("pk")
    return entries.entries(alerts, zone_of(story.user), {})


def test_a_rule_that_fired_repeatedly_has_its_count_start_and_values() -> None:
    story = story_with(Condition(Kind.PRICE_CHANGED), cooldown=6 * HOUR)
    for price in (7200, 6300, 7200, 6300, 7200):
        story.hears(price=price)
    [entry] = mail_entries(story)
    assert "3 times" in entry.facts
    assert entry.first.chain == "¥72.00 → … → ¥63.00 → ¥72.00"


def test_products_without_checks_are_counted_for_each_list() -> None:
    story = story_with(Condition(Kind.SILENT, 6), products=5)
    other = create_watchlist(story.user, "供应商")
    add_products(other, ["2001", "2002", "2003", "2004"], story.now)
    Product.objects.filter(num_iid__startswith="200").update(asked_since=story.now)
    Rule.objects.filter(watchlist=other).delete()
    add_rule(other, Terms(Condition(Kind.SILENT, 6)), story.now)
    raise_silence_alerts(story.now + 6 * HOUR)
    rows = sorted(mail_entries(story), key=lambda entry: entry.name)
    assert [entry.name for entry in rows] == ["4 products", "5 products"]
    assert (rows[0].first.headline, rows[0].first.chain) == ("No successful check for 6 hours", "")
    assert "4 times" not in rows[0].facts


def test_a_mail_does_not_name_a_product_compared_with_that_the_recipient_cannot_see() -> None:
    story = Story()
    own = create_watchlist(story.user, "我的")
    add_products(own, ["1000"], story.now)
    mine = Product.objects.get(num_iid="1000")
    member = User.objects.create_user("member@example.com")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    evidence = {"kind": "under_mine_by", "threshold": 500, "own": mine.pk, "own_name": "Mine"}
    AlertFactory.create(
        watchlist=story.watchlist,
        product=story.product,
        rule_as_it_was=evidence,
        before=None,
        after=7500,
        reference=8000,
    )
    write_messages(story.now)
    facts = {}
    for email in Message.objects.select_related("recipient", "channel__owner"):
        assert email.recipient is not None
        [entry] = entries.entries(contents.read(email).alerts, zone_of(email.recipient), {})
        facts[email.address] = [
            fact for fact in (entry.first.text, *entry.facts) if "¥80.00" in fact or "Mine" in fact
        ]
    assert facts == {story.user.email: ["¥75.00 under my product ¥80.00"], member.email: []}
