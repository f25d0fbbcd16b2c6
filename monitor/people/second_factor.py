"""Second factors of a login: authenticator apps, passkeys and recovery codes, in allauth's table
`Authenticator`."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitor.models import AuditKind, Message, User
from monitor.models.sealing import SealError, seal, unseal
from monitor.people import audit, mail_limits
from monitor.people.sessions import end_other_sessions

logger = logging.getLogger(__name__)

#: Each is enough to log in with. Recovery codes only stand in for another one.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_KINDS = {
    "totp_activated": AuditKind.FACTOR_ADDED,
    "totp_deactivated": AuditKind.FACTOR_REMOVED,
    "webauthn_added": AuditKind.FACTOR_ADDED,
    "webauthn_removed": AuditKind.FACTOR_REMOVED,
    "removed": AuditKind.FACTOR_REMOVED,
    "recovery_codes_generated": AuditKind.CODES_MADE,
    "account_connected": AuditKind.SITE_CONNECTED,
    "account_disconnected": AuditKind.SITE_DISCONNECTED,
}
#: In the data of an authenticator app: the half minute whose code was used last.
_LAST_STEP = "last_step"
_PURPOSE = "monitor.second-factor"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted at rest, and passkeys belong to the site's address."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is wrong, or was used already."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, _PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret. With another SECRET_KEY no code is right: then an operator removes the
        second factor."""
        try:
            return unseal(encrypted_text, _PURPOSE)
        except SealError:
            logger.error(
                "Two-step verification cannot be read: it was stored with another SECRET_KEY."
            )
            raise self.validation_error("incorrect_code") from None

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.SITE_URL).hostname or "localhost", "name": "Stallwatch"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.email, "display_name": user.get_full_name()}

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        return _("Passkey")


def site_origin() -> str:
    """Return the origin of this site's pages, as browsers name it to passkeys."""
    site = urlsplit(settings.SITE_URL)
    return f"{site.scheme}://{site.netloc}".lower()


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def use_code(authenticator: Authenticator, code: str) -> bool:
    """Mark a right code of an authenticator app as used; False if it, or a later one, was used
    already.

    allauth remembers used codes in the cache of one process, for half a minute. Recovery codes it
    marks in their row."""
    if authenticator.type != Authenticator.Type.TOTP:
        return True
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        step = _step_of(decrypt(row.data["secret"]), code)
        if step <= row.data.get(_LAST_STEP, 0):
            return False
        row.data[_LAST_STEP] = step
        row.save(update_fields=["data"])
    return True


def remove_all(users: list[User], by: str, now: datetime) -> int:
    """Remove the second factors of users who have lost them; returns of how many users. `by` is for
    the log."""
    count = 0
    for user in users:
        with transaction.atomic():
            if not Authenticator.objects.filter(user=user).delete()[0]:
                continue
            end_other_sessions(user, None)
            tell(user, "removed", now)
        count += 1
        logger.warning(
            "Two-step verification of user %s (%s) was switched off by %s.", user.pk, user.email, by
        )
    return count


def remove_since(user: User, when: datetime) -> None:
    """Remove the second factors that were set up since then."""
    Authenticator.objects.filter(user=user, created_at__gte=when).delete()
    if not has_second_factor(user):
        Authenticator.objects.filter(user=user).delete()


def codes_left(codes: Authenticator) -> int:
    """Return how many recovery codes are unused."""
    return int(app_settings.RECOVERY_CODE_COUNT - codes.data["used_mask"].bit_count())


def tell(user: User, event: str, now: datetime, *, name: str = "", browser: str = "") -> None:
    """Record what was changed, and mail it to the user. `name` is the passkey's, `browser` the
    User-Agent."""
    audit.record(_KINDS[event], person=user, what=event, about=name)
    mail(user, event, now, name=name, browser=browser)


def mail(user: User, event: str, now: datetime, **context: Any) -> None:
    """Mail what concerns the security of the login; `monitor.telling.letters` has the words."""
    letter = Message.to(
        user, now, kind=Message.Kind.SECOND_FACTOR, context={"event": event, **context}
    )
    mail_limits.post(letter)


def _step_of(secret: str, code: str) -> int:
    """Return the number of the 30-second step that the code is valid for, or 0.

    allauth's public check tells only whether a code is valid: hence its internal functions.
    """
    typed = "".join(filter(str.isdigit, code))
    steps = yield_hotp_counters_from_time()
    return max(
        (
            step
            for step in steps
            if constant_time_compare(format_hotp_value(hotp_value(secret, step)), typed)
        ),
        default=0,
    )
