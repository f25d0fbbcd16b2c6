"""Requests for a new password, another address, or an account.

Every answer is the same, with the same statements, whether or not the address has an account: only
the mail to the address shows it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from monitor.models import AuditKind, Message, User
from monitor.people import audit, mail_limits, throttle
from monitor.people.channels import renew_mailbox
from monitor.people.sessions import end_other_sessions
from monitor.people.timing.waiting import follow_times

#: Mails to one address that any visitor can cause, and mails that one network can cause.
MAILS_TO_ONE = throttle.Limit("mail-to", burst=4, every=timedelta(minutes=15))
#: Resets count apart: one that an attacker asks for lets the owner in, a code does not.
RESETS_TO_ONE = throttle.Limit("reset-to", MAILS_TO_ONE.burst, MAILS_TO_ONE.every)
MAILS_FROM_ONE_NETWORK = throttle.Limit("mail-from", burst=12, every=timedelta(minutes=5))


class AddressTakenError(Exception):
    """Another account has this address."""


@transaction.atomic
def ask_for_reset(email: str, network: str, now: datetime) -> timedelta:
    """Mail a link to choose a new password, if `email` has an account. Returns how long to wait, or
    zero."""
    if wait := take_mail(email, network, now, RESETS_TO_ONE):
        return wait
    _mail_if_known(email, now, Message.Kind.PASSWORD_RESET, {})
    return timedelta()


def mail_login_code(email: str, seed: str, now: datetime) -> None:
    """Mail the code that `links.login_code` makes of `seed`, if `email` has an account. `take_mail`
    comes before."""
    _mail_if_known(email, now, Message.Kind.LOGIN_CODE, {"seed": seed})


def _mail_if_known(email: str, now: datetime, kind: Message.Kind, context: dict[str, str]) -> None:
    user = User.objects.filter(email=email, is_active=True).first()
    with transaction.atomic():
        mail_limits.post(Message.to_address(email, now, recipient=user, kind=kind, context=context))
        if user is None:
            transaction.set_rollback(True)  # The same work without an account, but no mail.


@transaction.atomic
def ask_to_join(email: str, network: str, language: str, now: datetime) -> timedelta:
    """Mail a link to create an account or, if there is one, to log in. Returns how long to wait, or
    zero."""
    if wait := take_mail(email, network, now):
        return wait
    user = User.objects.filter(email=email, is_active=True).first()
    kind = Message.Kind.ACCOUNT_EXISTS if user else Message.Kind.JOIN
    mail = Message.to_address(email, now, recipient=user, kind=kind, context={"language": language})
    mail_limits.post(mail)
    return timedelta()


@transaction.atomic
def ask_for_address(user: User, email: str, network: str, now: datetime) -> timedelta:
    """Mail a link to the new address. Returns how long to wait, or zero."""
    wait = take_mail(email, network, now)
    wait = wait or mail_limits.take_by_account(user, now) or mail_limits.take_to_address(email, now)
    if wait:
        transaction.set_rollback(True)  # A refused request counts nowhere.
        return wait
    other = User.objects.filter(email=email, is_active=True).first()
    if other is None:
        context = {"user": user.pk, "language": user.language}
        mail = Message.to_address(email, now, kind=Message.Kind.ADDRESS_CONFIRM, context=context)
    else:
        mail = Message.to(other, now, kind=Message.Kind.ACCOUNT_EXISTS)
    mail_limits.post(mail)
    return timedelta()


@transaction.atomic
def try_address(user: User, network: str, now: datetime) -> timedelta:
    """Mail to the address of `user`, to test whether it is still refused. Returns how long to wait,
    or zero."""
    if wait := take_mail(user.email, network, now):
        return wait
    mail_limits.post(Message.to(user, now, kind=Message.Kind.ADDRESS_TEST))
    return timedelta()


@transaction.atomic
def save_settings(user: User, fields: Iterable[str], now: datetime) -> None:
    """Save these fields of a user. Waiting messages follow the hours and the time zone."""
    user.save(update_fields=list(fields))
    follow_times(user, now)


@transaction.atomic
def change_address(user: User, email: str, now: datetime, session_key: str | None = None) -> None:
    """Make `email` the login of `user`, end all sessions but that of the key, and mail a link to
    undo it.

    The link goes to the old address. Waiting alerts are mailed to the new address. Raises
    `AddressTakenError`."""
    old = user.email
    set_address(user, email)
    audit.record(AuditKind.ADDRESS_CHANGED, actor=user, person=user)
    address_was_changed(user, old, now, session_key, is_undoable=True)


def address_was_changed(
    user: User,
    old: str,
    now: datetime,
    session_key: str | None = None,
    *,
    is_undoable: bool = False,
) -> None:
    """End all sessions of `user` but that of the key, and tell the old address, which may undo the
    change unless this gives the account back: by the old address, or by an operator."""
    end_other_sessions(user, session_key)
    context = {"new": user.email, "is_undoable": is_undoable}
    notice = Message.to(user, now, kind=Message.Kind.ADDRESS_CHANGED, context=context)
    notice.address = old
    mail_limits.post(notice, restores_access=not is_undoable)
    renew_mailbox(user, now)
    follow_times(user, now)


def set_address(user: User, email: str) -> None:
    """Save the user's address. Raises `AddressTakenError`."""
    old, user.email = user.email, email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as error:
        user.email = old
        raise AddressTakenError from error


@transaction.atomic
def change_password(
    user: User,
    password: str,
    now: datetime,
    session_key: str | None = None,
) -> None:
    """Set a password, end all sessions but that of the key, and tell the user by mail.

    Without a key the user is not logged in, but has followed a link in a mail.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(AuditKind.PASSWORD_CHANGED, actor=user, person=user)
    end_other_sessions(user, session_key)
    letter = Message.to(user, now, kind=Message.Kind.PASSWORD_CHANGED)
    mail_limits.post(letter, restores_access=session_key is None)


@transaction.atomic
def join(user: User, password: str, invited_by: User | None = None) -> None:
    """Save a new account, whose address is confirmed. Raises `AddressTakenError`.

    At first its requests count for the user who invited it, or for that user's own sponsor, but
    never for an operator."""
    user.set_password(password)
    if invited_by is not None and not invited_by.is_staff:
        user.sponsor_id = invited_by.payer_id(user.date_joined)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise AddressTakenError from error
    audit.record(AuditKind.ACCOUNT_MADE, actor=user, person=user)


def take_mail(
    email: str, network: str, now: datetime, limit: throttle.Limit = MAILS_TO_ONE
) -> timedelta:
    """Count a mail that a visitor causes. Returns how long to wait, or zero."""
    return throttle.take_all([(MAILS_FROM_ONE_NETWORK, network), (limit, email)], now)
