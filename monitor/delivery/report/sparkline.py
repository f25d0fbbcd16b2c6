"""The price of the last days as a small picture for a mail, and in words. Pure."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from itertools import pairwise

from django.utils.translation import gettext
from PIL import Image, ImageDraw

from monitor.history.series import Point
from monitor.history.trends import SPARKLINE
from monitor.text import formatting

DAYS = SPARKLINE // timedelta(days=1)
#: Size in a mail. It is drawn with twice as many pixels, for dense screens.
WIDTH, HEIGHT = 220, 36
#: Visible on a white and on a nearly black card: a mail cannot know which one it is on.
COLOUR = (0x5B, 0x74, 0xE8)
#: Opacities of the colour: 4 bits a pixel.
_SHADES = 16
_LINE, _AREA = _SHADES - 1, 2
_DENSITY = 2
_STROKE, _DOT = 2 * _DENSITY, 9 * _DENSITY
#: Cached pictures, of about 1 KB each.
_CACHED = 2000
#: The height of the area below the lowest price.
_FLOOR = 4 * _DENSITY


@dataclass(frozen=True)
class Sparkline:
    """`name` is the picture's Content-ID. `prices` have the time from which each holds; the last holds until `end`.

    The picture and the words are made when they are used: a mail shows only a few of its products in full.
    """

    name: str
    prices: Sequence[tuple[datetime, int]]
    end: datetime
    width, height = WIDTH, HEIGHT

    @cached_property
    def png(self) -> bytes:
        return _drawn(tuple(self.prices), self.end)

    @property
    def words(self) -> str:
        """The picture's content, in the active language."""
        text = gettext("Price over %(days)s days: from %(low)s to %(high)s, now %(price)s")
        return text % {**self._price_words(), "days": DAYS}

    @property
    def span(self) -> str:
        """The lowest and highest price, in the active language."""
        prices = self._price_words()
        if prices["price"] == prices["low"]:
            return gettext("%(low)s – %(high)s, now the lowest") % prices
        if prices["price"] == prices["high"]:
            return gettext("%(low)s – %(high)s, now the highest") % prices
        return gettext("%(low)s – %(high)s") % prices

    def _price_words(self) -> dict[str, str]:
        prices = [price for _, price in self.prices]
        low, high, last = map(formatting.money, (min(prices), max(prices), prices[-1]))
        return {"low": low, "high": high, "price": last}


def sparkline(name: str, prices: Sequence[Point], end: datetime) -> Sparkline | None:
    """The prices of `DAYS` until `end`; None if the price never changed. A younger product fills the picture, too."""
    begins = end - SPARKLINE
    known = [(max(at, begins), price) for at, price in prices if price is not None and at <= end]
    # All earlier prices now stand at the begin: only the last of them held then.
    shown = [(at, price) for (at, price), (until, _) in pairwise([*known, (end, 0)]) if until > begins]
    if len({price for _, price in shown}) < 2 or shown[0][0] >= end:
        return None
    return Sparkline(name, shown, end)


@lru_cache(maxsize=_CACHED)
def _drawn(prices: tuple[tuple[datetime, int], ...], end: datetime) -> bytes:
    """Cached, because a product with many watchers has the same picture in all digests of an hour."""
    low, high = min(price for _, price in prices), max(price for _, price in prices)
    width, height = WIDTH * _DENSITY, HEIGHT * _DENSITY
    margin = _DOT // 2
    across, up = width - 1 - margin, height - 1 - 2 * margin - _FLOOR
    start = max(end - SPARKLINE, prices[0][0])

    def spot(at: datetime, price: int) -> tuple[int, int]:
        share = max((at - start) / (end - start), 0.0)
        return round(across * share), margin + round(up * (high - price) / (high - low))

    image = Image.new("P", (width, height))
    image.putpalette(bytes(COLOUR) * _SHADES)
    draw = ImageDraw.Draw(image)
    steps = [spot(at, price) for at, price in prices]
    half = _STROKE // 2
    for (x, y), (to_x, to_y) in pairwise([*steps, (across, steps[-1][1])]):
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
    """The dot at the current price, and the clear ring around it."""
    dot = _disc(_DOT * 2 // 3).point(lambda shade: (shade * _LINE + 127) // 255)
    return dot, _disc(_DOT)


def _disc(width: int) -> Image.Image:
    """Drawn large and shrunk, for smooth edges."""
    large, edge = _DOT * 8, (_DOT - width) * 4
    image = Image.new("L", (large, large))
    ImageDraw.Draw(image).ellipse((edge, edge, large - edge, large - edge), fill=255)
    return image.resize((_DOT, _DOT), Image.Resampling.LANCZOS)


_OPACITIES = bytes(shade * 255 // _LINE for shade in range(_SHADES))
