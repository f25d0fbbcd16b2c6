"""Webhooks: what a program gets, how it verifies it, and what its answers mean."""

import base64
import json
from typing import Any

import pytest

from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, User
from monitor.telling.channels.parts import BadTargetError, ChannelTarget
from monitor.telling.channels.webhook import SPEC, new_secret, sign
from monitor.telling.entries import entries
from tests.api import Program
from tests.models.factories import AlertFactory
from tests.polling.story import Story
from tests.telling.channels.contents import AT, SHANGHAI, content, entry

ADDRESS = "https://shop.example.com/hooks?tenant=1"


def test_it_signs_as_the_standard_does() -> None:
    """The example that the standard's libraries test."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.django_db
def test_an_alert_is_what_the_api_says_of_it() -> None:
    story = Story()
    User.objects.update(language="en")
    story.hears()
    story.hears(price=6300)
    stored = Alert.objects.for_reader(story.user, story.now)
    Alert.objects.update(data_time=story.now.replace(microsecond=123456))
    AlertFactory.create(
        watchlist=story.watchlist,
        product=None,
        shop=story.product.shop,
        created_at=story.now,
        rule_as_it_was={"kind": "price_changed", "is_urgent": True},
    )
    api = Program.of(story.user).get("/alerts")["items"]

    rows = entries(stored.all(), SHANGHAI, {})
    sent = json.loads(SPEC.write(ChannelTarget(ADDRESS), content(*rows), AT).body)["alerts"]

    # `text` is the older name of `rule_text`.
    told = [
        {name: value for name, value in row.items() if name not in ("is_read", "text")}
        for row in api
    ]
    assert [{name: row[name] for name in told[0]} for row in sent] == sorted(
        told, key=lambda row: int(row["id"])
    )
    assert [(row["shop_name"], row["is_urgent"]) for row in sent] == [
        (None, False),
        ("古蒂歌精品女装店", True),
    ]
    assert sent[0]["data_time"].endswith(".123Z")


def test_the_price_of_an_own_product_stays_with_its_owner() -> None:
    fields: dict[str, Any] = {
        "rule_as_it_was": {"kind": Kind.UNDER_MINE, "own": 1},
        "reference": 6500,
    }
    [alert] = json.loads(SPEC.write(ChannelTarget(ADDRESS), content(entry(**fields)), AT).body)[
        "alerts"
    ]
    assert alert["reference"] is None


def test_an_address_and_secrets_are_read() -> None:
    old, new = new_secret(), new_secret()
    assert SPEC.read_target(f" {ADDRESS}#top\n", f" {new} {old}") == ChannelTarget(
        ADDRESS, f"{new} {old}"
    )
    assert SPEC.read_target("https://shop.example.com:8443/x", "") == ChannelTarget(
        "https://shop.example.com:8443/x"
    )


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "starts with https://"),
        ("javascript:alert(1)", "starts with https://"),
        ("https://user:password@shop.example.com/", "without a user name"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/x", "group robot"),
        ("https://qyapi.weixin.qq.com:443/cgi-bin/webhook/send?key=x", "group robot"),
    ],
)
def test_another_address_is_refused_with_what_to_type(address: str, problem: str) -> None:
    with pytest.raises(BadTargetError) as error:
        SPEC.read_target(address, "")
    assert problem in str(error.value.problem)


def _secret(length: int) -> str:
    return base64.b64encode(bytes(length)).decode()


@pytest.mark.parametrize(
    "secret",
    [
        _secret(32),
        "whsec_" + _secret(23),
        "whsec_" + _secret(65),
        "whsec_???",
        f"whsec_{_secret(32)} x",
    ],
)
def test_a_malformed_secret_is_refused(secret: str) -> None:
    with pytest.raises(BadTargetError) as error:
        SPEC.read_target(ADDRESS, secret)
    assert "24 to 64 bytes" in str(error.value.problem)
