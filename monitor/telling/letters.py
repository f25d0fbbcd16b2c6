"""Mails about an account, invitations, and notices to operators: a few sentences and a link, whose
secret is made when the mail is sent.

The words of a kind are the template `emails/letters/<kind>.txt`. Its first line is the subject. Its
last two lines are the words of the link, and what to do if the user did not cause the mail."""

from collections.abc import Callable
from datetime import timedelta, tzinfo
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from monitor.models import (
    ChannelKind,
    Invitation,
    Membership,
    Message,
    User,
)
from monitor.people import links, recovery
from monitor.telling import notices
from monitor.telling.errors import NoMessageError, NotWantedError
from monitor.telling.links import link
from monitor.telling.report.subjects import LONGEST_SUBJECT
from monitor.text import formatting
from monitor.text.devices import device
from monitor.text.formatting import one_line, without_web_addresses
from monitor.watching.invitations import hash_of, token_of

type Facts = dict[str, Any]

_LONGEST_NAME, _LONGEST_ANSWER = 40, 200


def message(email: Message, zone: tzinfo) -> tuple[str, Facts]:
    """Subject and context, in the active language. Raises `NoMessageError` if the mail is out of
    date."""
    facts = {
        "template": email.kind,
        "time": formatting.instant(email.created_at, zone),
        "zone": zone,
        "device": device(str(email.context.get("browser", ""))),
        "forgotten": link("monitor:forgotten"),
        **_FACTS[email.kind](email, zone),
    }
    text = render_to_string(f"emails/letters/{facts['template']}.txt", facts)
    subject, *sentences, action, note = filter(None, map(str.strip, text.splitlines()))
    subject = one_line(subject, LONGEST_SUBJECT)
    letter = {"subject": subject, "sentences": sentences, "action": action, "note": note}
    return subject, {
        "template": "letter",
        "letter": {**letter, "link": facts["link"], "code": facts.get("code")},
    }


def _name(email: Message, key: str) -> str:
    return without_web_addresses(str(email.context.get(key, "")), _LONGEST_NAME)


def _password_reset(email: Message, zone: tzinfo) -> Facts:
    if email.recipient is None or email.recipient.email != email.address:
        raise NoMessageError(gettext_noop("Nobody has this address any more."))
    return {
        "is_locked": email.context.get("locked"),
        "lasts": formatting.duration(timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)),
        "link": link("monitor:reset", links.reset_token(email.recipient)),
    }


def _join(email: Message, zone: tzinfo) -> Facts:
    address = f"{link('monitor:register')}?address={links.join_token(email.address)}"
    return {"lasts": formatting.duration(links.JOIN_LASTS), "link": address}


def _address_confirm(email: Message, zone: tzinfo) -> Facts:
    user = User.objects.filter(pk=email.context.get("user"), is_active=True).first()
    if user is None:
        raise NoMessageError(gettext_noop("The account is gone."))
    return {
        "name": without_web_addresses(user.get_short_name(), _LONGEST_NAME),
        "lasts": formatting.duration(links.ADDRESS_LASTS),
        "link": link("monitor:address", links.address_token(user, email.address)),
    }


def _address_changed(email: Message, zone: tzinfo) -> Facts:
    """Return the facts and a link that undoes the change, unless an operator made it."""
    is_undoable = email.context.get("is_undoable")
    return {
        "new": one_line(str(email.context.get("new", "")), 254),
        "is_undoable": is_undoable,
        **(_recovery(email) if is_undoable else {"link": link("monitor:settings")}),
    }


def _recovery(email: Message) -> Facts:
    """Return the link that undoes what the mail tells of."""
    return {
        "lasts": formatting.duration(recovery.LOCK_LASTS),
        "link": link("monitor:recover", recovery.recovery_token(email)),
    }


def _token_made(email: Message, zone: tzinfo) -> Facts:
    return {"name": _name(email, "name"), "link": link("monitor:tokens")}


def _channel_added(email: Message, zone: tzinfo) -> Facts:
    kind = email.context["kind"]
    return {
        "channel": without_web_addresses(str(email.context["channel"])),
        "kind": dict(ChannelKind.choices).get(kind, kind),
        "link": link("monitor:channels"),
    }


def _channel_refused(email: Message, zone: tzinfo) -> Facts:
    answer, advice = (
        one_line(str(email.context.get("answer", "")), _LONGEST_ANSWER),
        str(email.context.get("advice", "")),
    )
    return {
        "channel": without_web_addresses(str(email.context.get("channel", ""))),
        # Stored in English.
        "answer": without_web_addresses(gettext(answer)) if answer else "",
        "advice": gettext(advice) if advice else "",
        "link": link("monitor:channels"),
    }


