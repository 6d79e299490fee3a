"""What the shop makes of offers: their cleaned names, refill windows, and what of them
it refuses. Read from the rules of the shop and written to the offers, whose services
follow (provider.staging).

Offers that a run has not changed are not looked at again: the names of a catalogue cost
some microseconds each. When a rule changes, all are judged anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from provider.cleaning import Step, cleaner
from provider.enums import NameStep, RefusedKind
from provider.models import NameRule, RefusedText
from provider.protocol.replies import OfferRow
from provider.refills import window_of
from provider.refusals import RefusedTexts, classes_of
from shop.statements import whole_tables

# The transaction that changed an offer is the one that asks; what was inserted has the
# time of its statement.
_OFFERS = """
    SELECT id, name, category, type, description,
           clean_name, refill_days, refill_first_hours, refill_hours, refused_for
    FROM provider_offer
    WHERE (%(provider)s::bigint IS NULL OR provider_id = %(provider)s)
      AND (NOT %(only_changed)s OR changed_at >= now())
"""
_WRITE = """
    UPDATE provider_offer offer
    SET clean_name = judged.clean_name, refill_days = judged.days,
        refill_first_hours = judged.first_hours, refill_hours = judged.hours,
        refused_for = string_to_array(judged.causes, ',')
    FROM unnest(%s::bigint[], %s::text[], %s::smallint[], %s::smallint[],
                %s::smallint[], %s::text[])
         AS judged(id, clean_name, days, first_hours, hours, causes)
    WHERE offer.id = judged.id
"""
# What services that buy there first take over; never a field that staff set by hand.
_FOLLOW = """
    UPDATE provider_service service
    SET name = fresh.name, refill_days = fresh.days,
        refill_first_hours = fresh.first_hours, refill_hours = fresh.hours
    FROM (
        SELECT mine.id,
               CASE WHEN 'name' = ANY(mine.set_by_hand) THEN mine.name
                    ELSE left(coalesce(nullif(offer.clean_name, ''), offer.name), 1000)
               END AS name,
               CASE WHEN 'refill_days' = ANY(mine.set_by_hand) THEN mine.refill_days
                    ELSE offer.refill_days END AS days,
               CASE WHEN 'refill_first_hours' = ANY(mine.set_by_hand)
                    THEN mine.refill_first_hours
                    ELSE offer.refill_first_hours END AS first_hours,
               CASE WHEN 'refill_hours' = ANY(mine.set_by_hand) THEN mine.refill_hours
                    ELSE offer.refill_hours END AS hours
        FROM provider_service mine
        JOIN (
            SELECT DISTINCT ON (service_id) service_id, offer_id
            FROM provider_route ORDER BY service_id, position
        ) AS first_route ON first_route.service_id = mine.id
        JOIN provider_offer offer ON offer.id = first_route.offer_id
    ) AS fresh
    WHERE service.id = fresh.id
      AND (service.name, service.refill_days, service.refill_first_hours,
           service.refill_hours)
          IS DISTINCT FROM
          (fresh.name, fresh.days, fresh.first_hours, fresh.hours)
"""


class Judgement(NamedTuple):
    """What is written to an offer. `causes` have commas between them."""

    clean_name: str
    days: int | None
    first_hours: int | None
    hours: int | None
    causes: str


@dataclass(frozen=True)
class Rules:
    """The shop's rules for names and refusals, as they are now."""

    clean: Callable[[str], str]
    refused: RefusedTexts

    @classmethod
    def now(cls) -> "Rules":
        """Read the rules, in two queries."""
        return cls(clean=cleaner(active_steps()), refused=refused_texts())

    def judge_row(self, row: OfferRow) -> Judgement:
        """Return what the shop makes of a row that is about to be written."""
        return self.judge(
            name=row.name,
            category=category_of(row),
            type=row.type.value if row.type else "",
            description=row.description,
        )

    def judge(
        self, *, name: str, category: str, type: str, description: str
    ) -> Judgement:
        """Return what the shop makes of an offer."""
        window = window_of(name)
        cleaned = self.clean(name)
        causes: list[str] = [
            *classes_of(
                name=name, category=category, type=type, description=description
            )
        ]
        if self.refused.word_in(name, category, description):
            causes.append(RefusedKind.WORD)
        # Not in the name alone: a link to a site may stand in the description.
        if self.refused.domain_in(name, category, description):
            causes.append(RefusedKind.DOMAIN)
        return Judgement(
            clean_name="" if cleaned == name else cleaned,
            days=window.days,
            first_hours=window.first_hours,
            hours=window.hours,
            causes=",".join(causes),
        )


def category_of(row: OfferRow) -> str:
    """Return a row's category as offers keep it: never empty."""
    return row.category[:300] or "—"


def active_steps() -> list[Step]:
    """Return the steps of cleaning that are switched on, in their order."""
    rules = NameRule.objects.filter(active=True).order_by("position", "id")
    return [Step(NameStep(one.step), one.text, one.replacement) for one in rules]


def refused_texts() -> RefusedTexts:
    """Return the words and domains that the shop refuses."""
    texts = list(RefusedText.objects.values_list("kind", "text"))
    return RefusedTexts.of(
        words=[text for kind, text in texts if kind == RefusedKind.WORD],
        domains=[text for kind, text in texts if kind == RefusedKind.DOMAIN],
    )


def judge(*, provider_id: int | None = None, only_changed: bool = False) -> int:
    """Judge a provider's offers, or all, and write what differs; return how many did.

    With `only_changed` those that this transaction has written. Four statements,
    inside the caller's transaction.
    """
    differing = list(_differing(Rules.now(), provider_id, only_changed))
    if not differing:
        return 0
    numbers, judgements = zip(*differing, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE, [list(numbers), *map(list, zip(*judgements, strict=True))]
        )
    return len(differing)


def follow() -> int:
    """Give services the names and refill windows of their offers; return how many moved.

    One statement, inside the caller's transaction.
    """
    with whole_tables(), connection.cursor() as cursor:
        cursor.execute(_FOLLOW)
        return int(cursor.rowcount)


def _differing(
    rules: Rules, provider_id: int | None, only_changed: bool
) -> Iterator[tuple[int, Judgement]]:
    # Not all of a catalogue at once: its descriptions are long.
    with connection.chunked_cursor() as cursor:
        cursor.execute(_OFFERS, {"provider": provider_id, "only_changed": only_changed})
        for number, name, category, kind, description, *before, causes in cursor:
            judged = rules.judge(
                name=name, category=category, type=kind, description=description
            )
            if judged != (*before, ",".join(causes)):
                yield number, judged
