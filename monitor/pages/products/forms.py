"""The filters of the products table, which live in the URL; what to do with chosen products; names
of saved views."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, SavedView, User, Watchlist
from monitor.models.choices import STATUS_CHOICES
from monitor.models.figures import SORTS
from monitor.models.watchlists import USUAL_INTERVALS, Priority
from monitor.pages.products.columns import COLUMNS, PRODUCT_COLUMN, columns_named, names_of
from monitor.pages.shared.fields import (
    PriceFilters,
    StyledForm,
    list_choices,
    offer,
    offer_lists,
    search_field,
    seconds,
    sort_field,
)
from monitor.pages.shared.heads import Column
from monitor.provider.limits import LONGEST_TAG
from monitor.showing.reads.products import (
    CHEAPER,
    FAILING,
    PAUSED,
    RIVALS,
    ProductFilters,
    has_own,
    linked_num_iid,
    tags_on,
)
from monitor.text import formatting

#: The order of a list without products of the user's own, such as rivals' products: what sells most
#: comes first.
OF_RIVALS = "-revenue"
SIZES = (25, 50, 100)
NARROWING = ("q", "list", "shop", "tag", "status", "changed", "whose", "min", "max")


class CommaSeparated(forms.CheckboxSelectMultiple):
    """Ticked boxes, or the same values in one parameter with commas between them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for text in data.getlist(name) for value in text.split(",") if value]


def _columns_field(widget: type[forms.Widget]) -> forms.MultipleChoiceField:
    choices = [(column.name, column.label) for column in (PRODUCT_COLUMN, *COLUMNS)]
    return forms.MultipleChoiceField(
        label=_("Columns"), required=False, choices=choices, widget=widget
    )


