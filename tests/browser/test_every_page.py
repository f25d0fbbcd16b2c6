"""Every page, small and wide, light and dark: accessible, within its width, and nothing in the console."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.browser.conftest import Open, Tab
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser
AXE = Path(settings.BASE_DIR, "node_modules", "axe-core", "axe.min.js")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def barriers(tab: Tab) -> list[tuple[str, str]]:
    """What axe finds wrong with the page: the rule and the first element that breaks it."""
    tab.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = tab.page.evaluate("rules => axe.run(rules)", RULES)
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]


def overflow(tab: Tab) -> int:
    return int(tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def addresses(shelf: Shelf) -> list[str]:
    product = f"/products/{shelf.lively.num_iid}/"
    return [
        *("/products/", "/products/?q=nothing&status=failing", product, f"{product}?range=7d&about=shop"),
        *(f"/products/{shelf.hostile.num_iid}/", "/alerts/?show=all", "/watchlists/", "/password/", "/nope/"),
        f"/watchlists/{shelf.rivals.pk}/delete/",
    ]


@pytest.mark.parametrize(
    ("width", "theme", "language"),
    [(390, "light", "zh-hans"), (390, "dark", "en"), (1440, "light", "en"), (1440, "dark", "zh-hans")],
)
def test_every_page_can_be_used_by_everybody(tab: Open, shelf: Shelf, width: int, theme: str, language: str) -> None:
    shelf.merchant.language = language
    shelf.merchant.save()
    merchants = tab(width, color_scheme=theme)
    for address in addresses(shelf):
        merchants.go(address)
        merchants.page.evaluate("for (const one of document.querySelectorAll('details:not(.menu)')) one.open = true")
        assert merchants.page.evaluate("document.documentElement.dataset.bsTheme") == theme
        assert barriers(merchants) == [], address
        assert overflow(merchants) <= 0, address
    assert [text for text in merchants.all_complaints() if "404" not in text] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_pages_of_a_newcomer_too(tab: Open, shelf: Shelf, theme: str) -> None:
    strangers = tab(390, user=None, color_scheme=theme).go("/login/")
    assert barriers(strangers) == []
    newcomers = tab(390, user=shelf.newcomer, color_scheme=theme)
    for address in ("/products/", "/alerts/", "/watchlists/"):
        newcomers.go(address)
        assert barriers(newcomers) == [], address
        assert overflow(newcomers) <= 0, address
    assert strangers.all_complaints() + newcomers.all_complaints() == []


@pytest.mark.parametrize("width", [320, 768, 1024, 1920])
def test_pages_fit_the_widths_between(tab: Open, shelf: Shelf, width: int) -> None:
    merchants = tab(width)
    for address in addresses(shelf):
        merchants.go(address)
        assert overflow(merchants) <= 0, address
