"""The evidence of a payment as a file, for a bank that asks."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from payments.evidence import evidence
from payments.models import TopUp


class EvidenceMixin:
    """A page of its own for the evidence, and the link to it."""

    def get_urls(self) -> list[Any]:
        """Add the page of the evidence, for a bank that asks."""
        evidence = path(
            "<int:top_up_id>/evidence/",
            self.admin_site.admin_view(self.evidence),
            name="payments_topup_evidence",
        )
        return [evidence, *super().get_urls()]

    def evidence(self, request: HttpRequest, top_up_id: int) -> HttpResponse:
        """Return the evidence of a payment as a file."""
        top_up = get_object_or_404(
            TopUp.objects.select_related("customer"), pk=top_up_id
        )
        if not self.has_view_permission(request, top_up):
            raise PermissionDenied
        file = f"payment-{top_up.pk}.txt"
        return HttpResponse(
            evidence(top_up=top_up),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file}"'},
        )

    @display(description=_("evidence for a bank"))
    def file(self, top_up: TopUp) -> Any:
        url = reverse("admin:payments_topup_evidence", args=[top_up.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, _("Download"))
