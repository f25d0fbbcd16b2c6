"""Sessions with their user and last visitor, so users can see and end them. `SESSION_ENGINE` names
this module."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from monitor.models import Session, User
from monitor.people.visitors import Visitor

#: Visits within this time are not written.
NOTE_EVERY = timedelta(minutes=5)


class SessionStore(DatabaseSessionStore):
    """Django's own sessions in the database, with their user and visitor in columns."""

    visitor = Visitor()
    _seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.user_id = data.get(SESSION_KEY)
        row.address, row.user_agent = self.visitor.address, self.visitor.user_agent
        row.seen_at = self._seen_at = timezone.now()
        return row

    def note_visit(self) -> None:
        """Record the visit, unless one was recorded just before."""
        now = timezone.now()
        if self._seen_at is None or now - self._seen_at < NOTE_EVERY or not self.session_key:
            return
        # Not `save`, which would overwrite what other requests wrote into the session meanwhile.
        Session.objects.filter(pk=self.session_key).update(
            seen_at=now, address=self.visitor.address, user_agent=self.visitor.user_agent
        )
        self._seen_at = now

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc] # Not in the stubs.
        self._seen_at = row.seen_at if row else None
        return row


def handle(session_key: str) -> str:
    """Return a session's name on pages: with its key, a reader of the page or a log could take over
    the session."""
    return salted_hmac("monitor.session", session_key, algorithm="sha256").hexdigest()[:32]


def open_sessions(user: User, now: datetime) -> QuerySet[Session]:
    """Return the sessions of `user`, the last seen first."""
    return Session.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at", "pk")


def end_session(user: User, name: str, now: datetime) -> bool:
    """End the session of `user` with this handle; False if there is none."""
    for session in open_sessions(user, now):
        if constant_time_compare(handle(session.pk), name):
            session.delete()
            return True
    return False


def end_other_sessions(user: User, session_key: str | None) -> int:
    """End all sessions of `user` but that of the key; returns how many."""
    return Session.objects.filter(user=user).exclude(pk=session_key or "").delete()[0]
