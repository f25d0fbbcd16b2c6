"""Filters of the import's templates."""

from django import template
from django.utils.translation import gettext

from monitor.models import ImportRow
from monitor.watching.words import problem_in_words

register = template.Library()


@register.filter
def problem_text(problem: str) -> str:
    """Return why a row has no ID or a doubtful one, or pairs no rival."""
    return problem_in_words(problem)


@register.filter
def place_text(row: ImportRow) -> str:
    """Return the row's place in the pasted text or the table."""
    if not row.column:
        return gettext("line %(n)s") % {"n": row.number}
    column = gettext("column %(letter)s") % {"letter": row.column_letter}
    return f"{gettext('row %(n)s') % {'n': row.number}} {column}"
