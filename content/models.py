"""What owners write: pages, terms in versions, and who the operator is."""

from typing import Any, NoReturn

import pgtrigger
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from content.enums import SINGLE, PageKind, Where

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
# Where the versions of the terms stand.
TAKEN = "terms"
DIGEST = "^[0-9a-f]{64}$"


class Page(models.Model):
    """A page, a question with its answer, or a piece of news; its words are PageText."""

    kind = models.CharField(_("kind"), max_length=8, choices=PageKind)
    slug = models.CharField(
        _("address"),
        max_length=60,
        unique=True,
        help_text=_("The last part of the page's address: small letters and hyphens."),
        validators=[RegexValidator(SLUG, _("Only a–z, 0–9 and hyphens between."))],
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Smaller numbers come first.")
    )
    published_at = models.DateTimeField(
        _("published"),
        null=True,
        blank=True,
        help_text=_("Until then only staff see it. Empty for a draft."),
    )
    # Of news: when customers were told.
    told_at = models.DateTimeField(_("told"), null=True, editable=False)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=PageKind.values), name="page_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG), name="page_slug_is_an_address"
            ),
            models.CheckConstraint(
                condition=~Q(slug=TAKEN),
                name="page_slug_is_not_that_of_the_terms",
                violation_error_message=_(
                    "The terms stand there; they have versions of their own."
                ),
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind__in=SINGLE),
                name="page_one_of_its_kind",
                violation_error_message=_("There is one already."),
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        if self.kind == PageKind.FAQ:
            return f"{reverse('faq')}#{self.slug}"
        name = "news_item" if self.kind == PageKind.NEWS else "page"
        return reverse(name, args=[self.slug])


class PageText(models.Model):
    """The words of a page in one language; the body is Markdown."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=10)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(
        _("summary"),
        max_length=300,
        blank=True,
        help_text=_("One or two sentences, for lists and search engines."),
    )
    body = models.TextField(_("text"), blank=True, help_text=_("Markdown."))

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "language"], name="page_text_one_per_language"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="page_text_has_title"),
        ]

    def __str__(self) -> str:
        return self.title


class TermsVersion(models.Model):
    """The terms as they stood from one day on; a draft until actions.publish_terms.

    What is published is never changed: customers accepted those words.
    """

    number = models.PositiveSmallIntegerField(
        _("version"), null=True, unique=True, editable=False
    )
    material = models.BooleanField(
        _("changes something that matters"),
        default=True,
        help_text=_("Customers are asked to accept it before their next order."),
    )
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    # SHA-256 of all its texts, as they were when it was published.
    digest = models.CharField(_("digest"), max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("version of the terms")
        verbose_name_plural = _("versions of the terms")
        constraints = [
            models.CheckConstraint(
                condition=Q(number=None, published_at=None, digest="")
                | Q(
                    number__gte=1,
                    published_at__isnull=False,
                    digest__regex=DIGEST,
                ),
                name="terms_draft_or_published",
            ),
            models.CheckConstraint(
                condition=~Q(number=1) | Q(material=True),
                name="terms_first_version_matters",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        if self.number is None:
            return str(_("Draft"))
        return str(_("Version %(number)s") % {"number": self.number})

    def get_absolute_url(self) -> str:
        if self.number is None:
            return reverse("terms_draft", args=[self.pk])
        return reverse("terms_version", args=[self.number])


class TermsText(models.Model):
    """The words of a version in one language; body and changes are Markdown."""

    version = models.ForeignKey(TermsVersion, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=10)
    title = models.CharField(_("title"), max_length=200)
    changes = models.TextField(
        _("what has changed"),
        blank=True,
        help_text=_("In a few words, for customers who accepted an earlier version."),
    )
    body = models.TextField(_("text"), help_text=_("Markdown."))

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language"], name="terms_text_one_per_language"
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(body=""), name="terms_text_says_something"
            ),
        ]
        triggers = [
            # The version is locked: whoever is about to publish it waits, or is waited
            # for.
            pgtrigger.Trigger(
                name="published_text_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("published", "timestamptz")],
                func="""
                    IF TG_OP <> 'INSERT' THEN
                        SELECT published_at INTO published FROM content_termsversion
                        WHERE id = OLD.version_id FOR SHARE;
                        IF published IS NOT NULL THEN
                            RAISE EXCEPTION 'Published terms are never changed.';
                        END IF;
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    SELECT published_at INTO published FROM content_termsversion
                    WHERE id = NEW.version_id FOR SHARE;
                    IF published IS NOT NULL THEN
                        RAISE EXCEPTION 'Published terms are never changed.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Acceptance(models.Model):
    """A customer accepted a version: once, and it stays."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        # Leads the constraint below.
        db_index=False,
        related_name="acceptances",
        verbose_name=_("customer"),
    )
    version = models.ForeignKey(
        TermsVersion,
        models.PROTECT,
        related_name="acceptances",
        verbose_name=_("version"),
    )
    where = models.CharField(_("where"), max_length=7, choices=Where)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), db_default=Now())

    class Meta:
        verbose_name = _("acceptance of the terms")
        verbose_name_plural = _("acceptances of the terms")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version"], name="terms_accepted_once"
            ),
            models.CheckConstraint(
                condition=Q(where__in=Where.values), name="terms_accepted_somewhere"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="acceptance_stays", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.version_id}"


class Operator(models.Model):
    """Who runs the shop, as the law wants it told at the foot of every page. One row."""

    name = models.CharField(_("company or name"), max_length=200, blank=True)
    representative = models.CharField(_("representative"), max_length=200, blank=True)
    address = models.CharField(_("postal address"), max_length=300, blank=True)
    registration_number = models.CharField(
        _("business registration number"), max_length=60, blank=True
    )
    mail_order_number = models.CharField(
        _("mail-order business report number"), max_length=60, blank=True
    )
    vat_id = models.CharField(_("VAT number"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    hosting = models.CharField(_("hosting provider"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operator")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="operator_is_one"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Operator"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("There is one operator; its fields may be emptied.")
