"""Alerts about products of a followed shop that nobody watches lead to where their reader can see
them."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Message
from monitor.polling.recording.ageing import look_back
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import ChannelTarget
from monitor.telling.compose import write_messages
from monitor.telling.message import build
from monitor.watching.rules import Terms, add_rule
from tests.api import Program
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer
from tests.telling.channels.contents import content_of

pytestmark = pytest.mark.django_db
SITE = "https://watch.example.org"


@pytest.fixture
def stall(provider: ProviderServer) -> Stall:
    stall = Stall(provider)
    stall.watchlist.rules.all().delete()
    stall.follow()
    for kind in (Kind.RANGE_NEW, Kind.RANGE_LEFT):
        add_rule(stall.watchlist, Terms(Condition(kind)), stall.now)
    stall.on_a_page = 20
    stall.read(timedelta(0))
    stall.products |= {"200": 990}
    del stall.products["101"]
    stall.read(), stall.read()
    look_back(stall.now)
    return stall


def doors(stall: Stall) -> dict[str, str]:
    """Return what the reader gets on every way."""
    write_messages(stall.now)
    mail = build(Message.objects.select_related("recipient").latest("pk"))
    target, content = ChannelTarget("https://example.org/x"), content_of(stall.user, stall.now)
    robots = {
        kind: POSTS[kind].write(target, content, stall.now).body.decode()
        for kind in ("feishu", "wecom", "webhook")
    }
    return {"mail": mail.html, "text": str(mail.body), **robots}


def links(text: str) -> set[str]:
    return set(
        re.findall(
            rf"{SITE}(/(?:products|shops|alerts)/[^\s\"'<>)\\]*)", text.replace("&amp;", "&")
        )
    )


def test_each_link_opens_for_the_reader_and_shows_the_product(stall: Stall) -> None:
    assert sorted(Alert.objects.values_list("product__num_iid", flat=True)) == ["101", "200"]
    client = Client()
    client.force_login(stall.user)
    with time_machine.travel(stall.now, tick=False):
        told = doors(stall)
        for way, text in told.items():
            found = links(text)
            assert {address: client.get(address).status_code for address in found} == dict.fromkeys(
                found, 200
            ), way
        shop = f"/shops/{stall.shop.pk}/range/"
        expected = {f"{shop}?q=200": "衬衫 200", f"{shop}?q=101&show=left": "衬衫 101"}
        for way in ("mail", "text", "feishu", "wecom"):
            assert expected.keys() <= links(told[way]), way
        for address, title in expected.items():
            assert title in client.get(address).content.decode()
        for row in Program.of(stall.user).get("/alerts")["items"]:
            assert row["shop"] == str(stall.shop.pk)
