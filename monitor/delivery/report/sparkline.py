"""The price of the last days as a small picture for a mail, and the same in words. Pure."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache

from django.utils.translation import gettext
from PIL import Image, ImageDraw

from monitor.history.series import Point
from monitor.history.trends import SPARKLINE
from monitor.text import formatting

DAYS = SPARKLINE // timedelta(days=1)
#: As a mail shows it. It is drawn with twice as many dots, for screens that have them.
WIDTH, HEIGHT = 220, 36
#: Told apart from a white and from an almost black card alike: no mail knows which one it will lie on.
COLOUR = (0x5B, 0x74, 0xE8)
#: The colour in so many shades, from none to all of it: 4 bits a dot.
_SHADES = 16
_LINE, _AREA = _SHADES - 1, 2
_DENSITY = 2
_STROKE, _DOT = 2 * _DENSITY, 9 * _DENSITY
#: Pictures, of a kilobyte each.
_KEPT = 2000
#: Of `HEIGHT` below the lowest price, for the area.
_FLOOR = 4 * _DENSITY


@dataclass(frozen=True)
class Sparkline:
    """A mail's HTML shows the picture by `name`.

    `told` are prices, each with the time from which it holds; the last one holds until `end`. Whatever is said or drawn
    is made when it is wanted: of many products only a few are shown in full.
    """

    name: str
    told: Sequence[tuple[datetime, int]]
    end: datetime
    width, height = WIDTH, HEIGHT

    @cached_property
    def png(self) -> bytes:
        return _drawn(tuple(self.told), self.end)

    @property
    def words(self) -> str:
        """What the picture shows, in the active language."""
        said = gettext("Price over %(days)s days: from %(low)s to %(high)s, now %(price)s")
        return said % {**self._prices(), "days": DAYS}

    @property
    def span(self) -> str:
        """From where to where the price went, in the active language."""
        prices = self._prices()
        if prices["price"] == prices["low"]:
            return gettext("%(low)s – %(high)s, now the lowest") % prices
        if prices["price"] == prices["high"]:
            return gettext("%(low)s – %(high)s, now the highest") % prices
        return gettext("%(low)s – %(high)s") % prices

    def _prices(self) -> dict[str, str]:
        prices = [price for _, price in self.told]
        low, high, last = map(formatting.money, (min(prices), max(prices), prices[-1]))
        return {"low": low, "high": high, "price": last}


def sparkline(name: str, prices: Sequence[Point], end: datetime) -> Sparkline | None:
    """The prices of `DAYS` until `end`, each with the time from which it holds; None where the price never moved.

    What is younger fills the picture all the same.
    """
    begins = end - SPARKLINE
    known = [(max(at, begins), price) for at, price in prices if price is not None and at <= end]
    # Of those that were over before, the last one held when it begins.
    told = [one for one, after in zip(known, [*known[1:], None], strict=False) if after is None or after[0] > begins]
    if len({price for _, price in told}) < 2 or told[0][0] >= end:
        return None
    return Sparkline(name, told, end)


@lru_cache(maxsize=_KEPT)
def _drawn(told: tuple[tuple[datetime, int], ...], end: datetime) -> bytes:
    """Kept: what many people watch is drawn alike in all digests of an hour."""
    low, high = min(price for _, price in told), max(price for _, price in told)
    width, height = WIDTH * _DENSITY, HEIGHT * _DENSITY
    margin = _DOT // 2
    across, up = width - 1 - margin, height - 1 - 2 * margin - _FLOOR
    start = max(end - SPARKLINE, told[0][0])

    def spot(at: datetime, price: int) -> tuple[int, int]:
        share = max((at - start) / (end - start), 0.0)
        return round(across * share), margin + round(up * (high - price) / (high - low))

    image = Image.new("P", (width, height))
    image.putpalette(bytes(COLOUR) * _SHADES)
    draw = ImageDraw.Draw(image)
    steps = [spot(*one) for one in told]
    half = _STROKE // 2
    for (x, y), (to_x, to_y) in zip(steps, [*steps[1:], (across, steps[-1][1])], strict=True):
        draw.rectangle((x, y, to_x, height - 1), fill=_AREA)
        draw.rectangle((x, y - half, to_x, y + half - 1), fill=_LINE)
        draw.rectangle((to_x - half, min(y, to_y) - half, to_x + half - 1, max(y, to_y) + half - 1), fill=_LINE)
    dot, ring = _dot()
    image.paste(dot, (across - margin, steps[-1][1] - margin), ring)
    file = io.BytesIO()
    image.save(file, "PNG", bits=4, transparency=_OPACITIES)
    return file.getvalue()


@cache
def _dot() -> tuple[Image.Image, Image.Image]:
    """Where the price is now, and the ring of nothing around it. Drawn large and shrunk, for smooth edges."""
    dot = _disc(_DOT * 2 // 3).point(lambda shade: (shade * _LINE + 127) // 255)
    return dot, _disc(_DOT)


def _disc(width: int) -> Image.Image:
    large, edge = _DOT * 8, (_DOT - width) * 4
    image = Image.new("L", (large, large))
    ImageDraw.Draw(image).ellipse((edge, edge, large - edge, large - edge), fill=255)
    return image.resize((_DOT, _DOT), Image.Resampling.LANCZOS)


_OPACITIES = bytes(shade * 255 // _LINE for shade in range(_SHADES))
