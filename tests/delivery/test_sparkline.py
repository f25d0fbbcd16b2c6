"""The small price chart in mails: its line, its text, and its contrast on light and dark backgrounds."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from PIL import Image

from monitor.delivery.report.sparkline import COLOUR, HEIGHT, WIDTH, Sparkline, sparkline

END = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CSS = Path(settings.BASE_DIR, "templates", "emails", "mail.css")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def drawn(*prices: tuple[float, int | None]) -> Sparkline | None:
    """The sparkline of `prices`: (days ago, price)."""
    return sparkline("1.mail@example.com", [(END - days * DAY, price) for days, price in prices], END)


def image(line: Sparkline | None) -> Image.Image:
    assert line is not None
    return Image.open(io.BytesIO(line.png)).convert("RGBA")


@pytest.mark.parametrize(
    "prices", [[], [(30, 7200)], [(30, 7200), (3, 7200)], [(30, None), (3, 7200)], [(0, 7200), (-1, 6300)]]
)
def test_a_constant_price_has_no_sparkline(prices: list[tuple[float, int | None]]) -> None:
    assert drawn(*prices) is None


def test_the_text_has_lowest_highest_and_current_price() -> None:
    line = drawn((30, 7200), (20, 5900), (3, 6300))
    assert line is not None
    assert line.words == "Price over 30 days: from ¥59.00 to ¥72.00, now ¥63.00"
    assert line.span == "¥59.00 – ¥72.00"


@pytest.mark.parametrize(("last", "ending"), [(5900, ", now the lowest"), (7300, ", now the highest"), (7100, "")])
def test_it_says_when_the_price_is_the_lowest_or_highest(last: int, ending: str) -> None:
    line = drawn((30, 7200), (20, 6000), (3, last))
    assert line is not None
    assert line.span.partition(",")[2] == ending.removeprefix(",")


def test_older_prices_count_only_if_they_still_held() -> None:
    assert drawn((90, 9900), (40, 7200), (3, 6300)) == drawn((30, 7200), (3, 6300))


def test_the_picture_has_double_resolution_and_is_empty_above_the_line() -> None:
    picture = image(drawn((30, 7200), (15, 6300)))
    assert picture.size == (2 * WIDTH, 2 * HEIGHT)
    opacity = picture.getchannel("A")
    high, low = (column(opacity, x) for x in (100, 300))
    assert high < low
    assert opacity.getpixel((300, low - 8)) == 0
    assert 0 < int(str(opacity.getpixel((300, 2 * HEIGHT - 1)))) < 64


def column(opacity: Image.Image, x: int) -> int:
    """The height of the line at `x`."""
    return next(y for y in range(opacity.height) if opacity.getpixel((x, y)) == 255)


def test_the_last_price_is_marked() -> None:
    opacity = image(drawn((30, 7200), (15, 6300))).getchannel("A")
    right = opacity.crop((opacity.width - 18, 0, opacity.width, opacity.height))
    assert sum(1 for value in right.get_flattened_data() if value == 255) > 40


def test_the_line_has_contrast_on_light_and_dark_cards() -> None:
    cards = re.findall(r"\.card \{[^}]*background: (#[0-9a-f]{6})", CSS.read_text())
    assert len(cards) == 2
    for card in cards:
        assert contrast(COLOUR, tuple(bytes.fromhex(card[1:]))) >= 3


def test_every_text_colour_has_contrast_in_light_and_dark() -> None:
    light, _, dark = CSS.read_text().partition("@media (prefers-color-scheme: dark)")
    for sheet, grounds in ((light, ("#ffffff", "#f5f6f9")), (dark, ("#1a1d27", "#12141b"))):
        texts = {
            colour
            for names, colour in re.findall(r"([^{}]+)\{[^}]*?(?<!-)color: (#[0-9a-f]{6})", sheet)
            if not {".preview", ".button", ".picture"} & set(names.replace(",", " ").split())
        }
        assert len(texts) >= 4
        for colour in texts:
            for ground in grounds:
                assert contrast(tuple(bytes.fromhex(colour[1:])), tuple(bytes.fromhex(ground[1:]))) >= 4.5


def contrast(*colours: tuple[int, ...]) -> float:
    """The contrast of two colours by WCAG 2."""
    dark, light = sorted(map(_luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
