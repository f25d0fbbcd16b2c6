"""Alerts in a browser: turned on with a button, shown by the worker, opened by a click."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect
from pytest_django.fixtures import Settings

from monitor.telling.channels.browser import public_key, site_key
from tests.browser.conftest import Open
from tests.browser.judge import flaws
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab
from tests.models.factories import UserFactory
from tests.telling.channels.standins import PushService, serving

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.browser
#: A push service is out of reach of the tests: this is what the browser would answer.
SUBSCRIBE = """
    PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
      const answer = %s;
      if (!answer) throw new DOMException("Registration failed - push service error", "AbortError");
      localStorage.setItem("asked", JSON.stringify({ applicationServerKey, userVisibleOnly }));
      return answer;
    };
"""
#: What the browser has from before. `ended` counts how often it is unsubscribed.
SUBSCRIBED = """
    PushManager.prototype.getSubscription = async () => {
      const { subscription, key } = %s;
      const bytes = Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")),
          (sign) => sign.charCodeAt(0));
      const unsubscribe = async () => localStorage.setItem("ended",
          Number(localStorage.getItem("ended")) + 1);
      return { ...subscription, options: { applicationServerKey: bytes.buffer }, unsubscribe };
    };
"""
ARRIVED = "A test message has arrived. Alerts follow."
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
SHOWN = """
    async () => {
      const worker = await navigator.serviceWorker.ready;
      const shown = await worker.getNotifications();
      return shown.map(({ title, body, tag, data, icon }) => ({ title, body, tag, data, icon }));
    }
"""


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with serving(PushService()) as running:
        yield running


def channels(tab: Open, subscription: dict[str, Any] | None, **options: Any) -> Tab:
    window = tab(390, service_workers="allow", **options)
    window.page.add_init_script(SUBSCRIBE % json.dumps(subscription))
    return window.go("/channels/")


def has_subscription(window: Tab, service: PushService, private: str) -> Tab:
    """Give the browser, from the next page on, a subscription for the site's key `private`."""
    before = {"subscription": service.subscription, "key": public_key(private)}
    window.page.add_init_script(SUBSCRIBED % json.dumps(before))
    return window.go("/channels/")


def ended(page: Page) -> int:
    """Return how many subscriptions of the browser were ended."""
    return int(page.evaluate("localStorage.getItem('ended')") or 0)


def turn_on(window: Tab) -> Page:
    window.page.get_by_role("button", name="Turn on and send a test").click()
    return window.page


def test_alerts_are_turned_on_with_a_button(tab: Open, shelf: Shelf, service: PushService) -> None:
    window = channels(tab, service.subscription, permissions=["notifications"])
    assert flaws(window) == []
    page = turn_on(window)
    expect(page.get_by_text(ARRIVED)).to_be_visible()
    assert json.loads(page.evaluate("localStorage.getItem('asked')")) == {
        "applicationServerKey": public_key(site_key()),
        "userVisibleOnly": True,
    }
    assert [message["title"] for message in service.accepted] == ["Stallwatch: alerts arrive here."]
    assert shelf.merchant.channels.added().get().kind == "browser"
    assert flaws(window) == []
    assert window.all_complaints() == []


