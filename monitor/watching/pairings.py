"""Pairings: which rivals' products a product of the user's own is compared with."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.judging.rules.kinds import RIVAL_KINDS
from monitor.models import Pairing, Product, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN, NUM_IID
from monitor.polling.recording.alerts import compare_again
from monitor.provider.links import Problem

#: Rivals of one product, those included that a member does not see.
MOST_RIVALS = 20


class PairingProblem(StrEnum):
    """Why a row of a sheet pairs nothing. The texts for users are in `monitor.watching.words`."""

    ITSELF = "its_own_rival"
    NOT_MINE = "not_mine"
    REPEATED = "paired_above"
    MANY_RIVALS = "many_rivals"


@transaction.atomic
def set_rivals(watch: Watch, num_iids: Collection[str], by: User) -> dict[str, Any]:
    """Compare a watched product with these rivals and no others that the user `by` sees; return
    what `set_rivals_back` needs, ready for JSON: the rivals `after` it, and `before`.

    Products that the user does not watch are left out, and rivals that only other members see stay.
    Raises `ValidationError` for the product itself and for too many rivals, and
    `Watch.DoesNotExist` if it was removed."""
    watch = (
        Watch.objects.select_related("product")
        .select_for_update(of=["self"], no_key=True)
        .get(pk=watch.pk)
    )
    if watch.product.num_iid in num_iids:
        raise ValidationError(_("A product cannot be its own rival."))
    theirs = Watch.objects.looked_up_for(by).filter(product=OuterRef("pk"))
    wanted = Product.objects.filter(Exists(theirs), platform=DOUYIN, num_iid__in=num_iids)
    rivals = dict(wanted.values_list("pk", "num_iid"))
    present = watch.pairings.all()
    seen = dict(present.seen_by(by).values_list("rival", "rival__num_iid"))
    unseen = present.exclude(rival__in=seen).count()
    if len(rivals) + unseen > MOST_RIVALS:
        text = _("At most %(most)d rivals: %(n)d were chosen.")
        raise ValidationError(text % {"most": MOST_RIVALS, "n": len(rivals) + unseen})
    present.filter(rival__in=seen.keys() - rivals.keys()).delete()
    pair_again({watch.pk: (watch.product_id, rivals.keys() - seen.keys())})
    compare_again([watch.product_id], RIVAL_KINDS, now=timezone.now(), chosen_for=[watch])
    return {"watch": watch.pk, "before": sorted(seen.values()), "after": sorted(rivals.values())}


@transaction.atomic
def set_rivals_back(user: User, receipt: Mapping[str, Any]) -> bool:
    """Undo `set_rivals`, unless the user may no longer edit the list, or other rivals were chosen
    since."""
    watches = Watch.objects.filter(
        pk=receipt["watch"], watchlist__in=Watchlist.objects.editable_by(user)
    )
    watch = watches.locked().first()
    seen = watch.pairings.seen_by(user).values_list("rival__num_iid", flat=True) if watch else ()
    if watch is None or set(seen) != set(receipt["after"]):
        return False
    try:
        set_rivals(watch, receipt["before"], user)
    except ValidationError:  # Another member has chosen as many meanwhile.
        return False
    return True


@dataclass(frozen=True, slots=True)
class PairingPlan:
    """What rows with `rival_of` pair: by the ID of each product of the user's own its watch and its
    new rivals; by the row's key the first of its `problems`, '' if it pairs something. Other rows
    are paired already."""

    watches: Mapping[str, Watch]
    rivals: Mapping[str, Collection[str]]
    problems: Mapping[int, str]


def plan_pairings(
    rows: Iterable[Any],
    by: User,
    watchlist: int | None,
    coming: Collection[str] = (),
    *,
    locks: bool = False,
) -> PairingPlan:
    """Return what these rows would pair, each alone: a row with a problem stops no other.

    The own product is that on the list, else one with a cost on another list that the user may
    edit. Those `coming` will be on it. With `locks` nobody else pairs them until the transaction
    ends."""
    asked = [(row, own) for row in rows for own in row.rival_of.split()]
    theirs = Watch.objects.filter(
        product__num_iid__in={own for _row, own in asked}, product__platform=DOUYIN
    )
    theirs = (
        theirs.filter(watchlist__in=Watchlist.objects.editable_by(by))
        .select_related("product")
        .order_by("pk")
    )
    found = theirs.select_for_update(of=["self"], no_key=True) if locks else theirs
    best_last = sorted(
        found,
        key=lambda watch: (watch.watchlist_id == watchlist, watch.cost is not None, -watch.pk),
    )
    watches = {watch.product.num_iid: watch for watch in best_last}
    present, new, problems = (
        defaultdict[str, set[str]](set),
        defaultdict[str, set[str]](set),
        dict[int, str](),
    )
    paired = Pairing.objects.filter(watch__in=watches.values())
    for own, rival in paired.values_list("product__num_iid", "rival__num_iid"):
        present[own].add(rival)
    for row, own in asked:
        problem, rival = "", row.num_iid
        if not re.fullmatch(NUM_IID, own):
            problem = Problem.NOT_UNDERSTOOD
        elif own == rival:
            problem = PairingProblem.ITSELF
        elif own not in watches and own not in coming:
            problem = PairingProblem.NOT_MINE
        elif rival in new[own]:
            problem = PairingProblem.REPEATED
        elif rival in present[own]:
            continue
        elif len(present[own]) + len(new[own]) >= MOST_RIVALS:
            problem = PairingProblem.MANY_RIVALS
        else:
            new[own].add(rival)
        problems[row.pk] = problems.get(row.pk) or problem
    return PairingPlan(watches, new, problems)


@transaction.atomic
def pair(plan: PairingPlan, by: User) -> list[int]:
    """Pair what was planned with locks, as far as the user watches the rivals; return the new
    pairings' keys."""
    watches = {
        watch.pk: (watch.product_id, plan.rivals.get(own, ()))
        for own, watch in plan.watches.items()
    }
    theirs = Watch.objects.looked_up_for(by).filter(product=OuterRef("pk"))
    known = Product.objects.filter(
        Exists(theirs), platform=DOUYIN, num_iid__in=set().union(*plan.rivals.values())
    )
    keys = dict(known.values_list("num_iid", "pk"))
    pairings = Pairing.objects.filter(watch__in=watches)
    before = set(pairings.values_list("pk", flat=True))
    pair_again(
        {
            key: (own, [keys[rival] for rival in some if rival in keys])
            for key, (own, some) in watches.items()
        }
    )
    paired = [watch for own, watch in plan.watches.items() if plan.rivals.get(own)]
    compare_again(
        [watch.product_id for watch in paired], RIVAL_KINDS, now=timezone.now(), chosen_for=paired
    )
    return sorted(set(pairings.values_list("pk", flat=True)) - before)


def pair_again(rivals: Mapping[int, tuple[int, Collection[int]]]) -> None:
    """Give watches, by their keys, each with its product, these further rivals, unless they are
    gone meanwhile."""
    keys = {rival for _product, chosen in rivals.values() for rival in chosen}
    # Locked, so that none is deleted before it is paired.
    there = (
        Product.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
        if keys
        else ()
    )
    known = {product.pk for product in there}
    rows = [
        Pairing(watch_id=watch, product_id=product, rival_id=rival)
        for watch, (product, chosen) in rivals.items()
        for rival in chosen
        if rival in known
    ]
    Pairing.objects.bulk_create(rows, ignore_conflicts=True)
