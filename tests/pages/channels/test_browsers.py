"""A merchant turns alerts on in a browser, and again when its subscription has ended."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Channel, User
from monitor.telling import posts
from monitor.telling.channels import browser
from monitor.telling.channels.parts import ChannelTarget
from tests.models.factories import NOW, UserFactory
from tests.telling.channels.standins import PushService, serving

pytestmark = pytest.mark.django_db
PAGE, ADD = "/channels/", "/channels/browser/"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
PHONE = CHROME.replace("Windows NT 10.0; Win64; x64", "Linux; Android 16")


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with serving(PushService(NOW.timestamp)) as running:
        yield running


def turn_on(web: Client, service: PushService, address: str = ADD, agent: str = CHROME) -> str:
    post = {"subscription": json.dumps(service.subscription)}
    return web.post(address, post, headers={"User-Agent": agent}, follow=True).content.decode()


def read(web: Client, address: str, agent: str = CHROME) -> str:
    return web.get(address, headers={"User-Agent": agent}).content.decode()


def refuse(**which: str) -> None:
    Channel.objects.filter(**which).update(refused_at=NOW, answer="410 Gone")


def test_a_browser_is_added_when_a_test_message_has_arrived(
    web: Client, merchant: User, service: PushService
) -> None:
    page = turn_on(web, service)
    assert "A test message has arrived." in page
    [message] = service.accepted
    assert message["title"] == "Stallwatch: alerts arrive here."
    assert message["url"].endswith("/alerts/")
    channel = merchant.channels.added().get()
    assert (channel.kind, channel.name, channel.ending) == (
        "browser",
        "Chrome on Windows",
        "127.0.0.1",
    )
    assert "Chrome on Windows" in page
    for secret in (service.path, service.subscription["keys"]["auth"]):
        assert secret not in page
        assert secret not in channel.sealed


def test_the_same_browser_is_one_channel(web: Client, merchant: User, service: PushService) -> None:
    turn_on(web, service)
    turn_on(web, service)
    assert merchant.channels.added().count() == 1
    with serving(PushService(NOW.timestamp)) as other:
        turn_on(web, other)
    assert set(merchant.channels.added().values_list("name", flat=True)) == {
        "Chrome on Windows",
        "Chrome on Windows 2",
    }


def test_no_address_can_be_typed_for_a_browser(
    web: Client, merchant: User, service: PushService
) -> None:
    assert 'value="browser"' not in web.get(PAGE).content.decode()
    web.post(PAGE, {"kind": "browser", "name": "Mine", "url": json.dumps(service.subscription)})
    assert not Channel.objects.added().exists()
    turn_on(web, service)
    page = web.get(f"{PAGE}{merchant.channels.added().get().pk}/").content.decode()
    assert 'name="url"' not in page
    assert 'name="subscription"' not in page, "It works."


def test_a_browser_that_is_gone_is_turned_on_again(
    web: Client, merchant: User, service: PushService
) -> None:
    turn_on(web, service)
    channel = merchant.channels.added().get()
    service.is_gone = True
    refuse()
    address = f"{PAGE}{channel.pk}/"
    page = read(web, address)
    assert "410 Gone" in page
    assert f'action="{address}mend/"' in page
    assert "The test message did not arrive: 410" in turn_on(web, service, f"{address}mend/")
    with serving(PushService(NOW.timestamp)) as renewed:
        turn_on(web, renewed, f"{address}mend/")
        assert len(renewed.accepted) == 1
    channel.refresh_from_db()
    assert channel.refused_at is None
    assert merchant.channels.added().count() == 1


def test_turning_alerts_on_after_a_log_out_makes_no_second_channel(
    web: Client, merchant: User, service: PushService
) -> None:
    with (
        serving(PushService(NOW.timestamp)) as first,
        serving(PushService(NOW.timestamp)) as second,
    ):
        turn_on(web, first)
        turn_on(web, second)
    refuse(name="Chrome on Windows 2")
    turn_on(web, service)
    assert merchant.channels.added().count() == 2
    channel = merchant.channels.get(name="Chrome on Windows 2")
    assert channel.refused_at is None
    assert channel.target["url"] == service.url


def test_a_browser_cannot_be_two_channels(
    web: Client, merchant: User, service: PushService
) -> None:
    with serving(PushService(NOW.timestamp)) as gone:
        turn_on(web, gone)
    channel = merchant.channels.added().get()
    turn_on(web, service)
    refuse(pk=str(channel.pk))
    page = turn_on(web, service, f"{PAGE}{channel.pk}/mend/")
    assert "This browser is your channel “Chrome on Windows 2”." in page
    assert len(service.accepted) == 1, "Nothing more is sent."
    channel.refresh_from_db()
    assert channel.refused_at is not None


def test_a_page_tells_a_browser_whether_its_subscription_may_stay(
    web: Client, merchant: User, service: PushService
) -> None:
    own = f'data-push-own="{browser.digest(service.url)}"'
    assert own not in read(web, PAGE)
    turn_on(web, service)
    channel = merchant.channels.added().get()
    assert own in read(web, PAGE)
    refuse()
    assert 'data-push-own=""' in read(web, PAGE)
    assert 'data-push-own=""' in read(web, f"{PAGE}{channel.pk}/")
    merchant.channels.added().update(refused_at=None, owner=UserFactory.create())
    assert 'data-push-own=""' in read(web, PAGE), "Another user's."


def renew(web: Client, old: str, service: PushService) -> int:
    return web.post(
        f"{ADD}renew/", {"old": old, "subscription": json.dumps(service.subscription)}
    ).status_code


def test_a_browser_with_another_address_stays_the_same_channel(
    web: Client, merchant: User, service: PushService, settings: Settings
) -> None:
    turn_on(web, service)
    before = merchant.channels.added().get()
    refuse()
    settings.SECRET_KEY, keys = "another key", settings.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = [keys]
    worker = Client(enforce_csrf_checks=True)
    worker.force_login(merchant)
    old = service.url
    service.path += "-renewed"
    assert renew(worker, old, service) == 204
    channel = merchant.channels.added().get()
    assert (channel.target["url"], channel.refused_at, channel.name) == (
        service.url,
        None,
        before.name,
    )
    verdict = posts.try_out("browser", ChannelTarget(**channel.target), merchant, NOW)
    assert verdict.answer == "201 Created", "It was subscribed with the key of its channel."


def test_only_the_browser_itself_is_renewed_and_only_at_its_push_service(
    web: Client, merchant: User, service: PushService
) -> None:
    turn_on(web, service)
    with serving(PushService(NOW.timestamp)) as other:
        assert renew(web, other.url, other) == 404
        other.base = "https://evil.example.com"
        assert renew(web, service.url, other) == 404
        stranger = Client()
        stranger.force_login(UserFactory.create())
        assert renew(stranger, service.url, service) == 404
    assert merchant.channels.added().get().target["url"] == service.url
