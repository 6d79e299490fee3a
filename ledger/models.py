"""Money: accounts, and the transfers between them, append-only."""

from typing import Any, NoReturn

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.enums import CUSTOMER_KINDS, AccountKind, Bucket, TransferKind
from shop.money import MoneyField

IS_CUSTOMERS = Q(kind__in=CUSTOMER_KINDS)


class Account(models.Model):
    """A place where money is. Only customers' accounts keep a running balance.

    A balance on the shop's own accounts would be a row that every order updates, and
    would cost two thirds of the throughput; theirs are sums of transfers.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=AccountKind)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("customer"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    balance = MoneyField(_("balance"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                condition=(IS_CUSTOMERS & Q(customer__isnull=False))
                | (~IS_CUSTOMERS & Q(customer__isnull=True)),
                name="account_customer_fits_kind",
            ),
            models.CheckConstraint(
                condition=(IS_CUSTOMERS & Q(balance__isnull=False))
                | (~IS_CUSTOMERS & Q(balance__isnull=True)),
                name="account_balance_is_kept_for_customers",
            ),
            # Debt is what a customer owes: the one balance that is below zero.
            models.CheckConstraint(
                condition=Q(balance__isnull=True)
                | (~Q(kind=AccountKind.DEBT) & Q(balance__gte=0))
                | (Q(kind=AccountKind.DEBT) & Q(balance__lte=0)),
                name="account_balance_not_overdrawn",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind", "currency"],
                condition=Q(customer__isnull=False),
                name="account_one_per_customer_and_kind",
            ),
            models.UniqueConstraint(
                fields=["kind", "currency"],
                condition=~IS_CUSTOMERS & ~Q(kind=AccountKind.PROVIDER),
                name="account_one_per_system_kind",
            ),
            # The target of the transfers' composite foreign keys, see the migration.
            models.UniqueConstraint(
                fields=["id", "currency"], name="account_id_and_currency"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.currency} #{self.pk}"


class Transfer(models.Model):
    """`amount` went from one account to another of the same currency, for one cause.

    Never updated or deleted; a mistake is reversed by another transfer. The key
    (kind, subject, bucket, no) is unique, so that no cause moves money twice.
    """

    # Source and target lead indexes below: every transfer would write two for each.
    source = models.ForeignKey(
        Account,
        models.PROTECT,
        db_index=False,
        related_name="transfers_out",
        verbose_name=_("from"),
    )
    target = models.ForeignKey(
        Account,
        models.PROTECT,
        db_index=False,
        related_name="transfers_in",
        verbose_name=_("to"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"))
    kind = models.CharField(_("kind"), max_length=24, choices=TransferKind)
    subject = models.BigIntegerField(_("subject"))
    bucket = models.CharField(
        _("bucket"), max_length=12, choices=Bucket, blank=True, default=Bucket.NONE
    )
    no = models.PositiveIntegerField(_("no."), default=1)
    source_balance_after = MoneyField(null=True, blank=True)
    target_balance_after = MoneyField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "bucket", "no"],
                name="transfer_one_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="transfer_amount_above_zero"
            ),
            models.CheckConstraint(
                condition=~Q(source=models.F("target")),
                name="transfer_between_two_accounts",
            ),
        ]
        indexes = [
            # A customer's statement, newest first.
            models.Index(fields=["source", "-id"], name="transfer_by_source"),
            models.Index(fields=["target", "-id"], name="transfer_by_target"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        room, _colon, what = self.kind.partition(":")
        return ":".join(filter(None, [room, str(self.subject), what, str(self.no)]))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError("Transfers are append-only; reverse a mistake by another one.")
