"""What the import's templates need."""

from django import template

from monitor.models import ImportRow
from monitor.watchlists.words import PROBLEM_WORDS

register = template.Library()


@register.filter
def problem_text(row: ImportRow) -> str:
    """Why a row names no product, or an odd one."""
    return str(PROBLEM_WORDS.get(row.problem, row.problem))
