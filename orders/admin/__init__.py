"""Orders, and what follows from them, as staff see it."""

from orders.admin.days import ProviderDayAdmin
from orders.admin.health import ServiceHealthAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.requests import OrderRequestAdmin
from orders.admin.stops import StoppedLinkAdmin

__all__ = [
    "OrderAdmin",
    "OrderRequestAdmin",
    "ProviderDayAdmin",
    "ServiceHealthAdmin",
    "StoppedLinkAdmin",
]
