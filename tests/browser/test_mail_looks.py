"""Mails in a real browser, narrow and wide, light and dark: accessible, within their width,
translated."""

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser

from monitor.models import User
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


def test_a_hostile_name_stays_text(chromium: Browser, shelf: Shelf) -> None:
    from tests.models.factories import AlertFactory

    AlertFactory.create(watchlist=shelf.rivals, product=shelf.hostile)
    window = new_window(chromium, settings.SITE_URL, 700, None)
    tab = Tab(window.new_page(), settings.SITE_URL)
    tab.page.set_content(sample_mails(shelf.rivals, timezone.now())["mail-alerts"])

    assert tab.page.get_by_role("link", name=HOSTILE[:50]).count() == 1
    assert tab.page.locator("[onerror], [hx-post], script").count() == 0
    assert tab.complaints == []
    window.close()
