"""People with every kind of colour vision can tell the lines of compared products apart, in both themes."""

import math
import re
from itertools import combinations

import pytest
from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"
#: Colour vision without one of the three kinds of cones: Machado, Oliveira and Fernandes (2009), linear light.
SIGHTS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
#: A distance in OKLab, where 0.02 is about the smallest visible difference.
APART = 0.12
#: The contrast that WCAG requires of graphics.
CONTRAST = 3

type Light = tuple[float, float, float]


def light(colour: str) -> Light:
    """The linear light of red, green and blue, from 0 to 1."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return red, green, blue


def weighed(rows: tuple[Light, ...], colour: Light) -> Light:
    first, second, third = (sum(weight * part for weight, part in zip(row, colour, strict=True)) for row in rows)
    return first, second, third


def oklab(colour: Light) -> Light:
    cones = weighed(
        (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        ),
        colour,
    )
    long, middle, short = (cone ** (1 / 3) for cone in cones)
    rows = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    return weighed(rows, (long, middle, short))


def perceived(colour: str, sight: str) -> Light:
    red, green, blue = (min(1.0, max(0.0, part)) for part in weighed(SIGHTS[sight], light(colour)))
    return oklab((red, green, blue))


def brightness(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), light(colour), strict=True))


def colours(theme: int, name: str, file: str) -> list[str]:
    text = (CSS / file).read_text(encoding="utf-8")
    codes = [pair[theme] for pair in re.findall(rf"{name}: light-dark\((#\w+), (#\w+)\)", text)]
    return [code if len(code) == 7 else "#" + "".join(digit * 2 for digit in code[1:]) for code in codes]


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_any_two_lines_differ_in_colour(theme: int, sight: str) -> None:
    lines = colours(theme, r"--compared-\d", "compare.css")
    assert len(lines) == 6
    near = {
        (first, second): distance
        for first, second in combinations(lines, 2)
        if (distance := math.dist(perceived(first, sight), perceived(second, sight))) < APART
    }
    assert near == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_line_stands_out_from_the_paper(theme: int) -> None:
    [paper] = colours(theme, "--paper", "app.css")
    for colour in colours(theme, r"--compared-\d", "compare.css"):
        darker, brighter = sorted((brightness(colour), brightness(paper)))
        assert (brighter + 0.05) / (darker + 0.05) >= CONTRAST, colour
