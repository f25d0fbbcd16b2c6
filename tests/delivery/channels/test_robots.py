"""What holds for each of the three group robots, and for apps and webhooks where it holds for them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.delivery.channels import SPECS
from monitor.delivery.channels.parts import BadTargetError, ChannelTarget, SendOutcome
from monitor.models import Channel
from monitor.outgoing import Reply
from monitor.text.formatting import has_web_address
from tests.delivery.channels.contents import PICTURE, SITE, addresses, content, entry, links_of
from tests.delivery.channels.standins import DingTalkGroup, FeishuGroup, Group, WeComGroup, send, serving

NOW = datetime(2026, 11, 11, 3, 0, tzinfo=UTC)
ROBOTS = ("feishu", "dingtalk", "wecom")
APPS = ("bark", "serverchan", "wxpusher", "pushdeer", "telegram", "slack", "discord")
SUCCESSES = {"bark": 200, "wxpusher": 1000, "slack": 200, "discord": 200}
GROUPS: dict[str, Callable[..., Group]] = {"feishu": FeishuGroup, "dingtalk": DingTalkGroup, "wecom": WeComGroup}
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
NAMES = st.lists(st.one_of(HOSTILE, st.text(st.characters(exclude_categories=()), max_size=12)), max_size=6).map(
    "".join
)
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 10**25), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
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
    st.one_of(JSON_VALUES, st.sampled_from([True, 0, 200, 1000, {"result": ["{}"]}, {"retry_after": 10**30}])),
)
BODIES = st.one_of(
    st.binary(max_size=200), JSON_VALUES.map(json.dumps).map(str.encode), ANSWERS.map(json.dumps).map(str.encode)
)
STATUSES = st.one_of(st.integers(100, 599), st.sampled_from([200, 200, 200, 429, 500]))


@pytest.fixture(params=ROBOTS)
def robot(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=[*ROBOTS, *APPS])
def platform(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def body_of(kind: str, *entries: Any, **fields: Any) -> Any:
    return json.loads(SPECS[kind].write(ChannelTarget("https://x"), content(*entries, **fields), NOW).body)


@pytest.mark.parametrize("kind", [kind for kind in (*ROBOTS, *APPS) if kind != "bark"])
@given(NAMES, NAMES, NAMES, st.booleans())
def test_a_message_has_only_our_links_whatever_the_names(kind: str, name: str, on: str, new: str, two: bool) -> None:
    about = {"field": "title", "before": name, "after": new} if two else {}
    entries = [entry(name, 0, on=on, image=PICTURE, **about), entry(new, 1, on=on)][: 1 + two]

    found = addresses(body_of(kind, *entries, title=f"Price ¥63.00: {name}"))

    expected = links_of(*entries)
    if kind == "wecom" and len(entries) == 1:
        expected.remove(entries[0].about)  # A card with a picture leads to the alert.
    assert found - {PICTURE, PICTURE_IN_MARKDOWN} == expected


@given(NAMES, NAMES, st.booleans())
def test_a_notification_of_bark_leads_to_one_page_whatever_the_names(name: str, on: str, two: bool) -> None:
    entries = [entry(name, 0, on=on), entry(on, 1, on=name)][: 1 + two]

    message = body_of("bark", *entries, title=f"Price ¥63.00: {name}")

    assert message["url"] == (f"{SITE}/alerts/" if two else entries[0].link)
    assert not any(map(has_web_address, [message["title"], *message["body"].split("\n")]))


@pytest.mark.parametrize("kind", SPECS)
@given(BODIES, STATUSES)
def test_an_answer_of_any_shape_is_judged(kind: str, body: bytes, status: int) -> None:
    verdict = SPECS[kind].judge(Reply(status, body))

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
        b"0",
        b"[]",
        b"{}",
        b"OK",
        b"<html>502</html>",
        b'{"code": "0", "errcode": "0"}',
        b'{"code": false, "errcode": false}',
        b'{"code": 0.0, "errcode": 0.0}',
        b'{"code": null, "StatusCode": 0, "errcode": null}',
        b'{"code": [0], "errcode": {"errcode": 0}}',
        b'{"errmsg": "ok", "msg": "success"}',
        b'[{"code": 0, "errcode": 0}]',
        b'{"code": 0, "errcode": 0',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_an_unreadable_answer_is_never_success(platform: str, body: bytes) -> None:
    verdict = SPECS[platform].judge(Reply(200, body, timedelta(seconds=7)))

    assert (verdict.outcome, verdict.answer, verdict.code) == (SendOutcome.LATER, "200 OK", 200)
    assert verdict.wait == timedelta(seconds=7)


def test_a_busy_platform_is_tried_again(platform: str) -> None:
    for status, body in ((200, b'{"code": -1, "errcode": -1}'), (503, b"busy"), (500, b'{"code": 0, "errcode": 0}')):
        assert SPECS[platform].judge(Reply(status, body)).outcome is SendOutcome.LATER
    verdict = SPECS[platform].judge(Reply(429, b"", timedelta(seconds=30)))
    assert (verdict.outcome, verdict.wait) == (SendOutcome.LATER, timedelta(seconds=30))


def test_a_test_message_arrives(robot: str) -> None:
    with serving(GROUPS[robot](keywords=["Stallwatch"])) as group:
        message = content(title="This is a test of Stallwatch.")
        post = SPECS[robot].write(ChannelTarget(group.url), message, datetime.now(UTC))
        assert SPECS[robot].judge(send(post)).outcome is SendOutcome.SENT

    assert "This is a test of Stallwatch." in json.dumps(group.accepted)
    assert addresses(group.accepted) == links_of()


@pytest.mark.parametrize("number", [1, 2, 20, 60])
def test_long_messages_are_cut_by_whole_entries(robot: str, number: int) -> None:
    long = {"field": "title", "before": "旧" * 500, "after": "新" * 500}
    entries = [entry(f"{index}" + "衣" * 500, index, on="列" * 100, **long) for index in range(number)]
    with serving(GROUPS[robot]()) as group:
        post = SPECS[robot].write(ChannelTarget(group.url), content(*entries), datetime.now(UTC))
        assert SPECS[robot].judge(send(post)).outcome is SendOutcome.SENT

    shown = [entry for entry in entries if entry.link in addresses(group.accepted)]
    assert shown == entries[: len(shown)]
    assert addresses(group.accepted) == links_of(*shown)
    assert len(shown) >= min(number, 3)
    hidden = number - len(shown)
    assert (f"and {hidden} more" in json.dumps(group.accepted)) == bool(hidden)


def test_a_message_suits_a_keyword_in_each_form(robot: str) -> None:
    for entries in ([], [entry(image=PICTURE)], [entry()], [entry(), entry(number=1)]):
        assert "Stallwatch" in json.dumps(body_of(robot, *entries))


def test_a_removed_robot_is_refused_and_the_owner_told(robot: str) -> None:
    with serving(GROUPS[robot](is_removed=True)) as group:
        verdict = SPECS[robot].judge(
            send(SPECS[robot].write(ChannelTarget(group.url), content(entry()), datetime.now(UTC)))
        )

    assert verdict.outcome is SendOutcome.REFUSED
    assert "add a robot again" in str(verdict.advice)
    assert verdict.answer


def test_each_attempt_has_the_same_words(robot: str) -> None:
    first, second = (
        json.loads(SPECS[robot].write(ChannelTarget("https://x", "secret"), content(entry()), NOW + later).body)
        for later in (timedelta(0), timedelta(hours=1))
    )
    for body in (first, second):
        body.pop("timestamp", None)
        body.pop("sign", None)
    assert first == second


ADDRESSES = {
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/3a2b1c4d-0000-4000-8000-abcdefabcdef",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=" + "0a" * 32,
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa",
}


def test_a_pasted_address_is_read(robot: str) -> None:
    spec = SPECS[robot]
    for typed in ("{}", " {}\n", "{}&timestamp=1&sign=x", "{}#here"):
        assert spec.read_target(typed.format(ADDRESSES[robot]), "").url == ADDRESSES[robot]


@pytest.mark.parametrize("mistake", ["other", "http", "host", "user", "port", "short", "broken", "empty"])
def test_another_address_is_refused_with_what_to_type(robot: str, mistake: str) -> None:
    address = ADDRESSES[robot]
    wrong = {
        "other": ADDRESSES[ROBOTS[ROBOTS.index(robot) - 1]],
        "http": address.replace("https", "http"),
        "host": address.replace(".c", ".evil.c", 1),
        "user": address.replace("https://", "https://evil.test@"),
        "port": address.replace(".com/", ".com:8080/").replace(".cn/", ".cn:8080/"),
        "short": address[: -len(address.split("=")[-1].split("/")[-1])],
        "broken": address[:-8] + " 12345678",
        "empty": "",
    }
    with pytest.raises(BadTargetError) as error:
        SPECS[robot].read_target(wrong[mistake], "")

    start = "copy it again" if mistake in ("short", "broken") else f"must start with {address[:30]}"
    assert start in str(error.value.problem)
    assert wrong[mistake] == "" or wrong[mistake] not in str(error.value)


def test_secrets_are_not_shown_by_repr(robot: str) -> None:
    target = ChannelTarget(ADDRESSES[robot], "signing-secret")
    post = SPECS[robot].write(target, content(entry()), NOW)
    for shown in (repr(target), repr(post)):
        assert "signing-secret" not in shown
        assert ADDRESSES[robot] not in shown


def test_messages_come_slower_than_the_platforms_allow() -> None:
    """20 a minute for DingTalk and WeCom, 5 a second and 100 a minute for Feishu."""
    gaps = {kind: spec.gap for kind, spec in SPECS.items()}
    assert gaps["dingtalk"] > timedelta(seconds=3)
    assert gaps["wecom"] > timedelta(seconds=3)
    assert gaps["feishu"] > timedelta(seconds=0.6)


def test_each_kind_can_be_sent_to() -> None:
    assert set(SPECS) == set(Channel.Kind.values)
