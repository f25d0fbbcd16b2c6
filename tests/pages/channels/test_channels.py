"""A merchant adds a channel with a test message, chooses what it gets, mends and removes it."""

import re
import socket
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from monitor.accounts import channels
from monitor.accounts.channels import MOST_CHANNELS
from monitor.delivery.channels import SPECS
from monitor.models import AuditEvent, Channel, Message, User, Watchlist
from tests.authenticators import confirm, long_after_login
from tests.certificates import self_signed
from tests.delivery.channels.hooks import Hook
from tests.factories import NOW
from tests.provider.wire import wire

pytestmark = pytest.mark.django_db
PAGE = "/channels/"
SECRET = "whsec_" + "A" * 32


def add(web: Client, address: Hook | str, name: str = "ERP", kind: str = "webhook", secret: str = SECRET) -> str:
    url = address if isinstance(address, str) else address.url
    return web.post(PAGE, {"kind": kind, "name": name, "url": url, "secret": secret}, follow=True).content.decode()


def test_a_channel_is_added_when_a_test_message_arrives(web: Client, merchant: User, webhook: Hook) -> None:
    page = add(web, webhook)
    assert "A test message has arrived." in page
    assert [body["type"] for _, body in webhook.calls] == ["test"]
    channel = merchant.channels.get()
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
    assert merchant.channels.get().target["secret"] == secret
    assert secret not in web.get(PAGE).content.decode()


def test_what_is_left_blank_stays_as_it_was(web: Client, merchant: User, webhook: Hook) -> None:
    """The receiver was down for days: the same address is tested again."""
    add(web, webhook)
    channel = merchant.channels.get()
    Channel.objects.update(refused_at=NOW)
    mend = f"{PAGE}{channel.pk}/mend/"
    assert "A test message has arrived." in web.post(mend, {"url": "", "secret": ""}, follow=True).content.decode()
    channel.refresh_from_db()
    assert (channel.target, channel.refused_at) == ({"url": webhook.url, "secret": SECRET}, None)
    page = web.post(mend, {"url": webhook.url, "secret": ""}).content.decode()
    assert "Give this signing secret" in page, "The program at a new address may know none."
    assert SECRET not in page
    Channel.objects.update(sealed="what?")
    assert "enter it again" in web.post(mend, {"url": "", "secret": ""}).content.decode()


def test_no_test_is_sent_for_one_channel_too_many(web: Client, merchant: User, webhook: Hook) -> None:
    for number in range(MOST_CHANNELS):
        channels.add(merchant, "webhook", str(number), {}, "…", NOW)
    assert "remove one first" in add(web, webhook)
    assert webhook.calls == []


def test_a_fault_of_the_secret_is_told_at_the_secret(web: Client, webhook: Hook) -> None:
    page = add(web, webhook, secret="short")
    assert page.index("Signing secret") < page.index("whsec_ and then 24 to 64 bytes")
    assert webhook.calls == []


def test_a_test_that_does_not_arrive_says_why_and_adds_nothing(web: Client, webhook: Hook) -> None:
    webhook.default = (410, {}, b"gone")
    page = add(web, webhook)
    assert "The test message did not arrive: 410" in page
    assert f'value="{webhook.url}"' in page, "What was typed is kept."
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("webhook", "http://127.0.0.1/hook"),
        ("webhook", "https://169.254.169.254/latest/meta-data"),
        ("webhook", "file:///etc/passwd"),
        ("webhook", "https://example.com:22/"),
        ("feishu", "https://evil.example.com/open-apis/bot/v2/hook/x"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send"),
        ("wecom", "what?"),
        ("bark", "https://bark.evil.example.com/yFkBqT6mCG4Gw9m5fFyEEb"),
        ("serverchan", "SCT"),
        ("wxpusher", "AT_abcdefghABCDEFGH1234"),
        ("pushdeer", "https://127.0.0.1/message/push?pushkey=PDU1234TabcdefghABCDEFGH"),
        ("telegram", "123456:AAabcdefghABCDEFGH-1234567890_abcd"),
        ("slack", "https://hooks.slack.com.evil.example.com/services/T0123ABCD/B0123ABCD/abcdefghABCDEFGH"),
        ("discord", "https://discord.com/api/webhooks/123456789012345678/"),
        ("pigeon", "https://example.com/"),
    ],
)
def test_a_bad_address_is_refused(web: Client, kind: str, url: str) -> None:
    page = add(web, url, kind=kind)
    assert "field-error" in page or "notice bad" in page
    assert not Channel.objects.exists()


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
    channel = merchant.channels.get()
    assert "checked" in web.get(f"{PAGE}{channel.pk}/").content.decode()
    answer = web.post(f"{PAGE}{channel.pk}/", {"name": "Shop", "how": "daily", "only_urgent": "on"}, follow=True)
    assert "Saved." in answer.content.decode()
    channel.refresh_from_db()
    assert (channel.name, channel.how, channel.only_urgent) == ("Shop", "daily", True)
    assert list(channel.left_out.all()) == [watchlist]
    web.post(f"{PAGE}{channel.pk}/", {"name": "Shop", "how": "daily", "lists": watchlist.pk})
    assert not channel.left_out.exists()


def test_a_refused_channel_is_mended_by_another_test(web: Client, merchant: User, webhook: Hook) -> None:
    add(web, webhook)
    Channel.objects.update(refused_at=NOW, answer="19024 Key Words Not Found")
    channel = merchant.channels.get()
    page = web.get(f"{PAGE}{channel.pk}/").content.decode()
    assert "Alerts wait until a test message arrives." in page
    assert "Key Words Not Found" in page
    web.post(f"{PAGE}{channel.pk}/mend/", {"url": webhook.url, "secret": SECRET})
    channel.refresh_from_db()
    assert channel.refused_at is None


