"""What the admin's pages share: read-only rows, counts that end, pieces of a selection, links from row to row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import ActionLocation, ShowFacets
from django.core.paginator import Paginator
from django.db.models import DurationField, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext_lazy

from monitor.admin.intervals import IntervalField
from monitor.admin.values import in_words, short
from monitor.text.formatting import NOT_TOLD

MOST_ROWS = 10_000
CHUNK = 500
#: Said by Django, whose own Chinese lacks it, sets spaces into it, or says 你 where ours says 您; named here, our
#: catalogue has it.
NO_CHOICE = gettext_noop("- Select an option -")
OF_DJANGO = (
    *(gettext_noop("Select %s to change"), gettext_noop("Select %s to view")),
    *(gettext_noop("Add %s"), gettext_noop("Change %s"), gettext_noop("View %s"), gettext_noop("Add %(name)s")),
    *(gettext_noop(" By %(filter_title)s "), gettext_noop("Add another %(verbose_name)s")),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    gettext_noop("Your password can’t be a commonly used password."),
    gettext_noop("Your password can’t be entirely numeric."),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("You don’t have permission to view or edit anything."),
    *(gettext_noop("Model name"), gettext_noop("Add link"), gettext_noop("Change or view list link")),
)
EVERYWHERE = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class EndingPaginator(Paginator):  # type: ignore[type-arg]
    """Counts and shows no more than the first `MOST_ROWS` rows.

    Counting all of a history takes longer than anybody waits, and nobody leafs through it: filters and the search
    find the rest.
    """

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_ROWS].count() if isinstance(rows, QuerySet) else len(rows)


class ModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages of a hundred rows, no second count of the whole table, and deletions that list what goes in numbers."""

    show_full_result_count = False
    # "Show counts" would count the whole table once for every value of every filter.
    show_facets = ShowFacets.NEVER
    list_per_page = 100
    empty_value_display = NOT_TOLD
    formfield_overrides: ClassVar = {DurationField: {"form_class": IntervalField}}

    def log_many(self, request: HttpRequest, rows: QuerySet[Any], message: str) -> None:
        """Put into the history of each row what somebody did to many at once."""
        log(request, rows, message)

    def goes_with(self, rows: Sequence[Any]) -> Mapping[type[Model], QuerySet[Any]]:
        """What is deleted together with `rows`, by model."""
        return {}

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Numbers instead of names: with a watchlist thousands of alerts may go."""
        rows = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        for model, going in self.goes_with(rows).items():
            counts[str(model._meta.verbose_name_plural)] = going.count()
        allowed = all(self.has_delete_permission(request, row) for row in rows)
        needed = set() if allowed else {str(self.opts.verbose_name)}
        return [str(row) for row in rows[:MOST_ROWS]], counts, needed, []


class NamedFields(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The rows of a table in a form: a column's head names no field to a screen reader, so each is named by itself."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", field.label)


def log(request: HttpRequest, rows: QuerySet[Any], message: str) -> None:
    """Put into the history of each row what somebody did to it."""
    LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, message)


class RecordedAdmin(ModelAdmin):
    """Rows that the system wrote: shown and searched, not added, changed or deleted."""

    paginator = EndingPaginator
    ordering: ClassVar[Any] = ("-pk",)
    #: The order of the rows of one product or shop, which an index has ready.
    ordering_of_one: ClassVar[tuple[str, ...]] = ()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        of_one = bool({"product__id__exact", "shop__id__exact"} & request.GET.keys())
        return self.ordering_of_one if of_one and self.ordering_of_one else tuple(self.ordering)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class TellsOfAChange(RecordedAdmin):
    """Rows with a field of a product or shop, before and after."""

    @admin.display(description=_("product or shop"))
    def subject(self, row: Any) -> str:
        subject = row.product or row.shop
        return link(subject, short(str(subject))) if subject else NOT_TOLD

    @admin.display(description=_("before"))
    def whole_before(self, row: Any) -> str:
        return in_words(row.field, row.before, whole=True)

    @admin.display(description=_("after"))
    def whole_after(self, row: Any) -> str:
        return in_words(row.field, row.after, whole=True)


def chunks[M: Model](rows: QuerySet[M]) -> Iterator[QuerySet[M]]:
    """The selected rows in pieces that one statement can name, free of the list's order, joins and annotations."""
    manager = rows.model._default_manager
    for keys in batched(list(rows.values_list("pk", flat=True)), CHUNK):
        yield manager.filter(pk__in=keys)


def link(target: Model, text: object) -> SafeString:
    """A link to a row's own admin page."""
    return format_html('<a href="{}">{}</a>', _url(type(target), "change", target.pk), text)


def link_to_list(model: type[Model], text: object, **filters: str | int) -> SafeString:
    """A link to the list of `model`, filtered."""
    return format_html('<a href="{}?{}">{}</a>', _url(model, "changelist"), urlencode(filters), text)


def links_to_lists(models: Iterable[type[Model]], **filters: str | int) -> SafeString:
    """Links to the filtered lists of several models, named for them."""
    return side_by_side(link_to_list(model, model._meta.verbose_name_plural, **filters) for model in models)


def side_by_side(links: Iterable[SafeString]) -> SafeString:
    return format_html_join(" · ", "{}", ((one,) for one in links))


def _url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
