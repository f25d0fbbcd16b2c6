"""Rights by the words of the pages: Django names them in English, by what its tables are called."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

VERBS = {
    "add": gettext_lazy("Add"),
    "change": gettext_lazy("Change"),
    "delete": gettext_lazy("Delete"),
    "view": gettext_lazy("View"),
}


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Permission) -> str:
        model = obj.content_type.model_class()
        verb = VERBS.get(obj.codename.partition("_")[0])
        if model is None or verb is None:
            return str(obj)
        return gettext("%(rows)s: %(verb)s") % {"rows": model._meta.verbose_name_plural, "verb": verb}


class NamesPermissions(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page on which permissions are chosen."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        if db_field.related_model is Permission:
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[arg-type]


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(NamesPermissions, DjangoGroupAdmin):
    """Only a superuser changes groups, whatever the permissions say: their members get what a group may do."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
