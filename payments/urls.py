"""Addresses of paying."""

from django.urls import path

from payments import views
from payments.gateways.test import views as test_gateway

urlpatterns = [
    path("funds/", views.funds, name="funds"),
    path("funds/quote/", views.quote, name="funds_quote"),
    path("funds/<int:top_up_id>/", views.top_up, name="top_up"),
    path("funds/<int:top_up_id>/pay/", views.pay, name="top_up_pay"),
    path("funds/<int:top_up_id>/return/", views.returned, name="top_up_return"),
    path("funds/<int:top_up_id>/refund/", views.refund, name="top_up_refund"),
    path("funds/<int:top_up_id>/proof/", views.prove, name="top_up_proof"),
    path("funds/<int:top_up_id>/receipt.pdf", views.receipt, name="top_up_receipt"),
    path("payments/notify/<slug:gateway>/", views.notify, name="notify"),
    path(
        "payments/test/<slug:remote_id>/", test_gateway.hosted_page, name="test_gateway"
    ),
]
