"""Every page, narrow and wide, light and dark: accessible, within its width, and without console messages."""

import pytest
from django.conf import settings

from monitor.models import User
from tests.browser.conftest import Open
from tests.browser.judge import LARGEST_SHIFT, barriers, english, overflow, shift, small_targets
from tests.browser.pages import PAGES, Reader, admin_pages, places
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab, settle

pytestmark = pytest.mark.browser
#: Width, theme and language: every pair of values occurs.
LOOKS = [(390, "light", "zh-hans"), (390, "dark", "en"), (1440, "light", "en"), (1440, "dark", "zh-hans")]
#: The rules of axe that the markup of Django's admin breaks, and where: the search box is named by its title only, the
#: box in place of a select by nothing, the first column of a table has no head, and the help of a chooser is an icon.
DJANGOS = {
    "label-title-only": 'id="searchbar"',
    "aria-input-field-name": 'class="select2-selection',
    "empty-table-header": '<th class="original">',
    "aria-prohibited-attr": 'class="help-tooltip search-label-icon"',
}
#: Words of Django's admin that Django has not translated.
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
    """Everything wrong with the page in the tab."""
    is_djangos = "/admin/" in tab.page.url
    moved = shift(tab)
    tab.page.evaluate("for (const details of document.querySelectorAll('details:not(.menu)')) details.open = true")
    # Wait for content that is loaded on opening: until then the page moves.
    tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    settle(tab.page)
    problems: list[object] = [*(barriers(tab, breaks_as_django_does) if is_djangos else barriers(tab))]
    if (pixels := overflow(tab)) > 0:
        problems.append(f"{pixels} pixels too wide")
    if moved > LARGEST_SHIFT and not is_djangos:
        problems.append(f"moved by {moved:.3f}: {tab.page.evaluate('window.shifts')}")
    if is_phone(tab) and not is_djangos:
        problems += small_targets(tab)
    if language != "en":
        allowed = DJANGOS_ENGLISH if is_djangos else set()
        problems += [f"not translated: {text}" for text in english(tab) if text not in allowed]
    # The 404 of the not-found page itself is expected.
    problems += [text for text in tab.all_complaints() if not ("404" in text and tab.page.url.endswith("/nope/"))]
    tab.complaints.clear()
    return problems


#: Most of the admin is Django's: two looks, which differ in everything, are enough.
OPERATORS_LOOKS = [(390, "light", "zh-hans"), (1440, "dark", "en")]
READERS = [(reader, *look) for reader in Reader for look in (OPERATORS_LOOKS if reader is Reader.OPERATOR else LOOKS)]


@pytest.mark.parametrize(("reader", "width", "theme", "language"), READERS)
def test_every_page_has_no_faults(
    tab: Open, shelf: Shelf, reader: Reader, width: int, theme: str, language: str
) -> None:
    user = person(shelf, reader, language)
    locale = {"en": "en-GB", "zh-hans": "zh-CN"}[language]
    window = tab(width, user=user, color_scheme=theme, locale=locale)
    problems = [
        f"{address}: {fault}" for address in addresses(shelf, reader) for fault in faults(window.go(address), language)
    ]
    assert not problems, "\n".join(problems)


def test_the_theme_follows_the_system(tab: Open, shelf: Shelf) -> None:
    for theme in ("light", "dark"):
        page = tab(color_scheme=theme).read("/settings/").page
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme


def test_pages_fit_other_widths(tab: Open, shelf: Shelf) -> None:
    window = tab(320)
    overflows = {}
    for address in addresses(shelf, Reader.MERCHANT):
        window.go(address)
        for width in (320, 768, 1024, 1920):
            window.page.set_viewport_size({"width": width, "height": 900})
            settle(window.page)
            overflows[address, width] = overflow(window)
    assert {place: pixels for place, pixels in overflows.items() if pixels > 0} == {}


def test_every_language_has_a_look() -> None:
    assert {language for _width, _theme, language in LOOKS} == {code for code, _name in settings.LANGUAGES}
