"""The admin's sidebar and the tabs of its lists (UNFOLD in the settings names both)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notices.models import Notice
from orders.enums import Submission
from orders.models import Order, OrderRequest
from payments.models import Decision, TopUp
from provider.models import RateProposal
from provider.queries import decisions_waiting
from support.queries import unanswered


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar; each entry is shown to those who may open it."""
    flagged = Order.objects.filter(flagged_at__isnull=False).count()
    requests = OrderRequest.objects.filter(flagged_at__isnull=False).count()
    jumped = RateProposal.objects.filter(closed_at=None).count()
    unread = Notice.objects.filter(user=None, read_at=None).count()
    stopped, quarantined = decisions_waiting()
    payments = TopUp.objects.filter(flagged_at__isnull=False).count()
    undecided = Decision.objects.filter(closed_at=None).count()
    return [
        {
            "items": [
                {
                    "title": _("Overview"),
                    "icon": "space_dashboard",
                    "link": reverse("admin:index"),
                },
                _entry("orders.order", _("Orders"), "shopping_bag", badge=flagged),
                _entry(
                    "orders.orderrequest",
                    _("Refills and cancels"),
                    "autorenew",
                    badge=requests,
                ),
                _entry("accounts.user", _("Customers"), "group"),
                _entry("support.ticket", _("Tickets"), "mail", badge=unanswered()),
                _entry("support.cannedanswer", _("Canned answers"), "quickreply"),
                _entry("notices.notice", _("Alerts"), "notifications", badge=unread),
            ]
        },
        _group(
            _("Payments"),
            _entry("payments.topup", _("Top-ups"), "payments", badge=payments),
            _entry(
                "payments.decision", _("To be decided"), "fact_check", badge=undecided
            ),
            _entry("payments.notification", _("Notifications"), "webhook"),
            _entry("payments.gatewayterms", _("Gateways"), "account_balance"),
            _entry("payments.gatewaykey", _("Keys"), "key"),
            _entry("payments.bonusrule", _("Bonuses"), "redeem"),
        ),
        _group(
            _("Catalogue"),
            _entry("provider.service", _("Services"), "sell"),
            _entry("orders.servicehealth", _("How services do"), "monitor_heart"),
            _entry("provider.category", _("Categories"), "shelves"),
            _entry("provider.servicechange", _("Service changes"), "history"),
            _entry("provider.namerule", _("Name rules"), "ink_eraser"),
            _entry("provider.markuprule", _("Markup rules"), "percent"),
            _entry(
                "provider.exchangerate", _("Rates of exchange"), "currency_exchange"
            ),
            _entry(
                "provider.rateproposal", _("Rates in question"), "help", badge=jumped
            ),
        ),
        _group(
            _("Customers' prices"),
            _entry("provider.pricegroup", _("Price groups"), "groups"),
            _entry("provider.customerterms", _("Customers' terms"), "handshake"),
            _entry("provider.specialprice", _("Special prices"), "loyalty"),
        ),
        _group(
            _("Acceptable use"),
            _entry("provider.acceptance", _("Acceptances"), "verified"),
            _entry("provider.refusedtext", _("Refused words"), "block"),
            _entry("orders.stoppedlink", _("Stopped pages"), "do_not_disturb_on"),
        ),
        _group(
            _("Pages and terms"),
            _entry("content.page", _("Pages, questions, news"), "article"),
            _entry("content.termsversion", _("Terms"), "gavel"),
            _entry("content.acceptance", _("Accepted by"), "how_to_reg"),
            _entry("content.operator", _("Operator"), "domain"),
        ),
        _group(
            _("Upstream"),
            _entry("provider.provider", _("Providers"), "local_shipping"),
            _entry("provider.syncrun", _("Catalogue runs"), "sync", badge=stopped),
            _entry(
                "provider.quarantine", _("Quarantine"), "help_center", badge=quarantined
            ),
            _entry("provider.offer", _("Offers"), "inventory_2"),
            _entry("provider.categorymapping", _("Category mappings"), "alt_route"),
            _entry("provider.reply", _("Replies"), "forum"),
            _entry("provider.errorphrase", _("Error wordings"), "translate"),
        ),
        _group(
            _("Books"),
            _entry("ledger.transfer", _("Transfers"), "swap_horiz"),
            _entry("orders.providerday", _("Providers' days"), "balance"),
            _entry("auth.group", _("Permissions"), "lock"),
        ),
    ]


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tabs above the orders: what staff must look at first, one click away."""
    orders = reverse("admin:orders_order_changelist")
    choices = [
        (_("All"), ""),
        (_("Flagged"), "?flagged=yes"),
        *(
            (state.label.capitalize(), f"?submission__exact={state.value}")
            for state in (Submission.QUEUED, Submission.HELD, Submission.UNKNOWN)
        ),
    ]
    return [
        {
            "models": ["orders.order"],
            "items": [
                {
                    "title": title,
                    "link": orders + query,
                    "active": request.get_full_path() == orders + query,
                }
                for title, query in choices
            ],
        }
    ]


def _group(title: object, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


def _entry(label: str, title: object, icon: str, *, badge: int = 0) -> dict[str, Any]:
    app, model = label.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{app}_{model}_changelist"),
        "permission": _viewer(app, model),
        "badge": badge or None,
    }


def _viewer(app: str, model: str) -> Callable[[HttpRequest], bool]:
    def may_view(request: HttpRequest) -> bool:
        return any(
            request.user.has_perm(f"{app}.{verb}_{model}")
            for verb in ("view", "change")
        )

    return may_view
