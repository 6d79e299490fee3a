"""Customers with their balance, and every movement of money."""

import secrets
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from accounts import actions as accounts
from accounts.admin import UserAdmin
from accounts.models import User
from ledger import actions, queries
from ledger.enums import TransferKind
from ledger.models import Account, Transfer
from shop.admin import ReadonlyMixin, ShopAdmin, Table, button, link_to, moment
from shop.money import PLACES, ZERO, MoneyField, show

STATEMENT = 50
BIGGEST = 2**63 - 1


def draw_subject() -> int:
    """Return a number that names one credit: the form that carries it credits once."""
    return secrets.randbelow(BIGGEST) + 1


class NoteForm(BaseDialogForm):
    """Why money moves; it stands in the customer's statement."""

    note = forms.CharField(
        label=_("Note"), max_length=200, widget=UnfoldAdminTextInputWidget
    )


class CreditForm(NoteForm):
    """How much, and why."""

    subject = forms.IntegerField(
        min_value=1,
        max_value=BIGGEST,
        initial=draw_subject,
        widget=forms.HiddenInput,
    )
    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal(1).scaleb(-PLACES),
        max_digits=20,
        decimal_places=PLACES,
        error_messages={"min_value": _("The amount must be above zero.")},
        widget=UnfoldAdminDecimalFieldWidget,
    )
    field_order = ("amount", "note")