def test_a_message_that_was_given_up_is_sent_again_with_its_id(web: Client, merchant: User, webhook: Hook) -> None:
    add(web, webhook)
    channel = merchant.channels.get()
    message = Message.to(merchant, NOW, channel=channel, status="failed", attempts=10)
    message.save()
    web.post(f"{PAGE}{channel.pk}/messages/{message.pk}/again/")
    again = Message.objects.get(pk=message.pk)
    assert (again.status, again.uid) == ("pending", message.uid)


@pytest.mark.parametrize("state", [{"is_paused": True}, {"refused_at": NOW}], ids=["paused", "refused"])
def test_only_what_was_given_up_is_sent_again_and_only_to_a_channel_in_use(
    web: Client, merchant: User, webhook: Hook, state: dict[str, Any]
) -> None:
    add(web, webhook)
    channel = merchant.channels.get()
    sent = Message.to(merchant, NOW, channel=channel, status="sent")
    sent.save()
    page = web.post(f"{PAGE}{channel.pk}/messages/{sent.pk}/again/", follow=True).content.decode()
    assert "It is sent again." not in page
    Channel.objects.update(**state)
    given_up = Message.to(merchant, NOW, channel=channel, status="failed", attempts=10)
    given_up.save()
    page = web.post(f"{PAGE}{channel.pk}/messages/{given_up.pk}/again/", follow=True).content.decode()
    assert "It is sent again." not in page
    assert list(channel.messages.order_by("pk").values_list("status", flat=True)) == ["sent", "failed"]


def test_a_channel_is_removed(web: Client, merchant: User, webhook: Hook) -> None:
    add(web, webhook)
    page = web.post(f"{PAGE}{merchant.channels.get().pk}/remove/", follow=True).content.decode()
    assert "“ERP” was removed." in page
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("url", "words", "advice"),
    [
        ("https://127.0.0.1:{closed}/hook", "服务器拒绝连接。", ""),
        ("https://localhost:{untrusted}/hook", "服务器的证书无效。", "请更新服务器证书"),
        ("https://127.0.0.1:{port}/hook", "服务器不支持 https。", ""),
        ("https://10.1.2.3/hook", "该地址不在公网上。", "请使用公网 https 地址"),
    ],
)
def test_a_failed_call_is_explained_in_the_users_language(
    web: Client, merchant: User, webhook: Hook, tmp_path: Path, url: str, words: str, advice: str
) -> None:
    User.objects.update(language="zh-hans")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with wire(self_signed(tmp_path, "localhost").of_server()) as untrusted:
        address = url.format(closed=port, untrusted=untrusted.port, port=webhook.url.split(":")[2].split("/")[0])
        page = add(web, address)
    assert f"测试消息未送达：{words}" in page
    assert advice in page
    assert not Channel.objects.exists()


def test_stored_words_of_failures_are_translated(web: Client, merchant: User, webhook: Hook) -> None:
    add(web, webhook)
    channel = merchant.channels.get()
    User.objects.update(language="zh-hans")
    Channel.objects.update(failing_since=NOW, answer="The server did not answer in time.")
    Message.to(merchant, NOW, channel=channel, status="dropped", answer="The channel is paused.").save()
    assert "服务器未及时响应。" in web.get(PAGE).content.decode()
    assert "The channel is paused." not in web.get(f"{PAGE}{channel.pk}/").content.decode()


def test_where_to_find_an_address_is_told_for_each_platform(web: Client, merchant: User, webhook: Hook) -> None:
    page = web.get(PAGE).content.decode()
    for kind, spec in SPECS.items():
        assert (f'value="{kind}"' in page) == (kind != "browser"), "A browser is added by a button of its own."
        assert spec.example in page
    add(web, webhook)
    for kind, has_secret in (("dingtalk", True), ("bark", False)):
        Channel.objects.update(kind=kind)
        own = web.get(f"{PAGE}{merchant.channels.get().pk}/").content.decode()
        assert str(SPECS[kind].where).replace("'", "&#x27;") in own
        assert ("Signing secret" in own) == has_secret


def test_a_new_address_needs_the_password(web: Client, merchant: User, webhook: Hook) -> None:
    merchant.set_password("a-password")
    merchant.save()
    web.force_login(merchant)
    add(web, webhook)
    page = f"{PAGE}{merchant.channels.get().pk}/"
    assert "A new address needs your password." not in web.get(PAGE).content.decode()
    long_after_login(web)
    for shown in (PAGE, page):
        assert f'<a href="/confirm/?next={shown}">Confirm first</a>' in web.get(shown).content.decode()
    typed = {"kind": "webhook", "name": "Mine", "url": webhook.url, "secret": SECRET}
    for address in (PAGE, f"{page}mend/"):
        answer = web.post(address, typed).content.decode()
        assert 'target="_blank">Confirm first</a>' in answer
        assert webhook.url in answer, "What was typed is kept."
    assert len(webhook.calls) == 1
    # What a channel gets is no secret.
    assert "Saved." in web.post(page, {"name": "Shop", "how": "daily"}, follow=True).content.decode()
    confirm(web)
    add(web, webhook, name="Mine")
    assert merchant.channels.count() == 2


def test_a_channel_is_not_renamed_to_the_name_of_another(web: Client, merchant: User, webhook: Hook) -> None:
    add(web, webhook)
    add(web, webhook, name="Mine")
    page = f"{PAGE}{merchant.channels.get(name='Mine').pk}/"
    shown = web.post(page, {"name": "ERP", "how": "daily", "is_paused": "on"}).content.decode()
    assert "You have a channel of that name already." in shown
    assert "<h1>Mine</h1>" in shown, "What was not saved is only in the form."
    assert '<span class="mark good">' in shown
