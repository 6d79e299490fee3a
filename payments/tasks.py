"""What the queue may ask of this room."""

from payments import actions
from shop.celery import app
from shop.ticks import take


@app.task(name="payments.sweep")
def sweep() -> None:
    """Ask about payments that stayed open."""
    if take("payments.sweep", every=30):
        actions.sweep_top_ups()
        actions.stop_orders()


@app.task(name="payments.stop_orders")
def stop_orders(*, customer_id: int) -> None:
    """End what a frozen customer has ordered and nobody has sent."""
    actions.stop_orders(customer_id=customer_id)


@app.task(name="payments.forget_forged")
def forget_forged() -> None:
    """Delete old forgeries."""
    if take("payments.forget_forged", every=86400):
        actions.forget_forged()
