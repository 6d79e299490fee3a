"""Addresses of the customer's money."""

from django.urls import path

from ledger import views

urlpatterns = [path("statement/", views.statement, name="statement")]
