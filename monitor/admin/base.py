"""What the admin's pages share: counts that end, read-only rows, columns, links."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation, ShowFacets
from django.core.paginator import Paginator
from django.db.models import DurationField, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.auditing import Audited
from monitor.models import Watchlist
from monitor.text.formatting import NOT_TOLD, one_line

MOST_ROWS = 10_000
#: Foreign text in a list is cut to this many characters.
SHORT = 60
EVERYWHERE = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class EndingPaginator(Paginator):  # type: ignore[type-arg]
    """Counts and shows at most the first `MOST_ROWS` rows.

    Counting a whole history takes too long, and users do not page through it: they filter or
    search."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_ROWS].count() if isinstance(rows, QuerySet) else len(rows)


class ModelAdmin(Audited, admin.ModelAdmin):  # type: ignore[type-arg]
    """A page of the admin whose lists never count a whole table."""

    paginator = EndingPaginator
    show_full_result_count = False
    # "Show counts" would count the whole table once for each value of each filter.
    show_facets = ShowFacets.NEVER
    empty_value_display = NOT_TOLD
    formfield_overrides: ClassVar = {DurationField: {"help_text": _("Hours:minutes:seconds")}}

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse filters by what no page shows, such as a token's hash: they would reveal it letter
        by letter."""
        name = lookup.partition("__")[0]
        field: Any = {field.name: field for field in self.opts.get_fields()}.get(name)
        # Not the keys of rows that refer to this one, either: that of a session is its secret.
        is_shown = field is None or (field.concrete and (field.is_relation or field.primary_key))
        filters = [entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter]
        offered = {
            str(part).partition("__")[0] for part in (*filters, *self.get_list_display(request))
        }
        return (is_shown or name in offered) and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search without NUL, which PostgreSQL refuses. Lists reject it themselves, autocompletion
        does not."""
        return super().get_search_results(request, queryset, search_term.replace("\0", ""))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete as `delete_queryset` does, which a page may override."""
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the chosen rows alone: thousands of alerts may be deleted with a watchlist."""
        rows = list(objs)
        allowed = all(self.has_delete_permission(request, row) for row in rows)
        needed = set() if allowed else {str(self.opts.verbose_name)}
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        return [str(row) for row in rows[:MOST_ROWS]], counts, needed, []

    def tell(self, request: HttpRequest, count: int, text: str) -> None:
        """Say how many rows an action has changed; none is a warning."""
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, text % {"count": count}, level)


class NamedFields(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Inline rows whose fields have labels for screen readers, which do not read a column's heading
    as one."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", field.label)


class RecordedAdmin(ModelAdmin):
    """Rows that the system wrote, the newest first: nobody changes them here."""

    def _deny(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _deny

    ordering: ClassVar[Any] = ("-pk",)
    #: The order of the rows of one product or shop, for which there is an index.
    ordering_of_one: ClassVar[tuple[str, ...]] = ()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        is_of_one = bool({"product__id__exact", "shop__id__exact"} & request.GET.keys())
        return self.ordering_of_one if is_of_one and self.ordering_of_one else tuple(self.ordering)


def column(description: Any, value: Callable[[Any], object], ordering: str | None = None) -> Any:
    """Return a column of a list, or a read-only field of a page, that shows `value(row)`."""

    @admin.display(description=description, ordering=ordering)
    def show(self: object, row: Any) -> object:
        return value(row)

    return show


def short(text: object) -> str:
    """Return foreign text for a cell of a list."""
    return one_line(str(text), SHORT) if text else NOT_TOLD


def answer_in_words(answer: str) -> str:
    """Return a server's answer as it is; an answer that Stallwatch wrote in its place, in the
    reader's language."""
    return gettext(answer) if answer else ""


def list_and_owner(watchlist: Watchlist) -> str:
    return f"{short(watchlist.name)} – {watchlist.owner}"


def anchor(url: str, text: object) -> SafeString:
    """Return a link for a column of Django's admin, which shows a value and no template."""
    return format_html('<a href="{}">{}</a>', url, text)


def link(target: Model | None, label: Callable[[Any], str] = short) -> str:
    """Return a link to a row's own admin page."""
    if target is None:
        return NOT_TOLD
    return anchor(_url(type(target), "change", target.pk), label(target))


def link_to_list(model: type[Model], text: object = None, **filters: str | int) -> SafeString:
    """Return a link to the list of `model`, filtered. Its text is the name of the model if not
    given."""
    text = model._meta.verbose_name_plural if text is None else text
    return anchor(f"{_url(model, 'changelist')}?{urlencode(filters)}", text)


def links_to_lists(*models: type[Model], **filters: str | int) -> SafeString:
    links = ((link_to_list(model, **filters),) for model in models)
    return format_html_join(" · ", "{}", links)


def _url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
