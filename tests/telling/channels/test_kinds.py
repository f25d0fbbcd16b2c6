"""What holds for each kind of channel whose messages are posts: what arrives, what an answer means,
and which addresses are taken."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from monitor.provider.http import Reply
from monitor.telling import posts
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import (
    BadTargetError,
    ChannelTarget,
    Content,
    SendOutcome,
    SendVerdict,
)
from monitor.text.formatting import has_web_address
from tests.telling.channels.contents import (
    AT,
    SITE,
    addresses,
    content,
    entry,
    links_of,
)
from tests.telling.channels.standins import PROTOCOLS, ROBOTS, TOKEN, Platform, serving

SENT, LATER, REFUSED = SendOutcome.SENT, SendOutcome.LATER, SendOutcome.REFUSED
SECRET = "SEC0123456789abcdef"
#: Addresses as the platforms show them, and where their messages go.
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/3a2b1c4d-0000-4000-8000-abcdefabcdef"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=" + "0a" * 32
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
BARK = "https://api.day.app/yFkBqT6mCG4Gw9m5fFyEEb"
SERVERCHAN = "https://sctapi.ftqq.com/SCT12345TabcdefghABCDEFGH.send"
WXPUSHER = "https://wxpusher.zjiecode.com/api/send/message/SPT_abcdefghABCDEFGH1234"
BOT = "https://api.telegram.org/bot123456:AAabcdefghABCDEFGH-1234567890_abcd/"
TELEGRAM = f"{BOT}sendMessage?chat_id=-1001234"
URLS = dict(
    zip(PROTOCOLS, (FEISHU, DINGTALK, WECOM, BARK, SERVERCHAN, WXPUSHER, TELEGRAM), strict=True)
)
#: Kinds whose server can be another.
HOSTED = [kind for kind in URLS if kind not in ("serverchan", "wxpusher")]


@pytest.fixture(params=PROTOCOLS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _own_network(settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


def deliver(
    platform: Platform, message: Content, secret: str = "", now: datetime | None = None
) -> SendVerdict:
    spec, target = POSTS[platform.kind], ChannelTarget(platform.url, secret)
    return posts.send(platform.kind, spec.write(target, message, now or datetime.now(UTC)))


def test_a_lower_price_and_a_test_of_the_same_form_arrive(kind: str) -> None:
    with serving(Platform(kind, keyword="Stallwatch" if kind in ROBOTS else "")) as platform:
        assert deliver(platform, content(entry())).outcome is SENT
        assert deliver(platform, content(title="Alerts arrive here.")).outcome is SENT

    alert, test = platform.accepted
    assert {name: type(value) for name, value in test.items()} == {
        name: type(value) for name, value in alert.items()
    }
    told, tried = json.dumps(alert, ensure_ascii=False), json.dumps(test)
    for words in ("磨毛衬衫", "¥72.00 → ¥63.00", f"{SITE}/alerts/101/"):
        assert words in told
    assert "Alerts arrive here." in tried
    assert f"{SITE}/alerts/" in tried


@pytest.mark.parametrize("number", [1, 60])
def test_long_messages_are_cut_by_whole_entries(kind: str, number: int) -> None:
    long = {"field": "title", "before": "旧" * 500, "after": "新" * 500}
    entries = [
        entry(f"{index}" + "衣" * 500, index, on="列" * 100, **long) for index in range(number)
    ]
    with serving(Platform(kind)) as platform:
        assert deliver(platform, content(*entries)).outcome is SENT

    text = json.dumps(platform.accepted, ensure_ascii=False)
    shown = [entry for entry in entries if f"{entry.name}" in text]
    assert shown == entries[: len(shown)]
    assert len(shown) >= min(number, 3)
    assert (f"and {number - len(shown)} more" in text) == (len(shown) < number)
    if kind != "bark":
        assert addresses(platform.accepted) == links_of(*shown)


def test_a_key_that_is_gone_is_refused_with_advice_and_never_repeated(kind: str) -> None:
    with serving(Platform(kind, is_removed=True)) as platform:
        verdict = deliver(platform, content(entry()))

    assert verdict.outcome is REFUSED
    assert "again" in str(verdict.advice)
    assert TOKEN not in verdict.answer


@pytest.mark.parametrize("robot", ["feishu", "dingtalk"])
def test_a_signature_is_of_the_secret_and_of_now(robot: str) -> None:
    now = datetime.now(UTC)
    with serving(Platform(robot, SECRET)) as platform:
        for ahead in range(10):
            at = now + timedelta(milliseconds=ahead)
            assert deliver(platform, content(entry()), SECRET, at).outcome is SENT
        two_hours_ago = now - timedelta(hours=2)
        for secret, at in (("SECother", now), ("", now), (SECRET, two_hours_ago)):
            verdict = deliver(platform, content(entry()), secret, at)
            assert verdict.outcome is REFUSED
            assert "signing secret" in str(verdict.advice)


def test_secrets_are_not_shown_by_repr(kind: str) -> None:
    target = ChannelTarget(URLS[kind], "signing-secret")
    for shown in (repr(target), repr(POSTS[kind].write(target, content(entry()), AT))):
        assert "signing-secret" not in shown
        assert URLS[kind].split("/", 3)[3] not in shown


MINUTE, MINUTES_10, HOUR = timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)
CHAT_GONE = "Bad Request: group chat was upgraded to a supergroup chat"
PARSE = "Bad Request: can't parse entities: Can't find end of the entity"


@pytest.mark.parametrize(
    ("kind", "status", "answer", "outcome", "wait"),
    [
        ("feishu", 200, {"StatusCode": 0, "StatusMessage": "success"}, SENT, None),
        ("feishu", 200, {"StatusCode": 0, "code": 19024, "msg": "Key Words"}, REFUSED, None),
        ("feishu", 200, {"code": 9499, "msg": "Bad Request"}, LATER, None),
        ("feishu", 200, {"code": 11232, "msg": "rate limit"}, LATER, MINUTE),
        ("dingtalk", 200, {"errcode": 400102, "errmsg": "停用"}, REFUSED, None),
        ("dingtalk", 200, {"errcode": 130101, "errmsg": "send too fast"}, LATER, MINUTES_10),
        ("wecom", 200, {"errcode": -1, "errmsg": "system busy"}, LATER, None),
        ("wecom", 200, {"errcode": 93004, "errmsg": "robot is disabled"}, REFUSED, None),
        ("wecom", 200, {"errcode": 45009, "errmsg": "api freq out of limit"}, LATER, MINUTE),
        ("serverchan", 400, {"code": 40001, "scode": 471, "message": "次数限制"}, LATER, HOUR),
        ("telegram", 403, {"ok": False, "error_code": 403}, REFUSED, None),
        ("telegram", 400, {"error_code": 400, "description": CHAT_GONE}, REFUSED, None),
        ("telegram", 400, {"error_code": 400, "description": PARSE}, LATER, None),
        ("webhook", 204, "words of any machine\n", SENT, None),
        ("webhook", 404, "words", LATER, None),
        *(("webhook", status, "words", REFUSED, None) for status in (301, 410)),
        ("browser", 202, "", SENT, None),
        *(("browser", status, "words", LATER, None) for status in (403, 503)),
        *(("browser", status, "words", REFUSED, None) for status in (404, 410)),
    ],
)
def test_what_an_answer_means(
    kind: str, status: int, answer: Any, outcome: SendOutcome, wait: timedelta | None
) -> None:
    verdict = POSTS[kind].judge(Reply(status, json.dumps(answer).encode()))
    assert (verdict.outcome, verdict.wait) == (outcome, wait)
    assert bool(verdict.advice) == (outcome is REFUSED) or (kind, status) == ("browser", 403)
    assert "words" not in verdict.answer


@pytest.mark.parametrize("kind", POSTS)
def test_a_busy_server_is_tried_again_when_it_says_so(kind: str) -> None:
    for status, body in ((503, b"busy"), (500, b'{"code": 0, "errcode": 0}'), (429, b"")):
        verdict = POSTS[kind].judge(Reply(status, body, timedelta(seconds=30)))
        assert (verdict.outcome, verdict.wait) == (LATER, timedelta(seconds=30))


@pytest.mark.parametrize(
    "body",
    [
        b"null",
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
def test_an_unreadable_answer_is_never_success(kind: str, body: bytes) -> None:
    verdict = POSTS[kind].judge(Reply(200, body))
    assert (verdict.outcome, verdict.answer, verdict.code) == (LATER, "200 OK", 200)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("no device has key yFkBqT6mCG4Gw9m5fFyEEb.", "no device has key …."),
        ("bot123456:AAabcdefghABCDEFGH-1234567890_abcd is unknown", "bot123456:… is unknown"),
        (
            "业务异常错误：今天已经发送了超过五百条消息，请在24小时以后再试",
            "业务异常错误：今天已经发送了超过五百条消息，请在24小时以后再试",
        ),
        ("the administrator's misconfiguration", "the administrator's misconfiguration"),
    ],
)
def test_keys_in_the_platforms_words_are_hidden(words: str, shown: str) -> None:
    body = json.dumps({"code": 1001, "msg": words}).encode()
    assert POSTS["wxpusher"].judge(Reply(200, body)).answer == shown


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 10**25), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES_IN_ANSWERS = ["code", "errcode", "StatusCode", "msg", "errmsg", "ok", "scode", "parameters"]
LIKELY_VALUES = st.sampled_from([True, 0, 200, 1000, {"retry_after": 10**30}])
ANSWERS = st.dictionaries(st.sampled_from(NAMES_IN_ANSWERS), st.one_of(JSON_VALUES, LIKELY_VALUES))
BODIES = st.one_of(
    st.binary(max_size=200), st.one_of(JSON_VALUES, ANSWERS).map(json.dumps).map(str.encode)
)
STATUSES = st.one_of(st.integers(100, 599), st.sampled_from([200, 200, 200, 429, 500]))


@pytest.mark.parametrize("kind", POSTS)
@given(BODIES, STATUSES)
def test_an_answer_of_any_shape_is_judged(kind: str, body: bytes, status: int) -> None:
    verdict = POSTS[kind].judge(Reply(status, body))

    assert "\n" not in verdict.answer
    assert verdict.outcome is not REFUSED or str(verdict.advice)
    if verdict.outcome is SENT:
        assert 200 <= status < 300


#: Markup, mentions and addresses of all platforms.
HOSTILE = st.sampled_from(
    [
        "<at id=all></at>",
        "<@userid>",
        "@all ",
        "[cheap](https://evil.test)",
        "](https://evil.test) [",
        "![x](https://evil.test/a.png)",
        "\\[x\\](y)",
        "<a href='https://evil.test'>x</a>",
        "<font color='red'>",
        "</font>",
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


def body_of(kind: str, message: Content) -> Any:
    return json.loads(POSTS[kind].write(ChannelTarget("https://x"), message, AT).body)


@pytest.mark.parametrize("kind", [kind for kind in PROTOCOLS if kind != "bark"])
@given(NAMES, NAMES, NAMES, st.booleans())
def test_a_message_has_only_our_links_whatever_the_names(
    kind: str, name: str, on: str, new: str, two: bool
) -> None:
    about = {"field": "title", "before": name, "after": new} if two else {}
    entries = [entry(name, 0, on=on, **about), entry(new, 1, on=on)][: 1 + two]

    found = addresses(body_of(kind, content(*entries, title=f"Price ¥63.00: {name}")))

    assert found == links_of(*entries)


@given(NAMES, NAMES, st.booleans())
def test_a_notification_of_bark_leads_to_one_page_whatever_the_names(
    name: str, on: str, two: bool
) -> None:
    entries = [entry(name, 0, on=on), entry(on, 1, on=name)][: 1 + two]

    message = body_of("bark", content(*entries, title=f"Price ¥63.00: {name}"))

    assert message["url"] == (f"{SITE}/alerts/" if two else entries[0].link)
    assert not any(map(has_web_address, [message["title"], *message["body"].split("\n")]))


@pytest.mark.parametrize(
    ("kind", "typed", "url"),
    [
        *((kind, f" {url}\n", url) for kind, url in URLS.items()),
        *((kind, f"{URLS[kind]}#here", URLS[kind]) for kind in ROBOTS),
        ("dingtalk", f"{DINGTALK}&timestamp=1&sign=x", DINGTALK),
        ("bark", f"{BARK}/推送标题/这里改成你自己的推送内容", BARK),
        ("serverchan", "SCT12345TabcdefghABCDEFGH", SERVERCHAN),
        (
            "serverchan",
            "sctp1234tabcdefghABCD",
            "https://1234.push.ft07.com/send/sctp1234tabcdefghABCD.send",
        ),
        ("wxpusher", "SPT_abcdefghABCDEFGH1234", WXPUSHER),
        ("wxpusher", "SPT_abcdefghABCDEFGH1234/../../admin", WXPUSHER),
    ],
)
def test_what_the_platform_shows_is_read(kind: str, typed: str, url: str) -> None:
    assert POSTS[kind].read_target(typed, "") == ChannelTarget(url)


@pytest.mark.parametrize("kind", HOSTED)
def test_another_server_is_read_and_called(kind: str) -> None:
    """A company's own, or a relay below a path."""
    path = URLS[kind].split("/", 3)[3]
    for server in ("https://push.example.org:8443", "https://relay.example.org/to/it"):
        assert POSTS[kind].read_target(f"{server}/{path}", "").url == f"{server}/{path}"
    inside = POSTS[kind].read_target(f"http://10.0.0.1/{path}", "")
    verdict = posts.send(kind, POSTS[kind].write(inside, content(entry()), AT))
    assert verdict.outcome is REFUSED
    assert verdict.answer == "The address is not on the public internet."


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        *((kind, "") for kind in URLS),
        *((kind, url.replace("https://", "https://evil.test@")) for kind, url in URLS.items()),
        *((kind, f"{url[:-8]} 12345678") for kind, url in URLS.items()),
        *((kind, f"{url}\r\nHost: evil.test") for kind, url in URLS.items() if kind not in ROBOTS),
        *((kind, "file:///etc/passwd") for kind in URLS),
        ("feishu", DINGTALK),
        ("serverchan", SERVERCHAN.replace("sctapi.ftqq.com", "evil.test")),
        ("serverchan", "sctp1.evil.testtabcdefghABCD"),
        ("wxpusher", "SPT_abcdefghABCDEFGH1234@evil.test"),
        ("telegram", f"{BOT}../../x/sendMessage?chat_id=1"),
        ("telegram", f"{BOT}setWebhook?url=https://evil.test"),
    ],
)
def test_another_address_is_refused_with_what_to_type(kind: str, typed: str) -> None:
    with pytest.raises(BadTargetError) as error:
        POSTS[kind].read_target(typed, "")
    assert POSTS[kind].example in str(error.value.problem)
    assert "evil" not in str(error.value.problem)
