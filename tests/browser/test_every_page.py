"""Every page, narrow and wide, light and dark: accessible, within its width, and without console
messages."""

from typing import Any

import pytest

from monitor.models import User
from monitor.watching.pairings import set_rivals
from tests.browser.conftest import Open
from tests.browser.judge import LARGEST_SHIFT, barriers, english, overflow, shift, small_targets
from tests.browser.pages import PAGES, Reader, admin_pages, places
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab, settle

pytestmark = pytest.mark.browser
type Look = tuple[int, str, str]
#: Every width, theme and language. The first four differ from each other in two of the three.
LOOKS: list[Look] = [
    *((390, "light", "zh-hans"), (1440, "dark", "zh-hans")),
    *((390, "dark", "en"), (1440, "light", "en")),
    *((390, "dark", "zh-hans"), (1440, "light", "zh-hans")),
    *((390, "light", "en"), (1440, "dark", "en")),
]
AT_A_LANDING = 4
#: The rules of axe that the markup of Django's admin breaks, and where: the search box is named by
#: its title only, the box in place of a select by nothing, the first column of a table has no head,
#: and the help of a chooser is an icon.
DJANGOS = {
    "label-title-only": 'id="searchbar"',
    "aria-input-field-name": 'class="select2-selection',
    "empty-table-header": '<th class="original">',
    "aria-prohibited-attr": 'class="help-tooltip search-label-icon"',
}
#: Words of Django's admin that Django has not translated.
DJANGOS_ENGLISH = {"Search"}


def addresses(shelf: Shelf) -> dict[Reader, list[str]]:
    """Return the addresses of all pages by who opens them."""
    named, pages = places(shelf.lively, shelf.hostile, shelf.rivals), (*PAGES, *admin_pages())
    return {
        reader: [page.address.format_map(named) for page in pages if page.reader is reader]
        for reader in Reader
    }


def pair(shelf: Shelf) -> None:
    """Give a product a cost and rivals: without them the page of rivals has no table."""
    shelf.rivals.watches.filter(product=shelf.lively).update(cost=4000)
    others = shelf.rivals.watches.exclude(product=shelf.lively).values_list(
        "product__num_iid", flat=True
    )
    set_rivals(shelf.rivals.watches.get(product=shelf.lively), list(others), shelf.merchant)


def person(shelf: Shelf, reader: Reader, language: str) -> User | None:
    if reader is Reader.NOBODY:
        return None
    user = shelf.merchant if reader is Reader.MERCHANT else shelf.newcomer
    user.is_staff = user.is_superuser = reader is Reader.OPERATOR
    user.language = language
    user.save()
    return user


def is_phone(tab: Tab) -> bool:
    return tab.page.viewport_size is not None and tab.page.viewport_size["width"] < 500


def breaks_as_django_does(rule: str, element: str) -> bool:
    return rule in DJANGOS and DJANGOS[rule] in element


def overflows(tab: Tab) -> dict[int, int]:
    """Return by how many pixels the page is wider than windows of several widths."""
    usual: Any = tab.page.viewport_size
    pixels = {}
    for width in (usual["width"], 320, 768, 1024, 1920):
        tab.page.set_viewport_size({"width": width, "height": usual["height"]})
        pixels[width] = overflow(tab)
    tab.page.set_viewport_size({"width": usual["width"], "height": usual["height"]})
    return pixels


def faults(tab: Tab, language: str) -> list[object]:
    """Return everything that is wrong with the page in the tab."""
    is_djangos = "/admin/" in tab.page.url
    moved = shift(tab)
    tab.page.evaluate(
        "for (const details of document.querySelectorAll('details:not(.menu)')) details.open = true"
    )
    # Wait for content that is loaded on opening: until then the page moves.
    tab.page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    settle(tab.page)
    problems: list[object] = [
        *(barriers(tab, breaks_as_django_does) if is_djangos else barriers(tab))
    ]
    if moved > LARGEST_SHIFT and not is_djangos:
        problems.append(f"moved by {moved:.3f}: {tab.page.evaluate('window.shifts')}")
    if is_phone(tab) and not is_djangos:
        problems += small_targets(tab)
    if language != "en":
        allowed = DJANGOS_ENGLISH if is_djangos else set()
        problems += [f"not translated: {text}" for text in english(tab) if text not in allowed]
    problems += [
        f"{pixels} pixels too wide at {width}"
        for width, pixels in overflows(tab).items()
        if pixels > 0
    ]
    # The 404 of the not-found page itself is expected.
    problems += [
        text
        for text in tab.all_complaints()
        if not ("404" in text and tab.page.url.endswith("/nope/"))
    ]
    tab.complaints.clear()
    return problems


def all_faults(tab: Open, shelf: Shelf, look: Look, pages: slice) -> list[str]:
    """Return what is wrong with these pages of each reader in one look."""
    width, theme, language = look
    locale = {"en": "en-GB", "zh-hans": "zh-CN"}[language]
    pair(shelf)
    problems = []
    for reader, addresses_of_reader in addresses(shelf).items():
        window = tab(width, user=person(shelf, reader, language), color_scheme=theme, locale=locale)
        for address in addresses_of_reader[pages]:
            problems += [f"{address}: {fault}" for fault in faults(window.go(address), language)]
    return problems


@pytest.mark.parametrize("number", range(AT_A_LANDING))
def test_every_page_has_no_faults_in_one_look(tab: Open, shelf: Shelf, number: int) -> None:
    problems = all_faults(tab, shelf, LOOKS[number], slice(number, None, AT_A_LANDING))
    assert not problems, "\n".join(problems)


@pytest.mark.nightly
@pytest.mark.parametrize("look", LOOKS, ids=map(str, LOOKS))
def test_every_page_has_no_faults_in_any_look(tab: Open, shelf: Shelf, look: Look) -> None:
    problems = all_faults(tab, shelf, look, slice(None))
    assert not problems, "\n".join(problems)
