"""Apps that take a key: Bark, ServerChan, PushDeer, WxPusher, Telegram, Slack and Discord.

Two stories are of group robots, too.
"""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.delivery import posts
from monitor.delivery.channels import POSTS
from monitor.delivery.channels.parts import (
    BadTargetError,
    ChannelTarget,
    Content,
    SendOutcome,
    SendVerdict,
)
from monitor.delivery.trial import trial_content
from monitor.http import Reply
from tests.delivery.channels.contents import AT, SHANGHAI, SITE, addresses, content, entry, links_of
from tests.delivery.channels.standins import PHONES, PLATFORMS, TOKEN, ServerChan, serving

KEYS = {
    "bark": "yFkBqT6mCG4Gw9m5fFyEEb",
    "serverchan": "SCT12345TabcdefghABCDEFGH",
    "wxpusher": "SPT_abcdefghABCDEFGH1234",
    "pushdeer": "PDU1234TabcdefghABCDEFGH",
    "telegram": "123456:AAabcdefghABCDEFGH-1234567890_abcd",
    "slack": "T0123ABCD/B0123ABCD/abcdefghABCDEFGH12345678",
    "discord": "123456789012345678/abcdefgh-ABCDEFGH_1234567890abcdefgh",
}
#: As the platforms show them.
TYPED = {
    "bark": "https://api.day.app/{}/推送标题/这里改成你自己的推送内容",
    "serverchan": "{}",
    "wxpusher": "{}",
    "pushdeer": "{}",
    "telegram": "https://api.telegram.org/bot{}/sendMessage?chat_id=-1001234",
    "slack": "https://hooks.slack.com/services/{}",
    "discord": "https://ptb.discord.com/api/webhooks/{}",
}
URLS = {
    "bark": "https://api.day.app/{}",
    "serverchan": "https://sctapi.ftqq.com/{}.send",
    "wxpusher": "https://wxpusher.zjiecode.com/api/send/message/{}",
    "pushdeer": "https://api2.pushdeer.com/message/push?pushkey={}",
    "telegram": TYPED["telegram"],
    "slack": TYPED["slack"],
    "discord": TYPED["discord"],
}
#: Kinds whose server can be another.
HOSTED = ("bark", "pushdeer", "telegram", "slack", "discord")


@pytest.fixture(params=PHONES)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _own_network(settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


def deliver(kind: str, url: str, message: Content) -> SendVerdict:
    return posts.send(kind, POSTS[kind].write(ChannelTarget(url), message, datetime.now(UTC)))


def test_a_lower_price_and_a_test_arrive_on_the_phone(kind: str) -> None:
    with serving(PHONES[kind]()) as phone:
        assert deliver(kind, phone.url, content(entry())).outcome is SendOutcome.SENT
        test = trial_content(POSTS[kind], "1", SHANGHAI, AT)
        assert deliver(kind, phone.url, test).outcome is SendOutcome.SENT

    alert, sent = (json.dumps(message, ensure_ascii=False) for message in phone.accepted)
    assert "磨毛衬衫" in alert
    assert "¥72.00 → ¥63.00" in alert
    assert f"{SITE}/alerts/101/" in alert
    assert "Stallwatch: alerts arrive here." in sent
    assert "/0" not in sent, "No link leads to what does not exist."


@pytest.mark.parametrize("kind", PLATFORMS)
@pytest.mark.parametrize("number", [1, 2, 60])
def test_long_messages_are_cut_by_whole_entries(kind: str, number: int) -> None:
    long = {"field": "title", "before": "旧" * 500, "after": "新" * 500}
    entries = [
        entry(f"{index}" + "衣" * 500, index, on="列" * 100, **long) for index in range(number)
    ]
    with serving(PLATFORMS[kind]()) as phone:
        assert deliver(kind, phone.url, content(*entries)).outcome is SendOutcome.SENT

    text = json.dumps(phone.accepted, ensure_ascii=False)
    shown = [entry for entry in entries if f"{entry.name}" in text]
    assert shown == entries[: len(shown)]
    assert len(shown) >= min(number, 3)
    assert (f"and {number - len(shown)} more" in text) == (len(shown) < number)
    if kind != "bark":
        assert addresses(phone.accepted) == links_of(*shown)


@pytest.mark.parametrize("kind", PLATFORMS)
def test_a_key_that_is_gone_is_refused_with_advice_and_never_repeated(kind: str) -> None:
    with serving(PLATFORMS[kind](is_removed=True)) as phone:
        verdict = deliver(kind, phone.url, content(entry()))

    assert verdict.outcome is SendOutcome.REFUSED
    assert "again" in str(verdict.advice)
    assert TOKEN not in verdict.answer


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


def test_the_daily_limit_of_serverchan_is_waited_for() -> None:
    with serving(ServerChan()) as phone:
        *sent, late = [deliver("serverchan", phone.url, content(entry())) for _ in range(6)]

    assert {verdict.outcome for verdict in sent} == {SendOutcome.SENT}
    assert (late.outcome, late.wait) == (SendOutcome.LATER, timedelta(hours=1))
    assert late.answer == "[AUTH]超过当天的发送次数限制[5]"


def test_telegram_says_how_long_to_wait() -> None:
    answer = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests",
        "parameters": {"retry_after": 35},
    }
    verdict = POSTS["telegram"].judge(Reply(429, json.dumps(answer).encode()))
    assert (verdict.outcome, verdict.wait) == (SendOutcome.LATER, timedelta(seconds=35))


