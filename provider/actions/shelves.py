"""Shelves: merging one into another."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provider.actions.pricing import reprice_in_transaction
from provider.models import Category, CategoryMapping, MarkupRule, Service

# So many services are named where their price would change.
NAMED = 3


class MergeError(Exception):
    """A merge that was not done; `message` is fit for staff, `repriced` says how many
    services it would have given another price or state."""

    def __init__(self, message: str, repriced: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.repriced = repriced


@transaction.atomic(durable=True)
def merge_categories(
    *, category: Category, into: Category, prices_may_change: bool = False
) -> int:
    """Move all that is on a shelf to another one and take the empty one away.

    1. Its services, mappings and markup rule move; where both shelves have a rule, that
       of `into` stands for all.
    2. Its name is remembered as a mapping, so that new services find `into`.
    3. Everything on either shelf is priced anew. Where that changes a price or state,
       nothing of all this happens (MergeError says what would), unless
       `prices_may_change`.

    Returns how many services moved.
    """
    if category.pk == into.pk:
        raise MergeError(_("Choose another category."))
    # By number, so that two merges cannot wait for each other.
    locked = Category.objects.select_for_update().order_by("pk")
    if locked.filter(pk__in=[category.pk, into.pk]).count() != 2:
        raise MergeError(_("One of the categories is gone already."))
    concerned = Service.objects.filter(category__in=[category, into])
    before = dict(concerned.values_list("pk", "price"))
    moved = Service.objects.filter(category=category).update(category=into)
    _move_rule(category, into)
    _remember(category, into)
    Category.objects.filter(pk=category.pk).delete()
    repriced = reprice_in_transaction()
    if repriced and not prices_may_change:
        after = dict(Service.objects.filter(pk__in=before).values_list("pk", "price"))
        moving = sorted(number for number in before if before[number] != after[number])
        raise MergeError(_question(repriced, moving), repriced)
    return moved


def _move_rule(category: Category, into: Category) -> None:
    if not MarkupRule.objects.filter(category=into).exists():
        MarkupRule.objects.filter(category=category).update(category=into)
    MarkupRule.objects.filter(category=category).delete()


def _remember(category: Category, into: Category) -> None:
    CategoryMapping.objects.filter(category=category).update(category=into)
    CategoryMapping.objects.get_or_create(
        provider=None, upstream_name=category.name, defaults={"category": into}
    )
    # A name that is a shelf of ours again needs no mapping to itself.
    CategoryMapping.objects.filter(category=into, upstream_name=into.name).delete()


def _question(repriced: int, moving: Sequence[int]) -> str:
    named = ", ".join(f"#{number}" for number in moving[:NAMED])
    said = ngettext(
        "%d service would get another price or state",
        "%d services would get another price or state",
        repriced,
    ) % (repriced)
    return _(
        "%(said)s, as the markup rules of the two categories differ%(named)s. "
        "Nothing was done; agree to it, or change the rules first."
    ) % {"said": said, "named": f" ({named})" if named else ""}
