"""For what a new rule would fire at once."""

from typing import Any

from django.utils import timezone

from monitor.judging.rules.conditions import Condition, judge
from monitor.judging.rules.judging import Memory, RuleCase
from monitor.judging.rules.kinds import Subject
from monitor.models import Product, Shop
from monitor.polling.recording.evidence import rule_cases
from monitor.showing.reads.rules import RuleSet
from monitor.showing.reads.words import value_in_words

#: Products that the page names.
NAMED = 3
#: Of longer lists only these are judged.
MOST_JUDGED = 1000


def true_already(rule_set: RuleSet, condition: Condition) -> dict[str, Any] | None:
    """Return what `rules/true_already.html` shows; None if it is true of nothing. At most four
    queries.

    `count`: how many products or, with `of_shops`, shops fulfil a condition now. `named`: some of
    them, by the `name`, with the `value` in words that makes it true. `is_part`: not all were
    judged. A new rule has no memory yet."""
    if condition.spec.subject.is_followed:
        return None
    watches = rule_set.judged_by(condition).filter(is_paused=False, watchlist__is_paused=False)
    if of_shops := condition.spec.subject is Subject.SHOP:
        shops = (
            Shop.objects.filter(products__watches__in=watches.values("pk"))
            .distinct()
            .order_by("name", "pk")
        )
        subjects = [(str(shop), RuleCase(shop.state)) for shop in shops[: MOST_JUDGED + 1]]
    else:
        order = "-price" if condition.spec.way > 0 else "price"
        products = Product.objects.filter(data_time__isnull=False, watches__in=watches).order_by(
            order, "pk"
        )
        rows = list(products[: MOST_JUDGED + 1])
        rivals = rule_set.compared_with(condition, [row.pk for row in rows])
        asked = [(row, condition, rivals.get(row.pk, ())) for row in rows]
        seen = rule_cases(asked, timezone.now())
        subjects = [(str(row), case) for row, case in zip(rows, seen, strict=True)]
    judged = ((name, judge(condition, Memory(), case)[0]) for name, case in subjects[:MOST_JUDGED])
    named = [
        {"name": name, "value": value_in_words(fired[0].field, fired[0].after)}
        for name, fired in judged
        if fired
    ]
    if not named:
        return None
    return {
        "count": len(named),
        "named": named[:NAMED],
        "of_shops": of_shops,
        "is_part": len(subjects) > MOST_JUDGED,
    }
