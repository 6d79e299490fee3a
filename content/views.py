"""What owners wrote, to everybody."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from content import actions, queries
from content.agreeing import version_of
from content.enums import PageKind, Where
from content.models import Page
from shop.requests import CustomerRequest, Request, client_address, page_before

# Under this name a browser remembers which news its reader has put away.
SEEN = "news_seen"
_A_YEAR = 365 * 24 * 3600
_PAGES = (PageKind.PRIVACY, PageKind.REFUNDS, PageKind.PAGE)
LONGEST_SEARCH = 200


@require_safe
def page(request: Request, slug: str) -> HttpResponse:
    """Show a page; its draft to staff, as a preview."""
    return _article(
        request, queries.article(slug=slug, kinds=_PAGES, drafts=_may(request))
    )


@require_safe
def news_item(request: Request, slug: str) -> HttpResponse:
    """Show one piece of news, with the way to the others."""
    found = queries.article(slug=slug, kinds=[PageKind.NEWS], drafts=_may(request))
    return _article(request, found, is_news=True)


@require_safe
def news(request: Request) -> HttpResponse:
    """Show all news, newest first."""
    return render(request, "content/news.html", {"news": queries.news()})


@require_POST
def news_seen(request: Request, slug: str) -> HttpResponse:
    """Tell this browser of a piece of news no more."""
    found = get_object_or_404(Page, slug=slug, kind=PageKind.NEWS)
    response = (
        HttpResponse()
        if request.htmx
        else redirect(page_before(request, otherwise=reverse("home")))
    )
    response.set_cookie(
        SEEN, found.slug, max_age=_A_YEAR, samesite="Lax", secure=request.is_secure()
    )
    return response


@require_safe
@vary_on_headers("HX-Request")
def faq(request: Request) -> HttpResponse:
    """Show the questions and answers, or those that hold the words that are sought."""
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context = {"search": search, "questions": queries.questions(search=search)}
    part = "#results" if request.htmx else ""
    return render(request, f"content/faq.html{part}", context)


@require_safe
def terms(request: Request, number: int | None = None) -> HttpResponse:
    """Show the terms in force or an earlier version, and whether they are accepted."""
    return _terms(request, queries.terms(number=number))


@require_safe
def terms_draft(request: Request, pk: int) -> HttpResponse:
    """Show a draft of the terms to staff."""
    if not request.user.has_perm("content.view_termsversion"):
        raise Http404
    return _terms(request, queries.draft_of_terms(pk=pk))


@require_POST
@login_required
@never_cache
def accept_terms(request: CustomerRequest) -> HttpResponse:
    """Accept the terms that were shown, if they are still those in force."""
    number = version_of(request.POST.get("number", ""))
    if number is not None and actions.accept_terms(
        user=request.user,
        number=number,
        where=Where.ASKED,
        address=client_address(request),
    ):
        messages.success(request, _("Thank you. You have accepted the terms."))
    else:
        messages.error(
            request, _("The terms have changed meanwhile. Please read them.")
        )
    return redirect(page_before(request, otherwise=reverse("terms")))


def _article(
    request: Request, found: queries.Article | None, *, is_news: bool = False
) -> HttpResponse:
    if found is None:
        raise Http404
    context = {"article": found, "is_news": is_news}
    return render(request, "content/page.html", context)


def _terms(request: Request, found: queries.Terms | None) -> HttpResponse:
    if found is None:
        raise Http404
    now = queries.standing(user_id=request.user.pk)
    context = {
        "article": found,
        "in_force": now.number if now else None,
        "asks": now is not None and now.asks and now.number == found.number,
        "versions": queries.versions(),
    }
    return render(request, "content/terms.html", context)


def _may(request: Request) -> bool:
    """Return whether somebody may look at drafts."""
    return request.user.has_perm("content.view_page")
