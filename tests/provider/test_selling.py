"""Services that the shop takes off sale by itself, and losses that staff consent to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models.functions import Now

from provider.actions import (
    ProviderError,
    clear_overcharge,
    pause_overcharged,
    reprice,
    set_loss_policy,
)
from provider.enums import LossPolicy, OffReason
from provider.models import Offer, Provider, Service
from tests.factories import make_admin, make_service

pytestmark = pytest.mark.django_db


def overcharged() -> Service:
    service = make_service()
    Offer.objects.update(changed_at=Now() - timedelta(days=1))
    Provider.objects.update(next_sync_at=Now() + timedelta(hours=1))
    with transaction.atomic():
        pause_overcharged(service_id=service.pk, provider=Provider.objects.get())
    service.refresh_from_db()
    return service


def test_an_overcharged_service_is_off_sale_and_its_catalogue_is_read_soon() -> None:
    service = overcharged()

    assert service.off_reason == OffReason.OVERCHARGED
    assert Provider.objects.filter(next_sync_at__lte=Now()).exists()


def test_it_stays_off_sale_while_nothing_explains_it() -> None:
    service = overcharged()

    reprice()

    service.refresh_from_db()
    assert service.off_reason == OffReason.OVERCHARGED


def test_a_new_rate_explains_it() -> None:
    service = overcharged()
    Offer.objects.update(rate_seen=Decimal("1.2"), changed_at=Now())

    reprice()

    service.refresh_from_db()
    assert service.off_reason == OffReason.NONE
    assert service.price == Decimal("1.56")


def test_staff_put_it_back_on_sale() -> None:
    service = overcharged()

    clear_overcharge(service=service)

    service.refresh_from_db()
    assert (service.off_reason, service.overcharged_at) == (OffReason.NONE, None)


def test_a_catalogue_that_was_just_read_is_not_read_again() -> None:
    service = make_service()
    Provider.objects.update(synced_at=Now(), next_sync_at=Now() + timedelta(hours=1))

    with transaction.atomic():
        pause_overcharged(service_id=service.pk, provider=Provider.objects.get())

    assert not Provider.objects.filter(next_sync_at__lte=Now()).exists()


def test_who_consents_to_a_loss_is_recorded() -> None:
    service, admin = make_service(), make_admin()

    set_loss_policy(service=service, policy=LossPolicy.SEND, limit=Decimal(5), by=admin)

    service.refresh_from_db()
    assert (service.loss_policy, service.loss_limit) == (LossPolicy.SEND, 5)
    assert service.loss_consent_by == admin
    assert service.loss_consent_at is not None


def test_consent_is_withdrawn_with_the_policy() -> None:
    service, admin = make_service(), make_admin()
    set_loss_policy(service=service, policy=LossPolicy.SEND, limit=Decimal(5), by=admin)

    set_loss_policy(service=service, policy=LossPolicy.HOLD, limit=Decimal(0), by=admin)

    service.refresh_from_db()
    assert (service.loss_limit, service.loss_consent_by) == (0, None)


@pytest.mark.parametrize(
    ("policy", "limit"),
    [
        (LossPolicy.SEND, "0"),
        (LossPolicy.SEND, "1000.001"),
        (LossPolicy.HOLD, "5"),
        (LossPolicy.REFUND, "5"),
    ],
)
def test_a_limit_belongs_to_sending_at_a_loss(policy: LossPolicy, limit: str) -> None:
    service = make_service()

    with pytest.raises(ProviderError, match="belongs to sending at a loss"):
        set_loss_policy(
            service=service, policy=policy, limit=Decimal(limit), by=make_admin()
        )

    service.refresh_from_db()
    assert (service.loss_policy, service.loss_limit) == (LossPolicy.HOLD, 0)
