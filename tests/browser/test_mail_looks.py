"""Mails in a real browser, narrow and wide, light and dark: accessible, within their width,
translated."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser

from monitor.models import Message, MessageAlert, User, Watchlist
from monitor.telling.message import build
from tests.browser.judge import barriers, english, overflow, small_targets
from tests.browser.mails import sample_mails
from tests.browser.shelf import HOSTILE, Shelf
from tests.browser.tab import Tab, new_window

pytestmark = pytest.mark.browser
LOOKS = [
    (390, "light", "zh-hans"),
    (390, "dark", "en"),
    (700, "light", "en"),
    (700, "dark", "zh-hans"),
]


@pytest.mark.nightly
@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_every_mail_has_no_faults(
    chromium: Browser, shelf: Shelf, width: int, theme: str, language: str
) -> None:
    User.objects.update(language=language)
    shelf.rivals.refresh_from_db()
    window = new_window(chromium, settings.SITE_URL, width, None, color_scheme=theme)
    tab = Tab(window.new_page(), settings.SITE_URL)
    problems: list[str] = []
    for name, html in sample_mails(shelf.rivals, timezone.now()).items():
        tab.page.set_content(html)
        faults: list[object] = [*barriers(tab), *tab.complaints]
        if (pixels := overflow(tab)) > 0:
            faults.append(f"{pixels} pixels too wide")
        if width < 500:
            faults += small_targets(tab)
        if language != "en":
            faults += english(tab)
        problems += [f"{name}: {fault}" for fault in faults]
        tab.complaints.clear()
    window.close()
    assert not problems, "\n".join(problems)


def test_a_mail_of_thirteen_products_is_short_on_a_phone(chromium: Browser, shelf: Shelf) -> None:
    from tests.factories import AlertFactory

    User.objects.update(language="zh-hans")
    shelf.rivals.refresh_from_db()
    now = timezone.now()
    for number in range(13):
        name = f"【新品首发】春夏新款加厚热敏标签纸 抗压耐摔 电商打包专用 {number}"
        fields = {"product__title": name, "before": 5590, "after": 4890}
        AlertFactory.create(watchlist=shelf.rivals, created_at=now, **fields)
    html = _alerts_mail(shelf.rivals, 13)
    window = new_window(chromium, settings.SITE_URL, 390, None)
    page = window.new_page()
    page.set_content(html)
    assert page.locator(".name").count() == 13
    assert page.evaluate("document.querySelector('table.page').offsetHeight") <= 1500
    window.close()


def _alerts_mail(watchlist: Watchlist, newest: int) -> str:
    email = Message.of_alerts(watchlist.owner.mailbox, timezone.now())
    email.save()
    alerts = watchlist.alerts.newest_first()[:newest]
    MessageAlert.objects.bulk_create(
        MessageAlert(message=email, alert=alert, recipient=watchlist.owner, channel=email.channel)
        for alert in alerts
    )
    return build(email).html


def test_a_hostile_name_stays_text(chromium: Browser, shelf: Shelf) -> None:
    from tests.factories import AlertFactory

    AlertFactory.create(watchlist=shelf.rivals, product=shelf.hostile)
    window = new_window(chromium, settings.SITE_URL, 700, None)
    tab = Tab(window.new_page(), settings.SITE_URL)
    tab.page.set_content(sample_mails(shelf.rivals, timezone.now())["mail-alerts"])

    assert tab.page.get_by_role("link", name=HOSTILE[:50]).count() == 1
    assert tab.page.locator("[onerror], [hx-post], script").count() == 0
    assert tab.complaints == []
    window.close()


def test_a_mail_can_be_read_without_pictures(chromium: Browser, shelf: Shelf) -> None:
    window = new_window(chromium, settings.SITE_URL, 390, None, java_script_enabled=False)
    window.route(re.compile("."), lambda route: route.abort())
    page = window.new_page()
    page.set_content(sample_mails(shelf.rivals, timezone.now())["mail-alerts"])

    words = page.get_by_role("main").inner_text()
    for expected in (
        "2 prices down · 1 price up",
        "¥72.00 → ¥68.00 → ¥70.00 → ¥63.00",
        "▼ 12.5%",
        "lowest in 30 days",
        "Evidence",
        "Douyin",
    ):
        assert expected in words
    window.close()


def test_the_style_sheet_has_no_unused_classes() -> None:
    folder = Path(settings.BASE_DIR, "templates", "emails")
    css = (folder / "mail.css").read_text()
    written = "".join(path.read_text() for path in folder.glob("*.html"))
    written = re.sub("{%.*?%}", " ", written)
    classes = {name for names in re.findall(r'class="([^"]*)"', written) for name in names.split()}
    tones = {"rise", "fall", "good", "bad"}
    assert set(re.findall(r"\.([a-z]+)(?=[ ,{])", css)) - classes - tones == set()
