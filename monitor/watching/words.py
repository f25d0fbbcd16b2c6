"""Problems of pasted text and files, in words for the user."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.provider.links import Problem
from monitor.watching.pairings import PairingProblem
from monitor.watching.uploads.files import Refusal
from monitor.watching.uploads.sheets import SheetProblem

#: Why a line names no product, or why its ID is doubtful, and what to do.
PROBLEM_WORDS: Mapping[str, str | Promise] = {
    Problem.NOT_UNDERSTOOD: _("no product link or ID found"),
    Problem.SHORT_LINK: _(
        "open this short link in a browser and copy the long link, or copy the product ID"
    ),
    Problem.SHORT_LINK_LATER: _(
        "this short link could not be opened: try again in a minute, or copy the product ID "
        "from the product's page"
    ),
    Problem.NO_ID_IN_LINK: _(
        "no product in this link. A shop: add its products, its scores come with them"
    ),
    Problem.OTHER_SITE: _("not a Douyin link"),
    Problem.TOO_LONG: _("longer than 19 digits: two IDs may have run together"),
    Problem.ZERO: _("only zeros: product IDs have 19 digits"),
    Problem.ROUNDED: _(
        "rounded by a spreadsheet: format the column as text and enter the ID again"
    ),
    Problem.TOO_SHORT: _("short: product IDs usually have 19 digits"),
    Problem.TRAILING_ZEROS: _("ends in zeros: a spreadsheet may have rounded it"),
    Problem.EMPTY: _("empty"),
    PairingProblem.ITSELF: _("a product cannot be its own rival"),
    PairingProblem.NOT_MINE: _("your product is on no watchlist that you may edit: add it first"),
    PairingProblem.REPEATED: _("this rival of the same product is on a row above"),
    PairingProblem.MANY_RIVALS: _("the product has 20 rivals already: choose some away first"),
    SheetProblem.NO_PRICE: _("no price: write it like 99 or 99.50"),
    SheetProblem.MANY_TAGS: _("more than 10 tags: leave some out"),
    SheetProblem.LONG_TAG: _("a tag is longer than 30 characters: shorten it"),
    SheetProblem.LONG_NOTE: _("the note is longer than 200 characters: shorten it"),
    SheetProblem.NOT_ON_LIST: _(
        "the product is not on this watchlist: correct the name, or empty the cell"
    ),
    SheetProblem.VIEW_ONLY: _("you may view this watchlist, not edit it: ask its owner"),
    SheetProblem.REPEATED: _("the product is on a row above: leave only one"),
}


def problem_in_words(problem: str) -> str:
    """Return the words of a stored problem; the version before knew others."""
    return str(PROBLEM_WORDS.get(problem, PROBLEM_WORDS[Problem.NOT_UNDERSTOOD]))


#: Why a file or a text was not read, and what to do.
REFUSAL_WORDS = {
    Refusal.LARGE_FILE: _(
        "The file is larger than 5 MB. Leave out columns that are not needed, or split it."
    ),
    Refusal.OLD_EXCEL: _(
        "This is an old or a protected Excel file. Save it as .xlsx without a password, or as CSV."
    ),
    Refusal.PDF: _("This is a PDF. Save the table as .xlsx or CSV."),
    Refusal.NOT_TEXT: _(
        "This is no text in UTF-8, UTF-16 or GB18030, and no Excel file. Save the table as "
        ".xlsx or CSV."
    ),
    Refusal.BROKEN_WORKBOOK: _(
        "This is no Excel workbook, or a damaged one. Open it, save it anew as .xlsx or CSV, "
        "and try again."
    ),
    Refusal.LARGE_WORKBOOK: _(
        "This Excel file unpacks to too much. Copy the needed columns into a new file."
    ),
    Refusal.LONG_CELL: _(
        "A cell has more than 32,767 characters. Copy the needed columns into a new file."
    ),
    Refusal.LONG_ROW: _("A row is longer than 1 MB. Put each product on a row of its own."),
    Refusal.MANY_ROWS: _("The file has more than 50,000 rows. Split it."),
    Refusal.MANY_PRODUCTS: _("These are more than 50,000. Add them in parts."),
    Refusal.TOO_COSTLY: _(
        "This takes too much time or memory to read. Leave out columns that are not needed, "
        "or split it."
    ),
    Refusal.LONG_SHEET: _("The sheet has more than 10,000 rows. Split it and upload the parts."),
    Refusal.NO_ID_COLUMN: _(
        "There is no column of products. Name one “Product ID” in the first row."
    ),
    Refusal.NOTHING_TO_UPDATE: _(
        "Nothing to update. Name a column “Target price”, “Cost”, “Tags” or “Note” in the "
        "first row."
    ),
    Refusal.SAME_HEADINGS: _("Two columns have the same name. Leave only one of them."),
    Refusal.BUSY: _("Other files are being read at the moment. Try again in half a minute."),
    Refusal.ONE_AT_A_TIME: _(
        "Another upload of yours is still being read. Wait for it, then try again."
    ),
}
