"""What holds for each of the three group robots, and for apps and webhooks where it holds for
them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.delivery.channels import POSTS, SPECS
from monitor.delivery.channels.parts import BadTargetError, ChannelTarget, SendOutcome
from monitor.delivery.trial import trial_content
from monitor.http import Reply
from monitor.models import ChannelKind
from monitor.text.formatting import has_web_address
from tests.delivery.channels.contents import (
    PICTURE,
    SHANGHAI,
    SITE,
    addresses,
    content,
    entry,
    links_of,
)
from tests.delivery.channels.standins import GROUPS, PLATFORMS, send, serving

NOW = datetime(2026, 11, 11, 3, 0, tzinfo=UTC)
SUCCESSES = {"bark": 200, "wxpusher": 1000, "slack": 200, "discord": 200}
ROBOTS = tuple(GROUPS)
PICTURE_IN_MARKDOWN = PICTURE.replace("(1)", "%281%29")
#: Markup, mentions and addresses of all platforms.
HOSTILE = st.sampled_from(
    [
        "<at id=all></at>",
        "<at user_id='all'>all</at>",
        "<@userid>",
        "@all ",
        "[cheap](https://evil.test)",
        "](https://evil.test) [",
        "![x](https://evil.test/a.png)",
        "\\[x\\](y)",
        "<a href='https://evil.test'>x</a>",
        "<font color='red'>",
        "</font>",
        "<text_tag color='red'>x</text_tag>",
        "&#60;at id=all&#62;",
        "https://evil.test/a ",
        "evil.com",
        "a@evil.com",
        "**bold**",
        "`code`",
        "~~x~~",
        "# heading",
        "\n> quote\n",
        "\r\n---\r\n",
        "| a | b |",
        "😀",
    ]
)
NAMES = st.lists(
    st.one_of(HOSTILE, st.text(st.characters(exclude_categories=()), max_size=12)), max_size=6
).map("".join)
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 10**25), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
ANSWERS = st.dictionaries(
    st.sampled_from(
        [
            "code",
            "errcode",
            "StatusCode",
            "msg",
            "errmsg",
            "StatusMessage",
            "data",
            "ok",
            "scode",
            "content",
            "parameters",
            "id",
        ]
    ),
    st.one_of(
        JSON_VALUES,
        st.sampled_from([True, 0, 200, 1000, {"result": ["{}"]}, {"retry_after": 10**30}]),
    ),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON_VALUES.map(json.dumps).map(str.encode),
    ANSWERS.map(json.dumps).map(str.encode),
)
STATUSES = st.one_of(st.integers(100, 599), st.sampled_from([200, 200, 200, 429, 500]))


@pytest.fixture(params=ROBOTS)
def robot(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def body_of(kind: str, *entries: Any, **fields: Any) -> Any:
    return json.loads(
        POSTS[kind].write(ChannelTarget("https://x"), content(*entries, **fields), NOW).body
    )


@pytest.mark.parametrize("kind", [kind for kind in PLATFORMS if kind != "bark"])
@given(NAMES, NAMES, NAMES, st.booleans())
def test_a_message_has_only_our_links_whatever_the_names(
    kind: str, name: str, on: str, new: str, two: bool
) -> None:
    about = {"field": "title", "before": name, "after": new} if two else {}
    entries = [entry(name, 0, on=on, image=PICTURE, **about), entry(new, 1, on=on)][: 1 + two]

    found = addresses(body_of(kind, *entries, title=f"Price ¥63.00: {name}"))

    expected = links_of(*entries)
    if kind == "wecom" and len(entries) == 1:
        expected.remove(entries[0].about)  # A card with a picture leads to the alert.
    assert found - {PICTURE, PICTURE_IN_MARKDOWN} == expected


@given(NAMES, NAMES, st.booleans())
def test_a_notification_of_bark_leads_to_one_page_whatever_the_names(
    name: str, on: str, two: bool
) -> None:
    entries = [entry(name, 0, on=on), entry(on, 1, on=name)][: 1 + two]

    message = body_of("bark", *entries, title=f"Price ¥63.00: {name}")

    assert message["url"] == (f"{SITE}/alerts/" if two else entries[0].link)
    assert not any(map(has_web_address, [message["title"], *message["body"].split("\n")]))


@pytest.mark.parametrize("kind", POSTS)
@given(BODIES, STATUSES)
def test_an_answer_of_any_shape_is_judged(kind: str, body: bytes, status: int) -> None:
    verdict = POSTS[kind].judge(Reply(status, body))

    assert "\n" not in verdict.answer
    assert verdict.outcome is not SendOutcome.REFUSED or str(verdict.advice)
    if verdict.outcome is SendOutcome.SENT:
        assert 200 <= status < 300
        assert kind in ("webhook", "browser") or verdict.code == SUCCESSES.get(kind, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"OK",
        b"<html>502</html>",
        b'{"code": "0", "errcode": "0"}',
        b'{"code": false, "errcode": false}',
        b'{"code": null, "StatusCode": 0, "errcode": null}',
        b'{"code": [0], "errcode": {"errcode": 0}}',
        b'{"errmsg": "ok", "msg": "success"}',
        b'{"code": 0, "errcode": 0',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_an_unreadable_answer_is_never_success(platform: str, body: bytes) -> None:
    verdict = POSTS[platform].judge(Reply(200, body, timedelta(seconds=7)))

    assert (verdict.outcome, verdict.answer, verdict.code) == (SendOutcome.LATER, "200 OK", 200)
    assert verdict.wait == timedelta(seconds=7)


def test_a_busy_platform_is_tried_again(platform: str) -> None:
    for status, body in (
        (200, b'{"code": -1, "errcode": -1}'),
        (503, b"busy"),
        (500, b'{"code": 0, "errcode": 0}'),
    ):
        assert POSTS[platform].judge(Reply(status, body)).outcome is SendOutcome.LATER
    verdict = POSTS[platform].judge(Reply(429, b"", timedelta(seconds=30)))
    assert (verdict.outcome, verdict.wait) == (SendOutcome.LATER, timedelta(seconds=30))


def test_a_test_message_arrives(robot: str) -> None:
    with serving(GROUPS[robot](keywords=["Stallwatch"])) as group:
        message = content(title="This is a test of Stallwatch.")
        post = POSTS[robot].write(ChannelTarget(group.url), message, datetime.now(UTC))
        assert POSTS[robot].judge(send(post)).outcome is SendOutcome.SENT

    assert "This is a test of Stallwatch." in json.dumps(group.accepted)
    assert addresses(group.accepted) == links_of()


def test_a_message_suits_a_keyword_in_each_form(robot: str) -> None:
    for entries in ([], [entry(image=PICTURE)], [entry()], [entry(), entry(number=1)]):
        assert "Stallwatch" in json.dumps(body_of(robot, *entries))


ADDRESSES = {
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/3a2b1c4d-0000-4000-8000-abcdefabcdef",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=" + "0a" * 32,
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa",
}


def test_a_pasted_address_is_read(robot: str) -> None:
    spec = POSTS[robot]
    for typed in ("{}", " {}\n", "{}&timestamp=1&sign=x", "{}#here"):
        assert spec.read_target(typed.format(ADDRESSES[robot]), "").url == ADDRESSES[robot]
    own_server = "https://im.example.org:8443/relay/" + ADDRESSES[robot].split("/", 3)[3]
    assert spec.read_target(own_server, "").url == own_server


def test_a_test_message_has_the_form_of_an_alert(robot: str) -> None:
    with serving(GROUPS[robot]()) as group:
        for message in (
            trial_content(POSTS[robot], "1", SHANGHAI, NOW),
            content(entry(image=PICTURE)),
        ):
            send(POSTS[robot].write(ChannelTarget(group.url), message, NOW))
    test, alert = group.accepted
    assert "Stallwatch: alerts arrive here." in json.dumps(test)
    assert {name: type(value) for name, value in test.items()} == {
        name: type(value) for name, value in alert.items()
    }
    assert test.get("msgtype") == alert.get("msgtype")


@pytest.mark.parametrize("mistake", ["other", "user", "short", "broken", "empty"])
def test_another_address_is_refused_with_what_to_type(robot: str, mistake: str) -> None:
    address = ADDRESSES[robot]
    wrong = {
        "other": ADDRESSES[ROBOTS[ROBOTS.index(robot) - 1]],
        "user": address.replace("https://", "https://evil.test@"),
        "short": address[: -len(address.split("=")[-1].split("/")[-1])],
        "broken": address[:-8] + " 12345678",
        "empty": "",
    }
    with pytest.raises(BadTargetError) as error:
        POSTS[robot].read_target(wrong[mistake], "")

    assert f"must look like {address[:30]}" in str(error.value.problem)
    assert mistake in ("short", "empty") or wrong[mistake] not in str(error.value)


def test_secrets_are_not_shown_by_repr(robot: str) -> None:
    target = ChannelTarget(ADDRESSES[robot], "signing-secret")
    post = POSTS[robot].write(target, content(entry()), NOW)
    for shown in (repr(target), repr(post)):
        assert "signing-secret" not in shown
        assert ADDRESSES[robot] not in shown


def test_messages_come_slower_than_the_platforms_allow() -> None:
    """20 a minute for DingTalk and WeCom, 5 a second and 100 a minute for Feishu."""
    gaps = {kind: spec.gap for kind, spec in POSTS.items()}
    assert gaps["dingtalk"] > timedelta(seconds=3)
    assert gaps["wecom"] > timedelta(seconds=3)
    assert gaps["feishu"] > timedelta(seconds=0.6)


def test_each_kind_can_be_sent_to() -> None:
    assert set(SPECS) == set(ChannelKind.values)


@pytest.mark.parametrize(
    ("kind", "outcome", "statuses"),
    [
        ("webhook", SendOutcome.SENT, (204,)),
        ("webhook", SendOutcome.LATER, (404, 429, 799)),
        ("webhook", SendOutcome.REFUSED, (301, 410)),
        ("browser", SendOutcome.SENT, (202,)),
        ("browser", SendOutcome.LATER, (301, 403, 503)),
        ("browser", SendOutcome.REFUSED, (404, 410)),
    ],
)
def test_a_status_says_whether_it_is_sent_again(
    kind: str, outcome: SendOutcome, statuses: tuple[int, ...]
) -> None:
    for status in statuses:
        verdict = POSTS[kind].judge(Reply(status, b"internal words\n", timedelta(minutes=3)))
        assert (verdict.outcome, verdict.code) == (outcome, status)
        assert verdict.wait == (timedelta(minutes=3) if outcome is SendOutcome.LATER else None)
        assert verdict.answer.startswith(str(status))
        assert "internal" not in verdict.answer
