"""Imports: products that a user pasted or uploaded, from the preview until they are added or
expire."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from openpyxl.utils import get_column_letter

from monitor.models.catalog import Product
from monitor.models.users import User
from monitor.models.watchlists import DEFAULT_INTERVAL, Pace, Watch, Watchlist

#: How long an import can be continued or undone.
KEPT_FOR = timedelta(days=7)


class ImportQuerySet(models.QuerySet["Import"]):
    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - KEPT_FOR)


class Import(models.Model):
    """Its rows are stored between the preview and the adding.

    So nothing from the browser must be trusted, the page can be reloaded or left, and 50,000 rows
    are sent only once."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="imports", verbose_name=_("owner"))
    #: None until the new list `list_name` is created.
    watchlist = models.ForeignKey(
        Watchlist, models.SET_NULL, null=True, related_name="imports", verbose_name=_("watchlist")
    )
    list_name = models.CharField(_("name of a new list"), max_length=100, blank=True)
    makes_list = models.BooleanField(default=False)
    #: Of the new list.
    interval = models.DurationField(_("interval"), default=DEFAULT_INTERVAL)
    #: Of the new list; empty: `ADAPTIVE`.
    pace = models.CharField(
        _("pace"), max_length=10, choices=Pace.choices, blank=True, default="", db_default=""
    )
    text = models.TextField(_("pasted text"), blank=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    #: When adding began and ended. A large import is added in several steps.
    saved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    #: The keys of the pairings that it made; None before it came to its end.
    paired = models.JSONField(null=True)
    #: What it takes of its owner's allowance of rows.
    size = models.PositiveIntegerField(default=0, db_default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        # ImportQuerySet.expired.
        indexes: ClassVar = [models.Index(fields=["created_at"], name="import_created")]

    def __str__(self) -> str:
        return self.file_name or f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"


class RowKind(models.TextChoices):
    """What adding a row to the list would do."""

    NEW = "new"
    #: A doubtful ID: added only if the user says so.
    DOUBTFUL = "doubtful"
    #: On this list already.
    HERE = "here"
    #: On an earlier row of the same import.
    REPEATED = "repeated"
    #: No ID was found.
    BAD = "bad"


ADDABLE = (RowKind.NEW, RowKind.DOUBTFUL)


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def with_kind(self, source: Import) -> models.QuerySet[Any]:
        """Return rows of `source` with their `kind` for its present list."""
        watches = Watch.objects.filter(product=models.OuterRef("product"))
        here = models.Exists(watches.filter(watchlist=source.watchlist_id))
        return self.annotate(
            kind=models.Case(
                models.When(num_iid="", then=models.Value(RowKind.BAD)),
                models.When(is_repeated=True, then=models.Value(RowKind.REPEATED)),
                models.When(here, then=models.Value(RowKind.HERE)),
                models.When(problem__gt="", then=models.Value(RowKind.DOUBTFUL)),
                default=models.Value(RowKind.NEW),
                output_field=models.CharField(),
            )
        )


class ImportRow(models.Model):
    """One ID that was read, or a line without one: see `monitor.watching.uploads.links.Line`."""

    source = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    column = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(max_length=200)
    num_iid = models.CharField(max_length=19, blank=True)
    problem = models.CharField(max_length=20, blank=True)
    is_repeated = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=False)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="+")
    #: The IDs of the user's own products whose rival it is, with spaces in between, and why one of
    #: them is not.
    rival_of = models.CharField(max_length=400, blank=True, default="", db_default="")
    rival_problem = models.CharField(max_length=20, blank=True, default="", db_default="")
    #: This import put the product on the list.
    was_added = models.BooleanField(default=False)

    objects = ImportRowQuerySet.as_manager()

    @property
    def column_letter(self) -> str:
        return str(get_column_letter(self.column))
