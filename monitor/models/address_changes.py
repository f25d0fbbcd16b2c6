"""Changes of e-mail addresses. The reader of the old address can undo one for some days."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User


class AddressChange(models.Model):
    """`undone_at` is when this change, or an earlier one, was undone: its link no longer works."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="address_changes", verbose_name=_("user")
    )
    old = models.EmailField(_("old address"))
    new = models.EmailField(_("new address"))
    changed_at = models.DateTimeField(_("changed at"))
    undone_at = models.DateTimeField(_("undone"), null=True)
