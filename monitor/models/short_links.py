"""Short links of share texts that were followed, so that each is followed once."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models

#: A link is followed again after this time: a product's link never changes, and an unused one may
#: get a product.
KEPT_FOR = timedelta(days=28)


class ShortLinkQuerySet(models.QuerySet["ShortLink"]):
    def expired(self, now: datetime) -> Self:
        return self.filter(followed_at__lt=now - KEPT_FOR)


class ShortLink(models.Model):
    """Nothing says who pasted it."""

    code = models.CharField(max_length=40, primary_key=True)
    #: Empty: it leads to no product.
    num_iid = models.CharField(max_length=19, blank=True)
    followed_at = models.DateTimeField()

    objects = ShortLinkQuerySet.as_manager()

    class Meta:
        # ShortLinkQuerySet.expired.
        indexes = (models.Index(fields=["followed_at"], name="short_link_followed"),)
