"""A batch that the database had no room for."""

from django.db import models


class FailedWrite(models.Model):
    """The last batch that could not be recorded because the database's disk was full; one row, or none.

    While the row exists, no call is made. It is deleted when `proof`, filled with `size` bytes, has been written.
    """

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    failed_at = models.DateTimeField()
    size = models.PositiveBigIntegerField()
    proof = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="failed_write_is_one_row")]

    def __str__(self) -> str:
        return f"{self.failed_at:%Y-%m-%d %H:%M}: {self.size:,}"
