"""A Chromium and its tabs, which listen to what the console, the policy and the layout complain of."""

import re
import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, TimeoutError, expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="teal"/></svg>'
#: The pictures of products are not on the network: one host has them all, every other one none.
HAS_PICTURES = "https://p3-aio.ecombdimg.com/"
LISTEN = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120));
        if (!entry.hadRecentInput) window.shifts.push([entry.value, moved]);
      }
    }).observe({ type: "layout-shift", buffered: true });
"""
#: Charts come late, and not where they are hidden.
ALL_DRAWN = """
    () => [...document.querySelectorAll("canvas")].every(
      (canvas) => !canvas.checkVisibility() || window.Chart?.getChart(canvas) || canvas.closest("[data-drawn]"),
    )
"""


class Tab:
    """A page of the site, and everything its console complained of."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "net::ERR_FAILED" not in text:
            self.complaints.append(text)

    def go(self, address: str) -> "Tab":
        """Open an address and wait until everything on it is drawn."""
        self.read(address)
        try:
            self.page.wait_for_function(ALL_DRAWN)
        except TimeoutError:
            self.complaints.append("a chart was never drawn")
        return self

    def read(self, address: str) -> "Tab":
        self.page.goto(self.site + address, wait_until="load")
        return self

    def all_complaints(self) -> list[str]:
        return self.complaints + list(self.page.evaluate("window.violations"))


def settle(page: Page) -> None:
    """Wait until htmx has taken hold of what it swapped in: a key pressed before is the browser's alone."""
    expect(page.locator(".htmx-request, .htmx-added, .htmx-settling, .htmx-swapping")).to_have_count(0)


def drag_across(chart: Locator) -> None:
    """Draw the pointer over some third of a chart, as one does to look closer."""
    box = chart.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    mouse = chart.page.mouse
    mouse.move(box["x"] + box["width"] * 0.4, y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.7, y, steps=5)
    mouse.up()


def new_window(chromium: Browser, site: str, width: int, session: str | None, **options: Any) -> BrowserContext:
    """A window `width` pixels wide, in which the person of the session is signed in."""
    window = chromium.new_context(viewport={"width": width, "height": 900}, **options)
    window.set_default_timeout(10_000)
    # A whole page comes with its scripts and styles, which on a busy machine takes a while.
    window.set_default_navigation_timeout(30_000)
    window.route(re.compile(r"^https://"), _picture)
    window.add_init_script(LISTEN)
    if session is not None:
        window.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    return window


def _picture(route: Route) -> None:
    if route.request.url.startswith(HAS_PICTURES):
        route.fulfill(body=PICTURE, content_type="image/svg+xml")
    else:
        route.abort()
