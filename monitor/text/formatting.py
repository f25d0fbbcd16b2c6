"""Stored values as people read them: fen, hundredths and status names become text. Pure.

A missing value becomes `NOT_TOLD`. Words are in the active language, unless a function takes a
language."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat, translation
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from monitor.judging.changes import GAP_FIELDS, SCORE_FIELDS, Json
from monitor.provider.observation import Gap, Presale, Status

type Text = str | Promise

NOT_TOLD = "—"
STATUS_WORDS: Mapping[str, Text] = {
    Status.ON_SALE.value: _("on sale"),
    Status.OFF_SHELF.value: _("off shelf"),
    Status.DELETED.value: _("deleted"),
    Status.BANNED.value: _("banned"),
    Status.UNDER_REVIEW.value: _("under review"),
    Status.REJECTED.value: _("rejected"),
    Status.APPROVED_WAITING.value: _("approved, waiting"),
    Status.NOT_FOUND.value: _("not found"),
    Status.ABNORMAL.value: _("abnormal"),
}
#: Of a product in the assortment of a followed shop.
RANGE_WORDS: Mapping[str, Text] = {
    "absent": _("not listed"),
    "listed": _("listed"),
    "left": _("taken back"),
}
BEST_TEN_WORDS: Mapping[bool, Text] = {True: _("in the top ten"), False: _("not in the top ten")}
PRESALE_WORDS: Mapping[str, Text] = {
    Presale.NONE.value: _("no presale"),
    Presale.FULL_PAYMENT.value: _("presale, paid in full"),
    Presale.STEPPED.value: _("presale, paid in steps"),
}
GAP_WORDS: Mapping[int, Text] = {
    Gap.NONE.value: _("not compared"),
    Gap.ABOVE.value: _("above average"),
    Gap.LEVEL.value: _("average"),
    Gap.BELOW.value: _("below average"),
}
#: Amounts a day, by how certain they are.
UNITS_WORDS: Mapping[str, Promise] = {
    "is": _("%(units)s a day"),
    "about": _("about %(units)s a day"),
    "under": _("under %(units)s a day"),
}
#: Large numbers by language, the largest first.
_CHINESE_UNITS = (("万亿", 10**12), ("亿", 10**8), ("万", 10**4))
_ENGLISH_UNITS = (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3))
_TENTH = Decimal("0.1")
#: Scores above this are of 100.
_SCALE_OF_5 = 500
#: From here on a percentage says no more than that it is large.
_LARGE_PERCENT = 1000
#: Where a cell begins that a spreadsheet reads as a formula; it skips the blanks at the end of the
#: last list.
_FORMULA = re.compile(r"(^|[;\t])(?=[=+\-@＝＋－＠\t\r\n])")
#: Domains with these endings count as web addresses by themselves. Others need a port or a path.
_ENDINGS = (
    "com|net|org|cn|hk|tw|jp|kr|sg|us|uk|eu|de|ru|co|me|ai|io|cc|tv|ly|tk|pw|to|la|gg|sh"
    "|top|xyz|vip|shop|store|club|info|biz|app|dev|site|online|link|icu|wang|xin|zip|fun|work|pro|tech|cloud|live|life"
    "|world|website|space|click|mobi|asia|ink|ren"
)
_CHINESE_ENDINGS = "中国|中國|公司|网络|網絡|网址|网站|商店|网店|網店|商城|集团|在线|中文网"
_WEB_ADDRESS = re.compile(
    r"://|//\w+\.|(?ai:\b(?:https?\s*:|www\s*\.|xn--))"
    rf"|\w(?ai:\.(?:{_ENDINGS})\b)"
    # "Co.Ltd" is the form of a company.
    r"|\w(?ai:(?<!\bco)\.ltd\b)"
    # "1.网店 2.商店" counts shops.
    rf"|[^\W\d]\d*\.(?:{_CHINESE_ENDINGS})"
    r"|(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?::[0-9]{2}|[/?#])"
    # Other endings only in lower case: "Dr.Martens/Timberland" names two brands.
    r"|\w\.[a-z]{2,}(?::[0-9]{2}|[/?#])"
)
#: Control characters that are no blanks, surrogates and other code points that XML forbids, and
#: characters that change the direction of the text after them: with these a name can look like
#: another one.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def money(fen: int | None) -> str:
    """Write fen as yuan: `7200` is '¥72.00'."""
    if fen is None:
        return NOT_TOLD
    return f"{'−' if fen < 0 else ''}¥{Decimal(abs(fen)) / 100:,.2f}"


def money_range(low: int, high: int) -> str:
    """Write two prices in fen as '¥100.90–126.10', and one if they are the same."""
    return money(low) if low == high else f"{money(low)}–{money(high).removeprefix('¥')}"


def sales(at_least: int | None, step: int = 1, language: str = "zh-hans") -> str:
    """Return the units sold: '4,217' when exact, '13k+' or '1.3万+' when rounded down to a multiple
    of `step`."""
    if at_least is None:
        return NOT_TOLD
    if step <= 1:
        return f"{at_least:,}"
    if language.startswith("zh"):
        for unit, size in _CHINESE_UNITS[1:]:
            if at_least >= size:
                return f"{_plain(Decimal(at_least) / size)}{unit}+"
        return f"{at_least:,}+"
    for unit, size in _ENGLISH_UNITS[2:]:
        # Only if one decimal is exact.
        if at_least >= size and at_least % (size // 10) == 0:
            return f"{Decimal(at_least) / size:,f}{unit}+"
    return f"{at_least:,}+"


def units_a_day(low: float, likely: float | None, high: float) -> str:
    """Return the units sold a day: '120 a day' if certain, 'about 120 a day', or 'under 80 a day'
    if there is only a bound."""
    number, certainty = _amount(low, likely, high)
    return str(UNITS_WORDS[certainty] % {"units": _short(number, _last_digit(number))})


def units(low: float, likely: float | None, high: float) -> str:
    """Return the same below a heading that says 'a day': '120', '≈120', '<80'."""
    number, certainty = _amount(low, likely, high)
    return {"is": "", "about": "≈", "under": "<"}[certainty] + _rounded(number, _last_digit(number))


def units_range(low: float, high: float) -> str:
    """Return the range of an estimate: '80–160 a day'."""
    bounds = (_two_digits(Decimal(low)), _two_digits(Decimal(high)))
    return str(
        UNITS_WORDS["is"]
        % {"units": "–".join(_short(bound, _last_digit(bound)) for bound in bounds)}
    )


def revenue(fen: int) -> str:
    """Return revenue in two digits, from 10,000 yuan on in larger units: '¥1.2万', '¥340'."""
    return f"¥{_short(_two_digits(Decimal(fen) / 100), Decimal(1))}"


def _amount(low: float, likely: float | None, high: float) -> tuple[Decimal, str]:
    """Return an estimate, or only an upper bound, in two digits unless it is certain; and how
    certain it is. Of less than one in ten days more digits would tell nothing."""
    if low < (high if likely is None else likely) < _TENTH:
        return _TENTH, "under"
    if likely is None:
        return _two_digits(Decimal(high), ROUND_CEILING), "under"
    if low == high:
        return Decimal(likely), "is"
    return _two_digits(Decimal(likely)), "about"


def _last_digit(number: Decimal) -> Decimal:
    """Return the unit of the last digit to write: a few units a day have decimals."""
    return (
        Decimal(1)
        if number >= 10 or not number
        else min(_TENTH, Decimal(1).scaleb(number.adjusted() - 1))
    )


def about(amount: float) -> str:
    """Return an estimate in two digits: '4,600', '1.5万'."""
    number = _two_digits(Decimal(amount))
    return _short(number, _TENTH if number < 10 else Decimal(1))


def _two_digits(number: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    unit = Decimal(1).scaleb(number.adjusted() - 1)
    return (number / unit).to_integral_value(rounding) * unit


def rate(a_day: float) -> str:
    """Return times a day, rounded to two digits: '≈24', '≈2.5', '≈0.05', '<0.01'."""
    if a_day < 0.01:
        return "<0.01"
    return "≈" + f"{float(f'{a_day:.2g}'):,.2f}".rstrip("0").rstrip(".")


def _short(number: Decimal, unit: Decimal) -> str:
    """Rounded to a multiple of `unit`; from 10,000 on to a tenth of a larger unit: '1.5万' or
    '15k'."""
    is_chinese = (translation.get_language() or "").startswith("zh")
    for name, size in _CHINESE_UNITS if is_chinese else _ENGLISH_UNITS:
        if number >= max(size, 10**4):
            return f"{_rounded(number / size, _TENTH)}{name}"
    return _rounded(number, unit)


def _rounded(number: Decimal, unit: Decimal, rounding: str = ROUND_HALF_UP) -> str:
    """Rounded to a multiple of `unit`, a power of ten, with commas between thousands."""
    whole = (number / unit).to_integral_value(rounding) * unit
    if unit >= 1:
        return f"{whole:,.0f}"
    text = f"{whole:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def score(hundredths: int | None, highest: int = 0) -> str:
    """Write hundredths: `485` is '4.85'; of a scale to 100, as the `highest` shows, `9200` is
    '92'."""
    if hundredths is None:
        return NOT_TOLD
    text = f"{Decimal(hundredths) / 100:.2f}"
    return text.removesuffix(".00") if max(hundredths, highest) > _SCALE_OF_5 else text


def score_difference(before: int, after: int) -> str:
    """Write how far two scores are apart as they are written: '0.15'; of a scale to 100, '4'."""
    return score(abs(after - before), max(before, after))


def percent(share: Decimal | None) -> str:
    """Return a percentage without its sign, rounded to a tenth: '12.5%', '12%', '<0.1%',
    '>999%'."""
    if share is None:
        return NOT_TOLD
    if abs(share) >= _LARGE_PERCENT:
        return f">{_LARGE_PERCENT - 1}%"
    rounded = abs(share).quantize(_TENTH, ROUND_HALF_UP)
    return "<0.1%" if share and not rounded else f"{_plain(rounded)}%"


def signed_percent(hundredths: int) -> str:
    """Write hundredths of percent with a sign below zero: `-1250` is '−12.5%'."""
    return f"{'−' if hundredths < 0 else ''}{percent(Decimal(hundredths) / 100)}"


def field_value(field: str, value: Json, language: str, *, sales_step: int = 1) -> str:
    """Return a stored value of a change's `field` in `language`. A value of an unexpected shape is
    shown as it is."""
    if value is None:
        return NOT_TOLD
    with translation.override(language):
        if field == "sales" and isinstance(value, int):
            return sales(value, sales_step, language)
        try:
            return _WRITERS.get(field, str)(value)
        except (TypeError, ValueError, KeyError, AttributeError):
            return str(value)


def duration(td: timedelta) -> str:
    """Return a length of time in its two largest units, in the active language: '3 days 4 h', '25
    min', '40 s'."""
    seconds = max(int(td.total_seconds()), 0)
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    parts = [
        ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else "",
        gettext("%(count)d h") % {"count": hours} if hours else "",
        gettext("%(count)d min") % {"count": minutes} if minutes and not days else "",
    ]
    return " ".join(filter(None, parts)) or gettext("%(count)d s") % {"count": seconds}


