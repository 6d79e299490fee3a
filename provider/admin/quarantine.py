"""Odd changes of offers, and the staff's answers to them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.enums import ActionVariant

from provider import actions
from provider.admin.differences import move_of, rate_of, type_of
from provider.enums import Verdict
from provider.models import Offer, Quarantine
from shop.admin import (
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    button,
    link_to,
    moment,
    short,
)


class AnswerFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked for."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all")), *Verdict.choices[1:]]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(
                remove=[self.parameter_name]
            ):
                choice["display"] = _("waits")
            yield choice

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Quarantine]
    ) -> QuerySet[Quarantine]:
        if self.value() == "all":
            return queryset
        return queryset.filter(verdict=self.value() or Verdict.NONE)


@admin.register(Quarantine)
class QuarantineAdmin(ReadonlyMixin, ShopAdmin):
    """Odd changes that the shop does not follow unless staff say so."""

    list_display = (
        "offered", "provider", "odd", "before", "after", "moved", "types", "answer",
        "asked",
    )  # fmt: skip
    list_filter = (
        AnswerFilter,
        "oddity",
        ("offer__provider", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("offer__provider", "decided_by")
    search_fields = ("offer__upstream_id__exact", "offer__name")
    ordering = ("-id",)
    actions = ("approve_chosen", "reject_chosen")
    actions_detail = ("approve", "reject")
    fields = (
        "offered", "provider", "odd", "before", "after", "moved", "types", "asked", "run",
        "answer", "decided_by", "decided_at", "ended_at", "ended_run",
    )  # fmt: skip

    def tables(self, row: Quarantine) -> Iterable[Table]:
        routes = row.offer.routes.select_related("service").order_by("id")
        yield Table(
            _("Services that buy this"),
            [_("service"), _("price"), _("state")],
            [
                [
                    link_to(route.service),
                    rate_of(route.service.price),
                    route.service.get_off_reason_display(),
                ]
                for route in routes
            ],
        )

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Offer the answers that are still possible."""
        offered = super().get_actions_detail(request, object_id)
        asked = Quarantine.objects.filter(pk=object_id).first()
        if asked is None:
            return offered
        fit = set() if asked.ended_at else {"approve"}
        if asked.verdict == Verdict.NONE:
            fit.add("reject")
        return [
            action for action in offered if action.action_name.rsplit("_", 1)[-1] in fit
        ]

    @display(description=_("offer"))
    def offered(self, row: Quarantine) -> str:
        offer: Offer = row.offer
        return link_to(offer, short(f"{offer.upstream_id} {offer.name}"))

    @display(description=_("provider"))
    def provider(self, row: Quarantine) -> str:
        return str(row.offer.provider)

    @display(description=_("what is odd"))
    def odd(self, row: Quarantine) -> str:
        return badge(row.get_oddity_display(), "warning")

    @display(description=_("rate before"))
    def before(self, row: Quarantine) -> str:
        return rate_of(row.old_rate)

    @display(description=_("rate after"))
    def after(self, row: Quarantine) -> str:
        return rate_of(row.new_rate)

    @display(description=_("move"))
    def moved(self, row: Quarantine) -> str:
        return move_of(row)

    @display(description=_("type"))
    def types(self, row: Quarantine) -> str:
        return type_of(row)

    @display(description=_("answer"))
    def answer(self, row: Quarantine) -> str:
        return row.get_verdict_display()

    @display(description=_("asked"), ordering="id")
    def asked(self, row: Quarantine) -> str:
        return moment(row.created_at)

    @button(
        label=_("Approve"),
        question=_(
            "Prices follow the new rate, services the new type. A price of zero is "
            "believed by withdrawing the offer."
        ),
        permission="provider.change_quarantine",
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, row: Quarantine, data: object) -> str:
        """Let the shop follow the change."""
        return _approved(actions.approve_changes(numbers=[row.pk], by=request.user))

    @button(
        label=_("Reject"),
        question=_(
            "The old price and type stand. The service is sold where that still earns, "
            "until the provider says something else."
        ),
        permission="provider.change_quarantine",
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, row: Quarantine, data: object) -> str:
        """Keep what was accepted before."""
        return _rejected(actions.reject_changes(numbers=[row.pk], by=request.user))

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("provider.change_quarantine")

    @admin.action(description=_("Approve"), permissions=["answer"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        numbers = list(queryset.order_by().values_list("pk", flat=True))
        done = actions.approve_changes(numbers=numbers, by=request.user)
        self.message_user(request, _approved(done))

    @admin.action(description=_("Reject"), permissions=["answer"])
    def reject_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        numbers = list(queryset.order_by().values_list("pk", flat=True))
        done = actions.reject_changes(numbers=numbers, by=request.user)
        self.message_user(request, _rejected(done))


def _approved(number: int) -> str:
    return ngettext("%d change approved.", "%d changes approved.", number) % number


def _rejected(number: int) -> str:
    return ngettext("%d change rejected.", "%d changes rejected.", number) % number
