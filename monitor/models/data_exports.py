"""A user's export of all their data: asked for, made by a worker, kept for some days."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User

#: How long a file can be downloaded.
EXPORT_KEPT = timedelta(days=7)


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def waiting(self, now: datetime) -> Self:
        """Return exports to make, the oldest first, without those that another worker is making."""
        is_free = models.Q(claimed_until__isnull=True) | models.Q(claimed_until__lte=now)
        return self.filter(is_free, ended_at__isnull=True).order_by("asked_at", "pk")


class DataExport(models.Model):
    """At most one for each user. The file is in its parts, so that any machine can make it and any
    can send it."""

    user = models.OneToOneField(
        User, models.CASCADE, related_name="data_export", verbose_name=_("user")
    )
    asked_at = models.DateTimeField(_("requested"))
    #: A worker makes it until then. If it dies, another one begins again.
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: When it was ready, or given up as too large.
    ended_at = models.DateTimeField(_("ready"), null=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True)

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export of a user's data")
        verbose_name_plural = _("exports of users' data")

    @property
    def is_ready(self) -> bool:
        return self.ended_at is not None and self.size is not None

    @property
    def is_too_large(self) -> bool:
        return self.ended_at is not None and self.size is None

    @property
    def purged_at(self) -> datetime:
        """When the file is deleted."""
        return (self.ended_at or self.asked_at) + EXPORT_KEPT


class DataExportPart(models.Model):
    """A piece of an export's file."""

    export = models.ForeignKey(DataExport, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="data_export_part_unique")
        ]
