"""The shelves of the shop: their order, what lands on them, and merging them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from provider import actions
from provider.models import Category, CategoryMapping, Translation
from shop.admin import ShopAdmin, button, link_to

# Two fields a row are sent when the list is ordered, and Django takes 1,000.
ROWS = 400


class TranslationInline(TabularInline):
    """Texts in other languages."""

    model = Translation
    fields: tuple[str, ...] = ("language", "field", "text")
    extra = 0


class CategoryNameInline(TranslationInline):
    """The shelf's name in other languages."""

    fields = ("language", "text")


class MappingInline(TabularInline):
    """Upstream categories whose new services land here."""

    model = CategoryMapping
    fields = ("provider", "upstream_name")
    extra = 0


class MergeForm(BaseDialogForm):
    """Where everything goes."""

    into = forms.ModelChoiceField(
        Category.objects.order_by("position", "name"),
        label=_("into"),
        widget=UnfoldAdminSelectWidget,
    )
    prices_may_change = forms.BooleanField(
        label=_("prices may change"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )


@admin.register(Category)
class CategoryAdmin(ShopAdmin):
    """The shelves of the shop, in their order: by number, or dragged."""

    list_display = ("name", "services", "position")
    list_editable = ("position",)
    list_display_links = ("name",)
    list_per_page = ROWS
    search_fields = ("name",)
    ordering = ("position", "name")
    ordering_field = "position"
    fieldsets = (
        (None, {"fields": ("name", "position")}),
        (
            _("Links that its services want"),
            {"fields": ("link_network", "link_pattern", "link_example")},
        ),
    )
    inlines = (MappingInline, CategoryNameInline)
    actions_detail = ("merge",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        found: QuerySet[Category] = super().get_queryset(request)
        return found.annotate(number=Count("services"))

    @display(description=_("services"), ordering="number")
    def services(self, category: Any) -> int:
        return int(category.number)

    @button(
        label=_("Merge into another"),
        question=_(
            "Services, mappings and the markup rule move, and this category is taken "
            "away; its name is remembered for new services. Where prices would change, "
            "nothing is done unless you agree."
        ),
        permission="provider.delete_category",
        form=MergeForm,
        refusals=(actions.MergeError,),
        icon="merge",
        variant=ActionVariant.WARNING,
    )
    def merge(
        self, request: HttpRequest, category: Category, data: dict[str, Any]
    ) -> str:
        """Move all that is on this shelf to another."""
        number = actions.merge_categories(
            category=category,
            into=data["into"],
            prices_may_change=data["prices_may_change"],
        )
        return ngettext(
            "%(number)d service moved to %(into)s.",
            "%(number)d services moved to %(into)s.",
            number,
        ) % {"number": number, "into": data["into"]}


@admin.register(CategoryMapping)
class CategoryMappingAdmin(ShopAdmin):
    """Which upstream categories land on which shelf."""

    list_display = ("upstream_name", "whose", "shelf")
    list_filter = ("provider",)
    list_select_related = ("provider", "category")
    search_fields = ("upstream_name", "category__name")
    ordering = ("upstream_name", "id")
    fields = ("provider", "upstream_name", "category")
    autocomplete_fields = ("category",)

    @display(description=_("provider"))
    def whose(self, mapping: CategoryMapping) -> str:
        return str(mapping.provider or _("anybody"))

    @display(description=_("category"))
    def shelf(self, mapping: CategoryMapping) -> Any:
        return link_to(mapping.category)
