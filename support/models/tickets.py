"""The ticket."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from support.enums import Category, State, Wish

LONGEST_SUBJECT = 150


class Ticket(models.Model):
    """A conversation of one customer with the shop. Written by support.actions only."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        # Leads indexes below.
        db_index=False,
        related_name="tickets",
        verbose_name=_("customer"),
    )
    category = models.CharField(_("about"), max_length=8, choices=Category)
    wish = models.CharField(
        _("wish"), max_length=8, choices=Wish, blank=True, default=""
    )
    subject = models.CharField(_("subject"), max_length=LONGEST_SUBJECT)
    state = models.CharField(
        _("state"), max_length=8, choices=State, default=State.OPEN
    )
    # Always the customer's own.
    orders = models.ManyToManyField(
        Order, related_name="tickets", blank=True, verbose_name=_("orders")
    )
    # The number of its newest message: tickets are listed by it, and it rises with each.
    newest = models.PositiveBigIntegerField(default=0, editable=False)
    # Of the form: sent twice, it is one ticket.
    token = models.CharField(max_length=32, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("opened"), db_default=Now())
    updated_at = models.DateTimeField(_("last message"), db_default=Now())
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "token"],
                condition=~Q(token=""),
                name="ticket_one_per_form",
            ),
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="ticket_category_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="ticket_state_known"
            ),
            models.CheckConstraint(
                condition=Q(wish="") | Q(category=Category.ORDER, wish__in=Wish.values),
                name="ticket_wish_is_about_orders",
            ),
            models.CheckConstraint(
                condition=~Q(subject=""), name="ticket_has_a_subject"
            ),
            models.CheckConstraint(
                condition=Q(state=State.CLOSED, closed_at__isnull=False)
                | (~Q(state=State.CLOSED) & Q(closed_at__isnull=True)),
                name="ticket_closed_has_a_time",
            ),
        ]
        indexes = [
            # The customer's list: those with the newest message first.
            models.Index(fields=["customer", "-newest"], name="ticket_of_customer"),
            # What waits for staff, for the badge and the top of their list.
            models.Index(
                fields=["newest"],
                condition=Q(state=State.OPEN),
                name="ticket_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def is_closed(self) -> bool:
        return self.state == State.CLOSED
