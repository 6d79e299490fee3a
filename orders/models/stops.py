"""Pages whose owners do not want deliveries."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.links import LONGEST_KEY


class StoppedLink(models.Model):
    """A page that nothing is delivered to any more, until staff lift it."""

    link_key = models.CharField(_("page"), max_length=LONGEST_KEY)
    link = models.CharField(_("link"), max_length=2000)
    email = models.EmailField(_("e-mail address"), blank=True)
    statement = models.TextField(_("statement"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    # Orders that were on their way when it came are looked for until then.
    settled_at = models.DateTimeField(_("orders cancelled"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )
    created_at = models.DateTimeField(_("asked for"), db_default=Now())

    class Meta:
        verbose_name = _("stopped page")
        verbose_name_plural = _("stopped pages")
        constraints = [
            models.UniqueConstraint(
                fields=["link_key"],
                condition=Q(lifted_at__isnull=True),
                name="stopped_link_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(link_key=""), name="stopped_link_names_a_page"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="stopped_link_is_lifted_by_somebody",
            ),
        ]
        indexes = [
            # The sweeper: whose orders are still to be cancelled.
            models.Index(
                fields=["id"],
                condition=Q(settled_at__isnull=True, lifted_at__isnull=True),
                name="stopped_link_to_settle",
            ),
        ]

    def __str__(self) -> str:
        return self.link_key
