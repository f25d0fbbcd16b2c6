"""How far the past has been thinned."""

from django.db import models


class Thinning(models.Model):
    """One row. `monitor.recording.thinning` defines its columns."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    #: All products are thinned until then.
    thinned_until = models.DateTimeField(null=True)
    #: Now they are being thinned until then: those up to this key are.
    goal = models.DateTimeField(null=True)
    product = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="thinning_is_one_row")]
