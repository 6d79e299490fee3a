"""Whether the shop's rules let an order pass: stopped pages, refused words and domains."""

from django.db.models import F, Value
from django.utils.translation import gettext as _

from orders.errors import LinkStoppedError, NotAcceptedError, NotOnSaleError
from orders.intake import Intake
from orders.models import StoppedLink
from provider.enums import RefusedKind
from provider.links import covering
from provider.models import Acceptance, RefusedText, Service
from provider.refusals import RefusedTexts, classes_of, plain


def insist_on_acceptable(*, service: Service, intake: Intake, link_key: str) -> None:
    """Raise OrderError where the shop does not take such an order.

    The page was stopped, it or a page above it (LinkStoppedError); link or texts hold a
    refused domain or word (NotAcceptedError); or the service's own name, which staff
    may have written, is of a class that no owner has accepted (NotOnSaleError).
    """
    if (
        link_key
        and StoppedLink.objects.filter(
            link_key__in=covering(link_key), lifted_at=None
        ).exists()
    ):
        raise LinkStoppedError
    _insist_on_texts(service, intake)
    _insist_on_class(service)


def _insist_on_texts(service: Service, intake: Intake) -> None:
    named = f"{service.name} {service.category.name}"
    said = " ".join(intake.fields.values())
    refused = _refused_in(plain(f"{named} {said} {intake.link}"))
    if refused is None:
        return
    if refused.domain_in(intake.link, said) or refused.word_in(intake.link):
        message = _("The shop does not work for this address.")
        raise NotAcceptedError(message, field="link")
    if refused.word_in(said):
        raise NotAcceptedError(_("Your text has a word that the shop does not accept."))
    if refused.word_in(named):
        raise NotOnSaleError


def _refused_in(text: str) -> RefusedTexts | None:
    """Return those refused texts that are in `text` at all; mostly there are none."""
    found = list(
        RefusedText.objects.alias(given=Value(text))
        .filter(given__contains=F("text"))
        .values_list("kind", "text")
    )
    if not found:
        return None
    return RefusedTexts.of(
        words=[text for kind, text in found if kind == RefusedKind.WORD],
        domains=[text for kind, text in found if kind == RefusedKind.DOMAIN],
    )


def _insist_on_class(service: Service) -> None:
    classes = classes_of(name=service.name) if "name" in service.set_by_hand else []
    if not classes:
        return
    standing = Acceptance.objects.filter(ended_at=None)
    accepted = set(standing.values_list("refused_class", flat=True))
    if (
        not accepted.issuperset(classes)
        and not standing.filter(service=service).exists()
    ):
        raise NotOnSaleError
