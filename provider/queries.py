"""Reading providers, the catalogue, and what things cost."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import (
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Window,
)
from django.db.models.functions import Coalesce, Now, RowNumber
from django.utils.translation import get_language

from accounts.models import User
from provider.enums import ChangeKind, OffReason, SyncOutcome
from provider.models import (
    Category,
    Difference,
    ExchangeRate,
    Favourite,
    Offer,
    Provider,
    Quarantine,
    Route,
    Service,
    ServiceChange,
    SyncRun,
    Translation,
)

COMPARE_HOURS = 24


def provider(*, provider_id: int) -> Provider | None:
    """Return one provider, or None."""
    return Provider.objects.filter(pk=provider_id).first()


def active_providers() -> QuerySet[Provider]:
    """Return the providers that we buy from."""
    return Provider.objects.filter(active=True).order_by("name")


def newest_rates(*, bases: Iterable[str]) -> list[ExchangeRate]:
    """Return the newest rate of each currency that has one, with its `age`."""
    newest = (
        ExchangeRate.objects.filter(base__in=set(bases), quote=settings.SHOP_CURRENCY)
        .order_by("base", "-created_at", "-id")
        .distinct("base")
    )
    age = ExpressionWrapper(Now() - F("created_at"), output_field=DurationField())
    # The model declares the attribute, as it judges by it.
    return list(newest.annotate(age=age))  # type: ignore[no-redef]


def currencies_in_use() -> list[str]:
    """Return the currencies of providers that are not the shop's own."""
    found = Provider.objects.exclude(currency=settings.SHOP_CURRENCY)
    return list(
        found.order_by("currency").values_list("currency", flat=True).distinct()
    )


def currencies_to_see() -> list[str]:
    """Return the currencies in which amounts can be shown: those with a rate in force."""
    told = ExchangeRate.objects.filter(quote=settings.SHOP_CURRENCY)
    return sorted(exchange_rates(bases=told.values_list("base", flat=True)))


def exchange_rate(*, base: str) -> Decimal | None:
    """Return what one `base` costs in the shop's currency now.

    None if nobody said, or not within RATE_PAUSE_HOURS: by such a rate nothing is bought.
    """
    return exchange_rates(bases=[base]).get(base)


def services_on_sale() -> QuerySet[Service]:
    """Return what a customer can buy."""
    return Service.objects.filter(active=True, off_reason=OffReason.NONE)


def catalogue() -> QuerySet[Service]:
    """Return what a customer can buy, shelf by shelf."""
    return (
        services_on_sale()
        .select_related("category")
        .order_by("category__position", "category_id", "id")
    )


def favourites(*, customer: User) -> set[int]:
    """Return the numbers of the services that the customer has put a star on."""
    own = Favourite.objects.filter(customer=customer)
    return set(own.values_list("service_id", flat=True))


def categories_on_sale() -> QuerySet[Category]:
    """Return the shelves that have something on them."""
    on_it = services_on_sale().filter(category=OuterRef("pk"))
    return Category.objects.filter(Exists(on_it)).order_by("position", "name")


def category_names() -> list[tuple[int, str]]:
    """Return number and name of each shelf on sale, in order: hundreds, on every page.

    The names are in the current language, where somebody has written them.
    """
    written = Translation.objects.filter(
        category=OuterRef("pk"), field="name", language=get_language() or ""
    )
    named = Coalesce(Subquery(written.values("text")), "name", output_field=TextField())
    return list(categories_on_sale().values_list("pk", named))


def offers_of(*, service_id: int) -> list[Offer]:
    """Return the offers that a service may be bought at, first choice first."""
    routes = Route.objects.filter(service=service_id).order_by("position")
    return [route.offer for route in routes.select_related("offer__provider")]


def first_offer(*, service: Service) -> Offer | None:
    """Return the service's first choice, or None where it has no route."""
    return next(iter(offers_of(service_id=service.pk)), None)


