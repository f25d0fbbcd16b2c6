"""Every page, one after the other, in a window for each language, theme and width."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from django.test import Client
from playwright.sync_api import Browser, Error, FloatRect, sync_playwright

from tests.browser.judge import overflow
from tests.browser.pages import PAGES, Page, Reader, admin_pages
from tests.browser.tab import CHROMIUM, Tab, new_window
from tests.screenshots.site import DemoSite

#: Of a long list the rest looks like its beginning.
MOST_PIXELS = 3600
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}


class Wanted(NamedTuple):
    """Which pages are pictured, and how."""

    names: list[str]
    languages: list[str]
    widths: list[int]
    themes: list[str]

    def includes(self, page: Page) -> bool:
        return not self.names or page.name.startswith(tuple(self.names))


class Look(NamedTuple):
    language: str
    theme: str
    width: int

    def __str__(self) -> str:
        return f"{self.language[:2]}.{self.width}.{self.theme}"


def picture(demo: DemoSite, wanted: Wanted, folder: Path) -> list[str]:
    """Write `<page>.<look>.png` for everything that is wanted; return what looks wrong."""
    pages = [page for page in (*PAGES, *admin_pages()) if wanted.includes(page)]
    problems: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # A person has one language at a time: first all pages in one, then in the other.
        for language, reader in product(wanted.languages, Reader):
            session = _sign_in(demo, reader, language)
            seen = [page for page in pages if page.reader is reader]
            for theme, width in product(wanted.themes, wanted.widths):
                problems += _visit(chromium, demo, seen, Look(language, theme, width), session, folder)
        chromium.close()
    return problems


def _sign_in(demo: DemoSite, reader: Reader, language: str) -> str | None:
    """The key of a session of the reader, who now speaks `language`."""
    if reader is Reader.NOBODY:
        return None
    user = {Reader.MERCHANT: demo.merchant, Reader.OPERATOR: demo.operator, Reader.NEWCOMER: demo.newcomer}[reader]
    user.language = language
    user.save(update_fields=["language"])
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def _visit(
    chromium: Browser, demo: DemoSite, pages: list[Page], look: Look, session: str | None, folder: Path
) -> Iterator[str]:
    if not pages:
        return
    print(f"{look} {pages[0].reader.value}: {len(pages)} pages", flush=True)
    options = {"color_scheme": look.theme, "locale": LOCALES[look.language], "reduced_motion": "reduce"}
    window = new_window(chromium, demo.url, look.width, session, **options)
    tab = Tab(window.new_page(), demo.url)
    for page in pages:
        yield from (f"{page.name}.{look}: {problem}" for problem in _take(tab, page, demo, look, folder))
    window.close()


def _take(tab: Tab, page: Page, demo: DemoSite, look: Look, folder: Path) -> Iterator[str]:
    tab.complaints.clear()
    try:
        tab.go(page.address.format_map(demo.places))
        tab.page.wait_for_load_state("networkidle")
        height = min(MOST_PIXELS, int(tab.page.evaluate("document.documentElement.scrollHeight")))
        clip: FloatRect = {"x": 0, "y": 0, "width": look.width, "height": height}
        path = folder / f"{page.name}.{look}.png"
        tab.page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")
    except Error as error:
        yield error.message
        return
    if (pixels := overflow(tab)) > 0:
        yield f"{pixels} pixels too wide"
    yield from (text for text in tab.all_complaints() if not ("404" in text and page.name == "not-found"))
