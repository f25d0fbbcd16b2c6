"""Requests for a new password, another address, or an account.

Every answer is the same, with the same statements, whether or not the address has an account: only the mail to the
address shows it.
"""

from datetime import datetime, timedelta

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from monitor import audit
from monitor.accounts import second_factor
from monitor.accounts.api_tokens import end_all_tokens
from monitor.accounts.channels import pause_all
from monitor.accounts.sessions import end_other_sessions
from monitor.budget import mail_limits, throttle
from monitor.models import AddressChange, AuditKind, Message, User
from monitor.timing.waiting import follow_plan

#: Mails to one address that any visitor can cause, and mails that one network can cause.
MAILS_TO_ONE = throttle.Limit("mail-to", burst=4, every=timedelta(minutes=15))
MAILS_FROM_ONE_NETWORK = throttle.Limit("mail-from", burst=12, every=timedelta(minutes=5))


class AddressTakenError(Exception):
    """Another account has this address."""


@transaction.atomic
def ask_for_reset(email: str, network: str, now: datetime) -> timedelta:
    """Mail a link to choose a new password, if `email` has an account. Returns how long to wait, or zero."""
    if wait := take_mail(email, network, now):
        return wait
    _mail_if_known(email, now, Message.Kind.PASSWORD_RESET, {})
    return timedelta()


def mail_login_code(email: str, seed: str, now: datetime) -> None:
    """Mail the code that `links.login_code` makes of `seed`, if `email` has an account. `take_mail` comes before."""
    _mail_if_known(email, now, Message.Kind.LOGIN_CODE, {"seed": seed})


def _mail_if_known(email: str, now: datetime, kind: Message.Kind, context: dict[str, str]) -> None:
    user = User.objects.filter(email=email, is_active=True).first()
    with transaction.atomic():
        Message.to_address(email, now, recipient=user, kind=kind, context=context).save(force_insert=True)
        if user is None:
            transaction.set_rollback(True)  # The same work without an account, but no mail.


@transaction.atomic
def ask_to_join(email: str, network: str, language: str, now: datetime) -> timedelta:
    """Mail a link to create an account or, if there is one, to log in. Returns how long to wait, or zero."""
    if wait := take_mail(email, network, now):
        return wait
    user = User.objects.filter(email=email, is_active=True).first()
    kind = Message.Kind.ACCOUNT_EXISTS if user else Message.Kind.JOIN
    mail = Message.to_address(email, now, recipient=user, kind=kind, context={"language": language})
    mail.save(force_insert=True)
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
    mail.save(force_insert=True)
    return timedelta()


@transaction.atomic
def try_address(user: User, network: str, now: datetime) -> timedelta:
    """Mail to the address of `user`, to test whether it is still refused. Returns how long to wait, or zero."""
    if wait := take_mail(user.email, network, now):
        return wait
    Message.to(user, now, kind=Message.Kind.ADDRESS_TEST).save(force_insert=True)
    return timedelta()


@transaction.atomic
def change_address(user: User, email: str, now: datetime, session_key: str | None = None) -> None:
    """Make `email` the login of `user`, end all sessions but that of the key, and mail a link to undo it.

    The link goes to the old address. Waiting alerts are mailed to the new address. Raises `AddressTakenError`.
    """
    old = user.email
    _set_address(user, email)
    change = AddressChange.objects.create(user=user, old=old, new=email, changed_at=now)
    audit.record(AuditKind.ADDRESS_CHANGED, actor=user, person=user)
    address_was_changed(user, old, now, session_key, change)


@transaction.atomic
def take_address_back(change: AddressChange, now: datetime) -> User:
    """Undo a change of address on request of the old address. The user must choose a new password.

    Links of later changes stop working: a thief may have received them. API tokens end, channels are paused, and second
    factors that were set up since are removed. Raises `AddressTakenError` if another account has the old address, or
    the change was undone already.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=change.user_id)
    if not user.address_changes.filter(pk=change.pk, undone_at=None).exists():
        raise AddressTakenError
    user.address_changes.filter(pk__gte=change.pk, undone_at=None).update(undone_at=now)
    current = user.email
    user.set_unusable_password()
    # A thief's phone must not keep the owner out, and another site of the thief's must not let the thief in.
    second_factor.remove_since(user, change.changed_at)
    SocialAccount.objects.filter(user=user, date_joined__gte=change.changed_at).delete()
    end_all_tokens(user, now)
    pause_all(user)
    _set_address(user, change.old, "password")
    audit.record(AuditKind.ADDRESS_RESTORED, actor=user, person=user)
    address_was_changed(user, current, now)
    return user


def address_was_changed(
    user: User, old: str, now: datetime, session_key: str | None = None, change: AddressChange | None = None
) -> None:
    """End all sessions of `user` but that of the key, and tell the old address, which may undo `change`."""
    end_other_sessions(user, session_key)
    context = {"new": user.email, "change": change and change.pk}
    notice = Message.to(user, now, kind=Message.Kind.ADDRESS_CHANGED, context=context)
    notice.address = old
    notice.save(force_insert=True)
    follow_plan(user, now)


def _set_address(user: User, email: str, *also: str) -> None:
    old, user.email = user.email, email
    try:
        with transaction.atomic():
            user.save(update_fields=["email", *also])
    except IntegrityError as error:
        user.email = old
        raise AddressTakenError from error


@transaction.atomic
def change_password(user: User, password: str, now: datetime, session_key: str | None = None) -> None:
    """Set a password, end all sessions but that of the key, and tell the user by mail."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(AuditKind.PASSWORD_CHANGED, actor=user, person=user)
    end_other_sessions(user, session_key)
    Message.to(user, now, kind=Message.Kind.PASSWORD_CHANGED).save(force_insert=True)


@transaction.atomic
def join(user: User, password: str) -> None:
    """Save a new account, whose address is confirmed. Raises `AddressTakenError`."""
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise AddressTakenError from error
    audit.record(AuditKind.ACCOUNT_MADE, actor=user, person=user)


def take_mail(email: str, network: str, now: datetime) -> timedelta:
    """Count a mail that a visitor causes. Returns how long to wait, or zero."""
    wait = throttle.take(MAILS_FROM_ONE_NETWORK, network, now)
    if not wait and (wait := throttle.take(MAILS_TO_ONE, email, now)):
        throttle.give_back(MAILS_FROM_ONE_NETWORK, network)
    return wait
