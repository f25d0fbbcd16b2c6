"""The mail with the link of an invitation."""

from datetime import tzinfo
from typing import Any

from django.utils.translation import gettext, gettext_noop

from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.delivery.report.subjects import LONGEST_SUBJECT
from monitor.models import Invitation, Membership, Message
from monitor.text import formatting
from monitor.text.formatting import one_line, without_web_addresses
from monitor.watchlists.invitations import hash_of, token_of

LONGEST_NAME = 40


def message(email: Message, zone: tzinfo, _reading: object) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NotWantedError` if the invitation is no longer open."""
    invitation = (
        Invitation.objects.open(email.created_at).select_related("watchlist", "invited_by").filter(mail=email).first()
    )
    if invitation is None:
        raise NotWantedError(gettext_noop("The invitation was accepted, declined, withdrawn or sent again."))
    token = token_of(invitation)
    if hash_of(token) != invitation.token_hash:
        raise NoMessageError(gettext_noop("SECRET_KEY has changed: send the invitation again."))
    inviter = without_web_addresses(invitation.invited_by.get_short_name(), LONGEST_NAME)
    watchlist = without_web_addresses(invitation.watchlist.name, LONGEST_NAME) if invitation.watchlist else ""
    context = {
        "inviter": inviter,
        "inviter_email": _shown_address(invitation.invited_by.email),
        "watchlist": watchlist,
        "may_edit": invitation.role == Membership.Role.EDITOR,
        "is_offer": invitation.is_offer,
        "expires": formatting.instant(invitation.expires_at, zone),
        "link": link("monitor:invitation", token),
    }
    return _subject(inviter, watchlist, is_offer=invitation.is_offer), context


def _shown_address(email: str) -> str:
    """Return the address, without a first part that looks like a web address, as in
    '"https://evil.test"@example.com'."""
    name, _at, host = email.rpartition("@")
    return f"…@{host}" if set(name) & set('/:"') else email


def _subject(inviter: str, watchlist: str, *, is_offer: bool) -> str:
    """Our words come first: a subject that begins with a stranger's words would look like the site's own."""
    text = gettext("[Stallwatch] Invitation: %(name)s shares “%(list)s” with you")
    if not watchlist:
        text = gettext("[Stallwatch] Invitation from %(name)s")
    elif is_offer:
        text = gettext("[Stallwatch] %(name)s wants to transfer “%(list)s” to you")
    return one_line(text % {"name": inviter, "list": watchlist}, LONGEST_SUBJECT)
