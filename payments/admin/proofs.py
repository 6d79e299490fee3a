"""What customers show of a bank transfer: for staff to keep, never shown as a page."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from payments.models import Proof, TopUp
from payments.queries import proofs_of
from shop.admin import Table, moment
from shop.attachments import as_download


class ProofsMixin:
    """Adds the download of a payment's proofs."""

    def get_urls(self) -> list[Any]:
        """Add the address of a proof, below its payment's."""
        proof = path(
            "<int:top_up_id>/proofs/<int:proof_id>/",
            self.admin_site.admin_view(self.proof),
            name="payments_topup_proof",
        )
        return [proof, *super().get_urls()]

    def proof(
        self, request: HttpRequest, top_up_id: int, proof_id: int
    ) -> HttpResponse:
        """Return a proof as a file to keep, by the kind that its first bytes say."""
        found = get_object_or_404(
            Proof.objects.select_related("top_up"), pk=proof_id, top_up=top_up_id
        )
        if not self.has_view_permission(request, found.top_up):
            raise PermissionDenied
        return as_download(content=found.content, kind=found.kind, name=str(found))


def proofs_table(top_up: TopUp) -> Table:
    """Return what was uploaded to a payment, each with its download."""
    return Table(
        _("Proofs of the transfer"),
        [_("uploaded"), _("kind"), _("size"), _("file")],
        [
            [
                moment(proof.uploaded_at),
                proof.get_kind_display(),
                filesizeformat(proof.size),
                format_html(
                    '<a class="text-link" href="{}">{}</a>',
                    reverse("admin:payments_topup_proof", args=[top_up.pk, proof.pk]),
                    _("Download"),
                ),
            ]
            for proof in proofs_of(top_up=top_up)
        ],
    )
