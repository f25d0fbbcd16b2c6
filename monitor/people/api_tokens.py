"""Tokens of the API: make them, end them, and find the one that a request sends."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from monitor.models import ApiToken, AuditKind, Message, User, Watchlist
from monitor.people import audit, mail_limits
from monitor.people.allowances import lock

PREFIX = "sw_"
SECRET_BYTES = 32
#: Tokens that one user may have at the same time.
MOST_TOKENS = 20
#: Uses within this time are not written.
NOTE_EVERY = timedelta(minutes=1)


class TooManyTokensError(Exception):
    """The user has `MOST_TOKENS` already."""


@transaction.atomic
def make_token(
    user: User,
    name: str,
    lasts: timedelta,
    now: datetime,
    *,
    scope: ApiToken.Scope,
    watchlist: Watchlist | None = None,
    browser: str = "",
) -> tuple[ApiToken, str]:
    """Make a token, and mail that to its user; return it and its secret, which nothing can show
    again.

    `browser` is the User-Agent that asked for it. Raises `TooManyTokensError`.
    """
    lock(user.pk)
    if ApiToken.objects.current(now).filter(user=user).count() >= MOST_TOKENS:
        raise TooManyTokensError
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        hash=_hash(secret),
        last_four=secret[-4:],
        scope=scope,
        watchlist=watchlist,
        created_at=now,
        expires_at=now + lasts,
    )
    audit.record(AuditKind.TOKEN_MADE, person=user, row=token, about=token)
    context = {"name": name, "browser": browser}
    mail_limits.post(Message.to(user, now, kind=Message.Kind.TOKEN_MADE, context=context))
    return token, secret


@transaction.atomic
def end_token(token: ApiToken, now: datetime) -> None:
    """End a token for good. Ending it twice is the same as once."""
    if ApiToken.objects.filter(pk=token.pk, ended_at__isnull=True).update(ended_at=now):
        audit.record(AuditKind.TOKEN_ENDED, person=token.user, row=token, about=token)


def end_all_tokens(user: User, now: datetime) -> None:
    """End every token of a user, whose account a stranger may have used."""
    for token in ApiToken.objects.current(now).filter(user=user).select_related("user"):
        end_token(token, now)


def valid_token(secret: str, now: datetime) -> ApiToken | None:
    """Return the token of this secret with its user, if it works at `now`. One query."""
    return ApiToken.objects.valid(now).select_related("user").filter(hash=_hash(secret)).first()


def note_use(token: ApiToken, now: datetime) -> None:
    """Record that the token is used, unless that was recorded just before."""
    if token.last_used_at is None or token.last_used_at <= now - NOTE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
