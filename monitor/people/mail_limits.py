"""How many letters an address may get, how many mails an account may cause to addresses of its
choice, and how many of those an address may get from all accounts.

The counts are throttles, so undoing or deleting something gives no mail back. Those of mails to
other people restart at midnight in China for everybody: a refusal says when it ends, but not when
other people sent mails."""

from datetime import datetime, timedelta

from monitor.models import Message, User
from monitor.people import throttle

MOST_BY_ACCOUNT_A_DAY = 50
MOST_TO_ADDRESS_A_DAY = 5
#: Letters of one kind to one address.
LETTERS = throttle.Limit("letters", burst=20, every=timedelta(minutes=15))
#: Counted together: which of them is mailed depends on whether the address has an account, which no
#: answer may show.
_TO_ANY_ADDRESS = frozenset(
    {Message.Kind.JOIN, Message.Kind.ACCOUNT_EXISTS, Message.Kind.ADDRESS_CONFIRM}
)


def post(letter: Message, *, restores_access: bool = False) -> None:
    """Write a letter about an account or a list to the outbox: all of them come this way, in the
    transaction of what they tell.

    Raises `TooOftenError` if the address got too many, so that nothing happens that it was not told
    of. A letter that `restores_access` always goes: a thief of the account may have used up the
    others."""
    kind = Message.Kind.JOIN if letter.kind in _TO_ANY_ADDRESS else letter.kind
    wait = throttle.take(LETTERS, f"{kind}\n{_mailbox(letter.address)}", letter.created_at)
    if wait and not restores_access:
        raise throttle.TooOftenError(wait)
    letter.save(force_insert=True)


def take_by_account(account: User, now: datetime) -> timedelta:
    """Count a mail that `account` causes. Return how long to wait, if at all."""
    return throttle.take_of_day("mails-by-account", MOST_BY_ACCOUNT_A_DAY, str(account.pk), now)


def take_to_address(address: str, now: datetime) -> timedelta:
    """Count a mail that any account causes to `address`. Return how long to wait, if at all."""
    return throttle.take_of_day("mails-to-address", MOST_TO_ADDRESS_A_DAY, _mailbox(address), now)


def _mailbox(address: str) -> str:
    """Most mail servers deliver "ann+anything" to "ann"."""
    name, _at, host = User.objects.normalize_email(address).rpartition("@")
    return f"{name.partition('+')[0]}@{host}"
