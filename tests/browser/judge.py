"""Automatic checks of a page: accessibility, width, sizes of targets, layout shifts,
translation."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path

from django.conf import settings

from tests.browser.tab import Tab
from tests.text.translations import CATALOGUE, read_catalogue

AXE = Path(settings.BASE_DIR, "node_modules", "axe-core", "axe.min.js")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
#: Every element that breaks a rule.
BROKEN = """
    async (rules) => (await axe.run(rules)).violations
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => [id, html]))
"""
#: The least width and height for a finger, in pixels. Links within a line of text are exempt.
SMALLEST_TARGET = 24
#: Google calls 0.1 good.
LARGEST_SHIFT = 0.05
TARGETS = """
    (least) => ["a[href]", "button", "select", "summary", "textarea", "input:not([type=hidden])"]
      .flatMap((selector) => [...document.querySelectorAll(selector)])
      .filter((element) =>
        element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .filter((element) => getComputedStyle(element).display !== "inline")
      // Column heads that a phone does not show are clipped to a pixel for screen readers.
      .filter((element) => !element.closest("thead") || element.closest("thead").clientWidth > 1)
      .map((element) => [element.closest("label") ?? element, element.outerHTML.slice(0, 120)])
      .map(([area, html]) => [area.getBoundingClientRect(), html])
      .filter(([{ width, height }]) => width > 1 && height > 1)
      .filter(([{ width, height }]) => Math.min(width, height) < least - 0.5)
      .map(([{ width, height }, html]) => `${Math.round(width)} × ${Math.round(height)}: ${html}`)
"""
#: Every text that is visible or read aloud, except what is marked as foreign or as code.
TEXTS = """
    () => {
      const foreign = "script, style, code, pre, kbd, [translate=no], [lang=en], option[value=en]";
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts = [document.title];
      while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(foreign)) texts.push(walker.currentNode.data);
      }
      for (const name of ["title", "alt", "placeholder", "aria-label", "aria-description",
          "data-announce"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) {
          if (!element.closest(foreign)) texts.push(element.getAttribute(name));
        }
      }
      const buttons = document.querySelectorAll("input[type=submit], input[type=button]");
      for (const button of buttons) texts.push(button.value);
      return [...new Set(texts.map((text) => text.replace(/\\s+/g, " ").trim()))];
    }
"""
WORD = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]")


#: After this time a page no longer moves.
SETTLES_MILLISECONDS = 1500


def barriers(
    tab: Tab, is_known: Callable[[str, str], bool] = lambda rule, element: False
) -> list[tuple[str, str]]:
    """Return what axe finds wrong with the page: rules, and the elements that break them, except
    known ones.

    If it finds anything it checks again a little later, because a page that still moves breaks
    rules."""
    tab.page.evaluate(AXE.read_text(encoding="utf-8"))
    # A page may have scrolled down: elements half under the top bar are hard to hit.
    tab.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")

    def violations() -> list[tuple[str, str]]:
        broken: list[tuple[str, str]] = tab.page.evaluate(BROKEN, RULES)
        return [
            (rule, element[:200]) for rule, element in broken if not is_known(rule, element[:200])
        ]

    if not violations():
        return []
    tab.page.wait_for_timeout(SETTLES_MILLISECONDS)
    return violations()


def overflow(tab: Tab) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(
        tab.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    )


def small_targets(tab: Tab) -> list[str]:
    """Return the targets smaller than `SMALLEST_TARGET`."""
    return list(tab.page.evaluate(TARGETS, SMALLEST_TARGET))


def flaws(tab: Tab) -> list[object]:
    """Return barriers, small targets, and a page that is too wide."""
    return [
        *barriers(tab),
        *small_targets(tab),
        *([f"{pixels} px too wide"] if (pixels := overflow(tab)) > 0 else []),
    ]


def shift(tab: Tab) -> float:
    """Return the sum of the layout shifts since the first paint."""
    tab.page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return float(tab.page.evaluate("window.shifts.reduce((sum, [value]) => sum + value, 0)"))


def english(tab: Tab) -> list[str]:
    """Return texts of the catalogue that a Chinese page shows in English."""
    texts: list[str] = tab.page.evaluate(TEXTS)
    return [
        text for text in texts if WORD.search(text) and not CHINESE.search(text) and _is_ours(text)
    ]


def _is_ours(text: str) -> bool:
    return text not in _same_in_both() and _catalogue().fullmatch(text) is not None


@cache
def _messages() -> list[tuple[str, str]]:
    """Return every English text, in each of its forms, with the Chinese one."""
    messages = [message for message in read_catalogue(CATALOGUE) if message.id]
    return [
        pair
        for message in messages
        for pair in zip(_forms(message.id), cycle(_forms(message.string)))
    ]


def _forms(text: str | Sequence[str] | None) -> list[str]:
    forms = [text] if isinstance(text, str) else text or []
    return [" ".join(form.split()) for form in forms]


@cache
def _same_in_both() -> frozenset[str]:
    return frozenset(english for english, chinese in _messages() if english == chinese)


@cache
def _catalogue() -> re.Pattern[str]:
    """Match every English text of the catalogue, with anything in place of its placeholders."""
    texts = (PLACE.split(english) for english, _chinese in _messages())
    patterns = (".+".join(map(re.escape, parts)) for parts in texts if WORD.search(" ".join(parts)))
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
