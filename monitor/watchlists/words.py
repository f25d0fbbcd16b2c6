"""What reading found, in words for whoever has to mend it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.watchlists.links import Problem

#: Why something named no product, or why its ID is doubted, each with what to do.
PROBLEM_WORDS: Mapping[str, str | Promise] = {
    Problem.NOT_UNDERSTOOD: _("no product ID or Douyin product link was found"),
    Problem.SHORT_LINK: _(
        "a short link does not hold the product ID: open it in a browser and copy the long link, or copy the ID"
    ),
    Problem.NO_ID_IN_LINK: _("this link names no product: open the product's own page and copy its link"),
    Problem.OTHER_SITE: _("this is no Douyin link: only products on Douyin can be watched"),
    Problem.TOO_LONG: _("a product ID has at most 19 digits: two may have run together"),
    Problem.ZERO: _("nothing but zeros: a product ID has 19 digits as a rule, such as 3514453298386183303"),
    Problem.ROUNDED: _(
        "a spreadsheet has rounded this ID and its last digits are lost: format the column as text and enter it again"
    ),
    Problem.TOO_SHORT: _("rather short: a product ID has 19 digits as a rule, such as 3514453298386183303"),
    Problem.TRAILING_ZEROS: _(
        "a spreadsheet may have rounded this ID, since it ends in zeros: compare it with the link"
    ),
    Problem.EMPTY: _("empty"),
    Problem.FORMULA: _("a formula without a value: open the file in a spreadsheet program and save it there"),
}
