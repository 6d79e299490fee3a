"""Whether the shop's rules let orders pass: stopped pages, refused words and domains."""

from collections.abc import Sequence

from django.db.models import F, Value
from django.utils.translation import gettext as _

from orders.errors import (
    LinkStoppedError,
    NotAcceptedError,
    NotOnSaleError,
    OrderError,
)
from orders.intake import Intake
from orders.models import StoppedLink
from provider.enums import RefusedKind
from provider.links import covering
from provider.models import Acceptance, RefusedText, Service
from provider.refusals import RefusedTexts, classes_of, plain

Wanted = tuple[Service, Intake]


def insist_on_acceptable(*, service: Service, intake: Intake) -> None:
    """Raise OrderError where the shop does not take such an order."""
    (refusal,) = refusals(wanted=[(service, intake)])
    if refusal is not None:
        raise refusal


def refusals(*, wanted: Sequence[Wanted]) -> list[OrderError | None]:
    """Return for each order why the shop does not take it, or None where it does.

    The page was stopped, it or a page above it (LinkStoppedError); link or texts hold a
    refused domain or word (NotAcceptedError); or the service's own name, which staff
    may have written, is of a class that no owner has accepted (NotOnSaleError). Three
    queries at most, however many orders there are.
    """
    stopped = _stopped_among({intake.link_key for _service, intake in wanted} - {""})
    refused = _refused_in(plain("\n".join(_all_of(*one) for one in wanted)))
    unsold = _unsold({service.pk: service for service, _intake in wanted})
    return [
        LinkStoppedError()
        if not stopped.isdisjoint(covering(intake.link_key))
        else (refused and _refusal_of_texts(refused, service, intake))
        or (NotOnSaleError() if service.pk in unsold else None)
        for service, intake in wanted
    ]


def _stopped_among(keys: set[str]) -> set[str]:
    if not keys:
        return set()
    covered = {above for key in keys for above in covering(key)}
    found = StoppedLink.objects.filter(link_key__in=covered, lifted_at=None)
    return set(found.values_list("link_key", flat=True))


def _all_of(service: Service, intake: Intake) -> str:
    said = " ".join(intake.fields.values())
    return f"{service.name} {service.category.name} {said} {intake.link}"


def _refusal_of_texts(
    refused: RefusedTexts, service: Service, intake: Intake
) -> OrderError | None:
    said = " ".join(intake.fields.values())
    if refused.domain_in(intake.link, said) or refused.word_in(intake.link):
        message = _("The shop does not work for this address.")
        return NotAcceptedError(message, field="link")
    if refused.word_in(said):
        message = _("Your text has a word that the shop does not accept.")
        return NotAcceptedError(message)
    if refused.word_in(f"{service.name} {service.category.name}"):
        return NotOnSaleError()
    return None


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


def _unsold(services: dict[int, Service]) -> set[int]:
    """Return the services whose own name is of a class that no owner has accepted."""
    classes = {
        pk: found
        for pk, service in services.items()
        if "name" in service.set_by_hand and (found := classes_of(name=service.name))
    }
    if not classes:
        return set()
    standing = Acceptance.objects.filter(ended_at=None)
    rows = list(standing.values_list("refused_class", "service"))
    accepted = {refused_class for refused_class, _service in rows}
    alone = {service for _class, service in rows}
    return {
        pk
        for pk, found in classes.items()
        if not accepted.issuperset(found) and pk not in alone
    }