def every(interval: timedelta, *, is_fixed: bool) -> str:
    """Return how products are checked: 'every 1 h', 'smart, at least every 1 day'."""
    text = gettext("every %(every)s") if is_fixed else gettext("smart, at least every %(every)s")
    return text % {"every": duration(interval)}


def calls(number: float) -> str:
    """Return calls a day, with a decimal below 10: '1,440', '0.3'."""
    return _rounded(Decimal(number), Decimal(1) if number >= 10 else _TENTH)


def calls_counted(number: float) -> int:
    """Return the number that chooses singular or plural after `calls`: 1 for '1', 2 for anything
    else."""
    return 1 if calls(number) == "1" else 2


def instant(dt: datetime | None, zone: str | tzinfo) -> str:
    """Return an aware time on the clock of `zone` (a name such as 'Asia/Shanghai'): '2026-11-11
    08:00'."""
    if dt is None:
        return NOT_TOLD
    return dt.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone).strftime(
        "%Y-%m-%d %H:%M"
    )


def day_in_words(day: date, today: date) -> str:
    """'Today', 'Yesterday', 'Mon 23 Nov', or with the year if it is another year."""
    if day == today:
        return gettext("Today")
    if day == today - timedelta(days=1):
        return gettext("Yesterday")
    if day.year == today.year:
        return dateformat.format(day, pgettext("format of a day, as Mon 23 Nov", "D j M"))
    return dateformat.format(
        day, pgettext("format of a day with its year, as Mon 23 Nov 2026", "D j M Y")
    )


