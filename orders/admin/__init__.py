"""Orders, and what follows from them, as staff see it."""

from orders.admin.days import ProviderDayAdmin
from orders.admin.orders import OrderAdmin

__all__ = ["OrderAdmin", "ProviderDayAdmin"]
