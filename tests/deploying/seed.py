"""Fills an empty database of its own version: merchants, products due in turn, a webhook.
`manage.py shell` runs it."""

import os
from datetime import timedelta

from django.utils import timezone

from monitor.models import Pace, Product, Rule, User
from monitor.people import channels
from monitor.watching.services import add_products, create_watchlist

now = timezone.now()
people = [
    User.objects.create_user(f"merchant-{number}@example.com", "a-password")
    for number in range(int(os.environ["PEOPLE"]))
]
watchlist = create_watchlist(people[0], "对手", timedelta(minutes=1), pace=Pace.FIXED)
watchlist.rules.all().delete()
Rule.objects.create(
    watchlist=watchlist, kind="price_changed", is_urgent=True, cooldown=timedelta(0)
)
for member in people[1:]:
    watchlist.memberships.create(user=member)
num_iids = [str(3514453298386183303 + number) for number in range(int(os.environ["PRODUCTS"]))]
add_products(watchlist, num_iids, now)
for number, product in enumerate(Product.objects.order_by("pk")):
    # Each second some are due.
    Product.objects.filter(pk=product.pk).update(
        next_check_at=now + timedelta(seconds=15 + 60 * number / len(num_iids))
    )
channels.add(people[0], "webhook", "ERP", {"url": os.environ["HOOK"], "secret": ""}, "…", now)
