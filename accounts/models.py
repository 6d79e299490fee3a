"""People: who logs in, where, and with which keys their programs do."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes users; an e-mail address is kept in lower case."""

    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """Create and return a user; ValueError without an e-mail address."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """Create and return an admin."""
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff. Logs in by e-mail address."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(_("joined"), db_default=Now())
    # Since then they may read and write to us, but neither order nor pay.
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    frozen_for = models.CharField(_("frozen for"), max_length=200, blank=True)
    # In which times are told; empty for UTC.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # In which prices are seen, beside what is paid; empty for the shop's own.
    display_currency = models.CharField(_("display currency"), max_length=3, blank=True)
    # From where the API key may be used; empty for anywhere.
    api_networks = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        verbose_name=_("networks of the API key"),
    )
    # Closed by themselves; some days later who they were is forgotten.
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_in_lower_case",
            ),
            models.CheckConstraint(
                condition=models.Q(frozen_at=None, frozen_for="")
                | (models.Q(frozen_at__isnull=False) & ~models.Q(frozen_for="")),
                name="user_frozen_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(display_currency="")
                | models.Q(display_currency__regex="^[A-Z]{3}$"),
                name="user_display_currency_is_a_code",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | models.Q(is_active=False),
                name="user_closed_is_inactive",
            ),
            models.CheckConstraint(
                condition=models.Q(forgotten_at=None)
                | models.Q(closed_at__isnull=False),
                name="user_forgotten_only_once_closed",
            ),
        ]
        indexes = [
            # Those whose days of grace may be over.
            models.Index(
                fields=["closed_at"],
                condition=models.Q(closed_at__isnull=False, forgotten_at=None),
                name="user_closed",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class ApiKey(models.Model):
    """A customer's key to the API. Only its digest is kept; it is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    digest = models.CharField(
        max_length=64, unique=True, validators=[MinLengthValidator(64)]
    )
    hint = models.CharField(_("begins with"), max_length=8)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(revoked_at=None),
                name="api_key_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hint}…"


class LogIn(models.Model):
    """Where somebody is logged in: what a session alone does not tell.

    Goes with its session: what logs out, and what clears old sessions, deletes both.
    """

    session = models.OneToOneField(
        Session, models.CASCADE, primary_key=True, related_name="log_in"
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="log_ins")
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    browser = models.CharField(_("browser"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("logged in"), db_default=Now())
    seen_at = models.DateTimeField(_("last seen"), db_default=Now())

    class Meta:
        verbose_name = _("log-in")
        verbose_name_plural = _("log-ins")

    def __str__(self) -> str:
        return f"{self.user_id} {self.address}"