@admin.register(User)
class CustomerAdmin(UserAdmin):
    """A person with balance and statement, and a button that credits by hand."""

    list_display = ("email", "name", "balance", "order_count", "is_active", "joined")
    actions_detail = ("credit", "freeze", "unfreeze", "reopen", "drop_two_steps")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        spendable = (
            Account.objects.filter(
                customer=OuterRef("pk"),
                kind__in=queries.SPENDABLE,
                currency=settings.SHOP_CURRENCY,
            )
            .values("customer")
            .annotate(total=Sum("balance"))
            .values("total")
        )
        # Through User, as this room does not know orders: one count per row shown.
        ordered = (
            User.objects.filter(pk=OuterRef("pk"))
            .annotate(number=Count("orders"))
            .values("number")
        )
        found: QuerySet[User] = super().get_queryset(request)
        return found.annotate(
            spendable=Coalesce(Subquery(spendable), ZERO, output_field=MoneyField()),
            ordered=Subquery(ordered),
        )

    @display(description=_("balance"), ordering="spendable")
    def balance(self, user: Any) -> str:
        return show(user.spendable)

    @display(description=_("debt"))
    def owed(self, user: User) -> str:
        return show(queries.debt(customer=user))

    @display(description=_("orders"))
    def order_count(self, user: Any) -> str | SafeString:
        url = reverse("admin:orders_order_changelist")
        return format_html(
            '<a class="text-link" href="{}?customer__id__exact={}">{}</a>',
            url,
            user.pk,
            user.ordered,
        )

    @display(description=_("joined"), ordering="date_joined")
    def joined(self, user: User) -> str:
        return moment(user.date_joined)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        frozen = ("frozen_at", "frozen_for") if obj.frozen_at else ()
        closed = ("closed_at", "forgotten_at") if obj.closed_at else ()
        shown = ("balance", "owed", "order_count", *frozen, *closed)
        return ((None, {"fields": shown}), *fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        own = ("balance", "owed", "order_count", "frozen_at", "frozen_for")
        closed = ("closed_at", "forgotten_at")
        return (*super().get_readonly_fields(request, obj), *own, *closed)

    def tables(self, row: User) -> Iterable[Table]:
        transfers = queries.statement(customer=row).select_related("by")[:STATEMENT]
        yield Table(
            _("Statement"),
            [_("time"), _("transfer"), _("change"), _("after"), _("by"), _("note")],
            [_line(transfer, row) for transfer in transfers],
        )
        yield from super().tables(row)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        frozen = User.objects.filter(pk=object_id, frozen_at__isnull=False).exists()
        unfit = ["_freeze" if frozen else "_unfreeze"]
        closed = User.objects.filter(pk=object_id, closed_at__isnull=False)
        if not closed.filter(forgotten_at=None).exists():
            unfit.append("_reopen")
        if not Authenticator.objects.filter(user=object_id).exists():
            unfit.append("_drop_two_steps")
        return [
            offered
            for offered in super().get_actions_detail(request, object_id)
            if not offered.action_name.endswith(tuple(unfit))
        ]

    @button(
        label=_("Freeze"),
        question=_(
            "They may look, but neither order nor pay. Unsent orders are ended."
        ),
        permission="accounts.change_user",
        form=NoteForm,
        icon="ac_unit",
        variant=ActionVariant.DANGER,
    )
    def freeze(self, request: HttpRequest, user: User, data: dict[str, Any]) -> str:
        """Freeze a customer; the sweeper ends what they ordered and nobody sent."""
        accounts.freeze_by_hand(user=user, reason=data["note"])
        return gettext("%(customer)s is frozen.") % {"customer": user}

    @button(
        label=_("Unfreeze"),
        question=_("They may order and pay again."),
        permission="accounts.change_user",
        icon="sunny",
    )
    def unfreeze(self, request: HttpRequest, user: User, data: object) -> str:
        """Let a customer order and pay again."""
        accounts.unfreeze_by_hand(user=user)
        return gettext("%(customer)s may order and pay again.") % {"customer": user}

    @button(
        label=_("Reopen"),
        question=_("They may log in again. Their API key stays revoked."),
        permission="accounts.change_user",
        icon="lock_open",
    )
    def reopen(self, request: HttpRequest, user: User, data: object) -> str:
        """Open an account again that its owner closed."""
        if accounts.reopen(user=user):
            return gettext("%(customer)s may log in again.") % {"customer": user}
        return gettext("It is too late: it is forgotten who had this account.")

    @button(
        label=_("Remove second steps"),
        question=_(
            "Their password alone lets them in. Only for somebody who lost phone and "
            "codes, and whom you know for sure."
        ),
        permission="accounts.change_user",
        icon="phonelink_erase",
        variant=ActionVariant.DANGER,
    )
    def drop_two_steps(self, request: HttpRequest, user: User, data: object) -> str:
        """Let somebody in again who lost what they log in with."""
        if user.is_staff and not getattr(request.user, "is_superuser", False):
            raise PermissionDenied
        accounts.drop_two_steps(user=user)
        return gettext("%(customer)s logs in with the password.") % {"customer": user}

    @button(
        label=_("Credit"),
        question=_("The amount is added to the balance at once."),
        permission="ledger.add_transfer",
        form=CreditForm,
        refusals=(actions.LedgerError,),
        icon="add_card",
        variant=ActionVariant.PRIMARY,
    )
    def credit(self, request: HttpRequest, user: User, data: dict[str, Any]) -> str:
        """Credit the customer through the ledger, once for each form that was shown."""
        actions.credit(
            customer=user,
            amount=data["amount"],
            subject=data["subject"],
            note=data["note"],
            by=request.user,
        )
        return gettext("%(amount)s credited to %(customer)s.") % {
            "amount": show(data["amount"]),
            "customer": user,
        }


def _line(transfer: Transfer, customer: User) -> list[object]:
    came = transfer.source.customer_id != customer.pk
    after = transfer.target_balance_after if came else transfer.source_balance_after
    return [
        moment(transfer.created_at),
        link_to(transfer, f"{transfer.get_kind_display()} {transfer.subject}"),
        show(transfer.amount if came else -transfer.amount),
        "" if after is None else show(after),
        transfer.by or "",
        transfer.note,
    ]


@admin.register(Transfer)
class TransferAdmin(ReadonlyMixin, ShopAdmin):
    """Every movement of money. A credit by staff can be reversed by another transfer."""

    list_display = ("number", "kind", "subject", "sum", "origin", "goal", "time")
    list_filter = ("kind", "bucket")
    list_select_related = ("source__customer", "target__customer")
    number_fields = ("id", "subject")
    search_fields = ("note",)
    search_help_text = _("A number, its subject's number, or a note.")
    ordering = ("-id",)
    paginator = InfinitePaginator
    show_full_result_count = False
    actions_detail = ("reverse",)
    fields = (
        "kind", "subject", "bucket", "no", "sum", "origin", "goal", "note", "by", "time",
    )  # fmt: skip

    @display(description=_("no."), ordering="id")
    def number(self, transfer: Transfer) -> int:
        return transfer.pk

    @display(description=_("amount"))
    def sum(self, transfer: Transfer) -> str:
        return show(transfer.amount, transfer.currency)

    @display(description=_("from"))
    def origin(self, transfer: Transfer) -> str:
        return _holder(transfer.source)

    @display(description=_("to"))
    def goal(self, transfer: Transfer) -> str:
        return _holder(transfer.target)

    @display(description=_("time"))
    def time(self, transfer: Transfer) -> str:
        return moment(transfer.created_at)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        credits = Transfer.objects.filter(pk=object_id, kind=TransferKind.CREDIT)
        if not credits.exists():
            return []
        return super().get_actions_detail(request, object_id)

    @button(
        label=_("Reverse"),
        question=_("The amount is taken back, unless the customer has spent it."),
        permission="ledger.add_transfer",
        form=NoteForm,
        refusals=(actions.LedgerError,),
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def reverse(
        self, request: HttpRequest, transfer: Transfer, data: dict[str, Any]
    ) -> str:
        """Take a credit back, once."""
        actions.reverse_credit(
            transfer=transfer,
            by=request.user,
            note=data["note"],
        )
        return gettext("%(amount)s taken back.") % {"amount": show(transfer.amount)}


def _holder(account: Account) -> str:
    """Return whose money an account holds, in words."""
    kind = account.get_kind_display()
    return f"{account.customer}: {kind}" if account.customer else str(kind)