def exchange_rates(*, bases: Iterable[str]) -> dict[str, Decimal]:
    """Return what one of each currency costs in the shop's now, where somebody said.

    Without those whose rate is older than RATE_PAUSE_HOURS.
    """
    wanted = set(bases)
    ours = wanted & {settings.SHOP_CURRENCY}
    others = newest_rates(bases=wanted - ours) if wanted - ours else []
    return {base: Decimal(1) for base in ours} | {
        row.base: row.rate
        for row in others
        if not row.is_old(settings.RATE_PAUSE_HOURS)
    }


def compared_digest(*, provider: Provider) -> str:
    """Return the digest of the reply that the provider's offers are known to be like.

    Empty where none is, or it was compared more than COMPARE_HOURS ago: what reads
    replies, or the rows themselves, may have changed since.
    """
    fresh = Now() - timedelta(hours=COMPARE_HOURS)
    found = Provider.objects.filter(pk=provider.pk, compared_at__gt=fresh)
    return found.values_list("catalogue_digest", flat=True).first() or ""


# Of each kind, and of the biggest price moves, so many are shown at first.
SAMPLE = 10


def sample_of_differences(*, run_id: int) -> list[Difference]:
    """Return the first differences of each kind, and those whose price moves most."""
    rows = Difference.objects.filter(run_id=run_id).defer("old")
    return list(
        rows.annotate(
            place=Window(RowNumber(), partition_by="kind", order_by="id"),
            rank=Window(RowNumber(), order_by=F("move").desc(nulls_last=True)),
        )
        .filter(Q(place__lte=SAMPLE) | Q(rank__lte=SAMPLE, move__isnull=False))
        .order_by("id")
    )


def is_last_applied(*, run: SyncRun) -> bool:
    """Return whether no later run of its provider was applied, and it was, and is kept."""
    applied = SyncRun.objects.filter(
        provider=run.provider_id, outcome=SyncOutcome.APPLIED
    )
    last = applied.order_by("-id").values_list("pk", flat=True).first()
    return last == run.pk and Difference.objects.filter(run=run).exists()


def decisions_waiting() -> tuple[int, int]:
    """Return how many stopped runs and quarantined changes wait for the staff."""
    stopped = SyncRun.objects.filter(
        outcome=SyncOutcome.STOPPED, decision="", repeats=None
    ).exclude(digest="")
    return stopped.count(), Quarantine.objects.filter(verdict="").count()


# What customers may read of a service that is not on sale just now.
GONE = (ChangeKind.PAUSED, ChangeKind.WITHDRAWN)


def updates(
    *, kind: str = "", before: int | None = None, batch: int | None = None
) -> QuerySet[ServiceChange]:
    """Return what customers read about services, a row for each, newest first.

    Only of services that staff offer: those on sale, and those that the shop paused.
    `before` is the number of the last row that was read; `batch` asks for the members
    of one line of `update_lines`.
    """
    found = _noticed(kind, before)
    if batch is not None:
        found = found.filter(batch=batch)
    offered = Q(service__off_reason="") | Q(kind__in=GONE)
    return found.filter(offered, service__active=True)


def update_lines(
    *, kind: str = "", before: int | None = None
) -> QuerySet[ServiceChange]:
    """Return the same as lines, where many changes of one kind may be one line.

    The first change of a batch speaks for all; it is worth a line as long as its shelf
    has something to show.
    """
    shelf = Service.objects.filter(
        category=OuterRef("service__category"), active=True
    ).order_by()
    offered = Q(service__off_reason="") | Q(kind__in=GONE)
    alone = offered & Q(size=1, service__active=True)
    shown = Exists(shelf.filter(off_reason="")) | (Q(kind__in=GONE) & Exists(shelf))
    found = _noticed(kind, before).filter(batch=F("id"))
    return found.filter(alone | (Q(size__gt=1) & (Q(across=True) | shown)))


def _noticed(kind: str, before: int | None) -> QuerySet[ServiceChange]:
    found = ServiceChange.objects.filter(public=True)
    if kind:
        found = found.filter(kind=kind)
    if before is not None:
        found = found.filter(pk__lt=before)
    return found.select_related("service__category").order_by("-id")
