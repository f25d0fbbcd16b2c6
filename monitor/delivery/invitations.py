"""The mail that carries an invitation's link."""

from datetime import tzinfo
from typing import Any

from django.utils.translation import gettext, gettext_noop

from monitor import formatting
from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.delivery.report.subjects import LONGEST_SUBJECT
from monitor.formatting import one_line
from monitor.models import Email, Invitation, Membership
from monitor.watchlists.invitations import hash_of, token_of

#: Of a name that a stranger chose, no more than a name needs.
LONGEST_NAME = 40


def message(email: Email, zone: tzinfo, _reading: object = None) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NotWantedError` when nobody is invited by it any more."""
    invitation = (
        Invitation.objects.open(email.created_at).select_related("watchlist", "invited_by").filter(mail=email).first()
    )
    if invitation is None:
        raise NotWantedError(gettext_noop("The invitation was accepted, declined, withdrawn or sent once more."))
    token = token_of(invitation)
    if hash_of(token) != invitation.token_hash:
        raise NoMessageError(gettext_noop("The site's secret key has changed since: send the invitation once more."))
    inviter = one_line(invitation.invited_by.get_short_name(), LONGEST_NAME)
    watchlist = one_line(invitation.watchlist.name, LONGEST_NAME) if invitation.watchlist else ""
    context = {
        "inviter": inviter,
        "inviter_email": invitation.invited_by.email,
        "watchlist": watchlist,
        "may_edit": invitation.role == Membership.Role.EDITOR,
        "expires": formatting.instant(invitation.expires_at, zone),
        "link": link("monitor:invitation", token),
    }
    return _subject(inviter, watchlist), context


def _subject(inviter: str, watchlist: str) -> str:
    if not watchlist:
        return one_line(gettext("%(name)s invites you to Stallwatch") % {"name": inviter}, LONGEST_SUBJECT)
    what = gettext("%(name)s shares “%(list)s” with you on Stallwatch") % {"name": inviter, "list": watchlist}
    return one_line(what, LONGEST_SUBJECT)
