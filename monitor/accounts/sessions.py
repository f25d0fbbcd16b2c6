"""Sessions that know whose they are and where they were last seen, so that a person can look at them and end them.

`SESSION_ENGINE` names this module.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from monitor.accounts.visitors import Visitor
from monitor.models import Session, User

#: A page is opened more often than anybody wants to know it.
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
        """Remember that the visitor is here, unless that was done a moment ago."""
        now = timezone.now()
        if self._seen_at is None or now - self._seen_at < NOTE_EVERY or not self.session_key:
            return
        # Not by saving: what other requests wrote into the session meanwhile must stay.
        Session.objects.filter(pk=self.session_key).update(
            seen_at=now, address=self.visitor.address, user_agent=self.visitor.user_agent
        )
        self._seen_at = now

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc] # Not in the stubs.
        self._seen_at = row.seen_at if row else None
        return row


def handle(session_key: str) -> str:
    """What a page calls a session: its key would let whoever reads the page, or a log, take the session over."""
    return salted_hmac("monitor.session", session_key, algorithm="sha256").hexdigest()[:32]


def open_sessions(user: User, now: datetime) -> QuerySet[Session]:
    """The sessions in which `user` is signed in, the last seen first."""
    return Session.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at", "pk")


def end_session(user: User, wanted: str, now: datetime) -> bool:
    """End the session of `user` that a page called `wanted`; False when there is none any more."""
    for session in open_sessions(user, now):
        if constant_time_compare(handle(session.pk), wanted):
            session.delete()
            return True
    return False


def end_other_sessions(user: User, session_key: str | None) -> int:
    """End all sessions of `user` but the one of that key; returns how many there were."""
    return Session.objects.filter(user=user).exclude(pk=session_key or "").delete()[0]
