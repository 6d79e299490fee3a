"""Keys of gateways that are not in the environment."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.crypto import EncryptedField


class GatewayKey(models.Model):
    """One key of a gateway, by the name of its setting; encrypted, and never shown.

    The environment goes before it.
    """

    name = models.CharField(_("name"), max_length=40, unique=True)
    value = EncryptedField(_("key"))
    changed_at = models.DateTimeField(_("changed"), db_default=Now())

    class Meta:
        verbose_name = _("gateway's key")
        verbose_name_plural = _("gateways' keys")
        constraints = [
            models.CheckConstraint(condition=~Q(value=""), name="gateway_key_not_empty")
        ]

    def __str__(self) -> str:
        return self.name
