"""The outbox: notices in the shop, mail, and alerts to staff."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """Something somebody should know. Without a user it is for the staff."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notices",
    )
    # What it is about, so that one cause tells only once.
    key = models.CharField(_("key"), max_length=200, unique=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField(_("time"), db_default=Now())
    # When mail is to be sent; empty where none is, or where it was.
    mail_at = models.DateTimeField(_("mail due"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(
                fields=["mail_at"],
                condition=Q(mail_at__isnull=False),
                name="notice_mail_due",
            )
        ]

    def __str__(self) -> str:
        return self.subject
