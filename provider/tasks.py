"""What the queue may ask of this room."""

from django.conf import settings

from provider import actions, queries
from shop.celery import app, ring
from shop.ticks import take


@app.task(name="provider.sync_due")
def sync_due() -> None:
    """Ring for every provider whose catalogue is due."""
    if take("provider.sync_due", every=10):
        while (provider := actions.take_due_sync()) is not None:
            ring("provider.sync", provider_id=provider.pk)


@app.task(name="provider.sync")
def sync(*, provider_id: int) -> None:
    """Read one provider's catalogue."""
    provider = queries.provider(provider_id=provider_id)
    if provider is not None:
        actions.sync(provider=provider)


@app.task(name="provider.read_balances")
def read_balances() -> None:
    """Ring for the balance of every active provider."""
    if take("provider.read_balances", every=settings.BALANCE_INTERVAL):
        for provider in queries.active_providers():
            ring("provider.read_balance", provider_id=provider.pk)


@app.task(name="provider.read_balance")
def read_balance(*, provider_id: int) -> None:
    """Ask one provider for its balance."""
    provider = queries.provider(provider_id=provider_id)
    if provider is not None:
        actions.note_balance(provider=provider)


@app.task(name="provider.forget_replies")
def forget_replies() -> None:
    """Let go of old replies, once a day."""
    if take("provider.forget_replies", every=86_400):
        actions.forget_replies()


@app.task(name="provider.read_rates")
def read_rates() -> None:
    """Read the rates of exchange, and look at their age."""
    if take("provider.read_rates", every=settings.RATE_INTERVAL):
        actions.read_rates()


@app.task(name="provider.tell_of_prices")
def tell_of_prices() -> None:
    """Tell customers what their favourites cost now."""
    if take("provider.tell_of_prices", every=settings.PRICE_NEWS_INTERVAL):
        actions.tell_of_prices()
