"""A merchant turns alerts on in a browser, and again when its subscription has ended."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Channel, User
from tests.delivery.channels.standins import PushService, serving
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PAGE, ADD = "/channels/", "/channels/browser/"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with serving(PushService(NOW.timestamp)) as running:
        yield running


def turn_on(web: Client, service: PushService, address: str = ADD) -> str:
    post = {"subscription": json.dumps(service.subscription)}
    return web.post(address, post, headers={"User-Agent": CHROME}, follow=True).content.decode()


def test_a_browser_is_added_when_a_test_message_has_arrived(web: Client, merchant: User, service: PushService) -> None:
    page = turn_on(web, service)
    assert "A test message has arrived." in page
    [message] = service.accepted
    assert message["title"] == "Stallwatch: alerts arrive here."
    assert message["url"].endswith("/alerts/")
    channel = merchant.channels.get()
    assert (channel.kind, channel.name, channel.ending) == ("browser", "Chrome on Windows", "127.0.0.1")
    assert "Chrome on Windows" in page
    for secret in (service.path, service.subscription["keys"]["auth"]):
        assert secret not in page
        assert secret not in channel.sealed


def test_the_same_browser_is_one_channel(web: Client, merchant: User, service: PushService) -> None:
    turn_on(web, service)
    turn_on(web, service)
    assert merchant.channels.count() == 1
    with serving(PushService(NOW.timestamp)) as other:
        turn_on(web, other)
    assert set(merchant.channels.values_list("name", flat=True)) == {"Chrome on Windows", "Chrome on Windows 2"}


def test_a_test_that_does_not_arrive_says_why_and_adds_nothing(web: Client, service: PushService) -> None:
    service.answers.append((503, b""))
    assert "The test message did not arrive: 503" in turn_on(web, service)
    assert not Channel.objects.exists()


def test_what_is_no_subscription_is_refused(web: Client) -> None:
    for text in ("", "{}", json.dumps({"endpoint": "https://169.254.169.254/", "keys": {}})):
        page = web.post(ADD, {"subscription": text}).content.decode()
        assert "reload the page" in page
    assert not Channel.objects.exists()


def test_no_address_can_be_typed_for_a_browser(web: Client, merchant: User, service: PushService) -> None:
    assert 'value="browser"' not in web.get(PAGE).content.decode()
    web.post(PAGE, {"kind": "browser", "name": "Mine", "url": json.dumps(service.subscription)})
    assert not Channel.objects.exists()
    turn_on(web, service)
    page = web.get(f"{PAGE}{merchant.channels.get().pk}/").content.decode()
    assert "Webhook address" not in page
    assert 'name="subscription"' not in page, "It works."


def test_a_browser_that_is_gone_is_turned_on_again(web: Client, merchant: User, service: PushService) -> None:
    turn_on(web, service)
    channel = merchant.channels.get()
    service.is_gone = True
    Channel.objects.update(refused_at=NOW, answer="410 Gone")
    address = f"{PAGE}{channel.pk}/"
    page = web.get(address).content.decode()
    assert "410 Gone" in page
    assert 'data-push="again"' in page
    assert f'action="{address}mend/"' in page
    assert "The test message did not arrive: 410" in turn_on(web, service, f"{address}mend/")
    with serving(PushService(NOW.timestamp)) as renewed:
        turn_on(web, renewed, f"{address}mend/")
        assert len(renewed.accepted) == 1
    channel.refresh_from_db()
    assert channel.refused_at is None
    assert merchant.channels.count() == 1
