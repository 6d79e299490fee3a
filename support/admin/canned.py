"""The answers that staff have ready."""

from django.contrib import admin
from unfold.admin import StackedInline

from shop.admin import ShopAdmin
from support.models import CannedAnswer, CannedText


class CannedTextInline(StackedInline):
    """What an answer says, language by language."""

    model = CannedText
    fields = ("language", "text")
    extra = 0
    min_num = 1


@admin.register(CannedAnswer)
class CannedAnswerAdmin(ShopAdmin):
    """Answers that are given often; customers get them in their language."""

    list_display = ("title",)
    search_fields = ("title", "texts__text")
    ordering = ("title",)
    fields = ("title",)
    inlines = (CannedTextInline,)
