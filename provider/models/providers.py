"""Providers, what they say, and how we read it."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.models import Account
from provider.enums import ERROR_CLASSES
from shop.crypto import EncryptedField
from shop.money import RateField


class Provider(models.Model):
    """Somebody who sells to us through the upstream protocol."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("address of the API"), max_length=300)
    key = EncryptedField(_("API key"))
    currency = models.CharField(_("currency"), max_length=3)
    account = models.OneToOneField(
        Account, models.PROTECT, editable=False, related_name="provider"
    )
    active = models.BooleanField(_("active"), default=True)
    publish = models.BooleanField(
        _("publish new services"),
        default=False,
        help_text=_("Otherwise new services arrive switched off."),
    )
    user_agent = models.CharField(
        _("User-Agent"), max_length=200, default="Magpie/0.1", blank=True
    )
    # A pause is ours (it clears by itself or by staff); `active` is the staff's switch.
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    pause_reason = models.CharField(_("reason"), max_length=300, blank=True)
    # Such a pause ends by itself, when the provider answers as it should again.
    pause_heals = models.BooleanField(default=False, editable=False)
    # The circuit breaker: sendings in a row that came to nothing, and until when it is
    # left alone for that. After it one order is sent to see (half-open).
    failures = models.PositiveSmallIntegerField(
        _("failures in a row"), default=0, editable=False
    )
    open_until = models.DateTimeField(
        _("left alone until"), null=True, blank=True, editable=False
    )
    request_ids = models.BooleanField(
        _("knows request ids"),
        default=False,
        help_text=_(
            "The same request_id on add brings the same order. Only where the provider "
            "promises it: an unknown order is then asked for again."
        ),
    )
    list_orders = models.BooleanField(
        _("lists our orders"),
        default=False,
        help_text=_("It answers action=orders with the newest orders of this key."),
    )
    id_gap = models.BooleanField(
        _("its ids may be searched"),
        default=False,
        help_text=_(
            "Only for a key that nobody but this shop uses, with numbers that rise: "
            "unknown orders are looked for among the ids between ours."
        ),
    )
    # One tracker at a time: a provider that hangs occupies one thread, not all.
    tracked_until = models.DateTimeField(null=True, editable=False)
    requests_one_by_one = models.BooleanField(
        _("refills and cancels one by one"),
        default=False,
        help_text=_("Learned: it does not take several in one call."),
    )
    batch_size = models.PositiveSmallIntegerField(
        _("ids per call"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    max_in_flight = models.PositiveSmallIntegerField(
        _("orders sent at once"), default=8, validators=[MinValueValidator(1)]
    )
    calls_per_minute = models.PositiveSmallIntegerField(
        _("calls per minute"), default=120, validators=[MinValueValidator(1)]
    )
    next_call_at = models.DateTimeField(db_default=Now(), editable=False)
    refill_status_one_by_one = models.BooleanField(
        _("asks for refills one by one"),
        default=False,
        help_text=_("Learned: it does not know refill_status of several."),
    )
    balance = RateField(_("balance"), null=True, blank=True, editable=False)
    balance_at = models.DateTimeField(
        _("balance read"), null=True, blank=True, editable=False
    )
    # The currency in which the balance was told last; empty where none was named.
    currency_told = models.CharField(
        max_length=3, default="", db_default="", blank=True, editable=False
    )
    # Of the reply that the offers are just like, and since when; empty where the next
    # one is to be compared in any case.
    catalogue_digest = models.CharField(
        max_length=64, default="", db_default="", blank=True, editable=False
    )
    compared_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_sync_at = models.DateTimeField(db_default=Now(), editable=False)
    synced_at = models.DateTimeField(
        _("catalogue read"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        constraints = [
            models.CheckConstraint(
                condition=Q(batch_size__gte=1, batch_size__lte=100),
                name="provider_batch_size_up_to_100",
            ),
            models.CheckConstraint(
                condition=Q(pause_heals=False) | Q(paused_at__isnull=False),
                name="provider_only_a_pause_heals",
            ),
            models.CheckConstraint(
                condition=Q(max_in_flight__gte=1), name="provider_max_in_flight_above_0"
            ),
            models.CheckConstraint(
                condition=Q(calls_per_minute__gte=1),
                name="provider_calls_per_minute_above_0",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.currency = self.currency.upper()
        if not re.fullmatch("[A-Z]{3}", self.currency):
            message = _("Write it as a code of three letters, such as USD.")
            raise ValidationError({"currency": message})
        if not self.url.startswith(("https://", "http://")):
            raise ValidationError({"url": _("It begins with https://.")})


class ErrorPhrase(models.Model):
    """A provider's wording that staff have named the class of, once."""

    provider = models.ForeignKey(
        Provider, models.CASCADE, null=True, blank=True, related_name="phrases"
    )
    pattern = models.CharField(
        _("the text contains"), max_length=200, help_text=_("Case does not matter.")
    )
    error_class = models.CharField(_("it means"), max_length=20, choices=ERROR_CLASSES)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("error wording")
        verbose_name_plural = _("error wordings")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "pattern"],
                nulls_distinct=False,
                name="error_phrase_one_per_pattern",
            ),
        ]

    def __str__(self) -> str:
        return self.pattern


class Reply(models.Model):
    """An upstream reply that changed something, as it came, the key taken out."""

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="replies")
    action = models.CharField(_("call"), max_length=20)
    # The fields that were sent, but for the key.
    asked = models.TextField(_("asked"), blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    body = models.TextField(_("body"), blank=True)
    failure = models.CharField(_("failure"), max_length=60, blank=True)
    # Milliseconds from the first byte sent to the last one read.
    duration = models.PositiveIntegerField(_("milliseconds"))
    created_at = models.DateTimeField(_("time"), db_default=Now(), db_index=True)

    class Meta:
        verbose_name = _("upstream reply")
        verbose_name_plural = _("upstream replies")

    def __str__(self) -> str:
        return f"{self.action} #{self.pk}"
