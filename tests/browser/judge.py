"""What is wrong with a page, as far as a machine can see it."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path

from django.conf import settings

from tests.browser.tab import Tab
from tests.translations import CATALOGUE, read_catalogue

AXE = Path(settings.BASE_DIR, "node_modules", "axe-core", "axe.min.js")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
#: Every element that breaks a rule. What is in order is far more, and stays in the browser.
BROKEN = """
    async (rules) => (await axe.run(rules)).violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => [id, html]))
"""
#: What a finger hits; links within a line of text are as high as the line.
SMALLEST_TARGET = 24
#: What Google calls good is 0.1.
LARGEST_SHIFT = 0.05
TARGETS = """
    (least) => [...document.querySelectorAll("a[href], button, select, summary, textarea, input:not([type=hidden])")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .filter((one) => getComputedStyle(one).display !== "inline")
      // Heads of columns that a phone does not show are clipped to a pixel, and read aloud.
      .filter((one) => !one.closest("thead") || one.closest("thead").clientWidth > 1)
      .map((one) => [one.closest("label") ?? one, one])
      .map(([area, one]) => [area.getBoundingClientRect(), one])
      .filter(([{ width, height }]) => width > 1 && height > 1 && Math.min(width, height) < least - 0.5)
      .map(([{ width, height }, one]) => `${Math.round(width)} × ${Math.round(height)}: ${one.outerHTML.slice(0, 120)}`)
"""
#: Every text that is seen or read aloud, but for what is marked as foreign or as code.
TEXTS = """
    () => {
      const foreign = "script, style, code, pre, kbd, [translate=no], [lang=en], option[value=en]";
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts = [document.title];
      while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(foreign)) texts.push(walker.currentNode.data);
      }
      for (const name of ["title", "alt", "placeholder", "aria-label", "aria-description", "data-announce"]) {
        for (const one of document.querySelectorAll(`[${name}]`)) {
          if (!one.closest(foreign)) texts.push(one.getAttribute(name));
        }
      }
      for (const one of document.querySelectorAll("input[type=submit], input[type=button]")) texts.push(one.value);
      return [...new Set(texts.map((text) => text.replace(/\\s+/g, " ").trim()))];
    }
"""
WORD = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]")


#: Milliseconds after which a page has come to rest.
SETTLES = 1500


def barriers(tab: Tab, is_known: Callable[[str, str], bool] = lambda rule, element: False) -> list[tuple[str, str]]:
    """What axe finds wrong with the page: rules, and every element that breaks them, but for what is known.

    What it finds is looked at once more a little later: a page that still moves beneath its eyes is not to blame.
    """
    tab.page.evaluate(AXE.read_text(encoding="utf-8"))
    # Half under the bar at the top, where a page has moved its reader down, anything is hard to hit.
    tab.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")

    def violations() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = tab.page.evaluate(BROKEN, RULES)
        broken = [(rule, element[:200]) for rule, element in found]
        return [one for one in broken if not is_known(*one)]

    if not violations():
        return []
    tab.page.wait_for_timeout(SETTLES)
    return violations()


def overflow(tab: Tab) -> int:
    """By how many pixels the page is wider than its window."""
    return int(tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def small_targets(tab: Tab) -> list[str]:
    """What is harder to hit than `SMALLEST_TARGET` allows."""
    return list(tab.page.evaluate(TARGETS, SMALLEST_TARGET))


def shift(tab: Tab) -> float:
    """How much of the page moved after it was first painted: the sum of its layout shifts."""
    tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return float(tab.page.evaluate("window.shifts.reduce((sum, [value]) => sum + value, 0)"))


def english(tab: Tab) -> list[str]:
    """Texts of the catalogue that a Chinese page shows in English."""
    texts: list[str] = tab.page.evaluate(TEXTS)
    return [text for text in texts if WORD.search(text) and not CHINESE.search(text) and _is_ours(text)]


def _is_ours(text: str) -> bool:
    return text not in _same_in_both() and _catalogue().fullmatch(text) is not None


@cache
def _messages() -> list[tuple[str, str]]:
    """What is said in English, each form of it, and in Chinese."""
    messages = [message for message in read_catalogue(CATALOGUE) if message.id]
    return [pair for message in messages for pair in zip(_forms(message.id), cycle(_forms(message.string)))]


def _forms(text: str | Sequence[str] | None) -> list[str]:
    forms = [text] if isinstance(text, str) else text or []
    return [" ".join(form.split()) for form in forms]


@cache
def _same_in_both() -> frozenset[str]:
    return frozenset(english for english, chinese in _messages() if english == chinese)


@cache
def _catalogue() -> re.Pattern[str]:
    """Any English text of ours, with anything where it has a placeholder."""
    said = (PLACE.split(english) for english, _chinese in _messages())
    patterns = (".+".join(map(re.escape, parts)) for parts in said if WORD.search(" ".join(parts)))
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
