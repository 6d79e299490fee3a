"""The catalogue: what providers offer, and what customers see and buy."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import (
    LINK_NETWORKS,
    SERVICE_TYPES,
    LossPolicy,
    OffReason,
    RefusedClass,
    RefusedKind,
)
from provider.models.providers import Provider
from provider.patterns import LONGEST_PATTERN, check_pattern
from provider.protocol.types import TYPES, ServiceType, TypeRule
from shop.money import MoneyField, RateField

# PostgreSQL's integer; real catalogues do reach it.
MOST = 2_147_483_647


class Category(models.Model):
    """A shelf of the shop."""

    name = models.CharField(_("name"), max_length=300, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    # What its services want as a link.
    link_network = models.CharField(
        _("site of @name"),
        max_length=20,
        choices=LINK_NETWORKS,
        blank=True,
        default="",
        db_default="",
        help_text=_("A link given as @name is taken for the page of that name there."),
    )
    link_pattern = models.CharField(
        _("pattern of links"),
        max_length=LONGEST_PATTERN,
        blank=True,
        default="",
        db_default="",
        validators=[check_pattern],
        help_text=_(
            "A regular expression that the whole link must fit, as it is compared: "
            "without https:// and www., such as instagram\\.com/p/.+"
        ),
    )
    link_example = models.CharField(
        _("example of a link"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("Shown to customers below the field."),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class Offer(models.Model):
    """One upstream service as it was last seen."""

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="offers")
    # Text: some providers' ids are not numbers.
    upstream_id = models.CharField(_("upstream id"), max_length=64)
    name = models.TextField(_("name"))
    category = models.TextField(_("category"), blank=True)
    type = models.CharField(_("type"), max_length=30, choices=SERVICE_TYPES, blank=True)
    type_given = models.CharField(_("type as given"), max_length=100, blank=True)
    rate_seen = RateField(_("rate"))
    min = models.PositiveIntegerField(_("minimum"))
    max = models.PositiveIntegerField(_("maximum"))
    # Unknown is not false: staff may try, customers see no button.
    refill = models.BooleanField(_("refill"), null=True)
    cancel = models.BooleanField(_("cancel"), null=True)
    dripfeed = models.BooleanField(_("drip-feed"), null=True)
    description = models.TextField(_("description"), blank=True)
    average_time = models.CharField(_("average time"), max_length=100, blank=True)
    raw = models.JSONField(_("row as it came"), default=dict)
    # What the shop makes of it (provider.judging): its name after cleaning, where that
    # differs; the refill window that the name promises; what it is refused for.
    clean_name = models.TextField(
        _("cleaned name"), blank=True, default="", db_default=""
    )
    refill_days = models.PositiveSmallIntegerField(_("refill within days"), null=True)
    refill_first_hours = models.PositiveSmallIntegerField(
        _("hours until the first refill"), null=True
    )
    refill_hours = models.PositiveSmallIntegerField(
        _("hours between refills"), null=True
    )
    refused_for = ArrayField(
        models.CharField(
            max_length=10, choices=[*RefusedClass.choices, *RefusedKind.choices]
        ),
        verbose_name=_("refused for"),
        default=list,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=10))),
    )
    seen_at = models.DateTimeField(_("first seen"), db_default=Now())
    changed_at = models.DateTimeField(_("changed"), db_default=Now())
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "upstream_id"], name="offer_one_per_upstream_id"
            ),
            models.CheckConstraint(
                condition=Q(rate_seen__gt=0), name="offer_rate_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(min__gt=0, max__gte=F("min")), name="offer_limits_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream_id} {self.name}"


class Service(models.Model):
    """What customers see and buy.

    `active` is the staff's switch, `off_reason` the shop's own: on sale needs both.
    """

    category = models.ForeignKey(Category, models.PROTECT, related_name="services")
    name = models.CharField(_("name"), max_length=1000)
    description = models.TextField(_("description"), blank=True)
    type = models.CharField(_("type"), max_length=30, choices=SERVICE_TYPES, blank=True)
    min = models.PositiveIntegerField(_("minimum"))
    max = models.PositiveIntegerField(_("maximum"))
    # Per 1,000, or per package where the type says so; in the shop's currency.
    price = MoneyField(_("price"), null=True, blank=True)
    fixed_price = MoneyField(
        _("fixed price"),
        null=True,
        blank=True,
        help_text=_("Instead of the price that the markup rules give."),
    )
    # As it was last priced: what it costs in the shop's currency, and the least that it
    # may be sold at without consent, which is the cost and the minimum margin.
    unit_cost = RateField(_("cost"), null=True, editable=False)
    floor = MoneyField(_("least price"), null=True, editable=False)
    # What somebody pays, set by provider.prices.with_prices only.
    your_price: Decimal
    refill = models.BooleanField(_("refill"), default=False)
    cancel = models.BooleanField(_("cancel"), default=False)
    dripfeed = models.BooleanField(_("drip-feed"), default=False)
    average_time = models.CharField(_("average time"), max_length=100, blank=True)
    active = models.BooleanField(_("active"), default=False)
    off_reason = models.CharField(
        _("state"), max_length=20, choices=OffReason, blank=True, default=OffReason.NONE
    )
    # Since the provider charged more than expected; staff take it away.
    overcharged_at = models.DateTimeField(
        _("overcharged"), null=True, blank=True, editable=False
    )
    loss_policy = models.CharField(
        _("where it would cost more than was paid"),
        max_length=6,
        choices=LossPolicy,
        default=LossPolicy.HOLD,
        db_default=LossPolicy.HOLD,
    )
    # How much more than the charge an order may cost; only with somebody's consent.
    loss_limit = models.DecimalField(
        _("loss of at most, percent"),
        max_digits=8,
        decimal_places=3,
        default=Decimal(0),
        db_default=Decimal(0),
    )
    loss_consent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("loss consented to by"),
    )
    loss_consent_at = models.DateTimeField(
        _("consented"), null=True, blank=True, editable=False
    )
    # Days after its end in which an order can be refilled (none: for ever), and hours
    # that must lie between its end, or its last refill, and the next one. The hours
    # until the first may be others.
    refill_days = models.PositiveSmallIntegerField(
        _("refill within days"), null=True, blank=True
    )
    refill_hours = models.PositiveSmallIntegerField(
        _("hours between refills"), null=True, blank=True
    )
    refill_first_hours = models.PositiveSmallIntegerField(
        _("hours until the first refill"), null=True, blank=True
    )
    # Fields that staff have written, and that no sync touches.
    set_by_hand = ArrayField(
        models.CharField(max_length=30), default=list, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            models.CheckConstraint(
                condition=Q(min__gt=0, max__gte=F("min")),
                name="service_limits_in_order",
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gt=0),
                name="service_price_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(fixed_price__isnull=True) | Q(fixed_price__gt=0),
                name="service_fixed_price_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(
                    loss_policy=LossPolicy.SEND,
                    loss_limit__gt=0,
                    loss_consent_by__isnull=False,
                    loss_consent_at__isnull=False,
                )
                | (~Q(loss_policy=LossPolicy.SEND) & Q(loss_limit=0)),
                name="service_loss_needs_consent",
            ),
            # Nothing can be sold that has no price or whose type is not known.
            models.CheckConstraint(
                condition=~Q(off_reason=OffReason.NONE)
                | (Q(price__isnull=False) & ~Q(type="")),
                name="service_sellable_is_complete",
            ),
        ]
        indexes = [
            # The catalogue page, by category.
            models.Index(
                fields=["category", "id"],
                condition=Q(active=True, off_reason=""),
                name="service_on_sale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    @property
    def on_sale(self) -> bool:
        return self.active and self.off_reason == OffReason.NONE

    @property
    def rule(self) -> TypeRule:
        """The type's row: its fields, and what is charged."""
        return TYPES[ServiceType(self.type)]


class Route(models.Model):
    """A way to buy a service: the first position is used, the others are fallbacks."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="routes")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="routes")
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "position"], name="route_one_per_position"
            ),
            models.UniqueConstraint(
                fields=["service", "offer"], name="route_one_per_offer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} → {self.offer_id}"
