"""How upstream names become ours: shelves, names, and other languages."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.enums import NameStep, TranslatedField
from provider.models.catalogue import Category, Service
from provider.models.providers import Provider


class CategoryMapping(models.Model):
    """An upstream category and the shelf that its new services go to."""

    provider = models.ForeignKey(
        Provider,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="mappings",
        help_text=_("Empty: whoever names a category so, unless they have their own."),
    )
    upstream_name = models.CharField(_("upstream category"), max_length=300)
    category = models.ForeignKey(Category, models.CASCADE, related_name="mappings")
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("category mapping")
        verbose_name_plural = _("category mappings")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "upstream_name"],
                nulls_distinct=False,
                name="category_mapping_one_per_name",
                violation_error_message=_("This category is mapped already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream_name} → {self.category}"


class NameRule(models.Model):
    """One step of cleaning upstream names; the steps are taken in their order."""

    step = models.CharField(_("step"), max_length=8, choices=NameStep)
    text = models.CharField(
        _("text"), max_length=200, blank=True, help_text=_("Case does not matter.")
    )
    replacement = models.CharField(_("by"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("name rule")
        verbose_name_plural = _("name rules")
        constraints = [
            models.CheckConstraint(
                condition=(Q(step__in=[NameStep.STRIP, NameStep.REPLACE]) & ~Q(text=""))
                | Q(
                    step__in=[NameStep.CONTACTS, NameStep.EMOJI],
                    text="",
                    replacement="",
                ),
                name="name_rule_has_its_text",
                violation_error_message=_(
                    "Words to strip or to replace need a text; contacts and emoji none."
                ),
            ),
        ]

    def __str__(self) -> str:
        words = f": {self.text}" if self.text else ""
        return f"{self.get_step_display()}{words}"


class Translation(models.Model):
    """A text of a service or a shelf in another language."""

    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="translations"
    )
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="translations"
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES
    )
    field = models.CharField(_("field"), max_length=11, choices=TranslatedField)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        constraints = [
            models.CheckConstraint(
                condition=Q(service__isnull=False, category__isnull=True)
                | Q(service__isnull=True, category__isnull=False, field="name"),
                name="translation_of_a_service_or_a_category",
            ),
            models.UniqueConstraint(
                fields=["service", "category", "language", "field"],
                nulls_distinct=False,
                name="translation_once",
                violation_error_message=_("There is such a translation already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.text[:60]}"

    def clean(self) -> None:
        super().clean()
        if self.field == TranslatedField.NAME and len(self.text) > 1000:
            raise ValidationError({"text": _("A name has at most 1,000 characters.")})
