"""The batch that could not be recorded because the database's disk was full."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FailedWrite(models.Model):
    """One row, or none. While it exists, no calls are made. Writing a `proof` of `size` bytes ends it."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    failed_at = models.DateTimeField()
    size = models.PositiveBigIntegerField()
    proof = models.BinaryField(default=b"")

    class Meta:
        verbose_name = _("failed write")
        verbose_name_plural = _("failed writes")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="failed_write_is_one_row")]
