"""'This was not me': locks the account against whoever has logged in, and gives it back to its owner."""

from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from monitor import audit
from monitor.accounts import second_factor
from monitor.accounts.api_tokens import end_all_tokens
from monitor.accounts.channels import pause_all
from monitor.accounts.people import AddressTakenError, take_address_back
from monitor.accounts.sessions import end_other_sessions
from monitor.models import AddressChange, AuditEvent, AuditKind, Message, User


@transaction.atomic
def disown(login: AuditEvent, now: datetime) -> User:
    """End all sessions and API tokens, pause all channels, make the password useless, remove second factors and undo
    changes of the address since the log-in, and mail a link to choose a new password.

    Raises `User.DoesNotExist` if the log-in was disowned meanwhile.
    """
    assert login.person is not None
    user = User.objects.select_for_update(no_key=True).get(pk=login.person.pk, is_active=True)
    if AuditEvent.objects.filter(kind=AuditKind.NOT_ME, person=user, pk__gt=login.pk).exists():
        raise User.DoesNotExist
    audit.record(AuditKind.NOT_ME, actor=user, person=user)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    second_factor.remove_since(user, login.at)
    SocialAccount.objects.filter(user=user, date_joined__gte=login.at).delete()
    end_other_sessions(user, None)
    end_all_tokens(user, now)
    pause_all(user)
    # The first change names the address that the user had before.
    changes: Any = user.address_changes.filter(changed_at__gte=login.at, undone_at=None)
    change: AddressChange | None = changes.order_by("pk").first()
    if change is not None:
        try:
            with transaction.atomic():
                user = take_address_back(change, now)
        except AddressTakenError:  # Another account has it meanwhile: at least this one is locked.
            pass
    Message.to(user, now, kind=Message.Kind.PASSWORD_RESET, context={"locked": True}).save(force_insert=True)
    return user
