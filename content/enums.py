"""Kinds of what owners write, and where customers accept the terms."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PageKind(models.TextChoices):
    """What a page is for; the shop links to the first two wherever the law wants it."""

    PRIVACY = "privacy", _("privacy policy")
    REFUNDS = "refunds", _("refund policy")
    FAQ = "faq", _("question and answer")
    NEWS = "news", _("news")
    PAGE = "page", _("other page")


# Of these there is one each.
SINGLE = (PageKind.PRIVACY, PageKind.REFUNDS)


class Where(models.TextChoices):
    """In doing what a customer accepted the terms."""

    SIGN_UP = "sign-up", _("sign-up")
    ORDER = "order", _("order")
    ASKED = "asked", _("asked again")
