"""Windows and tabs of Chromium, which record console messages, policy violations and layout
shifts."""

import re
import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, TimeoutError, expect

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" '
    b'fill="teal"/></svg>'
)
#: Requests of product pictures are answered for this host and fail for every other one.
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
#: Charts load late, and hidden charts are not drawn.
ALL_DRAWN = """
    () => [...document.querySelectorAll("canvas")].every(
      (canvas) =>
        !canvas.checkVisibility() ||
        window.Chart?.getChart(canvas) ||
        canvas.closest("[data-drawn]"),
    )
"""
HAS_WORKER = (
    "async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'"
)
UNTIL = """
    async () => {
      for (let tries = 0; tries < 400; tries += 1) {
        if (await (%s)()) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error("never");
    }
"""


class Tab:
    """A page of the site, and the complaints of its console."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _hear(self, kind: str, text: str) -> None:
        is_expected = "net::ERR_FAILED" in text or "Service Worker registration blocked" in text
        if kind in ("error", "warning") and not is_expected:
            self.complaints.append(text)

    def go(self, address: str) -> "Tab":
        """Open an address and wait until its charts are drawn."""
        self.read(address)
        try:
            self.page.wait_for_function(ALL_DRAWN)
        except TimeoutError:
            self.complaints.append("a chart was never drawn")
        return self

    def read(self, address: str) -> "Tab":
        self.page.goto(self.site + address, wait_until="load")
        return self

    def until(self, script: str) -> "Tab":
        """Wait until an async script says yes: `wait_for_function` would not wait for its
        promise."""
        self.page.evaluate(UNTIL % script)
        return self

    def with_worker(self) -> "Tab":
        """Open a page and wait for the worker, which serves the next one."""
        return self.read("/help/").until(HAS_WORKER)

    def all_complaints(self) -> list[str]:
        return self.complaints + list(self.page.evaluate("window.violations"))


def settle(page: Page) -> None:
    """Wait until htmx has processed the swapped content: before that it does not handle keys."""
    busy = page.locator(".htmx-request, .htmx-added, .htmx-settling, .htmx-swapping")
    expect(busy).to_have_count(0, timeout=20_000)


def act_on_row(page: Page, action: str, product: str) -> None:
    """Open the menu of a row of the products table and choose an action."""
    page.get_by_label(f"Actions: {product}").click()
    page.locator("#row-menu").get_by_role("button", name=action).click()


def record_drawn_texts(page: Page) -> None:
    """Collect every text that is drawn on a canvas from now on in `window.written`."""
    page.evaluate(
        "() => { window.written = []; const write = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {"
        "  window.written.push(text); write.call(this, text, ...at); } }"
    )


def drag_across(chart: Locator) -> None:
    """Drag the mouse across a third of a chart, which zooms in."""
    box = chart.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    mouse = chart.page.mouse
    mouse.move(box["x"] + box["width"] * 0.4, y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.7, y, steps=5)
    mouse.up()


def new_window(
    chromium: Browser, site: str, width: int, session: str | None, **options: Any
) -> BrowserContext:
    """Return a window `width` pixels wide, in which the session's user is signed in."""
    # Tests of the worker allow it: in others it would only fetch its files for each window.
    options = {"service_workers": "block", "locale": "en-US", **options}
    window = chromium.new_context(viewport={"width": width, "height": 900}, **options)
    window.set_default_timeout(10_000)
    # A page loads its scripts and styles, which takes a while on a busy machine.
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
