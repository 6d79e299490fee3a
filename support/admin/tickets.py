"""Tickets as staff see them: those that wait first, and everything on one page."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import linebreaksbr
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

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
from shop.attachments import as_download
from shop.money import show
from support import actions, queries
from support.enums import State
from support.errors import SupportError
from support.models import CannedAnswer, Message, Ticket

MAY = "support.change_ticket"
UNANSWERED_FIRST = Case(
    When(state=State.OPEN, then=Value(0)),
    default=Value(1),
    output_field=IntegerField(),
).asc()
TONES = {State.OPEN: "warning", State.ANSWERED: "success"}


class AnswerForm(BaseDialogForm):
    """A canned answer, words of one's own, or both: the canned one comes first."""

    canned = forms.ModelChoiceField(
        CannedAnswer.objects.order_by("title"),
        label=_("Canned answer"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    text = forms.CharField(
        label=_("Text"), required=False, widget=UnfoldAdminTextareaWidget
    )
    close = forms.BooleanField(
        label=_("Close the ticket"), required=False, widget=UnfoldBooleanSwitchWidget
    )


@admin.register(Ticket)
class TicketAdmin(ReadonlyMixin, ShopAdmin):
    """Conversations with customers. What waits for an answer comes first."""

    list_display = ("number", "title", "writer", "category", "standing", "time")
    list_filter = ("state", "category", "wish")
    list_select_related = ("customer",)
    number_fields = ("id", "orders")
    search_fields = ("subject", "customer__email")
    ordering = (UNANSWERED_FIRST, "-newest")
    actions_detail = ("answer", "close")
    fields = ("subject", "customer", "category", "wish", "standing", "opened", "time")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, _twice = super().get_search_results(request, queryset, search_term)
        # A ticket is found once, however many orders it is about.
        return found, True

    @display(description=_("no."), ordering="id")
    def number(self, ticket: Ticket) -> int:
        return ticket.pk

    @display(description=_("subject"))
    def title(self, ticket: Ticket) -> Any:
        return short(ticket.subject)

    @display(description=_("customer"))
    def writer(self, ticket: Ticket) -> Any:
        return link_to(ticket.customer)

    @display(description=_("state"))
    def standing(self, ticket: Ticket) -> str:
        state = State(ticket.state)
        label = _("unanswered") if state == State.OPEN else state.label
        return badge(label, TONES.get(state, ""))

    @display(description=_("opened"))
    def opened(self, ticket: Ticket) -> Any:
        return moment(ticket.created_at)

    @display(description=_("last message"), ordering="newest")
    def time(self, ticket: Ticket) -> Any:
        return moment(ticket.updated_at)

    def tables(self, row: Ticket) -> Iterable[Table]:
        yield Table(
            _("Conversation"),
            [_("time"), _("by"), _("text"), _("files")],
            [
                [
                    moment(message.created_at),
                    _author(message),
                    linebreaksbr(message.text),
                    _files(message),
                ]
                for message in queries.messages_of(ticket=row)
            ],
        )
        orders = row.orders.select_related("service", "provider").order_by("pk")
        if rows := [
            [
                link_to(order),
                order.get_status_display(),
                link_to(order.service, short(order.service.name)),
                short(order.target),
                show(order.charge),
                link_to(order.provider),
            ]
            for order in orders
        ]:
            headers = [_("no."), _("status"), _("service"), _("link"), _("charge")]
            yield Table(_("Orders"), [*headers, _("provider")], rows)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        shown = super().get_actions_detail(request, object_id)
        if not Ticket.objects.filter(pk=object_id, state=State.CLOSED).exists():
            return shown
        return [each for each in shown if not each.action_name.endswith("_close")]

    def get_urls(self) -> list[Any]:
        """Add the address of a file, below its ticket's."""
        file = path(
            "<int:ticket_id>/files/<int:file_id>/",
            self.admin_site.admin_view(self.file),
            name="support_ticket_file",
        )
        return [file, *super().get_urls()]

    def file(self, request: HttpRequest, ticket_id: int, file_id: int) -> HttpResponse:
        """Hand out a file of a ticket, to be kept."""
        ticket = get_object_or_404(Ticket, pk=ticket_id)
        if not self.has_view_permission(request, ticket):
            raise PermissionDenied
        files = queries.attachments_of(ticket=ticket)
        found = get_object_or_404(files, pk=file_id)
        return as_download(content=found.content, kind=found.kind, name=found.name)

    @button(
        label=_("Answer"),
        question=_("The customer gets it by mail, too."),
        permission=MAY,
        form=AnswerForm,
        refusals=(SupportError,),
        icon="reply",
        variant=ActionVariant.PRIMARY,
    )
    def answer(self, request: HttpRequest, ticket: Ticket, data: dict[str, Any]) -> str:
        """Send an answer, and close the ticket where that is all."""
        canned = data["canned"]
        ready = (
            queries.canned_text(answer=canned, customer=ticket.customer)
            if canned
            else ""
        )
        actions.answer(
            ticket=ticket,
            text="\n\n".join(part for part in (ready, data["text"]) if part),
            by=request.user,
            close=data["close"],
        )
        return gettext("Answered.")

    @button(
        label=_("Close"),
        question=_("Nothing is sent. If the customer writes again, it is opened."),
        permission=MAY,
        icon="check",
    )
    def close(self, request: HttpRequest, ticket: Ticket, data: object) -> str:
        """Close a ticket that needs no answer."""
        if actions.close(ticket=ticket):
            return gettext("Closed.")
        return gettext("It was closed already.")


def _author(message: Message) -> Any:
    if message.author is None:
        return badge(_("shop"))
    if message.by_staff:
        return badge(message.author, "info")
    return message.author


def _files(message: Message) -> SafeString:
    return format_html_join(
        " ",
        '<a class="text-link" href="{}">{}</a>',
        (
            (
                reverse("admin:support_ticket_file", args=[message.ticket_id, file.pk]),
                file.name,
            )
            for file in message.attachments.all()
        ),
    )