class ProductFilterForm(PriceFilters):
    """Search, filters, order, page size and columns of the products table.

    `columns`: those that the user chooses now, to be remembered. `cols`: those of a link or a saved
    view. With neither, the user's `own` columns are shown, names with commas between them; without
    own ones, the usual columns."""

    q = search_field(_("Search"), _("Title, shop, ID or link"))
    list = forms.TypedChoiceField(label=_("Watchlist"), required=False, coerce=int)
    shop = forms.IntegerField(
        label=_("Shop"), required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )
    status = forms.ChoiceField(label=_("Status"), required=False, initial="")
    tag = forms.CharField(
        label=_("Tag"), required=False, max_length=LONGEST_TAG, initial="", widget=forms.Select
    )
    changed = forms.ChoiceField(
        label=_("Changed"),
        required=False,
        initial="",
        choices=[
            ("", _("Any time")),
            ("24h", _("Changed in 24 h")),
            ("7d", _("Changed in 7 days")),
            (CHEAPER, _("Cheaper than 7 days ago")),
        ],
    )
    whose = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        initial="",
        choices=[("", _("All products")), (RIVALS, _("Rivals of mine"))],
    )
    sort = sort_field(SORTS, ProductFilters().sort)
    size = forms.TypedChoiceField(
        label=_("Rows a page"),
        required=False,
        coerce=int,
        initial=ProductFilters().size,
        choices=[(size, size) for size in SIZES],
        widget=forms.HiddenInput,
    )
    cols = _columns_field(CommaSeparated)
    columns = _columns_field(forms.CheckboxSelectMultiple)

    def __init__(
        self, *args: Any, user: User, watchlists: Sequence[Watchlist], own: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.own_columns = columns_named(own)
        tags = dict.fromkeys(
            [*tags_on(watchlist.pk for watchlist in watchlists), self.data.get("tag", "")]
        )
        self.has_tags = any(tags)
        named = [(tag, formatting.one_line(tag)) for tag in tags if tag]
        self.fields["tag"].widget.choices = [("", _("Any tag")), *named]
        offer_lists(self, watchlists)
        states = [("", _("Any status")), (FAILING, _("checks are failing")), (PAUSED, _("paused"))]
        offer(self, "status", [*states, *STATUS_CHOICES])
        chosen = None if self.chosen("sort") != self.fields["sort"].initial else self.chosen("list")
        if chosen and not has_own(user, chosen, [watchlist.pk for watchlist in watchlists]):
            self.fields["sort"].initial = OF_RIVALS

    @property
    def filters(self) -> ProductFilters:
        search = self.chosen("q").strip()
        return ProductFilters(
            search=search,
            num_iid=linked_num_iid(search),
            watchlist=self.chosen("list"),
            shop=self.chosen("shop"),
            tag=self.chosen("tag"),
            status=self.chosen("status"),
            changed=self.chosen("changed"),
            whose=self.chosen("whose"),
            lowest=self.chosen("min"),
            highest=self.chosen("max"),
            sort=self.chosen("sort"),
            size=self.chosen("size"),
        )

    @property
    def usual_sort(self) -> str:
        """The order that the address need not name."""
        return str(self.fields["sort"].initial)

    @property
    def newly_chosen(self) -> str:
        """The names of the columns to be remembered, or ''."""
        return ",".join(self.chosen("columns") or ())

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns beside the product, in their order."""
        names = self.newly_chosen or ",".join(self.chosen("cols") or ())
        return columns_named(names) if names else self.own_columns

    @property
    def state(self) -> dict[str, str]:
        """The valid values as the URL has them, without defaults."""
        given = self.given()
        state = {name: given[name] for name in (*NARROWING, "sort", "size") if name in given}
        if self.shown_columns != self.own_columns:
            state["cols"] = names_of(self.shown_columns)
        return state


#: The value of an action that makes products follow the settings of their list.
INHERIT = "list"
PAUSE, RESUME = "is_paused:1", "is_paused:0"


class BulkForm(forms.Form):
    """What to do with the chosen products.

    `act` is a verb, or a column of the watches with its new value after a colon: `check`,
    `move:12`, `is_paused:1`, `pace:fixed`, `interval:600`, `priority:list`."""

    act = forms.ChoiceField()

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watchlists = {str(watchlist.pk): watchlist for watchlist in watchlists}
        as_the_list = [(INHERIT, str(_("as the list")))]
        self.moves = _choices("move", list_choices(self.watchlists.values()))
        self.paces = _choices("pace", [*Pace.choices, *as_the_list])
        lengths = [
            (seconds(interval), formatting.duration(interval)) for interval in USUAL_INTERVALS
        ]
        self.intervals = _choices("interval", [*lengths, *as_the_list])
        self.priorities = _choices(
            "priority", [*sorted(Priority.choices, reverse=True), *as_the_list]
        )
        verbs = ("compare", "check", "remove", PAUSE, RESUME)
        plain = [(verb, verb) for verb in verbs]
        offer(self, "act", [*plain, *self.moves, *self.paces, *self.intervals, *self.priorities])

    def clean_act(self) -> str:
        self.verb, _colon, self._value = str(self.cleaned_data["act"]).partition(":")
        return self.verb

    @property
    def value(self) -> Any:
        """What the verb sets, or the list to move to. '' or None follows the list."""
        if self._value == INHERIT:
            return "" if self.verb == "pace" else None
        match self.verb:
            case "move":
                return self.watchlists[self._value]
            case "is_paused":
                return self._value == "1"
            case "interval":
                return timedelta(seconds=int(self._value))
            case "priority":
                return Priority(int(self._value))
            case "pace":
                return Pace(self._value)
            case _:
                return None


def _choices(verb: str, values: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    return [(f"{verb}:{value}", str(label)) for value, label in values]


#: The views that every user has: their names, and the filters.
COMMON_VIEWS: Sequence[tuple[Any, dict[str, str]]] = (
    (_("All"), {}),
    (_("Changed in 24 h"), {"changed": "24h"}),
    (_("Checks failing"), {"status": "failing"}),
    (_("Paused"), {"status": "paused"}),
)
#: A row of tabs has no room for more.
MOST_VIEWS = 50
LONGEST_QUERY = SavedView._meta.get_field("query").max_length or 0


class ViewNameForm(StyledForm):
    """The name of a view with `query`."""

    name = forms.CharField(label=_("Name of the view"), max_length=60)

    def __init__(self, *args: Any, user: User, query: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.query = user, query

    def clean_name(self) -> str:
        name = formatting.one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(
                self.fields["name"].error_messages["required"], code="required"
            )
        views = self.user.saved_views
        if not views.filter(name=name).exists() and views.count() >= MOST_VIEWS:
            raise forms.ValidationError(
                _("You have %(most)d views, the most there can be: delete one first."),
                params={"most": MOST_VIEWS},
            )
        return name

    def clean(self) -> None:
        if len(self.query) > LONGEST_QUERY:
            raise forms.ValidationError(_("The search is too long to save: shorten it."))
