"""What the queue may ask of this room. The rows say what is due; a task only looks."""

from django.conf import settings

from orders import actions
from shop.celery import app
from shop.ticks import take


@app.task(name="orders.submit")
def submit(*, order_id: int) -> None:
    """Send one order upstream."""
    actions.submit(order_id=order_id)


@app.task(name="orders.gather_evidence")
def gather_evidence(*, order_id: int) -> None:
    """Look whether one unknown order exists upstream."""
    actions.gather_evidence(order_id=order_id)


@app.task(name="orders.track")
def track(*, provider_id: int) -> None:
    """Ask a provider about its due orders and refills, batch by batch."""
    while actions.track(provider_id=provider_id):
        pass
    actions.track_refills(provider_id=provider_id)


@app.task(name="orders.send_requests")
def send_requests(*, provider_id: int) -> None:
    """Send a provider's due refills and cancels, batch by batch."""
    while actions.send_requests(provider_id=provider_id):
        pass


@app.task(name="orders.sweep")
def sweep() -> None:
    """Find what is due."""
    if take("orders.sweep", every=1):
        actions.sweep()


@app.task(name="orders.settle_stops")
def settle_stops() -> None:
    """Cancel orders for pages that were stopped."""
    actions.settle_stops()


@app.task(name="orders.reconcile")
def reconcile() -> None:
    """Write down where the providers' books stand."""
    if take("orders.reconcile", every=600):
        actions.close_books()


@app.task(name="orders.measure_health")
def measure_health() -> None:
    """Measure how the services do."""
    if take("orders.measure_health", every=settings.HEALTH_INTERVAL):
        actions.measure_health()


@app.task(name="orders.tell_of_low_balances")
def tell_of_low_balances() -> None:
    """Tell those whose orders have brought their balance down."""
    if take("orders.tell_of_low_balances", every=60):
        actions.tell_of_low_balances()
