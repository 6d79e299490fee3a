"""Addresses of ordering, and of what was ordered."""

from django.urls import path

from orders import buying, choosing, mass, picking, returns, series, stopping, views
from orders.enums import RequestKind

urlpatterns = [
    path("services/<int:service_id>/", buying.new_order, name="new_order"),
    path("services/<int:service_id>/price/", buying.price, name="price"),
    path("services/<int:service_id>/keep/", buying.keep, name="keep_draft"),
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
    path("orders/mass/", mass.mass_order, name="mass_order"),
    path("orders/mass/keep/", mass.keep_list, name="keep_list"),
    path("orders/mass/results.csv", mass.results, name="mass_results"),
    path("orders/drip-feed/", series.drip_feeds, name="drip_feeds"),
    path("orders/subscriptions/", series.subscriptions, name="subscriptions"),
    path("refills/", returns.refills, name="refills"),
    path("refunds/", returns.refunds, name="refunds"),
    path("orders/<int:order_id>/", views.order, name="order"),
    path("orders/<int:order_id>/cancel/", views.cancel, name="cancel_order"),
    path("orders/<int:order_id>/refill/", views.refill, name="refill_order"),
]
