"""People as staff see them. The page is registered by `ledger`, which adds the money."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User
from shop.admin import ShopAdmin, Table, moment

# The log-in library's own tables: the shop keeps one address, in User, and nobody but
# their owner touches second factors.
for model in list(admin.site._registry):
    if model._meta.app_label in {"account", "mfa"}:
        admin.site.unregister(model)
admin.site.unregister(Group)


# What somebody may do; `is_active` is beside them on the page, but any staff's to change.
PERMISSIONS = ("is_staff", "is_superuser", "groups", "user_permissions")


def _is_admin(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class NewUserForm(UserCreationForm):
    """An address and a password; everything else is on the page that follows."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class UserForm(UserChangeForm):
    """The same, for somebody who is there already."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, type] = {}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class UserAdmin(DjangoUserAdmin, ShopAdmin):
    """Log-in, permissions and API keys. Nobody is deleted: `active` is the switch."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "name")
    ordering = ("-id",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "language")}),
        (
            _("Permissions"),
            {
                "classes": ["collapse"],
                "fields": ("is_active", *PERMISSIONS),
            },
        ),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Only an admin may change an admin: a new password would be a way to be one."""
        if obj is not None and obj.is_superuser and not _is_admin(request):
            return False
        return bool(super().has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only an admin gives permissions, or staff could give themselves all of them."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is not None and obj.closed_at is not None:
            # "Reopen" is the way; the database refuses another.
            fixed = (*fixed, "is_active")
        return fixed if _is_admin(request) else (*fixed, *PERMISSIONS)

    def tables(self, row: User) -> Iterable[Table]:
        yield Table(
            _("API keys"),
            [_("begins with"), _("created"), _("last used"), _("revoked")],
            [
                [key, *map(moment, (key.created_at, key.last_used_at, key.revoked_at))]
                for key in row.api_keys.order_by("-id")[:10]
            ],
        )


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ShopAdmin):
    """Sets of permissions."""

    # The two lists of permissions stand side by side: the name goes above them.
    compressed_fields = False