@pytest.mark.parametrize(
    ("code", "words", "outcome"),
    [
        (401, "Unauthorized", SendOutcome.REFUSED),
        (403, "Forbidden: bot was kicked from the supergroup chat", SendOutcome.REFUSED),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", SendOutcome.REFUSED),
        (400, "Bad Request: can't parse entities: Can't find end of the entity", SendOutcome.LATER),
        (500, "Internal Server Error", SendOutcome.LATER),
    ],
)
def test_telegram_is_refused_only_for_what_its_owner_can_mend(
    code: int, words: str, outcome: SendOutcome
) -> None:
    body = json.dumps({"ok": False, "error_code": code, "description": words}).encode()
    assert POSTS["telegram"].judge(Reply(code, body)).outcome is outcome


@pytest.mark.parametrize(
    ("status", "word", "outcome"),
    [
        (200, "ok", SendOutcome.SENT),
        (200, "welcome_to_the_hotel", SendOutcome.LATER),
        (403, "action_prohibited", SendOutcome.REFUSED),
        (410, "channel_is_archived", SendOutcome.REFUSED),
        (400, "invalid_payload", SendOutcome.LATER),
        (429, "rate_limited", SendOutcome.LATER),
        (500, "rollup_error", SendOutcome.LATER),
        (403, "Forbidden by the hotel", SendOutcome.LATER),
    ],
)
def test_the_words_of_slack_are_told_from_those_of_others(
    status: int, word: str, outcome: SendOutcome
) -> None:
    assert POSTS["slack"].judge(Reply(status, word.encode())).outcome is outcome


def test_what_the_platform_shows_is_read(kind: str) -> None:
    for typed in ("{}", " {}\n"):
        target = POSTS[kind].read_target(typed.format(TYPED[kind].format(KEYS[kind])), "")
        assert target == ChannelTarget(URLS[kind].format(KEYS[kind]))
    assert POSTS[kind].read_target(URLS[kind].format(KEYS[kind]), "") == target


@pytest.mark.parametrize("kind", HOSTED)
def test_another_server_is_read_and_called(kind: str) -> None:
    """A company's own, or a relay below a path."""
    own = URLS[kind].format(KEYS[kind])
    for server in ("https://push.example.org:8443", "https://relay.example.org/to/it"):
        address = server + "/" + own.split("/", 3)[3]
        assert POSTS[kind].read_target(address, "") == ChannelTarget(address)
    typed = "http://10.0.0.1/" + own.split("/", 3)[3]
    verdict = deliver(kind, POSTS[kind].read_target(typed, "").url, content(entry()))
    assert (verdict.outcome, verdict.answer) == (
        SendOutcome.REFUSED,
        "The address is not on the public internet.",
    )


def test_keys_of_serverchans_own_app_lead_to_their_users_host() -> None:
    target = POSTS["serverchan"].read_target("sctp1234tabcdefghABCD", "")
    assert target.url == "https://1234.push.ft07.com/send/sctp1234tabcdefghABCD.send"


@pytest.mark.parametrize(
    "attack",
    [
        "",
        "https://evil.test/{}",
        "https://evil.test/SCT12345TabcdefghABCDEFGH.send?x=/{}",
        "http://127.0.0.1:5432/{}",
        "https://api.day.app@evil.test/{}",
        "https://api.day.app.evil.test/{}",
        "https://api.telegram.org/bot{}/../../x/sendMessage?chat_id=1",
        "https://api.telegram.org/bot{}/setWebhook?url=https://evil.test",
        "https://api.telegram.org/bot{}/sendMessage?chat_id=1&reply_markup={}",
        "https://hooks.slack.com.evil.test/services/{}",
        "https://discord.com/api/webhooks/{}/github",
        "{}/../../admin",
        "{}@evil.test",
        "{}\r\nHost: evil.test",
        "sctp1.evil.testtabcdefgh{}",
        "bark://evil.test/{}",
        "file:///etc/passwd",
        "{}" * 40,
    ],
)
def test_an_attack_is_refused_or_cut_to_the_key(kind: str, attack: str) -> None:
    typed = attack.replace("{}", KEYS[kind])
    own = URLS[kind].format(KEYS[kind])
    if typed.startswith(f"{KEYS[kind]}/") and kind == "wxpusher":
        assert POSTS[kind].read_target(typed, "").url == own
        return
    if kind in HOSTED and re.match(r"https?://[^@]*/", typed):
        # At most another server, which the call checks.
        with suppress(BadTargetError):
            assert typed.startswith(POSTS[kind].read_target(typed, "").url)
        return
    with pytest.raises(BadTargetError) as error:
        POSTS[kind].read_target(typed, "")
    assert POSTS[kind].example in str(error.value.problem)
    assert KEYS[kind] not in str(error.value.problem)
