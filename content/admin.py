"""What owners write: pages, terms, and who the operator is."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from content import actions, frame
from content.models import (
    Acceptance,
    Operator,
    Page,
    PageText,
    TermsText,
    TermsVersion,
)
from content.queries import in_language
from shop.admin import NOTHING, ReadonlyMixin, ShopAdmin, badge, button, moment

# Rows of the field in which a text is written.
TALL = 16


class TextForm(forms.ModelForm):
    """A text in one of the shop's languages."""

    language = forms.ChoiceField(label=_("language"), widget=UnfoldAdminSelectWidget)
    body = forms.CharField(
        label=_("text"),
        help_text=_("Markdown."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": TALL}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [
            (code, get_language_info(code)["name_local"])
            for code, _name in settings.LANGUAGES
        ]


class TextInline(StackedInline):
    """The texts of a row, one for each language."""

    form = TextForm
    extra = 0
    min_num = 1

    def get_max_num(
        self, request: HttpRequest, obj: Any = None, **kwargs: Any
    ) -> int | None:
        return len(settings.LANGUAGES)


class PageTextInline(TextInline):
    """The words of a page."""

    model = PageText
    fields = ("language", "title", "summary", "body")


class TermsTextInline(TextInline):
    """The words of a version of the terms; fixed once it is published."""

    model = TermsText
    fields = ("language", "title", "changes", "body")

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return _is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)


class WrittenAdmin(ShopAdmin):
    """Rows that stand on or around pages: what the pages keep ready is read anew."""

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        transaction.on_commit(frame.forget, robust=True)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(frame.forget, robust=True)


@admin.register(Page)
class PageAdmin(WrittenAdmin):
    """Pages, questions with answers, and news. A draft is looked at before it is shown."""

    list_display = ("title", "kind", "languages", "published", "position", "look")
    list_filter = ("kind", ("published_at", admin.EmptyFieldListFilter))
    search_fields = ("slug", "texts__title")
    ordering = ("kind", "position", "-published_at", "-pk")
    fields = ("kind", "slug", "published_at", "position", "look")
    readonly_fields = ("look",)
    inlines = (PageTextInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        return super().get_queryset(request).prefetch_related("texts")

    @display(description=_("title"))
    def title(self, row: Page) -> str:
        return str(in_language(row.texts.all()) or row.slug)

    @display(description=_("languages"))
    def languages(self, row: Page) -> str:
        return _languages(row.texts.all())

    @display(description=_("published"))
    def published(self, row: Page) -> str:
        return moment(row.published_at) if row.published_at else badge(_("draft"))

    @display(description=_("preview"))
    def look(self, row: Page) -> str:
        return _preview(row)


@admin.register(TermsVersion)
class TermsVersionAdmin(WrittenAdmin):
    """The terms: a draft is written, looked at and published, and then it stays."""

    list_display = ("__str__", "state", "languages", "material", "published", "look")
    ordering = ("-pk",)
    fields = ("material", "state", "digest", "look")
    readonly_fields = ("state", "digest", "look")
    inlines = (TermsTextInline,)
    actions_detail = ("publish",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TermsVersion]:
        return super().get_queryset(request).prefetch_related("texts")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)

    @display(description=_("state"))
    def state(self, row: TermsVersion) -> str:
        if row.published_at is None:
            return badge(_("draft"))
        return badge(_("published"), "success")

    @display(description=_("languages"))
    def languages(self, row: TermsVersion) -> str:
        return _languages(row.texts.all())

    @display(description=_("published"))
    def published(self, row: TermsVersion) -> str:
        return moment(row.published_at)

    @display(description=_("preview"))
    def look(self, row: TermsVersion) -> str:
        return _preview(row)

    @button(
        label=_("Publish"),
        question=_(
            "It is in force from now on and is never changed again. If it changes "
            "something that matters, customers are asked before their next order."
        ),
        permission="content.change_termsversion",
        refusals=(actions.TermsError,),
        icon="gavel",
        variant=ActionVariant.PRIMARY,
    )
    def publish(self, request: HttpRequest, row: TermsVersion, data: object) -> str:
        """Put a draft into force."""
        published = actions.publish_terms(version=row)
        return _("Version %(number)s is in force.") % {"number": published.number}


@admin.register(Acceptance)
class AcceptanceAdmin(ReadonlyMixin, ShopAdmin):
    """Who accepted which version of the terms, when, from where and in doing what."""

    list_display = ("user", "version", "where", "time", "address")
    list_filter = ("where", "version")
    list_select_related = ("user", "version")
    search_fields = ("user__email",)
    ordering = ("-id",)
    fields = ("user", "version", "where", "time", "address")
    readonly_fields = ("time",)

    @display(description=_("accepted"))
    def time(self, row: Acceptance) -> str:
        return moment(row.accepted_at)


@admin.register(Operator)
class OperatorAdmin(WrittenAdmin):
    """Who runs the shop. There is one; what is empty is not shown."""

    list_display = ("__str__", "registration_number", "email")
    ordering = ("pk",)
    fields = (
        "name", "representative", "address", "registration_number",
        "mail_order_number", "vat_id", "phone", "email", "hosting",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Operator.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _is_draft(row: TermsVersion | None) -> bool:
    return row is None or row.published_at is None


def _languages(texts: Any) -> str:
    return ", ".join(sorted(text.language for text in texts)) or NOTHING


def _preview(row: Model) -> str:
    if row.pk is None:
        return NOTHING
    try:
        address = row.get_absolute_url()
    except NoReverseMatch:
        # What was filled in is no address, and is refused.
        return NOTHING
    return format_html(
        '<a class="text-link" href="{}" target="_blank">{}</a>', address, _("Show")
    )
