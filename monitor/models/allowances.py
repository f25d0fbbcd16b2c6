"""Allowances: how much of what all merchants share one person may use."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.fields import exactly_one_of
from monitor.models.users import User


class Allowance(models.Model):
    """An operator's limits for one person, or for each member of a group. An empty one is the
    installation's."""

    person = models.OneToOneField(
        User, models.CASCADE, null=True, related_name="allowance", verbose_name=_("user")
    )
    group = models.OneToOneField(
        Group, models.CASCADE, null=True, related_name="allowance", verbose_name=_("group")
    )
    calls = models.PositiveIntegerField(_("scheduled checks a day"), null=True, blank=True)
    checks = models.PositiveIntegerField(_("manual checks a day"), null=True, blank=True)
    lists = models.PositiveIntegerField(_("watchlists"), null=True, blank=True)
    products = models.PositiveIntegerField(_("products on them"), null=True, blank=True)
    shops = models.PositiveIntegerField(_("followed shops"), null=True, blank=True)
    rules = models.PositiveIntegerField(_("rules per watchlist"), null=True, blank=True)
    messages = models.PositiveIntegerField(_("alert mails a day"), null=True, blank=True)
    imports = models.PositiveIntegerField(_("imports a day"), null=True, blank=True)
    sheets = models.PositiveIntegerField(_("sheets a day"), null=True, blank=True)
    import_rows = models.PositiveIntegerField(
        _("stored rows of imports and sheets"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        constraints = [exactly_one_of("person", "group", name="allowance_of_person_or_group")]

    def __str__(self) -> str:
        return str(self.person or self.group)