def space() -> str:
    """Return the space between two sentences; Chinese has none."""
    return "" if (translation.get_language() or "").startswith("zh") else " "


def one_line(text: str, longest: int | None = None) -> str:
    """Foreign text as one line: without control characters and surrogates, blanks joined, cut with
    '…' if too long."""
    line = " ".join(_UNPRINTABLE.sub("", text).split())
    if longest is None or len(line) <= longest:
        return line
    return line[: longest - 1].rstrip() + "…"


def has_web_address(text: str) -> bool:
    """Return whether a reader or a mail program may take a part of `text` for a web address.

    Look-alike characters count as plain ones: "https:／／evil．test" is an address, too.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    # Browsers read the Chinese full stop as a dot, but between Chinese words it ends a sentence.
    plain = re.sub(r"(?<=[A-Za-z0-9])。(?=[A-Za-z0-9])", ".", plain)
    return _WEB_ADDRESS.search(plain) is not None


def without_web_addresses(text: str, longest: int | None = None) -> str:
    """Return a user's name for something, for mails to others: one line, with '…' for each word
    that is a web address."""
    words = ("…" if has_web_address(word) else word for word in one_line(text).split())
    shown = " ".join(words)
    return "…" if has_web_address(shown) else one_line(shown, longest)


def csv_text(text: str) -> str:
    """Text for a cell of a CSV file. A text that would start a formula gets a leading apostrophe.

    So does what follows a semicolon or a tab: in some countries spreadsheets split cells there.
    """
    return _FORMULA.sub(r"\1'", text)


def _plain(number: Decimal) -> str:
    """Write a number without trailing zeros and exponents."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def listed(words: list[str]) -> str:
    return pgettext("between the items of a list", ", ").join(map(one_line, words))


