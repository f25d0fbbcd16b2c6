"""Puts what operators do in the admin into the audit log."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import ManyToManyField, Model, QuerySet
from django.http import HttpRequest

from monitor.models import Allowance, AuditKind, Membership, User
from monitor.people import audit

#: How many keys of an action's rows are recorded. The number of rows is recorded whole.
LISTED_KEYS = 100
#: The fields whose values are recorded when an inline row is deleted.
_RECORDED_WHEN_DELETED = ("role", "lists", "products", "import_rows")


class Audited:
    """For a `ModelAdmin`: records what operators do on its pages, in the transaction in which they
    do it."""

    def audit(
        self, request: HttpRequest, kind: AuditKind, row: Any, changes: audit.Changes
    ) -> None:
        """Record one change; a page may record it as another kind."""
        audit.record(
            kind, person=row if isinstance(row, User) else None, about=row, row=row, changes=changes
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Record the changes. Django calls this when everything is saved, just before it logs the
        change."""
        # The page of a new password has no row's form.
        request.changes = changes_of(form) if hasattr(form, "instance") else {"password": None}  # type: ignore[attr-defined]
        for formset in formsets or ():
            for row_form in formset.forms:
                self._audit_inline(form.instance, row_form, formset)
        return super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.audit(request, AuditKind.ADMIN_ADDED, obj, {})
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if isinstance(message, str):  # Of a page that is no form of fields: a new password.
            person = obj if isinstance(obj, User) else None
            audit.record(
                AuditKind.ADMIN_CHANGED, person=person, about=obj, row=obj, message=message
            )
        elif message:
            self.audit(request, AuditKind.ADMIN_CHANGED, obj, getattr(request, "changes", {}))
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        for row in queryset:
            self.audit(request, AuditKind.ADMIN_DELETED, row, {})
        return super().log_deletions(request, queryset)  # type: ignore[misc]

    def _audit_inline(self, parent: Model, form: Any, formset: Any) -> None:
        """Record a change of an allowance or a role. Other inline rows belong to their parent's
        change."""
        kind = {Allowance: AuditKind.ALLOWANCE_CHANGED, Membership: AuditKind.ROLE_CHANGED}.get(
            formset.model
        )
        if kind is None or not form.has_changed():
            return
        person = (
            parent
            if isinstance(parent, User)
            else form.instance.user
            if formset.model is Membership
            else None
        )
        is_gone = formset.can_delete and form.cleaned_data.get("DELETE")
        changes = changes_of(form)
        if is_gone:
            before = {name: form.initial.get(name) for name in _RECORDED_WHEN_DELETED}
            changes = {name: (value, None) for name, value in before.items() if value is not None}
        audit.record(kind, person=person, about=parent, row=form.instance, changes=changes)


def changes_of(form: Any) -> dict[str, tuple[Any, Any] | None]:
    """Return the changed fields of a valid form. A text may be an address or a secret: only its
    name is recorded."""
    fields = {field.name: field for field in form.instance._meta.get_fields()}
    changes: dict[str, tuple[Any, Any] | None] = {}
    for name in form.changed_data:
        field, values = fields.get(name), (form.initial.get(name), form.cleaned_data.get(name))
        if isinstance(field, ManyToManyField):
            before, after = (sorted(map(str, rows or ())) for rows in values)
            changes[name] = (before, after)
        elif field is not None:
            is_recordable = getattr(field, "choices", None) or all(
                isinstance(value, int | None) for value in values
            )
            changes[name] = values if is_recordable else None
    return changes


def log(
    request: HttpRequest,
    rows: QuerySet[Any],
    message: str,
    kind: AuditKind = AuditKind.ADMIN_ACTION,
) -> None:
    """Add what the user did to the history of each row, and once to the audit log."""
    LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, message)
    keys = list(rows.order_by().values_list("pk", flat=True))
    if keys:
        listed = [str(key) for key in keys[:LISTED_KEYS]]
        about = str(rows.order_by("pk")[0]) if len(keys) == 1 else ""
        model = rows.model._meta.label_lower
        audit.record(kind, about=about, model=model, message=message, rows=len(keys), keys=listed)
