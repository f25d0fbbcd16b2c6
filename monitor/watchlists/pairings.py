"""Pairings: which rivals' products a product of the user's own is compared with."""

from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from monitor.models import Pairing, Product, User, Watch
from monitor.models.catalog import DOUYIN

#: Rivals of one product, those included that a member does not see.
MOST_RIVALS = 20


@transaction.atomic
def set_rivals(watch: Watch, num_iids: Collection[str], by: User) -> int:
    """Compare a watched product with these rivals and no others that the user `by` sees; return how many these are.

    Products that the user does not watch are left out, and rivals that only other members see stay. Raises
    `ValidationError` for the product itself and for too many rivals, and `Watch.DoesNotExist` if it was removed.
    """
    watch = Watch.objects.select_related("product").select_for_update(of=["self"], no_key=True).get(pk=watch.pk)
    if watch.product.num_iid in num_iids:
        raise ValidationError(_("A product cannot be its own rival."))
    theirs = Watch.objects.looked_up_for(by).filter(product=OuterRef("pk"))
    wanted = Product.objects.filter(Exists(theirs), platform=DOUYIN, num_iid__in=num_iids)
    rivals = set(wanted.values_list("pk", flat=True))
    present = watch.pairings.all()
    seen = set(present.seen_by(by).values_list("rival", flat=True))
    unseen = present.exclude(rival__in=seen).count()
    if len(rivals) + unseen > MOST_RIVALS:
        text = _("At most %(most)d rivals: %(n)d were chosen.")
        raise ValidationError(text % {"most": MOST_RIVALS, "n": len(rivals) + unseen})
    present.filter(rival__in=seen - rivals).delete()
    pair_again({watch.pk: (watch.product_id, rivals - seen)})
    return len(rivals)


def pair_again(rivals: Mapping[int, tuple[int, Collection[int]]]) -> None:
    """Give watches, by their keys, each with its product, these further rivals, unless they are gone meanwhile."""
    keys = {rival for _product, chosen in rivals.values() for rival in chosen}
    # Locked, so that none is deleted before it is paired.
    there = Product.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True) if keys else ()
    known = {product.pk for product in there}
    rows = [
        Pairing(watch_id=watch, product_id=product, rival_id=rival)
        for watch, (product, chosen) in rivals.items()
        for rival in chosen
        if rival in known
    ]
    Pairing.objects.bulk_create(rows, ignore_conflicts=True)
