"""Answers that staff have ready, in every language that they wrote them in."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CannedAnswer(models.Model):
    """An answer that is given often; `title` is for staff alone."""

    title = models.CharField(_("title"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("canned answer")
        verbose_name_plural = _("canned answers")

    def __str__(self) -> str:
        return self.title


class CannedText(models.Model):
    """What it says in one language."""

    answer = models.ForeignKey(
        CannedAnswer,
        models.CASCADE,
        # Leads the index of the constraint below.
        db_index=False,
        related_name="texts",
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    text = models.TextField(_("text"), max_length=5000)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(
                fields=["answer", "language"], name="canned_one_text_per_language"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="canned_has_a_text"),
        ]

    def __str__(self) -> str:
        return self.get_language_display()
