"""Takes pictures of every page in each language, theme and width, and of every kind of mail."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Error, FloatRect, sync_playwright

from monitor.models import Watchlist
from tests.browser.judge import overflow
from tests.browser.mails import MAILS, sample_mails
from tests.browser.pages import PAGES, Page, Reader, admin_pages
from tests.browser.tab import CHROMIUM, Tab, new_window
from tests.screenshots.site import DemoSite

#: The height of a picture at most: the rest of a long list looks the same.
MOST_PIXELS = 3600
MAIL_WIDTHS = (390, 700)
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}


class Wanted(NamedTuple):
    """Which pictures are taken."""

    names: list[str]
    languages: list[str]
    widths: list[int]
    themes: list[str]

    def includes(self, name: str) -> bool:
        return not self.names or name.startswith(tuple(self.names))


class Look(NamedTuple):
    language: str
    theme: str
    width: int

    def __str__(self) -> str:
        return f"{self.language[:2]}.{self.width}.{self.theme}"


def picture(demo: DemoSite, wanted: Wanted, folder: Path) -> list[str]:
    """Write `<page>.<look>.png` for all wanted pictures; returns the problems found."""
    pages = [page for page in (*PAGES, *admin_pages()) if wanted.includes(page.name)]
    problems: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # A user has one language at a time: all pages in one language, then in the other.
        for language, reader in product(wanted.languages, Reader):
            session = _sign_in(demo, reader, language)
            readers_pages = [page for page in pages if page.reader is reader]
            for theme, width in product(wanted.themes, wanted.widths):
                problems += _visit(
                    chromium, demo, readers_pages, Look(language, theme, width), session, folder
                )
        for language in wanted.languages:
            problems += _take_mails(chromium, demo, wanted, language, folder)
        chromium.close()
    return problems


def _sign_in(demo: DemoSite, reader: Reader, language: str) -> str | None:
    """Return the key of a new session of the reader, whose language becomes `language`."""
    if reader is Reader.NOBODY:
        return None
    user = {
        Reader.MERCHANT: demo.merchant,
        Reader.OPERATOR: demo.operator,
        Reader.NEWCOMER: demo.newcomer,
    }[reader]
    user.language = language
    user.save(update_fields=["language"])
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def _visit(
    chromium: Browser,
    demo: DemoSite,
    pages: list[Page],
    look: Look,
    session: str | None,
    folder: Path,
) -> Iterator[str]:
    if not pages:
        return
    print(f"{look} {pages[0].reader.value}: {len(pages)} pages", flush=True)
    options = {
        "color_scheme": look.theme,
        "locale": LOCALES[look.language],
        "reduced_motion": "reduce",
    }
    window = new_window(chromium, demo.url, look.width, session, **options)
    tab = Tab(window.new_page(), demo.url)
    for page in pages:
        yield from (
            f"{page.name}.{look}: {problem}" for problem in _take(tab, page, demo, look, folder)
        )
    window.close()


def _take_mails(
    chromium: Browser, demo: DemoSite, wanted: Wanted, language: str, folder: Path
) -> Iterator[str]:
    """Take mails in the widths of a phone and of a mail program's pane."""
    if not any(map(wanted.includes, MAILS)):
        return
    demo.merchant.language = language
    demo.merchant.save(update_fields=["language"])
    watchlist = Watchlist.objects.select_related("owner").get(pk=int(str(demo.places["watchlist"])))
    mails = {
        name: html
        for name, html in sample_mails(watchlist, timezone.now()).items()
        if wanted.includes(name)
    }
    for theme, width in product(wanted.themes, MAIL_WIDTHS):
        look = Look(language, theme, width)
        print(f"{look}: {len(mails)} mails", flush=True)
        window = new_window(
            chromium, demo.url, width, None, color_scheme=theme, device_scale_factor=2
        )
        tab = Tab(window.new_page(), demo.url)
        for name, html in mails.items():
            tab.page.set_content(html)
            tab.page.wait_for_load_state("networkidle")
            _picture(tab, folder / f"{name}.{look}.png", width)
            if (pixels := overflow(tab)) > 0:
                yield f"{name}.{look}: {pixels} pixels too wide"
        window.close()


def _take(tab: Tab, page: Page, demo: DemoSite, look: Look, folder: Path) -> Iterator[str]:
    tab.complaints.clear()
    try:
        tab.go(page.address.format_map(demo.places))
        tab.page.wait_for_load_state("networkidle")
        _picture(tab, folder / f"{page.name}.{look}.png", look.width)
    except Error as error:
        yield error.message
        return
    if (pixels := overflow(tab)) > 0:
        yield f"{pixels} pixels too wide"
    yield from (
        text for text in tab.all_complaints() if not ("404" in text and page.name == "not-found")
    )


def _picture(tab: Tab, path: Path, width: int) -> None:
    height = min(MOST_PIXELS, int(tab.page.evaluate("document.documentElement.scrollHeight")))
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
    tab.page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")
