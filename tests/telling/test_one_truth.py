"""What an alert says is what its rule counted, wherever it is read."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Message, Product, Rule, User
from monitor.people.timing.times import zone_of
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import ChannelTarget, Content
from monitor.telling.compose import write_messages
from monitor.telling.entries import entries
from monitor.telling.message import build
from monitor.telling.report.subjects import subject
from monitor.watching.pairings import set_rivals
from monitor.watching.services import add_products, remove
from tests.api import Program
from tests.polling.story import TELLS, Story

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
#: Kinds of channels whose messages a person reads, and that take any address.
RIVAL = "4514453298386183304"
ROBOTS = ("feishu", "dingtalk", "wecom", "telegram")


@pytest.fixture
def story() -> Iterator[Story]:
    story = Story()
    Rule.objects.all().delete()
    User.objects.update(language="en")
    with translation.override("en"):
        yield story


def words(html: str) -> str:
    """Return what a reader sees: tags and arrows of a mark are gone, each run of white space is one
    blank."""
    text = re.sub(r"<[^>]*>|▲|▼|\*", " ", html)
    return re.sub(r"\s+", " ", re.sub("(fallen|risen) by", "", text))


def is_told(story: Story) -> None:
    """Send what there is so far."""
    write_messages(story.now + DAY)
    Message.objects.update(status=Message.Status.SENT)


def doors(story: Story) -> dict[str, str]:
    """Return the texts in which the merchant may read the newest alert."""
    alert = Alert.objects.for_reader(story.user, story.now).latest("pk")
    client = Client()
    client.force_login(story.user)
    write_messages(story.now)
    mail = build(Message.objects.select_related("recipient").latest("pk"))
    rows = entries([alert], zone_of(story.user), {})
    content = Content("1", subject(rows), rows, "https://watch.example.org/alerts/", story.now)
    pages = {
        "inbox": "/alerts/?show=all",
        "alert": f"/alerts/{alert.pk}/",
    }
    return {
        **{name: words(client.get(address).content.decode()) for name, address in pages.items()},
        "mail": words(mail.html),
        "text": words(str(mail.body)),
        **{
            kind: words(
                json.loads(
                    POSTS[kind]
                    .write(ChannelTarget("https://example.org/x"), content, story.now)
                    .body
                ).__str__()
            )
            for kind in ROBOTS
        },
    }


def data(story: Story) -> dict[str, object]:
    """Return the newest alert as programs get it: the API and a webhook get the same."""
    alert = Alert.objects.for_reader(story.user, story.now).latest("pk")
    row = Program.of(story.user).get("/alerts")["items"][0]
    rows = entries([alert], zone_of(story.user), {})
    content = Content("1", "", rows, "https://watch.example.org/alerts/", story.now)
    [sent] = json.loads(
        POSTS["webhook"].write(ChannelTarget("https://example.org/x"), content, story.now).body
    )["alerts"]
    names = ("before", "after", "reference", "counted_from", "reason", "count")
    assert [sent[name] for name in names] == [row[name] for name in names]
    return {name: row[name] for name in names}


def test_a_slow_drift_counts_from_the_last_alert_at_every_door(story: Story) -> None:
    story.rule(Kind.PRICE_DROPPED, 500)
    story.hears(price=12450)
    story.hears(price=11000)
    assert Alert.objects.get().reason == ""
    is_told(story)
    story.hears(price=10800, after=DAY)
    story.hears(price=10400)
    for name, text in doors(story).items():
        assert "¥110.00 → ¥104.00" in text, name
        assert re.search(r"¥110.00 → ¥104.00 .{0,30}5.5%.{0,20} since your last alert", text), name
        assert "¥110.00 → ¥108.00 → ¥104.00" in text, name
    assert data(story) == {
        "before": 10800,
        "after": 10400,
        "reference": 11000,
        "counted_from": 11000,
        "reason": "since your last alert",
        "count": 1,
    }
    assert (
        str(build(Message.objects.filter(kind=Message.Kind.ALERTS).latest("pk")).subject)
        == "Price down 5.5% · ¥110.00 → ¥104.00: 磨毛衬衫"
    )


def test_a_target_says_that_it_is_reached_at_every_door(story: Story) -> None:
    story.rule(Kind.PRICE_BELOW, 9500, is_target=True)
    story.hears(price=9900)
    story.hears(price=9420)
    for name, text in doors(story).items():
        assert re.search(r"¥99.00 → ¥94.20 .{0,30}4.8%.{0,20} below your target ¥95.00", text), name
    told = data(story)
    assert (told["counted_from"], told["reference"], told["reason"]) == (
        9900,
        9500,
        "below your target ¥95.00",
    )
    mail = str(build(Message.objects.filter(kind=Message.Kind.ALERTS).latest("pk")).subject)
    assert mail == "Below your target ¥95.00 · ¥99.00 → ¥94.20: 磨毛衬衫"
    User.objects.update(language="zh-hans")
    with translation.override("zh-hans"):
        assert str(
            build(Message.objects.filter(kind=Message.Kind.ALERTS).latest("pk")).subject
        ).startswith("低于目标价 ¥95.00 · ¥99.00 → ¥94.20：")


def test_a_rival_is_told_at_every_door_and_only_to_those_who_watch_it(story: Story) -> None:
    story.hears(price=12450)
    add_products(story.watchlist, [RIVAL], story.now)
    rival = Product.objects.get(num_iid=RIVAL)
    story.num_iids.insert(0, RIVAL)
    story.records([replace(TELLS, num_iid=RIVAL, title="甲", price=12500, data_time=story.now)])
    story.now += DAY / 24
    with time_machine.travel(story.now, tick=False):
        set_rivals(story.watchlist.watches.exclude(product=rival).get(), [RIVAL], story.user)
        story.rule(Kind.NOT_CHEAPEST)
        is_told(story)
        story.records([replace(TELLS, num_iid=RIVAL, title="甲", price=11800, data_time=story.now)])
        for name, text in doors(story).items():
            assert re.search(r"My price .{0,3}¥124.50 over “甲” at ¥118.00", text), name
        assert (
            data(story).items()
            >= {"after": 12450, "reference": 11800, "reason": "over “甲” at ¥118.00"}.items()
        )
        mail = str(build(Message.objects.filter(kind=Message.Kind.ALERTS).latest("pk")).subject)
        assert mail == "No longer the cheapest: 磨毛衬衫"
        remove(story.watchlist.watches.filter(product=rival), story.now)
        assert [
            name for name, text in doors(story).items() if "¥118.00" in text or "甲" in text
        ] == []