def _word(words: Mapping[Any, Text]) -> Callable[..., str]:
    return lambda value: str(words.get(value, value))


def _number(write: Callable[[int], str]) -> Callable[..., str]:
    return lambda value: write(value) if type(value) is int else str(value)


def _range(value: list[int]) -> str:
    low, high = value
    return money(low) if low == high else f"{money(low)} – {money(high)}"


def _images(value: list[str]) -> str:
    return ngettext("%(count)d image", "%(count)d images", len(value)) % {"count": len(value)}


def _pairs(value: list[tuple[str, str | list[str]]]) -> str:
    """Write attributes or specification groups: pairs of a name and its value or values."""
    return "; ".join(
        f"{name}: {part if isinstance(part, str) else listed(part)}" for name, part in value
    )


def _freight(value: list[dict[str, Json]]) -> str:
    return "; ".join(
        f"{_where(rule['provinces'], alone=len(value) == 1)}: {_cost(rule)}" for rule in value
    )


def _where(provinces: Json, *, alone: bool) -> str:
    if isinstance(provinces, list) and provinces:
        return listed([str(province) for province in provinces])
    return gettext("everywhere") if alone else gettext("elsewhere")


def _cost(rule: Mapping[str, Json]) -> str:
    first, more, free_from = rule["first"], rule["more"], rule["free_from"]
    if not rule["delivers"]:
        return gettext("no delivery")
    if not first and not more:
        return gettext("free")
    cost = [money(first) if isinstance(first, int) else str(first)]
    if isinstance(more, int) and more:
        cost.append(gettext("each more %(price)s") % {"price": money(more)})
    if isinstance(free_from, int):
        cost.append(gettext("free from %(price)s") % {"price": money(free_from)})
    return listed(cost)


_WRITERS: Mapping[str, Callable[..., str]] = {
    "price": _number(money),
    "list_price": _number(money),
    "sku_range": _range,
    "status": _word(STATUS_WORDS),
    "presale": _word(PRESALE_WORDS),
    "images": _images,
    "specification": _pairs,
    "freight": _freight,
    "attributes": _pairs,
    "service_promises": listed,
    "checks": lambda value: gettext("none"),
    "range": _word(RANGE_WORDS),
    "best_ten": _word(BEST_TEN_WORDS),
    "revenue": _number(revenue),
    "my_price": _number(money),
    "my_units": _number(lambda units: UNITS_WORDS["under"] % {"units": f"{units:,}"}),
    "score_scale": _number(lambda scale: f"0–{scale}"),
    **dict.fromkeys(SCORE_FIELDS, _number(score)),
    **dict.fromkeys(GAP_FIELDS, _word(GAP_WORDS)),
}
