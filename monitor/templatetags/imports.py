"""What the import's templates need."""

from django import template
from django.utils.translation import gettext

from monitor.models import ImportRow
from monitor.watchlists.words import PROBLEM_WORDS

register = template.Library()


@register.filter
def problem_text(row: ImportRow) -> str:
    """Why a row names no product, or an odd one."""
    return str(PROBLEM_WORDS.get(row.problem, row.problem))


@register.filter
def place_text(row: ImportRow) -> str:
    """Where it stands in what was pasted, or in the file."""
    if not row.is_from_file:
        return gettext("line %(n)s") % {"n": row.number}
    place = gettext("row %(n)s") % {"n": row.number}
    return f"{place} {gettext('column %(letter)s') % {'letter': row.column_letter}}" if row.column else place
