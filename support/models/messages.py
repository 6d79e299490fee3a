"""What is written in tickets, and the files beside it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from shop.attachments import LONGEST_NAME, MOST_BYTES, FileKind
from support.models.tickets import Ticket

# Characters that a person writes at once; an answer for a hundred orders is longer.
LONGEST_TEXT = 5000
LONGEST_MESSAGE = 30_000
# Files of one message.
MOST_FILES = 3


class Message(models.Model):
    """One message, by the customer, by staff, or by the shop itself (without author)."""

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="messages", verbose_name=_("ticket")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    by_staff = models.BooleanField(_("by staff"), default=False)
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="message_has_a_text"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), LONGEST_MESSAGE),
                name="message_length_bounded",
            ),
            models.CheckConstraint(
                condition=Q(by_staff=True) | Q(author__isnull=False),
                name="message_without_author_is_the_shops",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Attachment(models.Model):
    """A file beside a message, as it came; known by its first bytes (shop.attachments)."""

    message = models.ForeignKey(
        Message,
        models.PROTECT,
        # Leads the index of the constraint below.
        db_index=False,
        related_name="attachments",
        verbose_name=_("message"),
    )
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    kind = models.CharField(_("kind"), max_length=4, choices=FileKind)
    content = models.BinaryField(_("content"))
    size = models.GeneratedField(
        expression=Length("content"),
        output_field=models.PositiveIntegerField(_("size")),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "position"], name="attachment_one_per_position"
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1, position__lte=MOST_FILES),
                name="attachment_few_per_message",
            ),
            models.CheckConstraint(
                condition=Q(size__gte=1, size__lte=MOST_BYTES),
                name="attachment_size_bounded",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=FileKind.values), name="attachment_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
