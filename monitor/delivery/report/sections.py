"""The parts of a digest that stand in rows: what moved, left the shelf or came back, and scores that fell."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext

from monitor import formatting
from monitor.changes import Json
from monitor.dashboard.news import News, Part, ProductNews, ScoreNews
from monitor.delivery.entries import LONGEST_NAME, Entry, link_of, name_of
from monitor.delivery.links import link
from monitor.delivery.report.cards import Row, rows, rows_as_text
from monitor.formatting import one_line, without_web_addresses

#: Names of lists that a row has room for.
_LISTS = 3


@dataclass(frozen=True, slots=True)
class Section:
    """`hidden`: how many more of the sort there are than its rows tell; '+' stands behind it where counting stopped."""

    title: str
    rows: list[Row]
    hidden: str

    @property
    def html(self) -> SafeString:
        return rows(self.rows)

    @property
    def text(self) -> str:
        return rows_as_text(self.rows)


def sections(news: News, told: Collection[Entry]) -> list[Section]:
    """Those of `news` that have anything to tell beyond the entries that the mail has told already."""
    known = {(entry.product, entry.before, entry.after) for entry in told}
    parts = [
        _section(gettext("Biggest price drops"), news.drops, _moved, known),
        _section(gettext("Biggest price rises"), news.rises, _moved, known),
        _section(gettext("No longer on sale"), news.left, _placed, known),
        _section(gettext("Back on sale"), news.back, _placed, known),
        _section(gettext("Shop scores that fell"), news.fallen, _scored, known),
    ]
    return [part for part in parts if part.rows]


def sums(news: News) -> list[str]:
    """How much of each sort there is, in words."""
    drops, rises, left, back, fallen = (
        part.count for part in (news.drops, news.rises, news.left, news.back, news.fallen)
    )
    told = {
        ngettext("%(count)d price down", "%(count)d prices down", drops): drops,
        ngettext("%(count)d price up", "%(count)d prices up", rises): rises,
        ngettext("%(count)d no longer on sale", "%(count)d no longer on sale", left): left,
        ngettext("%(count)d back on sale", "%(count)d back on sale", back): back,
        ngettext("%(count)d score fell", "%(count)d scores fell", fallen): fallen,
    }
    return [words % {"count": count} for words, count in told.items() if count]


def _section[Item](
    title: str, part: Part[Item], write: Callable[[Item], tuple[int | None, Row]], known: Collection[object]
) -> Section:
    written = [write(item) for item in part.shown]
    news = [row for product, row in written if (product, row.before, row.after) not in known]
    return Section(title, news, f"{part.hidden}{'+' if part.or_more else ''}" if part.hidden > 0 else "")


def _moved(item: ProductNews) -> tuple[int | None, Row]:
    assert item.move is not None
    sign = "▲" if item.move.direction == "rise" else "▼"
    return item.product.pk, _row(
        item,
        formatting.money(item.move.before),
        formatting.money(item.move.after),
        f"{sign} {formatting.percent(item.move.percent)}",
        item.move.direction,
    )


def _placed(item: ProductNews) -> tuple[int | None, Row]:
    def words(status: Json) -> str:
        return formatting.field_value("status", status, get_language() or "en")

    return item.product.pk, _row(
        item, words(item.before), words(item.after), "", "good" if item.after == "on_sale" else "bad"
    )


def _row(item: ProductNews, before: str, after: str, move: str, tone: str) -> Row:
    lists = [without_web_addresses(name, LONGEST_NAME) for name in item.lists[:_LISTS]]
    return Row(
        name=name_of(item.product),
        note=" · ".join(lists),
        link=link_of(item.product),
        before=before,
        after=after,
        move=move,
        tone=tone,
    )


def _scored(item: ScoreNews) -> tuple[int | None, Row]:
    before, after = item.change.before, item.change.after
    row = Row(
        name=one_line(item.name, LONGEST_NAME),
        note=capfirst(item.change.get_field_display()),
        link=link("monitor:shop", str(item.pk)),
        before=formatting.score(before),
        after=formatting.score(after),
        move=f"▼ {formatting.score(before - after)}",
        tone="bad",
    )
    return None, row
