"""The outbox: notices in the shop, mail, and alerts to staff; and who wants which."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notices.enums import Kind, Mail
from shop.money import MoneyField


class Notice(models.Model):
    """Something somebody should know. Without a user it is for the staff."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        # It leads an index below.
        db_index=False,
        related_name="notices",
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, blank=True)
    # What it is about, so that one cause tells only once.
    key = models.CharField(_("key"), max_length=200, unique=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    # The page that it is about: a path of this shop.
    url = models.CharField(max_length=200, blank=True, editable=False)
    # Whether its customer finds it in the shop; some are for the mail alone.
    in_shop = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(_("time"), db_default=Now())
    # When mail is to be sent; empty where none is, or where it was.
    mail_at = models.DateTimeField(_("mail due"), null=True, blank=True)
    # When it is to be part of the daily mail, likewise.
    digest_at = models.DateTimeField(null=True, blank=True, editable=False)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, kind="")
                | (Q(user__isnull=False) & ~Q(kind="")),
                name="notice_of_customers_has_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(mail_at__isnull=True) | Q(digest_at__isnull=True),
                name="notice_mailed_alone_or_daily",
            ),
        ]
        indexes = [
            models.Index(
                fields=["mail_at"],
                condition=Q(mail_at__isnull=False),
                name="notice_mail_due",
            ),
            # The daily mail: whose time has come.
            models.Index(
                fields=["digest_at"],
                condition=Q(digest_at__isnull=False),
                name="notice_digest_due",
            ),
            # The customer's list, newest first; and the staff's.
            models.Index(fields=["user", "-id"], name="notice_of_user"),
            # The number on the bell.
            models.Index(
                fields=["user"],
                condition=Q(read_at__isnull=True, in_shop=True, user__isnull=False),
                name="notice_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class Choice(models.Model):
    """How a customer wants to be told of a kind, where that is not the default."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        # It leads the constraint below.
        db_index=False,
        related_name="notice_choices",
    )
    kind = models.CharField(max_length=20, choices=Kind)
    in_shop = models.BooleanField()
    mail = models.CharField(max_length=5, choices=Mail)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"], name="choice_one_per_kind"
            ),
            models.CheckConstraint(
                condition=Q(mail__in=Mail.values), name="choice_of_mail_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"


class BalanceWatch(models.Model):
    """Below what a customer's balance is low, and since when they know that it is."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="balance_watch"
    )
    # Empty: the shop's. Zero: never.
    threshold = MoneyField(null=True, blank=True)
    low_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold__isnull=True) | Q(threshold__gte=0),
                name="balance_watch_from_zero",
            ),
        ]
        indexes = [
            # Whose balance may be high again.
            models.Index(
                fields=["user"],
                condition=Q(low_at__isnull=False),
                name="balance_watch_low",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.threshold}"


class Bookmark(models.Model):
    """How far somebody has read in a table to which rows are only added."""

    name = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"
