"""What customers are told, and how they want to be told."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.models import User
from notices import actions, queries, stopping
from notices.enums import Kind
from notices.forms import ChoicesForm
from shop.paging import cut, row_number
from shop.requests import CustomerRequest, Request

ROWS = 30


@require_safe
@login_required
def notices(request: CustomerRequest) -> HttpResponse:
    """Show what the customer was told, newest first."""
    before = row_number(request.GET.get("before"))
    found = queries.notices_of(user=request.user, before=before)
    rows, older = cut(found, rows=ROWS)
    context = {"notices": rows, "older": older, "before": before}
    return render(request, "notices/notices.html", context)


@require_POST
@login_required
def read(request: CustomerRequest, notice_id: int) -> HttpResponse:
    """Mark a notice as read, and go to what it is about unless asked to stay."""
    notice = actions.mark_read(user=request.user, notice_id=notice_id)
    if notice is None:
        raise Http404
    if notice.url and "stay" not in request.POST:
        return redirect(notice.url)
    before = row_number(request.POST.get("before"))
    return redirect(reverse("notices", query={"before": before} if before else None))


@require_POST
@login_required
def read_all(request: CustomerRequest) -> HttpResponse:
    """Mark all notices as read that the customer has seen."""
    newest = row_number(request.POST.get("newest"))
    if newest:
        actions.mark_all_read(user=request.user, newest=newest)
    return redirect("notices")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choices(request: CustomerRequest) -> HttpResponse:
    """Show how the customer is told of what, and let them choose."""
    user = request.user
    form = ChoicesForm(
        queries.wishes_of(user=user),
        queries.threshold_of(user=user),
        request.POST if request.method == "POST" else None,
    )
    if form.is_valid():
        actions.choose(
            user=user, wishes=form.wishes, threshold=form.cleaned_data["threshold"]
        )
        messages.success(request, _("Your choices are saved."))
        return redirect("notification_choices")
    context = {"form": form, "low_balance": settings.LOW_BALANCE}
    return render(request, "notices/choices.html", context)


# Mail programs post without having been here before (RFC 8058); the link is signed.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop_mail(request: Request, token: str) -> HttpResponse:
    """Ask whoever follows a mail's link whether they want no more of its kind; then do it."""
    found = stopping.read(token)
    user = User.objects.filter(pk=found[0]).first() if found else None
    if found is None or user is None:
        raise Http404
    _user_id, kind = found
    if request.method == "POST":
        actions.stop_mail(user=user, kind=kind)
    context = {
        "kind": kind.label,
        "is_digest": kind == Kind.DIGEST,
        "stopped": request.method == "POST",
    }
    return render(request, "notices/stop_mail.html", context)
