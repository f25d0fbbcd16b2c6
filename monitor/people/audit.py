"""Writes the audit log. Call `record` in the transaction of what it records.

The middleware says who sends the request, so most callers name only the event and what it is about.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from monitor.models import AuditEvent, AuditKind, User, Watchlist
from monitor.models.audit import LONGEST_SUBJECT
from monitor.text.formatting import NOT_TOLD, one_line

KEPT = timedelta(days=365)
#: Codes in `details["what"]`, one or a list of them, in words. The rest, such as 'CSV', are words
#: already.
WORDS = {
    "password": gettext_lazy("Password"),
    "code": pgettext_lazy("way to log in", "Mailed code"),
    "socialaccount": pgettext_lazy("way to log in", "Single sign-on"),
    "totp": gettext_lazy("Authenticator app"),
    "webauthn": gettext_lazy("Passkey"),
    "recovery_codes": gettext_lazy("Recovery code"),
    "wrong_password": gettext_lazy("Wrong password"),
    "wrong_code": gettext_lazy("Wrong code"),
    "wrong_passkey": gettext_lazy("Wrong passkey"),
    "totp_activated": gettext_lazy("Authenticator app"),
    "totp_deactivated": gettext_lazy("Authenticator app"),
    "webauthn_added": gettext_lazy("Passkey"),
    "webauthn_removed": gettext_lazy("Passkey"),
    "removed": gettext_lazy("All of them"),
    "ownership": gettext_lazy("Ownership"),
    # The event says it all.
    "recovery_codes_generated": "",
    "account_connected": "",
    "account_disconnected": "",
}
#: The values of a field before and after; None if the log has only its name.
type Changes = Mapping[str, tuple[Any, Any] | None]


class Acting(NamedTuple):
    """Who sends the request, from which network, and with which API token, by its name."""

    user: User | None = None
    network: str = ""
    token: str = ""


_NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=_NOBODY)


@contextmanager
def acting(user: User | None, network: str) -> Iterator[None]:
    """Record the events inside as this user's."""
    token = _acting.set(Acting(user, network))
    try:
        yield
    finally:
        _acting.reset(token)


def name_actor(user: User, token: str) -> None:
    """Inside `acting`, record the events from here on as this user's, with this token."""
    _acting.set(_acting.get()._replace(user=user, token=token))


def record(
    kind: AuditKind,
    *,
    actor: User | None = None,
    person: User | None = None,
    about: object = "",
    row: Model | None = None,
    changes: Changes | None = None,
    **details: Any,
) -> AuditEvent:
    """Record one event.

    `actor`: who did it, if not the user who sends the request. `person`: whose account it concerns.
    `about`: a list or another thing in words; a text with an address is left out. `row` is the row
    that it concerns. `details` are small values, ready for JSON."""
    now_acting = _acting.get()
    actor = actor or now_acting.user
    if row is not None:
        details = {"model": row._meta.label_lower, "key": row.pk, **details}
    if now_acting.token:
        details["token"] = now_acting.token
    if changes:
        details["changes"] = {name: values and [*values] for name, values in changes.items()}
    subject = one_line(str(about), LONGEST_SUBJECT)
    return AuditEvent.objects.create(
        kind=kind,
        actor_id=actor.pk if actor else None,
        actor_name=actor.email if actor else "",
        person_id=person.pk if person else None,
        person_name=person.email if person else "",
        subject="" if "@" in subject else subject,
        network=now_acting.network,
        details=details,
    )


def forget_names(person_id: int, lists: Collection[int]) -> None:
    """Empty the names of a person whose account is gone, and of their lists and other things.

    The keys stay: they tell events of one person apart.
    """
    purged = AuditEvent.objects.filter(person=person_id, kind=AuditKind.LIST_PURGED)
    keys = [*lists, *purged.values_list("details__key", flat=True)]
    of_lists = Q(details__model=Watchlist._meta.label_lower, details__key__in=keys)
    AuditEvent.objects.filter(Q(actor=person_id) | Q(person=person_id) | of_lists).update(
        subject=""
    )
    AuditEvent.objects.filter(actor=person_id).update(actor_name="")
    AuditEvent.objects.filter(person=person_id).update(person_name="")
    names = ["email", "name"]
    for event in AuditEvent.objects.filter(
        Q(person=person_id) | of_lists, details__changes__has_any_keys=names
    ):
        event.details["changes"] |= dict.fromkeys(event.details["changes"].keys() & names)
        event.save(update_fields=["details"])


def purge(now: datetime) -> int:
    """Delete events older than `KEPT`, and return how many."""
    return AuditEvent.objects.filter(at__lt=now - KEPT).delete()[0]


def details_in_words(event: AuditEvent, row_name: str | None = None) -> str:
    """Return the details of an event, such as 'budget of calls 7 · daily calls: 11000 → 9000'.

    With a `row_name`, which only operators need, the row comes first; an empty name stands for the
    row's key."""
    return " · ".join(_parts(event.details, row_name))


def _parts(details: Mapping[str, Any], row_name: str | None) -> Iterator[str]:
    model = _model(str(details.get("model", "")))
    if model is not None and row_name is not None:
        yield f"{model._meta.verbose_name} {row_name or details.get('key', '')}".strip()
    for name, values in details.get("changes", {}).items():
        field = _field(model, name)
        title = force_str(getattr(field, "verbose_name", name))
        if values is None:
            yield title
        else:
            before, after = (_value(field, value) for value in values)
            yield _("%(title)s: %(before)s → %(after)s") % {
                "title": title,
                "before": before,
                "after": after,
            }
    if message := details.get("message"):
        yield str(message)
    what = details.get("what") or []
    codes = what if isinstance(what, list) else [what]
    yield from filter(None, (str(WORDS.get(code, code)) for code in codes))
    if token := details.get("token"):
        yield _("token: %(name)s") % {"name": token}
    if "rows" in details:
        yield _("rows: %(count)s") % {"count": details["rows"]}


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label) if label else None
    except (LookupError, ValueError):
        return None


def _field(model: type[Model] | None, name: str) -> Any:
    """Return the field, or None: an old event may name one that is gone."""
    try:
        return model and model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _value(field: Any, value: Any) -> str:
    if value is None or value == "" or value == []:
        return NOT_TOLD
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    choices = dict(getattr(field, "flatchoices", ()))
    return force_str(choices.get(value, value))
