"""A merchant adds a channel with a test message, chooses what it gets, mends and removes it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import escape

from monitor.models import AuditEvent, Channel, Message, User, Watchlist
from monitor.people import channels
from monitor.people.channels import MOST_CHANNELS
from monitor.telling import outbox
from monitor.telling.carriers import Posts
from monitor.telling.channels import POSTS
from monitor.telling.channels.webhook import sign
from monitor.telling.compose import write_messages
from tests.models.factories import NOW, AlertFactory, UserFactory
from tests.people.authenticators import confirm, long_after_login
from tests.provider.certificates import self_signed
from tests.provider.wire import wire
from tests.telling.channels.hooks import OK, Hook

pytestmark = pytest.mark.django_db
PAGE = "/channels/"
SECRET = "whsec_" + "A" * 32


def add(
    web: Client, address: Hook | str, name: str = "ERP", kind: str = "webhook", secret: str = SECRET
) -> str:
    url = address if isinstance(address, str) else address.url
    return web.post(
        PAGE, {"kind": kind, "name": name, "url": url, "secret": secret}, follow=True
    ).content.decode()


def test_a_channel_is_added_when_a_test_message_arrives(
    web: Client, merchant: User, webhook: Hook
) -> None:
    page = add(web, webhook)
    assert "A test message has arrived." in page
    assert [body["type"] for _, body in webhook.calls] == ["test"]
    channel = merchant.channels.added().get()
    assert channel.confirmed_at == NOW
    assert webhook.url not in page
    assert channel.ending in page
    assert channel.target["secret"] == SECRET
    assert SECRET not in page
    [(headers, _)] = webhook.calls
    assert headers["webhook-signature"].startswith("v1,")
    assert AuditEvent.objects.filter(kind="channel_added", person=merchant).count() == 1


def test_a_program_learns_the_secret_that_is_made_for_it_before_the_test(
    web: Client, merchant: User, webhook: Hook
) -> None:
    page = add(web, webhook, secret="")
    assert webhook.calls == []
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/]{40}[A-Za-z0-9+/=]+", page))
    assert f'value="{secret}' in page, "The next click sends it."
    assert "A test message has arrived." in add(web, webhook, secret=secret)
    assert merchant.channels.added().get().target["secret"] == secret
    assert secret not in web.get(PAGE).content.decode()


def test_what_is_left_blank_stays_as_it_was(web: Client, merchant: User, webhook: Hook) -> None:
    """The receiver was down for days: the same address is tested again."""
    add(web, webhook)
    channel = merchant.channels.added().get()
    Channel.objects.update(refused_at=NOW)
    mend = f"{PAGE}{channel.pk}/mend/"
    assert (
        "A test message has arrived."
        in web.post(mend, {"url": "", "secret": ""}, follow=True).content.decode()
    )
    channel.refresh_from_db()
    assert (channel.target, channel.refused_at) == ({"url": webhook.url, "secret": SECRET}, None)
    page = web.post(mend, {"url": webhook.url, "secret": ""}).content.decode()
    assert "Secret made: copy it to your program, then test." in page, (
        "The program at a new address may know none."
    )
    assert SECRET not in page
    Channel.objects.update(sealed="what?")
    assert "enter it again" in web.post(mend, {"url": "", "secret": ""}).content.decode()


def test_no_test_is_sent_for_one_channel_too_many(
    web: Client, merchant: User, webhook: Hook
) -> None:
    for number in range(MOST_CHANNELS):
        channels.add(merchant, "webhook", str(number), {}, "…", NOW)
    assert "remove one first" in add(web, webhook)
    assert webhook.calls == []


def test_a_test_that_does_not_arrive_says_why_and_adds_nothing(web: Client, webhook: Hook) -> None:
    webhook.default = (410, {}, b"gone")
    page = add(web, webhook)
    assert "The test message did not arrive: 410" in page
    assert f'value="{webhook.url}"' in page, "What was typed is kept."
    assert not Channel.objects.added().exists()


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("webhook", "http://127.0.0.1/hook"),
        ("webhook", "https://169.254.169.254/latest/meta-data"),
        ("webhook", "file:///etc/passwd"),
        ("wecom", "what?"),
        ("bark", "http://127.0.0.1/yFkBqT6mCG4Gw9m5fFyEEb"),
        ("pigeon", "https://example.com/"),
    ],
)
def test_a_bad_address_is_refused(web: Client, kind: str, url: str) -> None:
    page = add(web, url, kind=kind)
    assert "field-error" in page or "notice bad" in page
    assert not Channel.objects.added().exists()


def test_two_channels_of_one_name_are_not_told_apart(web: Client, webhook: Hook) -> None:
    add(web, webhook)
    assert "You have a channel of that name already." in add(web, webhook)


def test_tests_are_limited(web: Client, webhook: Hook) -> None:
    webhook.default = (500, {}, b"")
    for _ in range(6):
        page = add(web, webhook)
    assert "Too many attempts." in page
    assert len(webhook.calls) == 5


def test_what_it_gets_is_chosen_by_list_and_urgency(
    web: Client, merchant: User, watchlist: Watchlist, webhook: Hook
) -> None:
    add(web, webhook)
    channel = merchant.channels.added().get()
    answer = web.post(
        f"{PAGE}{channel.pk}/", {"name": "Shop", "how": "daily", "only_urgent": "on"}, follow=True
    )
    assert "Saved." in answer.content.decode()
    channel.refresh_from_db()
    assert (channel.name, channel.how, channel.only_urgent) == ("Shop", "daily", True)
    assert not channel.choices.exists()
    for choice, expected in (("off", ("", True)), ("hourly", ("hourly", False))):
        web.post(
            f"{PAGE}{channel.pk}/", {"name": "Shop", "how": "daily", f"list-{watchlist.pk}": choice}
        )
        assert channel.choices.values_list("how", "is_off").get() == expected


def test_messages_are_not_sent_again_without_end(
    web: Client, merchant: User, webhook: Hook
) -> None:
    add(web, webhook)
    channel = merchant.channels.added().get()
    message = Message.of_alerts(channel, NOW, status="sent", attempts=1)
    message.save()
    for _ in range(outbox.AGAIN.burst + 1):
        Message.objects.filter(pk=message.pk).update(status="sent")
        answer = web.post(f"{PAGE}{channel.pk}/messages/{message.pk}/again/")
    assert (answer.status_code, answer["Retry-After"]) == (429, "180")
    assert channel.messages.get().status == "sent"


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ({"is_paused": True}, {"status": "failed"}),
        ({"refused_at": NOW}, {"status": "sent"}),
        ({}, {"status": "sent", "created_at": NOW - timedelta(days=8)}),
    ],
)
def test_only_what_was_told_of_late_is_sent_again_and_only_to_a_channel_in_use(
    web: Client, merchant: User, webhook: Hook, state: dict[str, Any], fields: dict[str, Any]
) -> None:
    add(web, webhook)
    channel = merchant.channels.added().get()
    Channel.objects.update(**state)
    message = Message.of_alerts(channel, NOW, attempts=1)
    message.save()
    Message.objects.filter(pk=message.pk).update(**fields)
    address = f"{PAGE}{channel.pk}/messages/{message.pk}/"
    assert "Send again" not in web.get(address).content.decode()
    assert "Sending again." not in web.post(f"{address}again/", follow=True).content.decode()
    assert channel.messages.get().status == fields["status"]


def test_a_message_to_a_program_is_shown_with_its_request_and_the_answers(
    web: Client, merchant: User, watchlist: Watchlist, webhook: Hook
) -> None:
    add(web, webhook)
    channel = merchant.channels.added().get()
    webhook.default = (503, {}, b"down")
    AlertFactory.create(watchlist=watchlist, before="</pre><b>")
    write_messages(NOW)
    later = NOW + timedelta(hours=1)
    outbox.send_due(later, Posts)
    with time_machine.travel(later):
        message = channel.messages.get()
        address = f"{PAGE}{channel.pk}/messages/{message.pk}/"
        assert address in web.get(f"{PAGE}{channel.pk}/").content.decode()
        page = web.get(address).content.decode()
        assert "503 Service Unavailable" in page
        for shown in (
            message.uid,
            webhook.calls[-1][0]["webhook-timestamp"],
            escape(webhook.bodies[-1].decode()),
        ):
            assert shown in page
        for secret in (webhook.url, SECRET, webhook.calls[-1][0]["webhook-signature"], "</pre><b>"):
            assert secret not in page
        webhook.default = OK
        outbox.send_due(later + timedelta(hours=1), Posts)
        web.post(f"{address}again/")
        outbox.send_due(later + timedelta(hours=2), Posts)
    assert len(webhook.ids) == 4
    assert len(set(webhook.bodies[1:])) == 1
    stranger = Client()
    stranger.force_login(UserFactory.create())
    assert stranger.get(address).status_code == 404


def test_a_secret_is_replaced_while_both_sign_for_a_day(
    web: Client, merchant: User, watchlist: Watchlist, webhook: Hook
) -> None:
    add(web, webhook)
    channel = merchant.channels.added().get()
    page = web.post(f"{PAGE}{channel.pk}/secret/").content.decode()
    [new] = set(re.findall(r"whsec_[A-Za-z0-9+/]{40}[A-Za-z0-9+/=]+", page))
    assert new not in web.get(f"{PAGE}{channel.pk}/").content.decode()
    # A test of the old address keeps both.
    web.post(f"{PAGE}{channel.pk}/mend/", {"url": "", "secret": ""})
    for now, secrets in (
        (NOW + timedelta(hours=1), [new, SECRET]),
        (NOW + timedelta(hours=25), [new]),
    ):
        AlertFactory.create(watchlist=watchlist, created_at=now)
        write_messages(now)
        outbox.send_due(now + timedelta(minutes=5), Posts)
        headers = webhook.calls[-1][0]
        signed = (headers["webhook-id"], int(headers["webhook-timestamp"]), webhook.bodies[-1])
        assert headers["webhook-signature"] == " ".join(sign(secret, *signed) for secret in secrets)
    long_after_login(web)
    assert web.post(f"{PAGE}{channel.pk}/secret/")["Location"].startswith("/confirm/")
    assert AuditEvent.objects.filter(kind="channel_changed").count() == 2


def test_a_channel_is_removed(web: Client, merchant: User, webhook: Hook) -> None:
    add(web, webhook)
    page = web.post(
        f"{PAGE}{merchant.channels.added().get().pk}/remove/", follow=True
    ).content.decode()
    assert "“ERP” was removed." in page
    assert not Channel.objects.added().exists()


@pytest.mark.parametrize(
    ("url", "words", "advice"),
    [
        ("https://localhost:{untrusted}/hook", "服务器的证书无效。", "请更新服务器证书"),
        ("https://10.1.2.3/hook", "该地址不在公网上。", "请使用公网 https 地址"),
    ],
)
def test_a_failed_call_is_explained_in_the_users_language(
    web: Client, merchant: User, webhook: Hook, tmp_path: Path, url: str, words: str, advice: str
) -> None:
    User.objects.update(language="zh-hans")
    with wire(self_signed(tmp_path, "localhost").of_server()) as untrusted:
        page = add(web, url.format(untrusted=untrusted.port))
    assert f"测试消息未送达：{words}" in page
    assert advice in page
    assert not Channel.objects.added().exists()


def test_where_to_find_an_address_is_told_for_each_platform(
    web: Client, merchant: User, webhook: Hook
) -> None:
    page = web.get(PAGE).content.decode()
    for kind, spec in POSTS.items():
        assert (f'value="{kind}"' in page) == (kind != "browser"), (
            "A browser is added by a button of its own."
        )
        assert spec.example in page
    add(web, webhook)
    for kind, has_secret in (("dingtalk", True), ("bark", False)):
        merchant.channels.added().update(kind=kind)
        own = web.get(f"{PAGE}{merchant.channels.added().get().pk}/").content.decode()
        assert str(POSTS[kind].where).replace("'", "&#x27;") in own
        assert ("Signing secret" in own) == has_secret


def test_a_new_address_needs_the_password(web: Client, merchant: User, webhook: Hook) -> None:
    merchant.set_password("a-password")
    merchant.save()
    web.force_login(merchant)
    add(web, webhook)
    page = f"{PAGE}{merchant.channels.added().get().pk}/"
    assert "A new address needs your password." not in web.get(PAGE).content.decode()
    long_after_login(web)
    for shown in (PAGE, page):
        assert (
            f'<a href="/confirm/?next={shown}">Confirm first</a>' in web.get(shown).content.decode()
        )
    typed = {"kind": "webhook", "name": "Mine", "url": webhook.url, "secret": SECRET}
    for address in (PAGE, f"{page}mend/"):
        answer = web.post(address, typed).content.decode()
        assert 'target="_blank">Confirm first</a>' in answer
        assert webhook.url in answer, "What was typed is kept."
    assert len(webhook.calls) == 1
    # What a channel gets is no secret.
    assert (
        "Saved." in web.post(page, {"name": "Shop", "how": "daily"}, follow=True).content.decode()
    )
    confirm(web)
    add(web, webhook, name="Mine")
    assert merchant.channels.added().count() == 2
