"""Every page, small and wide, light and dark: accessible, within its width, and nothing in the console."""

import pytest
from django.conf import settings

from monitor.models import User
from tests.browser.conftest import Open
from tests.browser.judge import LARGEST_SHIFT, barriers, english, overflow, shift, small_targets
from tests.browser.pages import PAGES, Reader, admin_pages, places
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab, settle

pytestmark = pytest.mark.browser
#: Each reader's pages in each language, theme and width, two of them at a time.
LOOKS = [(390, "light", "zh-hans"), (390, "dark", "en"), (1440, "light", "en"), (1440, "dark", "zh-hans")]
#: What the markup of Django's own admin breaks, by axe's rule: its search box is named by its title, the box that its
#: script puts in a select's place by nothing, the first column of a table has no head, a chooser's help is an icon.
DJANGOS = {
    "label-title-only": 'id="searchbar"',
    "aria-input-field-name": 'class="select2-selection',
    "empty-table-header": '<th class="original">',
    "aria-prohibited-attr": 'class="help-tooltip search-label-icon"',
}
#: Words of Django's own admin that it has not translated.
DJANGOS_ENGLISH = {"Search"}


def addresses(shelf: Shelf, reader: Reader) -> list[str]:
    named = places(shelf.lively, shelf.hostile, shelf.rivals)
    pages = [page for page in (*PAGES, *admin_pages()) if page.reader is reader]
    return [page.address.format_map(named) for page in pages]


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


def faults(tab: Tab, language: str) -> list[object]:
    """What is wrong with the page that the tab shows."""
    is_djangos = "/admin/" in tab.page.url
    moved = shift(tab)
    tab.page.evaluate("for (const one of document.querySelectorAll('details:not(.menu)')) one.open = true")
    # What is asked for as it is opened has come: until then the page moves beneath the judge's eyes.
    tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    settle(tab.page)
    found: list[object] = [*(barriers(tab, breaks_as_django_does) if is_djangos else barriers(tab))]
    if (pixels := overflow(tab)) > 0:
        found.append(f"{pixels} pixels too wide")
    if moved > LARGEST_SHIFT and not is_djangos:
        found.append(f"moved by {moved:.3f}: {tab.page.evaluate('window.shifts')}")
    if is_phone(tab) and not is_djangos:
        found += small_targets(tab)
    if language != "en":
        allowed = DJANGOS_ENGLISH if is_djangos else set()
        found += [f"not translated: {text}" for text in english(tab) if text not in allowed]
    # That the page itself is missing is what the page that says so is for.
    found += [text for text in tab.all_complaints() if not ("404" in text and tab.page.url.endswith("/nope/"))]
    tab.complaints.clear()
    return found


#: The admin is Django's for the most part: two looks, which differ in everything, are enough.
OPERATORS_LOOKS = [(390, "light", "zh-hans"), (1440, "dark", "en")]
READERS = [(reader, *look) for reader in Reader for look in (OPERATORS_LOOKS if reader is Reader.OPERATOR else LOOKS)]


@pytest.mark.parametrize(("reader", "width", "theme", "language"), READERS)
def test_every_page_can_be_used_by_everybody(
    tab: Open, shelf: Shelf, reader: Reader, width: int, theme: str, language: str
) -> None:
    user = person(shelf, reader, language)
    locale = {"en": "en-GB", "zh-hans": "zh-CN"}[language]
    window = tab(width, user=user, color_scheme=theme, locale=locale)
    found = [
        f"{address}: {one}" for address in addresses(shelf, reader) for one in faults(window.go(address), language)
    ]
    assert not found, "\n".join(found)


def test_the_theme_follows_the_system(tab: Open, shelf: Shelf) -> None:
    for theme in ("light", "dark"):
        page = tab(color_scheme=theme).read("/settings/").page
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme


def test_pages_fit_the_widths_between(tab: Open, shelf: Shelf) -> None:
    window = tab(320)
    wide = {}
    for address in addresses(shelf, Reader.MERCHANT):
        window.go(address)
        for width in (320, 768, 1024, 1920):
            window.page.set_viewport_size({"width": width, "height": 900})
            settle(window.page)
            wide[address, width] = overflow(window)
    assert {place: pixels for place, pixels in wide.items() if pixels > 0} == {}


def test_every_language_has_a_look() -> None:
    assert {language for _width, _theme, language in LOOKS} == {code for code, _name in settings.LANGUAGES}
