"""What the products table is asked for; all of it lives in the URL."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Watchlist
from monitor.models.choices import STATUS_CHOICES
from monitor.pages.products.columns import COLUMNS, PRODUCT_COLUMN, USUAL_COLUMNS, Column
from monitor.pages.shared.fields import OUT_OF_PLACE, Filters, YuanField, choices_of, styled
from monitor.pages.shared.product_filters import FAILING, PAUSED, ProductFilters
from monitor.text import formatting
from monitor.uploads.links import find_num_iid

SORT_CHOICES = [
    ("-changed", _("Latest change")),
    ("-checked", _("Latest check")),
    ("day", _("24 h: biggest drop")),
    ("-day", _("24 h: biggest rise")),
    ("week", _("7 days: biggest drop")),
    ("-week", _("7 days: biggest rise")),
    ("price", _("Price: low to high")),
    ("-price", _("Price: high to low")),
    ("-sales", _("Sales: high to low")),
    ("sales", _("Sales: low to high")),
    ("title", _("Title")),
    ("-title", _("Title, backwards")),
    ("shop", _("Shop")),
    ("-shop", _("Shop, backwards")),
    ("status", _("Status: on sale first")),
    ("-status", _("Status: trouble first")),
    ("interval", _("Shortest interval")),
    ("-interval", _("Longest interval")),
    ("changed", _("Longest unchanged")),
    ("checked", _("Longest unchecked")),
]
CHANGED = {"24h": timedelta(days=1), "7d": timedelta(days=7)}
SIZES = (25, 50, 100)
NARROWING = ("q", "list", "shop", "status", "changed", "min", "max")


class CommaSeparated(forms.CheckboxSelectMultiple):
    """Ticked boxes, or the same values in one parameter with commas between them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for text in data.getlist(name) for value in text.split(",") if value]


class ProductFilterForm(Filters):
    """Search, filters, order, page size and columns of the products table. A GET form: bad values are ignored."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=500,
        initial="",
        widget=styled(forms.TextInput, type="search", placeholder=_("Title, shop, ID or link")),
    )
    list = forms.TypedChoiceField(
        label=_("Watchlist"), required=False, coerce=int, widget=styled(forms.Select, "form-select")
    )
    shop = forms.IntegerField(
        label=_("Shop"), required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )
    status = forms.TypedChoiceField(
        label=_("Status"), required=False, initial="", widget=styled(forms.Select, "form-select")
    )
    changed = forms.TypedChoiceField(
        label=_("Changed"),
        required=False,
        coerce=CHANGED.__getitem__,
        empty_value=None,
        choices=[("", _("Any time")), ("24h", _("Changed in 24 h")), ("7d", _("Changed in 7 days"))],
        widget=styled(forms.Select, "form-select"),
    )
    min = YuanField(
        label=_("Lowest price"), required=False, widget=styled(forms.TextInput, inputmode="decimal", placeholder="¥ 0")
    )
    max = YuanField(
        label=_("Highest price"), required=False, widget=styled(forms.TextInput, inputmode="decimal", placeholder="¥ ∞")
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        initial="-changed",
        choices=SORT_CHOICES,
        widget=styled(forms.Select, "form-select"),
    )
    size = forms.TypedChoiceField(
        label=_("Rows a page"),
        required=False,
        coerce=int,
        initial=ProductFilters().size,
        choices=[(size, size) for size in SIZES],
        widget=forms.HiddenInput,
    )
    cols = forms.MultipleChoiceField(
        label=_("Columns"),
        required=False,
        choices=[(column.name, column.label) for column in (PRODUCT_COLUMN, *COLUMNS)],
        widget=CommaSeparated,
    )

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices_of(self, "list").choices = [
            ("", _("All lists")),
            *((one.pk, formatting.one_line(one.name)) for one in watchlists),
        ]
        choices_of(self, "status").choices = [
            ("", _("Any status")),
            (FAILING, _("checks are failing")),
            (PAUSED, _("paused")),
            *STATUS_CHOICES,
        ]

    def clean(self) -> None:
        """A range that is upside down holds nothing: its upper end is ignored."""
        low, high = self.cleaned_data.get("min"), self.cleaned_data.get("max")
        if low is not None and high is not None and low > high:
            told = _("The highest price is below the lowest, so it was passed over.")
            self.add_error("max", forms.ValidationError(told, code=OUT_OF_PLACE))

    @property
    def filters(self) -> ProductFilters:
        search = self.chosen("q").strip()
        found, _problem = find_num_iid(search) if "://" in search else (None, None)
        return ProductFilters(
            search=search,
            num_iid=found or "",
            watchlist=self.chosen("list"),
            shop=self.chosen("shop"),
            status=self.chosen("status"),
            changed_within=self.chosen("changed"),
            lowest=self.chosen("min"),
            highest=self.chosen("max"),
            sort=self.chosen("sort"),
            size=self.chosen("size"),
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns beside the product, in their order."""
        ticked = self.chosen("cols")
        return tuple(column for column in COLUMNS if column.name in ticked) if ticked else USUAL_COLUMNS

    @property
    def state(self) -> dict[str, str]:
        """What was understood, as the URL has it; what is as usual is left out."""
        words = {name: str(self.data.get(name, "")).strip() for name in (*NARROWING, "sort", "size")}
        told = {
            name: text
            for name, text in words.items()
            if text and name not in self.errors and text != str(self.fields[name].initial)
        }
        if self.columns != USUAL_COLUMNS:
            told["cols"] = ",".join(column.name for column in self.columns) or PRODUCT_COLUMN.name
        return told
