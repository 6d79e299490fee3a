"""Orders, every attempt to buy them, and everything that happened to them."""

from orders.models.attempts import Attempt
from orders.models.days import ProviderDay
from orders.models.deliveries import Delivery
from orders.models.drafts import Draft
from orders.models.earmarks import Earmark
from orders.models.events import OrderEvent
from orders.models.evidence import Evidence
from orders.models.health import ServiceHealth
from orders.models.orders import Order
from orders.models.requests import OrderRequest
from orders.models.stops import StoppedLink

__all__ = [
    "Attempt",
    "Delivery",
    "Draft",
    "Earmark",
    "Evidence",
    "Order",
    "OrderEvent",
    "OrderRequest",
    "ProviderDay",
    "ServiceHealth",
    "StoppedLink",
]
