"""The buttons with which staff settle what nobody else can."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from orders import actions
from orders.enums import Submission
from orders.errors import OrderError
from orders.models import Order
from shop.admin import button

MAY = "orders.change_order"


class ExistsForm(BaseDialogForm):
    """Under which id an order exists upstream."""

    upstream_id = forms.CharField(
        label=_("Upstream id"), max_length=64, widget=UnfoldAdminTextInputWidget
    )


class CheckedForm(BaseDialogForm):
    """A person's word that an order is not upstream."""

    checked = forms.BooleanField(
        label=_("I have looked at the provider's own pages: it is not there."),
        widget=UnfoldBooleanWidget,
    )


class RiskForm(BaseDialogForm):
    """A person's consent to a loss."""

    consent = forms.BooleanField(
        label=_("It may be delivered all the same; the shop bears the loss."),
        widget=UnfoldBooleanWidget,
    )


class RemainsForm(BaseDialogForm):
    """How much of an order did not come."""

    remains = forms.IntegerField(
        label=_("Units that did not come"),
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class NoteForm(BaseDialogForm):
    """What came of looking at a flag."""

    note = forms.CharField(
        label=_("What came of it"), max_length=200, widget=UnfoldAdminTextInputWidget
    )


class SettlingButtons:
    """Buttons of an order's page; each is offered where it can do something."""

    settling = (
        "exists", "again", "absent", "risk", "settle", "retry", "unflag",
    )  # fmt: skip

    @staticmethod
    def fitting(order: Order) -> frozenset[str]:
        """Return the names of the buttons that fit the state that the order is in."""
        is_upstream = order.attempts.filter(upstream_id__isnull=False).exists()
        if order.submission == Submission.UNKNOWN:
            if is_upstream:
                return frozenset({"exists"})
            return frozenset({"exists", "again", "absent", "risk"})
        names = set()
        if order.is_unsent and order.is_open:
            names |= {"retry", "exists"} if is_upstream else {"retry"}
        if order.submission == Submission.ACCEPTED and order.flagged_at:
            names.add("settle")
        if order.flagged_at and not order.is_left_to_staff:
            names.add("unflag")
        return frozenset(names)

    @button(
        label=_("It exists"),
        question=_(
            "The order is followed under this id from now on, and its cost is booked."
        ),
        permission=MAY,
        form=ExistsForm,
        refusals=(OrderError,),
        icon="check_circle",
        variant=ActionVariant.SUCCESS,
    )
    def exists(self, request: HttpRequest, order: Order, data: dict[str, Any]) -> str:
        """Settle an unknown order as accepted."""
        actions.settle_as_existing(
            order=order, upstream_id=data["upstream_id"], by=request.user
        )
        return gettext("The order is followed as %s.") % data["upstream_id"].strip()

    @button(
        label=_("Send again"),
        question=_(
            "It does not exist upstream: it is queued, and sent to the provider once more."
        ),
        permission=MAY,
        form=CheckedForm,
        refusals=(OrderError,),
        icon="send",
    )
    def again(self, request: HttpRequest, order: Order, data: object) -> str:
        """Send an unknown order again, on a person's word."""
        actions.send_again(order=order, by=request.user)
        return gettext("The order is sent again.")

    @button(
        label=_("Refund"),
        question=_(
            "It does not exist upstream: it is ended, and its whole charge given back."
        ),
        permission=MAY,
        form=CheckedForm,
        refusals=(OrderError,),
        icon="undo",
        variant=ActionVariant.WARNING,
    )
    def absent(self, request: HttpRequest, order: Order, data: object) -> str:
        """Refund an unknown order, on a person's word."""
        actions.refund_absent(order=order, by=request.user)
        return gettext("The order was ended, and its whole charge given back.")

    @button(
        label=_("Refund at our risk"),
        question=_(
            "Nobody knows whether the provider has this order. Its charge is given "
            "back and booked as a loss; the order is watched, and flagged if it turns up."
        ),
        permission=MAY,
        form=RiskForm,
        refusals=(OrderError,),
        icon="money_off",
        variant=ActionVariant.DANGER,
    )
    def risk(self, request: HttpRequest, order: Order, data: object) -> str:
        """Refund an unknown order without knowing."""
        actions.refund_at_risk(order=order, by=request.user)
        return gettext("The charge was given back at the shop's risk.")

    @button(
        label=_("Settle by hand"),
        question=_(
            "Say how many units did not come: the order ends with that, and what is "
            "due for them goes back to the customer."
        ),
        permission=MAY,
        form=RemainsForm,
        refusals=(OrderError,),
        icon="balance",
        variant=ActionVariant.WARNING,
    )
    def settle(self, request: HttpRequest, order: Order, data: dict[str, Any]) -> str:
        """End an order whose money upstream does not make clear."""
        actions.settle_by_hand(order=order, remains=data["remains"], by=request.user)
        return gettext("The order was settled.")

    @button(
        label=_("Send now"),
        question=_("The order is tried again at once, and its flag taken away."),
        permission=MAY,
        refusals=(OrderError,),
        icon="play_arrow",
        variant=ActionVariant.SUCCESS,
    )
    def retry(self, request: HttpRequest, order: Order, data: object) -> str:
        """Try an order again that waits."""
        actions.try_again(order=order, by=request.user)
        return gettext("The order is sent again.")

    @button(
        label=_("Take the flag away"),
        question=_("The order's history keeps your note."),
        permission=MAY,
        form=NoteForm,
        refusals=(OrderError,),
        icon="flag",
    )
    def unflag(self, request: HttpRequest, order: Order, data: dict[str, Any]) -> str:
        """Note that a flag was looked at."""
        actions.clear_flag(order=order, note=data["note"], by=request.user)
        return gettext("The flag was taken away.")
