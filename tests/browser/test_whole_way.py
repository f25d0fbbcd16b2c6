"""A merchant's first day, from the invitation in the mailbox to an alert that is read."""

import re
import time
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from monitor import tasks
from monitor.models import Alert, Product, User
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab
from tests.provider.servers import ProviderServer, item
from tests.telling.conftest import use_mailer
from tests.telling.mailserver import MailServer, mail_server, part

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("mails_do_not_wait", "tasks_at_once")]

NEW = "xiaoyun@example.com"
FIRST_ID = 3_600_000_000_000_000_000
IDS = [str(FIRST_ID + number) for number in range(30)]
LINK = "https://haohuo.jinritemai.com/ecommerce/trade/detail/index.html?id={}"


@pytest.fixture
def mail(settings: Settings, live_server: LiveServer) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.SITE_URL = live_server.url
        use_mailer(settings, f"smtp://127.0.0.1:{server.port}?timeout=5")
        yield server


def link_of_the_mail(mail: MailServer, site: str, path: str) -> str:
    """Return the address, within the site, of the link to `path` in the newest mail to the new
    merchant."""
    tasks.send_outbox()
    message = [message for message in mail.messages if message["To"] == NEW][-1]
    link = re.search(rf"{re.escape(site)}({path}\S*)", part(message, "plain"))
    assert link, message
    return link[1]


def check_everything() -> None:
    Product.objects.filter(num_iid__in=IDS).update(next_check_at=timezone.now())
    tasks.tick()


def test_from_an_invitation_to_an_alert_that_is_read(
    tab: Open, shelf: Shelf, provider: ProviderServer, mail: MailServer
) -> None:
    now = int(time.time())
    provider.default = lambda query: item(query["num_iid"], now - 60)
    Product.objects.update(next_check_at=None)
    owners = tab().go(f"/watchlists/{shelf.rivals.pk}/")
    people = owners.page.locator("#people")
    people.get_by_text("Invite", exact=True).click()
    people.get_by_label("E-mail address").fill(NEW)
    people.get_by_role("button", name="Send the invitation").click()
    expect(people.get_by_text(f"The invitation is being sent to {NEW}.")).to_be_visible()

    new = tab(390, user=None, locale="en-GB").go(
        link_of_the_mail(mail, owners.site, "/invitations/")
    )
    join(new)
    add_products(new, provider)
    provider.answers[IDS[0]] = item(IDS[0], now - 30, discount_price=6800)
    check_everything()
    see_the_price_and_set_a_rule(new)
    tasks.send_outbox()
    provider.answers[IDS[0]] = item(IDS[0], now, discount_price=6600)
    check_everything()
    read_the_alert(new.go(link_of_the_mail(mail, new.site, "/alerts/")))
    assert new.all_complaints() + owners.all_complaints() == []


def join(new: Tab) -> None:
    page = new.page
    page.get_by_role("link", name="Create account").click()
    page.get_by_label("Name").fill("小云")
    page.locator("[name=new_password]").fill("a long enough phrase")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(f"{new.site}/")


def add_products(new: Tab, provider: ProviderServer) -> None:
    page = new.page
    new.go("/products/add/")
    page.get_by_label("Links, share texts or IDs").fill("\n".join(map(LINK.format, IDS)))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("30 products added to")).to_be_visible()
    tasks.tick()
    expect(page.locator("#checks").get_by_text("All checked.")).to_be_visible()
    assert sorted(call["num_iid"] for call in provider.calls) == IDS


def see_the_price_and_set_a_rule(new: Tab) -> None:
    page = new.page
    new.go(f"/products/{IDS[0]}/")
    expect(page.locator(".price-now").first).to_have_text("¥68.00")

    prices = page.evaluate(
        "Chart.getChart(document.querySelector('canvas[data-chart=price]')).data.datasets[0].data"
    )
    assert [point["y"] for point in prices][:2] == [7200, 6800]

    page.locator(".on-list > .fold > summary").first.click()
    page.get_by_role("link", name="Change the rules").click()
    page.get_by_text("A rule for this product alone").click()
    rule = page.locator(".rule-new")
    rule.get_by_label("Alert when").select_option("price_below")
    rule.get_by_role("textbox").fill("67")
    rule.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_text("price below ¥67.00").first).to_be_visible()


def read_the_alert(new: Tab) -> None:
    page = new.page
    expect(page.get_by_text("¥66.00").first).to_be_visible()
    expect(page.get_by_text("Request ID")).to_be_visible()
    page.wait_for_load_state("networkidle")
    opened = page.url.rstrip("/").rpartition("/")[2]

    new.go("/alerts/")
    expect(page.locator(f"#inbox a[href='/alerts/{opened}/']")).to_have_count(0)
    expect(page.get_by_text("¥72.00 → ¥68.00")).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("All read")).to_be_visible()
    newcomer = User.objects.get(email=NEW)
    assert not Alert.objects.for_user(newcomer).unread_by(newcomer)
