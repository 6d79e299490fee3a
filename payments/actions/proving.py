"""Taking what customers show of a bank transfer. No money moves by it."""

from django.db import transaction
from django.utils.translation import gettext as _

from payments.actions import telling
from payments.enums import ProofKind
from payments.errors import PaymentError
from payments.models import Proof, TopUp, TopUpEvent
from payments.models.proofs import MOST_PROOFS
from payments.queries import proofs_of, takes_proofs
from shop.attachments import MOST_BYTES, kind_of


@transaction.atomic(durable=True)
def add_proof(*, top_up: TopUp, content: bytes) -> Proof:
    """Keep a file beside the customer's open bank transfer, and note it in its history.

    The staff are told.

    Raises PaymentError where it is not taken, with nothing changed.
    """
    kind = _kind_of(content)
    # Locked, so that of two at once both do not become the last one.
    locked = TopUp.objects.select_for_update(no_key=True).get(pk=top_up.pk)
    if not takes_proofs(top_up=locked):
        raise PaymentError(_("This payment takes no proof of a transfer."))
    number = proofs_of(top_up=locked).count()
    if number >= MOST_PROOFS:
        raise PaymentError(
            _("At most %(most)d files can be added.") % {"most": MOST_PROOFS}
        )
    TopUpEvent.objects.create(
        top_up=locked,
        old=locked.state,
        new=locked.state,
        reason="proof of the transfer added",
        by_id=locked.customer_id,
    )
    telling.tell_of_proof(locked, number + 1)
    return Proof.objects.create(
        top_up=locked, position=number + 1, kind=kind, content=content
    )


def _kind_of(content: bytes) -> ProofKind:
    """Return what a file is by its first bytes, whatever it is called."""
    if len(content) > MOST_BYTES:
        raise PaymentError(_("The file is larger than 5 MB."))
    kind = kind_of(content)
    if kind is None or kind not in ProofKind.values:
        raise PaymentError(_("The file is neither a PDF nor a PNG or JPEG picture."))
    return ProofKind(kind)
