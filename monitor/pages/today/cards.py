"""The cards of news on the first page. Each card is one entry here."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from monitor.history.news import News, Part


@dataclass(frozen=True, slots=True)
class NewsCard:
    """`part` names the part of `News` that the card shows, and its ID on the page. `label` stands beside its number at
    the top of the page, `nothing` in the card when it is empty. `sort` is the products table's order for the others.
    """

    part: str
    template: str
    label: Any
    title: Any
    nothing: Any = ""
    sort: str = ""
    label_css: str = ""


#: Rows of cards in the order of the page.
NEWS_CARDS = (
    (
        NewsCard("drops", "today/moves.html", _("Price drops"), _("Biggest drops"), _("No price fell."), "day"),
        NewsCard("rises", "today/moves.html", _("Price rises"), _("Biggest rises"), _("No price rose."), "-day"),
    ),
    (
        NewsCard(
            *("left", "today/shelf.html", _("Left the shelf"), _("Left the shelf"), _("No product left the shelf.")),
            label_css="bad",
        ),
        NewsCard("back", "today/shelf.html", _("Back on shelf"), _("Back on the shelf"), _("No product came back.")),
    ),
    (NewsCard("fallen", "today/scores.html", _("Lower scores"), _("Shop scores that fell"), label_css="bad"),),
)


def card_rows(news: News) -> list[tuple[bool, list[tuple[NewsCard, Part[Any]]]]]:
    """Each row of `NEWS_CARDS`: whether any of its cards has something to show, and the cards with their parts."""
    rows = [[(card, getattr(news, card.part)) for card in row] for row in NEWS_CARDS]
    return [(any(part.count for _card, part in row), row) for row in rows]
