"""Addresses of ordering, and of what was ordered."""

from django.urls import path

from orders import choosing, picking, stopping, views
from orders.enums import RequestKind

urlpatterns = [
    path("services/<int:service_id>/", views.new_order, name="new_order"),
    path("services/<int:service_id>/price/", views.price, name="price"),
    path("stop-deliveries/", stopping.stop, name="stop"),
    path("stop-deliveries/done/", stopping.stopped, name="stopped"),
    path("orders/", views.orders, name="orders"),
    path("orders/new/", choosing.choose_service, name="choose_service"),
    path("orders/csv/", picking.sheet, name="orders_csv"),
    path(
        "orders/refill/",
        picking.ask,
        {"kind": RequestKind.REFILL},
        name="refill_orders",
    ),
    path(
        "orders/cancel/",
        picking.ask,
        {"kind": RequestKind.CANCEL},
        name="cancel_orders",
    ),
    path("orders/<int:order_id>/", views.order, name="order"),
    path("orders/<int:order_id>/cancel/", views.cancel, name="cancel_order"),
    path("orders/<int:order_id>/refill/", views.refill, name="refill_order"),
]
