"""How many mails an account may cause to addresses of its choice, and how many an address may get from all accounts.

The counts are throttles, so undoing or deleting something gives no mail back. They restart at midnight in China for
everybody: a refusal says when it ends, but not when other people sent mails.
"""

from datetime import datetime, timedelta

from monitor.budget import throttle
from monitor.models import User
from monitor.models.usage import provider_day, quota_reset

MOST_BY_ACCOUNT_A_DAY = 50
MOST_TO_ADDRESS_A_DAY = 5
_DAY = timedelta(days=1)


def take_by_account(account: User, now: datetime) -> timedelta:
    """Counts a mail that `account` causes. Returns how long to wait, if at all."""
    return _take(throttle.Limit("mails-by-account", MOST_BY_ACCOUNT_A_DAY, _DAY), str(account.pk), now)


def take_to_address(address: str, now: datetime) -> timedelta:
    """Counts a mail that any account causes to `address`. Returns how long to wait, if at all."""
    name, _at, host = User.objects.normalize_email(address).rpartition("@")
    # Most mail servers deliver "ann+anything" to "ann".
    mailbox = f"{name.partition('+')[0]}@{host}"
    return _take(throttle.Limit("mails-to-address", MOST_TO_ADDRESS_A_DAY, _DAY), mailbox, now)


def _take(limit: throttle.Limit, subject: str, now: datetime) -> timedelta:
    """Each day has its own count, which is full after `limit.burst` mails."""
    is_full = throttle.take(limit, f"{provider_day(now)}\n{subject}", now)
    return quota_reset(now) - now if is_full else timedelta()
