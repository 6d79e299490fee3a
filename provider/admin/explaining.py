"""The page "Why this price?" of a service: each step, in words and numbers."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from provider.agreed import Consent
from provider.enums import Basis, Rounding, RuleScope
from provider.explaining import SCOPES, Bought, Decision, Explanation, explain
from provider.models import PriceGroup, Quarantine
from provider.prices import Paid
from provider.pricing import HIGHEST_PRICE
from shop.admin import NOTHING, Table, badge, link_to, moment
from shop.money import plain, show

Line = list[object]


def why_link(service_id: int, customer_id: int | None = None) -> SafeString:
    """Return a link that explains what a service costs, or what it costs a customer."""
    url = reverse("admin:provider_service_why", args=[service_id])
    query = f"?customer={customer_id}" if customer_id else ""
    return format_html(
        '<a class="text-link" href="{}{}">{}</a>', url, query, _("Why this price?")
    )


class CustomerForm(forms.Form):
    """Names a customer by e-mail address, or by number as links do."""

    customer = forms.CharField(
        label=gettext_lazy("For which customer?"),
        help_text=gettext_lazy("An e-mail address or a number; empty for everybody."),
        required=False,
        max_length=254,
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_customer(self) -> User | None:
        given = self.cleaned_data["customer"].strip().lower()
        if not given:
            return None
        numbered = given.isascii() and given.isdigit() and len(given) <= 18
        named = {"pk": given} if numbered else {"email": given}
        customer = User.objects.filter(**named).first()
        if customer is None:
            raise forms.ValidationError(_("There is no such customer."))
        return customer


class WhyMixin:
    """The page, among those of a service."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.why)
        name = "provider_service_why"
        return [path("<int:object_id>/why/", page, name=name), *super().get_urls()]

    def why(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Explain the price of a service, and what a customer pays."""
        service = self.get_object(request, object_id)
        if service is None:
            raise Http404
        if not self.has_view_permission(request, service):
            raise PermissionDenied
        form = CustomerForm(request.GET)
        customer = form.cleaned_data["customer"] if form.is_valid() else None
        if customer is not None:
            form = CustomerForm({"customer": customer.email})
        found = explain(service=service, customer=customer)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why this price?"),
            "service": link_to(service),
            "form": form,
            "tables": list(tables_of(found)),
        }
        return render(request, "admin/why.html", context)


def tables_of(found: Explanation) -> Iterator[Table]:
    """Return an explanation as tables to read, the last step at the end of each."""
    headers = [_("step"), _("amount"), _("why")]
    lines = [*_cost(found.bought), *_marked_up(found), *_state(found)]
    yield Table(_("The price for everybody"), headers, lines)
    yield Table(
        _("Which markup rule decides"),
        [_("scope"), _("rule"), ""],
        _rules(found.decision),
    )
    if found.customer is not None and found.paid is not None:
        title = _("What %(customer)s pays") % {"customer": found.customer}
        yield Table(title, headers, list(_paid(found, found.paid)))


def _cost(bought: Bought | None) -> Iterator[Line]:
    if bought is None:
        yield [_("Cost"), NOTHING, _("Nobody sells it to us.")]
        return
    offer = bought.offer
    where = format_html(
        "<span>{}, {}; {}</span>",
        link_to(offer.provider),
        link_to(offer, offer.upstream_id),
        _("choice no. %(position)d") % {"position": bought.position},
    )
    currency = offer.provider.currency
    yield [_("The provider's rate"), f"{plain(bought.rate)} {currency}", where]
    if bought.waits is not None:
        newest = f"{plain(offer.rate_seen)} {currency}"
        yield [_("The provider's newest rate"), newest, _waits(bought.waits)]
    if bought.is_abroad:
        yield _exchange(bought)
    cost = NOTHING if bought.cost is None else _exact(bought.cost)
    yield [_("Cost"), cost, _("rate × rate of exchange") if bought.is_abroad else ""]


def _waits(change: Quarantine) -> SafeString:
    state = (
        _("rejected; the price stays") if change.verdict else _("waits for approval")
    )
    return format_html("<span>{}; {}</span>", link_to(change), state)


def _exchange(bought: Bought) -> Line:
    if bought.fx is None:
        said = _("Nobody said what one %(currency)s costs.")
        return [
            _("Rate of exchange"),
            NOTHING,
            said % {"currency": bought.offer.provider.currency},
        ]
    fx = bought.fx
    worth = f"1 {fx.base} = {plain(fx.rate)} {fx.quote}"
    source = fx.source or (fx.by and str(fx.by)) or _("by hand")
    return [
        _("Rate of exchange"),
        worth,
        format_html("<span>{}, {}</span>", moment(fx.created_at), source),
    ]


def _marked_up(found: Explanation) -> Iterator[Line]:
    decision, rule = found.decision, found.decision.rule
    if decision.exact is not None and decision.price is not None:
        formula = _("cost + %(percent)s %%") % {"percent": plain(rule.percent)}
        if rule.fixed:
            formula += f" + {plain(rule.fixed)}"
        yield [_("Marked up"), _exact(decision.exact), formula]
        yield [_("Rounded"), show(decision.price), _rounding(decision)]
    if decision.floor is not None:
        margin = _("cost + minimum margin of %(percent)s %%")
        why = margin % {"percent": plain(rule.minimum_margin)}
        yield [_("Least price without consent"), show(decision.floor), why]
    if found.service.fixed_price is not None:
        why = _("Set for this service; no markup rule changes it.")
        yield [_("Fixed price"), show(found.service.fixed_price), why]


def _rounding(decision: Decision) -> str:
    rule = decision.rule
    words = _("%(direction)s, in steps of %(step)s") % {
        "direction": Rounding(rule.rounding).label,
        "step": plain(rule.step),
    }
    lowered = rule.rounding != Rounding.UP and (decision.price or 0) > (
        decision.exact or 0
    )
    if lowered and rule.rounding == Rounding.DOWN:
        but = _("but up, as it would be below the least price")
        return f"{words}; {but}"
    return words


def _state(found: Explanation) -> Iterator[Line]:
    service, now = found.service, found.decision.price
    state = badge(_("on sale"), "success")
    if service.off_reason:
        state = badge(service.get_off_reason_display(), "warning")
    elif not service.active:
        state = badge(_("switched off"))
    price = NOTHING if service.price is None else show(service.price)
    yield [_("Price"), price, state]
    # What rounds to nothing, or is beyond every purse, is no price.
    if now is not None and not 0 < now <= HIGHEST_PRICE:
        now = None
    if service.fixed_price is None and now and service.price != now:
        why = _("Something changed since it was last priced.")
        yield [_("Price, worked out now"), show(now), why]


def _rules(decision: Decision) -> list[Line]:
    lines: list[Line] = [
        [RuleScope(scope).label, link_to(rule), _why_not(decision, scope)]
        for scope, rule in ((scope, decision.rules[scope]) for scope in SCOPES)
    ]
    shop = _("the shop's own markup of %(percent)s %%")
    own = shop % {"percent": plain(settings.DEFAULT_MARKUP)}
    lines.append([_("no rule"), own, _why_not(decision, None)])
    return lines


def _why_not(decision: Decision, scope: RuleScope | None) -> str | SafeString:
    if scope == decision.scope:
        return badge(_("decides"), "success")
    if scope is not None and decision.rules[scope] is None:
        return _("there is none")
    return _("a narrower one decides")


def _paid(found: Explanation, paid: Paid) -> Iterator[Line]:
    yield [_("Agreed"), show(paid.wanted), _basis(found, paid)]
    if paid.raised and paid.least is None:
        why = _("Nobody knows the cost, so that nothing lowers the price.")
        yield [_("Raised"), show(paid.price), why]
    elif paid.raised:
        why = _("Raised to the least price; lower only with consent.")
        yield [_("Least price"), show(paid.price), why]
    if paid.consent is not None:
        yield from _consent(paid, paid.consent)
    yield [_("Pays"), show(paid.price), badge(_("charged by orders"), "success")]


def _basis(found: Explanation, paid: Paid) -> str:
    agreed, label = found.agreed, str(Basis(paid.basis).label)
    if agreed.special is not None:
        until = agreed.special.until_date
        if until is None:
            return label
        return _("%(agreed)s, until %(day)s") % {
            "agreed": label,
            "day": date_format(until),
        }
    if paid.basis == Basis.LIST:
        return label
    words = f"{label}: {plain(agreed.percent)} %"
    if paid.basis in {Basis.GROUP_DISCOUNT, Basis.GROUP_MARKUP}:
        group = PriceGroup.objects.filter(pk=agreed.group_id).first()
        return f"{words} ({group})"
    return words


def _consent(paid: Paid, consent: Consent) -> Iterator[Line]:
    margin = _("down to a margin of %(percent)s %%, with consent")
    why = margin % {"percent": plain(consent.margin).replace("-", "−")}
    yield [_("Below the least price"), show(paid.price), why]
    who: Any = User.objects.filter(pk=consent.by_id).first()
    yield [_("Consent"), who, format_html("<span>{}</span>", moment(consent.at))]


def _exact(amount: Any) -> str:
    return f"{plain(amount)} {settings.SHOP_CURRENCY}"
