"""Imports: what somebody pasted or uploaded, from the preview until it is added or forgotten."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.models.catalog import Product
from monitor.models.users import User
from monitor.models.watchlists import DEFAULT_INTERVAL, Pace, Watch, Watchlist
from monitor.provider.observation import Status
from monitor.text.formatting import column_letter

#: How long an import is kept: long enough to go on with it tomorrow, or to take it back next week.
KEPT_FOR = timedelta(days=7)


class ImportQuerySet(models.QuerySet["Import"]):
    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - KEPT_FOR)


class Import(models.Model):
    """One import. Its rows stay here between the preview and the adding: nothing that a browser sends back has to be
    trusted, a page can be reloaded or left, and 50,000 rows need not travel with every exchange."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="imports", verbose_name=_("owner"))
    #: None until a new list, which is to be called `list_name`, is made.
    watchlist = models.ForeignKey(
        Watchlist, models.SET_NULL, null=True, related_name="imports", verbose_name=_("watchlist")
    )
    list_name = models.CharField(_("name of a new list"), max_length=100, blank=True)
    makes_list = models.BooleanField(default=False)
    interval = models.DurationField(_("interval"), default=DEFAULT_INTERVAL)
    #: As the list has it where there is one and nothing is said; a new one is checked as its products change.
    pace = models.CharField(_("pace"), max_length=10, choices=Pace.choices, blank=True, default="", db_default="")
    text = models.TextField(_("pasted text"), blank=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    #: Adding began and ended. A large import is added in several steps, and goes on where it was left.
    saved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        # ImportQuerySet.expired.
        indexes: ClassVar = [models.Index(fields=["created_at"], name="import_created")]

    def __str__(self) -> str:
        return self.file_name or f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def is_under_way(self) -> bool:
        """Whether its adding has begun, and goes on."""
        return bool(self.saved_at) and not self.finished_at and not self.undone_at


class RowKind(models.TextChoices):
    """What a row of an import means for the list it goes to, and for its owner's other lists."""

    NEW = "new"
    #: On another list of the owner's: no call more, unless it is checked less often there.
    ELSEWHERE = "elsewhere"
    #: An ID that looks odd: added only if its row is ticked.
    DOUBTFUL = "doubtful"
    #: On this list already.
    HERE = "here"
    #: Named before in the same import.
    REPEATED = "repeated"
    #: No ID was found.
    BAD = "bad"


#: Kinds of rows that can be added.
ADDABLE = (RowKind.NEW, RowKind.ELSEWHERE, RowKind.DOUBTFUL)


class RowTrouble(models.TextChoices):
    """Why an added product may as well go again."""

    #: The provider knows no product of that ID.
    MISSING = "missing"
    #: Its checks fail, and none has been answered yet.
    FAILING = "failing"

    @property
    def condition(self) -> models.Q:
        if self is RowTrouble.MISSING:
            return models.Q(was_added=True, product__status=Status.NOT_FOUND.value)
        return models.Q(was_added=True, product__failing_since__isnull=False, product__answered_at__isnull=True)


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def with_kind(self, of: Import) -> models.QuerySet[Any]:
        """Each row with its `kind`, for the list that the import goes to now."""
        watches = Watch.objects.filter(product=models.OuterRef("product"))
        here = models.Exists(watches.filter(watchlist=of.watchlist_id)) if of.watchlist_id else models.Value(False)
        elsewhere = models.Exists(watches.filter(watchlist__in=Watchlist.objects.for_user(of.owner)))
        return self.annotate(
            kind=models.Case(
                models.When(num_iid="", then=models.Value(RowKind.BAD)),
                models.When(is_repeated=True, then=models.Value(RowKind.REPEATED)),
                models.When(here, then=models.Value(RowKind.HERE)),
                models.When(elsewhere, then=models.Value(RowKind.ELSEWHERE)),
                models.When(problem__gt="", then=models.Value(RowKind.DOUBTFUL)),
                default=models.Value(RowKind.NEW),
                output_field=models.CharField(),
            )
        )


class ImportRow(models.Model):
    """One thing that was read: see `monitor.uploads.links.Line`. A line may have several rows."""

    source = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    column = models.PositiveSmallIntegerField(default=0)
    is_from_file = models.BooleanField(default=False)
    text = models.CharField(max_length=200)
    num_iid = models.CharField(max_length=19, blank=True)
    problem = models.CharField(max_length=20, blank=True)
    is_repeated = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=False)
    #: The product of that ID, once there is one.
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="+")
    #: The import put the product on the list.
    was_added = models.BooleanField(default=False)

    objects = ImportRowQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} {self.num_iid or self.problem}"

    @property
    def column_letter(self) -> str:
        return column_letter(self.column)