def test_a_browser_that_is_gone_is_subscribed_anew(
    tab: Open, shelf: Shelf, service: PushService
) -> None:
    page = turn_on(channels(tab, service.subscription, permissions=["notifications"]))
    expect(page.get_by_text(ARRIVED)).to_be_visible()
    channel = shelf.merchant.channels.added().get()
    shelf.merchant.channels.update(refused_at=channel.created_at, answer="410 Gone")
    with serving(PushService()) as renewed:
        window = channels(tab, renewed.subscription, permissions=["notifications"])
        page = has_subscription(window, service, site_key()).go(f"/channels/{channel.pk}/").page
        turn_on(window)
        expect(page.get_by_text(ARRIVED)).to_be_visible()
        assert len(renewed.accepted) == 1
        assert ended(page) == 1
    expect(page.get_by_text("works")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on and send a test")).to_have_count(0)


@pytest.mark.parametrize("private", [site_key(), "AQ"], ids=["user", "key"])
def test_the_subscription_of_another_user_or_for_another_key_is_ended(
    tab: Open, shelf: Shelf, service: PushService, private: str
) -> None:
    page = turn_on(channels(tab, service.subscription, permissions=["notifications"]))
    expect(page.get_by_text(ARRIVED)).to_be_visible()
    if private == site_key():
        shelf.merchant.channels.added().update(owner=UserFactory.create())
    with serving(PushService()) as renewed:
        window = channels(tab, renewed.subscription, permissions=["notifications"])
        page = turn_on(has_subscription(window, service, private))
        expect(page.get_by_text(ARRIVED)).to_be_visible()
        assert ended(page) == 1
        assert shelf.merchant.channels.latest("pk").target["url"] == renewed.url


def test_blocked_notifications_say_what_to_do(tab: Open, chromium: Browser, shelf: Shelf) -> None:
    window = channels(tab, None)
    target = window.page.context.new_cdp_session(window.page).send("Target.getTargetInfo")[
        "targetInfo"
    ]
    block = {"permission": {"name": "notifications"}, "setting": "denied"}
    chromium.new_browser_cdp_session().send(
        "Browser.setPermission", {**block, "browserContextId": target["browserContextId"]}
    )
    window.go("/channels/")
    expect(window.page.get_by_text("Notifications of this site are blocked.")).to_be_visible()
    expect(window.page.get_by_role("button", name="Turn on and send a test")).to_be_hidden()
    assert flaws(window) == []


@pytest.mark.parametrize(
    ("agent", "text"),
    [(IPHONE, "On iPhone and iPad: tap Share"), (None, "This browser cannot show alerts")],
)
def test_a_browser_without_push_says_what_to_do(
    tab: Open, shelf: Shelf, agent: str | None, text: str
) -> None:
    window = tab(390, **({"user_agent": agent} if agent else {}))
    window.page.add_init_script("delete window.PushManager;")
    page = window.go("/channels/").page
    expect(page.get_by_text(text)).to_be_visible()
    expect(page.get_by_role("button", name="Turn on and send a test")).to_be_hidden()


def test_a_pushed_alert_is_shown_once_and_leads_to_its_page(
    tab: Open, shelf: Shelf, live_server: "LiveServer"
) -> None:
    window = tab(390, service_workers="allow", permissions=["notifications"]).with_worker()
    page = window.page
    browser = page.context.new_cdp_session(page)
    registrations: list[str] = []
    browser.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(
            entry["registrationId"] for entry in event["registrations"]
        ),
    )
    browser.send("ServiceWorker.enable")
    page.wait_for_timeout(100)
    message = {
        "tag": "0123456789abcdef",
        "title": "Price down 12.5%",
        "body": "T-shirt",
        "url": "https://elsewhere.example/alerts/?show=all",
    }
    for title in ("Price down 12.5%", "Price down 12.5% again"):
        data = json.dumps({**message, "title": title})
        browser.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": live_server.url, "registrationId": registrations[0], "data": data},
        )
        window.until(
            f"async () => (await ({SHOWN})()).some(({{ title }}) => title === {json.dumps(title)})"
        )
    [shown] = page.evaluate(SHOWN)
    assert (shown["body"], shown["tag"]) == ("T-shirt", message["tag"])
    assert shown["icon"].endswith("/static/icon-192.png")
    [worker] = page.context.service_workers
    opened = worker.evaluate(
        """async () => {
          const [notification] = await self.registration.getNotifications();
          let opened;
          // Only a real click may open a window.
          self.clients.openWindow = async (address) => { opened = address; };
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
          return opened;
        }"""
    )
    assert opened == "/alerts/"
    assert page.evaluate(SHOWN) == []
    assert window.all_complaints() == []


def test_an_address_that_the_push_service_replaces_is_told_to_the_site(
    tab: Open, shelf: Shelf, service: PushService
) -> None:
    page = turn_on(channels(tab, service.subscription, permissions=["notifications"]))
    expect(page.get_by_text(ARRIVED)).to_be_visible()
    [worker] = page.context.service_workers
    for path, renewed in (("/push/1", "newSubscription"), ("/push/2", "")):
        old, service.path = service.url, path
        answers = worker.evaluate(
            """async ([old, subscription, given]) => {
              const subscribe = async ({ told }) => (told ? subscription : undefined);
              PushManager.prototype.subscribe = subscribe;
              const event = new ExtendableEvent("pushsubscriptionchange");
              event.oldSubscription = { endpoint: old, options: { told: true } };
              if (given) event[given] = subscription;
              const { fetch } = self;
              const answer = new Promise((resolve) => {
                self.fetch = async (...request) => {
                    const got = await fetch(...request);
                    if (String(request[0]).includes("renew")) resolve(got.status);
                    return got;
                  };
              });
              self.dispatchEvent(event);
              return answer.finally(() => { self.fetch = fetch; });
            }""",
            [old, service.subscription, renewed],
        )
        assert answers == 204
        assert shelf.merchant.channels.added().get().target["url"] == service.url


def count_ends(window: Tab) -> Worker:
    """Let the worker's `ended` say how often, from now on, it has ended the browser's
    subscription."""
    [worker] = window.page.context.service_workers
    worker.evaluate(
        """() => {
          self.ended = 0;
          const unsubscribe = async () => { self.ended += 1; };
          PushManager.prototype.getSubscription = async () => ({ unsubscribe });
        }"""
    )
    return worker


def test_a_browser_gets_no_alerts_of_a_user_who_has_logged_out(tab: Open, shelf: Shelf) -> None:
    window = tab(service_workers="allow").with_worker().read("/alerts/")
    worker = count_ends(window)
    window.read("/products/")
    assert worker.evaluate("self.ended") == 0
    window.page.locator("form[action='/logout/'] button").dispatch_event("click")
    expect(window.page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    assert worker.evaluate("self.ended") == 1
