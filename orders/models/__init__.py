"""Orders, every attempt to buy them, and everything that happened to them."""

from orders.models.attempts import Attempt
from orders.models.events import OrderEvent
from orders.models.orders import Order
from orders.models.requests import OrderRequest

__all__ = ["Attempt", "Order", "OrderEvent", "OrderRequest"]