def _account_deleted(email: Message, zone: tzinfo) -> Facts:
    """Return the facts of a deleted account, with a link that restores it, unless that was done
    already."""
    user = User.objects.filter(pk=email.context.get("user"), deleted_at__isnull=False).first()
    if user is None:
        raise NoMessageError(gettext_noop("The account was restored."))
    return {
        "until": formatting.instant(user.purged_at, user.time_zone),
        "zone": user.time_zone,
        "link": link("monitor:recover", recovery.recovery_token(email)),
    }


def _new_device(email: Message, zone: tzinfo) -> Facts:
    network = str(email.context.get("network", "")) or formatting.NOT_TOLD
    return {"network": network, **_recovery(email)}


def _login_code(email: Message, zone: tzinfo) -> Facts:
    if email.recipient is None or email.recipient.email != email.address:
        raise NoMessageError(gettext_noop("Nobody has this address any more."))
    if timezone.now() - email.created_at > links.LOGIN_CODE_LASTS:
        raise NoMessageError(gettext_noop("The code has expired."))
    digits = links.login_code(str(email.context.get("seed", "")))
    return {
        "code": f"{digits[:4]} {digits[4:]}",
        "lasts": formatting.duration(links.LOGIN_CODE_LASTS),
        "link": link("account_confirm_login_code"),
    }


def _second_factor(email: Message, zone: tzinfo) -> Facts:
    """Return what was changed or happened: `context["event"]`, by the names of allauth's
    templates."""
    return {
        "event": email.context.get("event"),
        "name": _name(email, "name") or gettext("Passkey"),
        "left": email.context.get("left", formatting.NOT_TOLD),
        "has_device": email.context.get("browser"),
        "link": link("monitor:settings"),
    }


def _list_transferred(email: Message, zone: tzinfo) -> Facts:
    return {
        "list": _name(email, "list"),
        "owner": _name(email, "owner"),
        "is_yours": email.context.get("is_yours"),
        "by_operator": email.context.get("by_operator"),
        "link": link("monitor:watchlist", str(email.context.get("watchlist", 0))),
    }


def _invitation(email: Message, zone: tzinfo) -> Facts:
    """Raises `NotWantedError` if it is no longer open."""
    sent = (
        Invitation.objects.open(email.created_at)
        .select_related("watchlist", "invited_by")
        .filter(mail=email)
        .first()
    )
    if sent is None:
        raise NotWantedError(
            gettext_noop("The invitation was accepted, declined, withdrawn or sent again.")
        )
    token = token_of(sent)
    if hash_of(token) != sent.token_hash:
        raise NoMessageError(gettext_noop("SECRET_KEY has changed: send the invitation again."))
    name = sent.watchlist.name if sent.watchlist else ""
    return {
        "inviter": without_web_addresses(sent.invited_by.get_short_name(), _LONGEST_NAME),
        "inviter_email": _shown_address(sent.invited_by.email),
        "list": without_web_addresses(name, _LONGEST_NAME),
        "may_edit": sent.role == Membership.Role.EDITOR,
        "is_offer": sent.is_offer,
        "expires": formatting.instant(sent.expires_at, zone),
        "link": link("monitor:invitation", token),
    }


def _shown_address(email: str) -> str:
    """Return the address, without a first part that looks like a web address, as in
    '"https://evil.test"@example.com'."""
    name, _at, host = email.rpartition("@")
    return f"…@{host}" if set(name) & set('/:"') else email


def _leads_to(view: str) -> Callable[[Message, tzinfo], Facts]:
    """Return the facts of a letter that has none but its link."""
    return lambda email, zone: {"link": link(view)}


_FACTS = {
    Message.Kind.PASSWORD_RESET.value: _password_reset,
    Message.Kind.PASSWORD_CHANGED.value: _leads_to("monitor:settings"),
    Message.Kind.JOIN.value: _join,
    Message.Kind.ACCOUNT_EXISTS.value: _leads_to("monitor:login"),
    Message.Kind.ADDRESS_CONFIRM.value: _address_confirm,
    Message.Kind.ADDRESS_CHANGED.value: _address_changed,
    Message.Kind.ADDRESS_TEST.value: _leads_to("monitor:alerts"),
    Message.Kind.TOKEN_MADE.value: _token_made,
    Message.Kind.CHANNEL_ADDED.value: _channel_added,
    Message.Kind.CHANNEL_REFUSED.value: _channel_refused,
    Message.Kind.NEW_DEVICE.value: _new_device,
    Message.Kind.ACCOUNT_DELETED.value: _account_deleted,
    Message.Kind.SECOND_FACTOR.value: _second_factor,
    Message.Kind.LOGIN_CODE.value: _login_code,
    Message.Kind.LIST_TRANSFERRED.value: _list_transferred,
    Message.Kind.INVITATION.value: _invitation,
    Message.Kind.POLLING_STOPPED.value: notices.facts,
}
KINDS = tuple(_FACTS)
