"""The user's sessions, with words for their browsers and systems."""

from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.utils.crypto import constant_time_compare

from monitor.accounts.sessions import handle, open_sessions
from monitor.models import User
from monitor.text.devices import device, is_phone


def valid_sessions(user: User, session_key: str | None, now: datetime) -> list[dict[str, Any]]:
    """The sessions of `user` that still work, this one first, then the last seen. `handle` names a session in a form.
    One query."""
    valid = user.get_session_auth_hash()
    sessions = []
    for session in open_sessions(user, now):
        # After a change of the password the session is invalid, but its row stays until the browser comes back.
        if not constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), valid):
            continue
        is_here = session.pk == session_key
        sessions.append(
            {
                "handle": handle(session.pk),
                "device": device(session.user_agent),
                "is_phone": is_phone(session.user_agent),
                "address": session.address or "",
                "seen_at": now if is_here else session.seen_at,
                "is_here": is_here,
            }
        )
    return sorted(sessions, key=lambda session: not session["is_here"])
