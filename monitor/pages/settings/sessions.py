"""The user's sessions, with words for their browsers and systems."""

from datetime import datetime
from typing import Any

from monitor.models import User
from monitor.people.sessions import handle, open_sessions
from monitor.text.devices import device, is_phone


def sessions_of(user: User, session_key: str | None, now: datetime) -> list[dict[str, Any]]:
    """Return the sessions of `user` that still work, this one first, then the last seen. One query.

    `handle` names a session in a form."""
    sessions = [
        {
            "handle": handle(session.pk),
            "device": device(session.user_agent),
            "is_phone": is_phone(session.user_agent),
            "address": session.address or "",
            "seen_at": session.seen_at,
            "is_here": session.pk == session_key,
        }
        for session in open_sessions(user, now)
    ]
    return sorted(sessions, key=lambda session: not session["is_here"])
